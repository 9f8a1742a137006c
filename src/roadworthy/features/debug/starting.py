"""An inquiry as it is asked for, made ready: what its run recorded, and whether its check can decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.check import Checked, check_answer, short
from roadworthy.features.debug.checks import check_inquiry
from roadworthy.features.debug.inquiry import BadInquiry, Check, Inquiry, InquiryKind
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.kit.matching import is_same

_RUNNERS = frozenset({"command", "same"})


class Tapes(Protocol):
    """What was recorded of runs."""

    def tape(self, project: str, run_id: str) -> Tape | None:
        """None: no such run."""
        ...

    def ids(self, project: str, run_id: str) -> Sequence[str]:
        """Of its exchanges, in the order of the tape's steps; () where nothing of it is left."""
        ...


class AnswerEvaluators(Protocol):
    """The evaluators of a project, asked about an answer and the calls on the way to it."""

    def problem(self, project: str, name: str) -> str:
        """Why it cannot decide about reruns; "" where it can."""
        ...

    def evaluate(
        self, inquiry: Inquiry, name: str, answer: str, *, calls: Sequence[str], fresh: bool
    ) -> Checked:
        """`calls` are ids of exchanges, `fresh` where they may still be on their way. Never raises."""
        ...


def ready_to_start(draft: Inquiry, *, tapes: Tapes, evaluators: AnswerEvaluators) -> Inquiry:
    """With what the run told, and what there is to say before anything is made. Raises BadInquiry."""
    tape = _tape(tapes, draft.project, draft.run_id, field="run_id")
    good = _tape(tapes, draft.project, draft.good_run, field="good_run") if draft.good_run else None
    if draft.good_run and draft.good_run == draft.run_id:
        raise BadInquiry("good_run", "that is the recorded run itself; expected another one that went well")
    if good is not None and draft.check is None and draft.kind is InquiryKind.BISECT and good.output:
        draft = replace(draft, check=Check(how="exact", expected=good.output))
    made = replace(
        draft,
        agent=draft.agent or tape.agent,
        input=draft.input or tape.input,
        output=tape.output,
        end=tape.end,
        steps=len(tape.calls),
        tape_ids=tuple(one.exchange.id for one in tape.calls),
        good_ids=tuple(one.exchange.id for one in good.calls) if good else (),
        gateway_agent=tape.calls[0].exchange.agent,
        tool_steps=tuple(one.step for one in tape.calls if one.exchange.kind is ExchangeKind.TOOL),
    )
    check_inquiry(made, tape=tape)
    if made.check is not None and made.check.how == "evaluator":
        problem = evaluators.problem(made.project, made.check.expected)
        if problem:
            raise BadInquiry("check.expected", problem)
    notes, doubts = _seen(made, tape, good)
    wavers = False
    if made.kind is InquiryKind.BISECT:
        more, wavers = _check_tried(made, good, evaluators)
        doubts += more
    return replace(made, notes=tuple(notes), doubts=tuple(doubts), check_wavers=wavers)


def _tape(tapes: Tapes, project: str, run_id: str, *, field: str) -> Tape:
    found = tapes.tape(project, run_id)
    if found is None:
        raise BadInquiry(field, f"there is no run {run_id!r}")
    if not found.calls:
        raise BadInquiry(
            field, "nothing is recorded of this run: it made no call through the gateway, or it was deleted"
        )
    if len(found.holes) == len(found.calls):
        raise BadInquiry(field, f"no call of this run can be answered again: {found.calls[0].hole}")
    return found


def _seen(made: Inquiry, tape: Tape, good: Tape | None) -> tuple[list[str], list[str]]:
    doubts = [
        f"Step {one.step} cannot be answered from the recording: {one.hole}." for one in tape.holes[:10]
    ]
    notes = []
    if good is not None:
        doubts += [
            f"Step {one.step} of the good run cannot be answered: {one.hole}." for one in good.holes[:10]
        ]
        if good.input and not is_same(good.input, made.input):
            doubts.append("The good run was asked something else than the recorded one.")
        if good.agent != tape.agent:
            doubts.append(f"The good run is of another agent, {good.agent}.")
    if made.output is None and made.end is None:
        notes.append("What the recorded run answered is not known: answers cannot be compared with it.")
    if tape.input and made.input != tape.input:
        notes.append("The task is another one than that of the recorded run.")
    return notes, doubts


def _check_tried(made: Inquiry, good: Tape | None, evaluators: AnswerEvaluators) -> tuple[list[str], bool]:
    """Twice on each known answer: the failed run has to fail and the good one to pass, each time. What there
    is to say, and whether it disagrees with itself. Raises BadInquiry where it does not tell them apart."""
    if made.check is None or made.check.how in _RUNNERS:
        return [], False
    bad = _twice(made, made.output, evaluators, calls=made.tape_ids)
    well = _twice(made, good.output if good else None, evaluators, calls=made.good_ids)
    doubts = []
    if bad == [True, True]:
        other = f" The good run answered: {short(good.output)}" if good and good.output else ""
        raise BadInquiry(
            "check",
            "the check does not tell these two apart: the recorded run, which is to have failed, passes it. "
            f"It answered: {short(made.output or '')}{other}",
        )
    if well == [False, False]:
        raise BadInquiry(
            "check",
            "the check does not tell these two apart: the good run fails it. "
            f"It answered: {short(good.output or '') if good else ''} "
            f"The recorded run answered: {short(made.output or 'that is not known')}",
        )
    for whose, said in (("recorded", bad), ("good", well)):
        if len(set(said)) > 1:
            doubts.append(
                f"The check disagrees with itself: asked twice about the {whose} run's answer it said "
                f"{_WORDS[said[0]]}, then {_WORDS[said[1]]}."
            )
        elif said and said[0] is None:
            doubts.append(f"The check could not say anything of the {whose} run's answer.")
    return doubts, any(len(set(said)) > 1 for said in (bad, well))


def _twice(
    made: Inquiry, answer: str | None, evaluators: AnswerEvaluators, *, calls: Sequence[str]
) -> list[bool | None]:
    if answer is None or made.check is None:
        return []
    return [
        check_answer(
            made.check,
            answer,
            recorded=made.output,
            evaluate=lambda name, text: evaluators.evaluate(made, name, text, calls=calls, fresh=False),
        ).passed
        for _ in range(2)
    ]


_WORDS = {None: "nothing", True: "passed", False: "failed"}
