"""What a replay or a fork found, in fields and in sentences. (A bisect's finding is that of its strategy.)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.features.debug.check import short
from roadworthy.features.debug.inquiry import Inquiry, Rerun, RerunState
from roadworthy.features.debug.same_end import complaint_line


class RerunOutcome(StrEnum):
    """Of a rerun against the recorded run, the worst last."""

    IDENTICAL = "identical"
    """The same calls, and the same answer, or the same end without one."""
    SAME_CALLS = "same_calls"
    """The same calls; what the recorded run answered is not known."""
    OTHER_ANSWER = "other_answer"
    """The same calls, and another answer."""
    FEWER_CALLS = "fewer_calls"
    """It ended before it asked for all that was recorded."""
    DIVERGED = "diverged"
    """It asked something that was not recorded."""
    CRASHED = "crashed"
    """It did not end with an answer, and the recorded run did, or ended in another way."""
    CANNOT_TELL = "cannot_tell"


_ORDER = list(RerunOutcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFinding:
    outcome: RerunOutcome
    sentences: tuple[str, ...]
    outcomes: dict[str, int]
    """How many reruns each."""
    diverged_at: int | None = None
    diff: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkFinding:
    outcome: RerunOutcome
    """Of the part that was to be as recorded: identical where that held."""
    sentences: tuple[str, ...]
    passed: int
    failed: int
    unknown: int
    """Reruns the check could not say anything of, or there is none."""
    as_recorded: int
    """Reruns that ended with the recorded answer all the same."""


def outcome_of(rerun: Rerun) -> RerunOutcome:
    if rerun.ending is None or rerun.holes or not _calls(rerun):
        return RerunOutcome.CANNOT_TELL
    if rerun.missed:
        return RerunOutcome.DIVERGED
    if rerun.ending is not Ending.ANSWERED and rerun.same is False:
        return RerunOutcome.CRASHED
    if rerun.unused:
        return RerunOutcome.FEWER_CALLS
    if rerun.same is None:
        return RerunOutcome.SAME_CALLS
    return RerunOutcome.IDENTICAL if rerun.same else RerunOutcome.OTHER_ANSWER


def replay_finding(inquiry: Inquiry, reruns: Sequence[Rerun]) -> ReplayFinding:
    done = [one for one in reruns if one.state is RerunState.DONE]
    if not done:
        nothing = ("No rerun is over yet.",)
        return ReplayFinding(outcome=RerunOutcome.CANNOT_TELL, sentences=nothing, outcomes={})
    outcomes = Counter(outcome_of(one) for one in done)
    worst = max(outcomes, key=_ORDER.index)
    shown = next(one for one in done if outcome_of(one) is worst)
    sentences = [_sentence(inquiry, shown, worst)]
    if len(done) > 1:
        parts = ", ".join(f"{count} {one.value.replace('_', ' ')}" for one, count in outcomes.most_common())
        sentences.append(f"Of {len(done)} reruns: {parts}.")
    return ReplayFinding(
        outcome=worst,
        sentences=(*sentences, *inquiry.doubts, *_notes(done)),
        outcomes={one.value: count for one, count in outcomes.items()},
        diverged_at=shown.diverged_at,
        diff=shown.diff,
    )


def fork_finding(inquiry: Inquiry, reruns: Sequence[Rerun]) -> ForkFinding:
    done = [one for one in reruns if one.state is RerunState.DONE]
    passed = sum(one.passed is True for one in done)
    failed = sum(one.passed is False for one in done)
    same = sum(one.same is True for one in done)
    at = inquiry.fork_at or 1
    early = [one for one in done if one.diverged_at is not None and one.diverged_at < at]
    lost = [one for one in done if one.ending is None or not _calls(one)]
    sentences = [f"Steps before {at} were to be answered from the recording, of {inquiry.steps} in all."]
    if early:
        sentences.append(
            f"{len(early)} of {len(done)} reruns asked something else already at step "
            f"{early[0].diverged_at}: "
            "these say nothing of the change."
        )
    if inquiry.check is not None and done:
        sentences.append(f"{passed} of {len(done)} reruns passed the check, {failed} failed it.")
    if inquiry.output is not None and done:
        sentences.append(f"{same} of {len(done)} ended with the recorded answer all the same.")
    elif inquiry.end is not None and done:
        sentences.append(f"{same} of {len(done)} failed as the recorded run did.")
    sentences += [f"Rerun {one.number} answered: {short(one.answer)}" for one in done[:3] if one.answer]
    outcome = RerunOutcome.IDENTICAL
    if not done or lost:
        outcome = RerunOutcome.CANNOT_TELL
    elif early:
        outcome = RerunOutcome.DIVERGED
    return ForkFinding(
        outcome=outcome,
        sentences=(*sentences, *inquiry.doubts, *_notes(done)),
        passed=passed,
        failed=failed,
        unknown=len(done) - passed - failed,
        as_recorded=same,
    )


def _calls(rerun: Rerun) -> int:
    return rerun.matched + rerun.changed + rerun.live + rerun.missed


def _sentence(inquiry: Inquiry, one: Rerun, outcome: RerunOutcome) -> str:
    steps = f"all {inquiry.steps} steps" if inquiry.steps > 1 else "the one step"
    match outcome:
        case RerunOutcome.IDENTICAL:
            alike = "the same answer" if one.ending is Ending.ANSWERED else _ended_alike(one)
            return f"The same calls at {steps}, and {alike}."
        case RerunOutcome.SAME_CALLS if one.ending is not Ending.ANSWERED:
            return (
                f"The same calls at {steps}, and it {_ended(one)}; how the recorded run failed is not known."
            )
        case RerunOutcome.SAME_CALLS:
            return f"The same calls at {steps}; what the recorded run answered is not known."
        case RerunOutcome.OTHER_ANSWER if inquiry.end is not None:
            now = short(one.answer)
            return f"The same calls at {steps}, and it answered where the recorded run failed: {now!r}."
        case RerunOutcome.OTHER_ANSWER:
            return (
                f"The same calls at {steps}, and another answer: {short(one.answer)!r}, "
                f"recorded was {short(inquiry.output or '')!r}. The agent is not deterministic, or changed."
            )
        case RerunOutcome.FEWER_CALLS:
            return f"The agent ended without asking for {one.unused} of {inquiry.steps} recorded steps."
        case RerunOutcome.DIVERGED:
            where = (
                f"behind the last recorded step ({inquiry.steps})"
                if one.diverged_at is not None and one.diverged_at > inquiry.steps
                else f"at step {one.diverged_at} of {inquiry.steps}"
            )
            return f"The agent asked something that was not recorded, first {where}."
        case RerunOutcome.CRASHED:
            then = f" The recorded run failed in another way: {_failed(inquiry.end)}." if inquiry.end else ""
            return f"The agent {_ended(one)}; all it asked for until then was recorded.{then}"
        case _:
            return _untold(one)


def _ended(one: Rerun) -> str:
    return "hung" if one.ending is Ending.HUNG else f"ended with {one.exit_code}"


def _ended_alike(one: Rerun) -> str:
    if one.ending is Ending.HUNG:
        return "it hung as the recorded run did"
    said = short(complaint_line(one.error))
    return f"it crashed the same way{f': {said}' if said else f' (exit code {one.exit_code})'}"


def _failed(end: RecordedEnd) -> str:
    if end.ending is Ending.HUNG:
        return "it hung"
    code = "" if end.exit_code is None else f"it ended with {end.exit_code}"
    return ": ".join(one for one in (code, short(complaint_line(end.error))) if one) or "it crashed"


def _untold(one: Rerun) -> str:
    if one.ending is None:
        return f"Nobody told how rerun {one.number} ended ({one.attempt} times handed out)."
    if one.holes:
        return f"{one.holes} calls were recorded, but cannot be answered: recordings are not whole, or gone."
    ended = f" and {_ended(one)}" if one.ending is Ending.CRASHED else ""
    return f"The agent made no call through the gateway{ended}."


def _notes(done: Sequence[Rerun]) -> tuple[str, ...]:
    hung = (f"Rerun {one.number} hung until its time was over." for one in done if one.ending is Ending.HUNG)
    return (*[*hung][:3], *[*dict.fromkeys(note for one in done for note in one.notes)][:10])
