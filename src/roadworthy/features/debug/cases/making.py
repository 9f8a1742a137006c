"""A case made of a recorded run, and why one cannot be."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath

from roadworthy.features.debug.cases.case import Calls, Case
from roadworthy.features.debug.cases.file import MOST_BYTES, SUFFIX, holes_of
from roadworthy.features.debug.check import Checked, check_answer, check_check
from roadworthy.features.debug.checks import check_changes, check_entry
from roadworthy.features.debug.inquiry import BadInquiry, Check, EntryPoint
from roadworthy.features.debug.plan import Change, ChangeKind
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.kit.masking import mask_text
from roadworthy.kit.matching import number

MOST_NAME = 200
_LIVE = frozenset({ChangeKind.MODEL, ChangeKind.PROMPT, ChangeKind.PARAMETERS})
_SLUG = re.compile(r"[^a-z0-9]+")


class NoCase(Exception):  # noqa: N818 (a condition)
    """The run itself cannot be made a case; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """What somebody asked for. "" and None are left to the run."""

    name: str = ""
    input: str = ""
    expected: str = ""
    """What the agent is to answer. Held against as a number where it is one, else contained; `check` says
    otherwise. "" without a check: as the run answered."""
    check: Check | None = None
    calls: Calls = Calls.SAME_CALLS
    expect_failure: bool = False
    changes: tuple[Change, ...] = ()
    entry: EntryPoint | None = None


def case_of(draft: CaseDraft, tape: Tape, *, good: Tape | None = None) -> Case:
    """Raises BadInquiry for what was asked for, and NoCase for what the runs do not have."""
    _check_tapes(tape, good)
    asked = mask_text(draft.input or tape.input).text
    if not asked.strip():
        raise BadInquiry("input", "the run does not say what it was asked; give it")
    check = _check_of(draft, tape)
    _check_changes(draft, tape)
    if draft.entry is not None:
        check_entry(draft.entry)
    case = Case(
        name=mask_text(draft.name).text.strip()[:MOST_NAME] or _name_of(asked),
        input=asked,
        check=check,
        calls=draft.calls,
        expect_failure=draft.expect_failure,
        changes=tuple(replace(one, text=mask_text(one.text).text) for one in draft.changes),
        entry=_travelling(draft.entry) if draft.entry is not None else None,
        tape=tape,
        good=good,
    )
    if draft.expect_failure and recorded_passes(case):
        raise BadInquiry(
            "expect_failure", "the run's own answer passes the check: there is no failure to expect"
        )
    return case


def recorded_passes(case: Case) -> bool | None:
    """Whether the run's own answer passes; None where the check cannot say without its runner."""
    if case.tape.end is not None:
        return case.check.how == "same"
    if case.tape.output is None or case.check.how == "command":
        return None
    return check_answer(case.check, case.tape.output, recorded=case.tape.output, evaluate=no_evaluator).passed


def no_evaluator(_name: str, _answer: str) -> Checked:
    return Checked(passed=None, said="evaluators are on the server, a case runs without one")


def file_name(case: Case) -> str:
    """Like `support-where-is-order-a-1.case.jsonl`."""
    words = _SLUG.sub("-", f"{case.agent} {case.name}".lower()).strip("-")[:80].strip("-")
    return f"{words or 'run'}{SUFFIX}"


def _check_tapes(tape: Tape, good: Tape | None) -> None:
    for one, what in ((tape, "the run"), (good, "the good run")):
        if one is None:
            continue
        if not one.calls:
            raise NoCase(f"{what} made no call through the gateway: there is nothing to answer from")
        if one.holes:
            raise NoCase(f"{what} cannot be answered again as a whole: {'; '.join(holes_of(one.calls)[:5])}")
        size = sum(
            len(message.body) for call in one.calls for message in (call.request, call.answer) if message
        )
        if size > MOST_BYTES // 2:
            raise NoCase(f"the recordings of {what} are {size} bytes; at most {MOST_BYTES // 2}")


def _check_of(draft: CaseDraft, tape: Tape) -> Check:
    check = draft.check
    if check is None and tape.end is not None and not draft.expected.strip():
        raise BadInquiry(
            "expected",
            "the run failed without an answer; give what it ought to have answered, or the check `same`, "
            "which holds the agent to failing in that way",
        )
    if check is None:
        how = "number" if number(draft.expected) is not None else "contains"
        check = Check(how=how, expected=draft.expected) if draft.expected.strip() else Check(how="same")
    check = replace(check, expected=mask_text(check.expected or draft.expected).text)
    if check.how == "evaluator":
        raise BadInquiry(
            "check.how", "evaluators are on the server, and a case runs without one; expected another check"
        )
    check_check(check)
    if check.how == "same":
        if tape.output is None and tape.end is None:
            raise BadInquiry("expected", "nobody told what the run answered; give what it is to answer")
        if draft.expect_failure:
            raise BadInquiry(
                "expected", "as the run answered is no failure; give what it ought to have answered"
            )
    return check


def _check_changes(draft: CaseDraft, tape: Tape) -> None:
    check_changes(draft.changes, tape)
    for place, change in enumerate(draft.changes):
        if change.kind in _LIVE:
            raise BadInquiry(
                f"changes[{place}].kind",
                f"{change.kind.value} asks a model for real, and a case runs offline; "
                "expected answer, result, error or forbid",
            )


def _travelling(entry: EntryPoint) -> EntryPoint:
    """Without what is only on one machine: the file goes to others."""
    here = PurePosixPath(entry.folder).is_absolute() or PureWindowsPath(entry.folder).is_absolute()
    return replace(entry, folder="" if here else entry.folder)


def _name_of(asked: str) -> str:
    words = " ".join(asked.split())
    return words if len(words) <= 80 else f"{words[:79]}…"
