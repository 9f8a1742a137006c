"""A finding in words: which step, how sure, what was tried, what flipped, its cost and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from roadworthy.features.debug.bisect.evidence import Evidence, Untold
from roadworthy.features.debug.bisect.finding import Finding, FindingState


def sentences(finding: Finding, evidence: Evidence, *, why: str) -> Finding:
    """The finding with its sentences, the answer first. `why` it is not sure, where it is
    not."""
    said = [
        *_answer(finding, evidence, why=why),
        *_baseline(evidence),
        *_flipped(finding, evidence),
        *_randomness(finding, evidence),
        *_whatever(finding),
        *_uncounted(evidence),
        _cost(finding),
        *_limits(finding),
    ]
    return replace(finding, sentences=tuple(said))


def _answer(finding: Finding, evidence: Evidence, *, why: str) -> Iterator[str]:
    sure = f"with a probability of {_share(finding.confidence)} ({_share(finding.level)} was asked for)"
    match finding.state:
        case FindingState.SURE:
            yield f"Step {finding.step} made the run fail, {sure}."
        case FindingState.NOT_A_STEP:
            yield (
                f"None of the recorded calls made the run fail, {sure}: it fails even with every step put "
                "right. What the agent does between its calls, or the correction itself, is wrong."
            )
        case FindingState.CANNOT_TELL:
            yield _cannot(evidence)
        case _:
            yield from _unsure(finding, evidence, why=why)


def _cannot(evidence: Evidence) -> str:
    passed, told = evidence.of(None)
    if told and 2 * passed >= told and passed >= 2:
        return (
            f"The failure does not come back: with every call answered as recorded {passed} of {told} reruns "
            "passed. There is nothing to search: the agent, its surroundings or the check is not what it was."
        )
    if not evidence.reasons:
        return "Nothing was executed that says anything."
    why, times = evidence.reasons.most_common(1)[0]
    whole = len(evidence.untold) + len(evidence.told)
    return f"It cannot be told which step it was: of {whole} reruns {times} say nothing, because {why.value}."


def _unsure(finding: Finding, evidence: Evidence, *, why: str) -> Iterator[str]:
    if not evidence.told:
        yield "Nothing is known yet."
        return
    where = f"step {finding.step}" if finding.step else "none of the recorded calls"
    yield (
        f"It is not sure which step it was ({why}): the likeliest is {where}, with a probability of "
        f"{_share(finding.confidence)}, where {_share(finding.level)} was asked for."
    )
    yield f"Together {_share(finding.level)} likely: {_steps(finding.credible)}."


def _baseline(evidence: Evidence) -> Iterator[str]:
    passed, told = evidence.of(None)
    if told and not (passed >= 2 and 2 * passed >= told):
        back = f"the failure came back in {told - passed} of {told} reruns"
        yield f"With every call answered as recorded {back}."
    elif not told and evidence.silent(None):
        yield "Whether the failure comes back with every call answered as recorded was not seen."


def _flipped(finding: Finding, evidence: Evidence) -> Iterator[str]:
    step = finding.step
    if step is None:
        passed, told = evidence.of(1)
        if finding.state is FindingState.NOT_A_STEP and told:
            yield f"With everything put right from step 1 on {passed} of {told} reruns passed."
        return
    parts = []
    for switch in (step, step + 1):
        passed, told = evidence.of(switch)
        if told:
            parts.append(f"from step {switch} on {passed} of {told}")
    if parts:
        yield f"Of the reruns put right {', '.join(parts)} passed."
    passed, told = evidence.of(step, only=True)
    if told:
        enough = "that is enough" if finding.confirmed else "that alone is not enough"
        yield f"With step {step} alone put right {passed} of {told} passed: {enough}."
        if not finding.confirmed and finding.state is FindingState.SURE:
            yield "A later step is wrong as well, or goes wrong because of what was put right."
    elif finding.state is FindingState.SURE:
        yield f"Putting step {step} right by itself could not be tried."


def _randomness(finding: Finding, evidence: Evidence) -> Iterator[str]:
    step = finding.step
    if step is None:
        return
    right = [one for one in evidence.told if not one.only and one.switch is not None and one.switch <= step]
    wrong = [one for one in evidence.told if not one.only and (one.switch is None or one.switch > step)]
    if any(one.passed is False for one in right) or any(one.passed for one in wrong):
        yield (
            f"Reruns are not all alike: an estimated {_share(finding.pass_rate)} pass with that step put "
            f"right, and {_share(finding.false_pass_rate)} without."
        )


def _whatever(finding: Finding) -> Iterator[str]:
    left = finding.not_excluded
    if finding.state is not FindingState.CANNOT_TELL and 0 < len(left) < len(finding.mass):
        yield (
            f"However random the agent is, {len(finding.mass) - len(left)} of the {len(finding.mass)} "
            f"possibilities are excluded at {_share(finding.level)}; left are {_steps(left)}."
        )


def _uncounted(evidence: Evidence) -> Iterator[str]:
    for why, times in evidence.reasons.most_common():
        these = "rerun is" if times == 1 else "reruns are"
        yield f"{times} {these} not counted: {why.value}.{_where(evidence, why)}"


def _where(evidence: Evidence, why: Untold) -> str:
    if why is not Untold.DIVERGED:
        return ""
    steps = sorted({one.diverged_at for one, each in evidence.untold if each is why and one.diverged_at})
    return f" It did so at step {_and([str(one) for one in steps])}." if steps else ""


def _cost(finding: Finding) -> str:
    money = f", {finding.usd:.4f} USD" if finding.usd else ""
    calls = f"{finding.calls} calls to models and systems" if finding.calls != 1 else "1 call"
    return f"It took {finding.reruns} rerun{'s' * (finding.reruns != 1)}, {calls}{money}."


def _limits(finding: Finding) -> Iterator[str]:
    if finding.state is FindingState.SURE:
        yield (
            "This is the last step from which the run could still be put right, not why it went wrong there; "
            "where each of two steps would do, it is the later one."
        )


def _steps(values: tuple[int, ...]) -> str:
    """`step 3, steps 5 to 7, none of the steps`."""
    parts = []
    ordered = [one for one in values if one]
    for first, last in _spans(ordered):
        parts.append(f"step {first}" if first == last else f"steps {first} to {last}")
    return _and([*parts, *(["none of the steps"] if 0 in values else [])])


def _spans(ordered: list[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for one in ordered:
        if spans and spans[-1][1] == one - 1:
            spans[-1] = (spans[-1][0], one)
        else:
            spans.append((one, one))
    return spans


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _share(value: float) -> str:
    """Never 100 % of what is not certain."""
    percent = 100 * value
    if 99 < percent < 100:
        return f"{min(percent, 99.9):.1f} %"
    return f"{percent:.0f} %"
