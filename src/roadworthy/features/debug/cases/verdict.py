"""Whether an agent passed a case: what it called, and what it answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.domain.exchange import Ending as Ended
from roadworthy.features.debug.cases.case import Calls, Case
from roadworthy.features.debug.cases.making import no_evaluator
from roadworthy.features.debug.check import Checked, check_answer, short
from roadworthy.features.debug.inquiry import Check
from roadworthy.features.debug.same_end import complaint_line, same_end
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.journal import JournalLine

_UNANSWERED = frozenset({How.MISS, How.HOLE, How.LOST})
_SHOWN = 5


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """Nothing can be said of the agent: the case, its check, or how the agent is started is at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    outcome: Outcome
    why: tuple[str, ...] = ()
    """A sentence each; of one that passed what is worth knowing."""
    diverged_at: int | None = None
    """The recorded step at which the agent first asked something else."""
    diff: str = ""
    """How it differed."""


CheckCommand = Callable[[str, str], Checked]
"""(command, answer) → what it decided. Never raises."""


def verdict_of(
    case: Case, ended: AgentEnded, lines: Sequence[JournalLine], *, run_check: CheckCommand
) -> Verdict:
    """`lines` are the calls the agent made, in order."""
    if ended.ending is Ending.CRASHED and ended.exit_code is None:
        return Verdict(outcome=Outcome.ERROR, why=(f"The agent: {ended.error}.",))
    found, diff = _divergence(lines)
    calls = _calls(case, lines)
    ill = _ill(ended, lines)
    if ill and _as_recorded(case, ended) and not calls:
        return Verdict(outcome=Outcome.PASSED, why=(_failed_alike(case, ended),))
    if ill:
        return Verdict(outcome=Outcome.FAILED, why=tuple(ill), diverged_at=found, diff=diff)
    checked = _checked(case, ended.answer, run_check=run_check)
    if checked.passed is None:
        return Verdict(outcome=Outcome.ERROR, why=(checked.said,), diverged_at=found, diff=diff)
    wrong = [
        *calls,
        *([] if checked.passed else [f"The answer is {_wrongly(case.check, ended.answer, checked)}"]),
    ]
    if case.expect_failure:
        return _expected_failure(wrong, found, diff)
    notes = wrong or [one.note for one in lines if one.note]
    return Verdict(
        outcome=Outcome.FAILED if wrong else Outcome.PASSED,
        why=tuple(dict.fromkeys(notes))[: _SHOWN if not wrong else None],
        diverged_at=found,
        diff=diff,
    )


def _expected_failure(wrong: Sequence[str], diverged_at: int | None, diff: str) -> Verdict:
    if wrong:
        return Verdict(
            outcome=Outcome.PASSED, why=("It fails, as expected.", *wrong), diverged_at=diverged_at, diff=diff
        )
    return Verdict(
        outcome=Outcome.FAILED,
        why=("It passes now, though a failure is expected: make the case anew without expect_failure.",),
    )


def _as_recorded(case: Case, ended: AgentEnded) -> bool:
    """Whether it failed in just the way that this case is of: a run that crashed, and is to (`same`), or is
    known to."""
    expected = case.expect_failure or case.check.how == "same"
    end = case.tape.end
    if end is None or not expected:
        return False
    return bool(same_end(end, ending=ended.ending, exit_code=ended.exit_code, error=ended.error))


def _failed_alike(case: Case, ended: AgentEnded) -> str:
    how = "hangs" if ended.ending is Ending.HUNG else "crashes"
    said = short(complaint_line(ended.error)) if ended.ending is Ending.CRASHED else ""
    expected = ", which is expected" if case.expect_failure else ""
    return f"It {how} as the recorded run did{expected}{f': {said}' if said else '.'}"


def _ill(ended: AgentEnded, lines: Sequence[JournalLine]) -> list[str]:
    """Ended without an answer, which is expected of nobody whose recorded run did not."""
    unanswered = [f"{_called(one)} was not answered: {one.note}" for one in lines if one.how in _UNANSWERED]
    if ended.ending is Ending.HUNG:
        return [f"The agent did not end in time ({ended.elapsed_ms / 1000:.0f} s).", *unanswered[:_SHOWN]]
    if ended.ending is Ending.CRASHED:
        said = complaint_line(ended.error)[:300]
        why = f": {said}" if said else "."
        return [f"The agent ended with {ended.exit_code} without an answer{why}", *unanswered[:_SHOWN]]
    if not ended.answer.strip():
        return ["The agent printed no answer.", *unanswered[:_SHOWN]]
    return []


def _checked(case: Case, answer: str, *, run_check: CheckCommand) -> Checked:
    if case.check.how == "same" and case.tape.end is not None:
        return Checked(passed=False, said="not what was recorded")
    if case.check.how != "command":
        return check_answer(case.check, answer, recorded=case.tape.output, evaluate=no_evaluator)
    return run_check(case.check.expected, answer)


def _wrongly(check: Check, answer: str, checked: Checked) -> str:
    wanted = {
        "same": "not what was recorded",
        "contains": f"without {short(check.expected)!r}",
        "number": f"without the number {short(check.expected)}",
        "exact": f"not {short(check.expected)!r}",
        "regex": f"not matched by {short(check.expected)}",
    }.get(check.how, checked.said)
    return f"{wanted}: {short(answer)}"


def _calls(case: Case, lines: Sequence[JournalLine]) -> list[str]:
    """What of the calls is not as the case wants it."""
    if case.calls is Calls.ANSWER:
        return []
    wrong = [
        f"{_called(one)}: {one.note or 'it was not recorded'}" for one in lines if one.how in _UNANSWERED
    ]
    if case.calls is Calls.STRICT:
        wrong += [f"{_called(one)} is not to the letter: {one.note}" for one in lines if one.how is How.DATED]
    unasked = _unasked(case, lines)
    if unasked:
        steps = ", ".join(str(one) for one in unasked[:_SHOWN]) + (" …" if len(unasked) > _SHOWN else "")
        names = ", ".join(dict.fromkeys(case.tape.calls[one - 1].exchange.target for one in unasked[:_SHOWN]))
        wrong.append(
            f"It did not make {'a call' if len(unasked) == 1 else 'calls'} it made then: {steps} ({names})"
        )
    return wrong[:_SHOWN] + ([f"and {len(wrong) - _SHOWN} more calls"] if len(wrong) > _SHOWN else [])


def _unasked(case: Case, lines: Sequence[JournalLine]) -> list[int]:
    """Recorded steps that had to be asked for and were not. Behind what is put right it goes another way."""
    if case.good is not None and case.calls is not Calls.STRICT:
        return []
    asked = {one.step for one in lines if one.step is not None and one.how is not How.GOOD}
    until = len(case.tape.calls)
    if case.changes and case.calls is not Calls.STRICT:
        until = min(one.step for one in case.changes)
    return [
        one.step
        for one in case.tape.calls[:until]
        # What it had gone away from by itself, it need not ask for.
        if one.step not in asked and one.exchange.ending is not Ended.ABORTED
    ]


def _divergence(lines: Sequence[JournalLine]) -> tuple[int | None, str]:
    """The recorded step at which the agent first asked something else, and how that differed."""
    first = next((one for one in lines if one.how in _UNANSWERED), None)
    return (None, "") if first is None else (first.diverged_at or first.step, first.diff)


def _called(line: JournalLine) -> str:
    return f"A call to {line.target or line.kind}"
