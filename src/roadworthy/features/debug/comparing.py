"""Two runs by their recordings, aligned step by step: where they first part, and in what.

Steps here are recorded calls. The telemetry of two runs is aligned by `observe.alignment`, with its spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Literal

from roadworthy.domain.step_relation import StepRelation
from roadworthy.features.debug.tape.match_key import match_key
from roadworthy.features.debug.tape.reading import shown
from roadworthy.features.debug.tape.tape import Tape, TapeCall
from roadworthy.kit.matching import is_same
from roadworthy.kit.pairing import paired

MOST_STEPS = 2_000
"""Of each run."""
_MOST_TEXT = 200_000
"""Characters of a message that are compared line by line."""
_MOST_DIFF = 20_000

Differs = Literal["request", "answer", "recorded"]


@dataclass(frozen=True, kw_only=True)
class ComparedStep:
    """One of both is there. `differs` of a changed step: request, answer, recorded (one is a hole)."""

    relation: StepRelation
    left: TapeCall | None = None
    right: TapeCall | None = None
    differs: tuple[Differs, ...] = ()
    request_diff: str = ""
    """Lines as `diff -u` has them, without the head; cut with a last line that says so."""
    answer_diff: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    steps: tuple[ComparedStep, ...]
    first_divergence: int | None
    """Index into `steps`; None where all are the same."""
    same_answer: bool | None
    """Whether both runs answered the same; None where it is not known of both."""
    truncated: bool
    """Whether one of the runs had more steps than are compared."""


def compare(left: Tape, right: Tape) -> Comparison:
    """Aligned by what was asked first: the longest common blocks of equal requests are kept together. Between
    them, calls to the same model or tool answer each other, in order."""
    a, b = left.calls[:MOST_STEPS], right.calls[:MOST_STEPS]
    steps: list[ComparedStep] = []
    alone: tuple[list[TapeCall], list[TapeCall]] = ([], [])
    for i, j in paired([_key(one, "left") for one in a], [_key(one, "right") for one in b]):
        if i is not None and j is not None:
            steps += _between(*alone)
            alone = ([], [])
            steps.append(_pair(a[i], b[j], asked_same=True))
        elif i is not None:
            alone[0].append(a[i])
        elif j is not None:
            alone[1].append(b[j])
    steps += _between(*alone)
    known = left.output is not None and right.output is not None
    return Comparison(
        steps=tuple(steps),
        first_divergence=next(
            (place for place, one in enumerate(steps) if one.relation is not StepRelation.SAME), None
        ),
        same_answer=is_same(left.output or "", right.output or "") if known else None,
        truncated=max(len(left.calls), len(right.calls)) > MOST_STEPS,
    )


def _between(a: Sequence[TapeCall], b: Sequence[TapeCall]) -> list[ComparedStep]:
    steps: list[ComparedStep] = []
    for i, j in paired([_to(one) for one in a], [_to(one) for one in b]):
        if i is not None and j is not None:
            steps.append(_pair(a[i], b[j], asked_same=False))
        elif i is not None:
            steps.append(ComparedStep(relation=StepRelation.ONLY_LEFT, left=a[i]))
        elif j is not None:
            steps.append(ComparedStep(relation=StepRelation.ONLY_RIGHT, right=b[j]))
    return steps


def _key(call: TapeCall, side: str) -> str:
    """A call whose request is not there is like no other."""
    if call.request is None:
        return f"{side} {call.step}"
    return match_key(path=call.path, body=call.body)


def _to(call: TapeCall) -> tuple[str, str]:
    return (call.exchange.kind.value, call.exchange.target)


def _pair(left: TapeCall, right: TapeCall, *, asked_same: bool) -> ComparedStep:
    if left.hole or right.hole:
        # Of two holes nothing is known that differs, nor that they are alike.
        return ComparedStep(relation=StepRelation.CHANGED, left=left, right=right, differs=("recorded",))
    kind = left.exchange.kind
    asked = "" if asked_same else _diff(shown(left.request, kind=kind, asked=True),
                                        shown(right.request, kind=kind, asked=True))  # fmt: skip
    answers = [_answer(one) for one in (left, right)]
    answered = _diff(*answers) if answers[0] != answers[1] else ""
    differs: list[Differs] = [] if asked_same else ["request"]
    differs += ["answer"] if answers[0] != answers[1] else []
    return ComparedStep(
        relation=StepRelation.CHANGED if differs else StepRelation.SAME,
        left=left,
        right=right,
        differs=tuple(differs),
        request_diff=asked,
        answer_diff=answered,
    )


def _answer(call: TapeCall) -> str:
    """Its status where it is not 200, then what it says."""
    status = call.answer.head if call.answer is not None else "no answer"
    said = shown(call.answer, kind=call.exchange.kind, asked=False)
    return said if status == "200" else f"{status}\n{said}"


def _diff(left: str, right: str) -> str:
    if max(len(left), len(right)) > _MOST_TEXT:
        left, right = left[:_MOST_TEXT], right[:_MOST_TEXT]
    lines = list(unified_diff(left.splitlines(), right.splitlines(), lineterm="", n=3))[2:]
    text = "\n".join(lines)
    return text if len(text) <= _MOST_DIFF else f"{text[:_MOST_DIFF]}\n… cut: {len(text)} characters in all"
