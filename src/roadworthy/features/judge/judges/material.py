"""What of a run a judge is shown: bounded, in plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.features.judge.transcript import Saying, Step, ToolUse, Transcript

CHARACTERS = 48_000
"""Shown of a run in all, unless a judge says otherwise: about 12,000 tokens."""
STEPS = 400
"""Shown of a run; those in the middle are left out."""
_SHARES = {"input": 0.2, "answer": 0.25, "tools": 0.35, "reference": 0.2, "conversation": 1.0}
_STEP_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`values` by place of a rubric's template."""

    values: dict[str, str]
    cut: bool
    """Whether something was left out."""


def material(
    transcripts: Sequence[Transcript],
    places: Sequence[str],
    *,
    reference: str = "",
    characters: int = CHARACTERS,
) -> Material:
    """Of one run; or of all runs of a session, in order: input and answer are then those of the last."""
    last = transcripts[-1]
    # Places that a template does not name leave their share to those that it does.
    named = sum(_SHARES[place] for place in places) or 1.0
    values: dict[str, str] = {}
    cut = False
    for place in places:
        limit = max(200, int(characters * _SHARES[place] / named))
        text = _text(place, transcripts, last, reference=reference)
        values[place] = cut_middle(text, limit=limit)
        cut = cut or values[place] != text
    return Material(values=values, cut=cut)


def _text(place: str, transcripts: Sequence[Transcript], last: Transcript, *, reference: str) -> str:
    if place == "reference":
        text = reference
    elif place == "input":
        text = last.asked
    elif place == "answer":
        text = last.answer or "(no answer)"
    else:
        steps: list[Step] = [step for one in transcripts for step in one.steps]
        if place == "tools":
            steps = [step for step in steps if isinstance(step, ToolUse)]
        else:
            steps = [step for step in steps if isinstance(step, ToolUse) or step.role != "system"]
        text = _told(steps) or ("(no tool was called)" if place == "tools" else "(nothing was said)")
    return storable(text)


def _told(steps: Sequence[Step]) -> str:
    lines = [_line(step, number) for number, step in enumerate(steps[: STEPS // 2], 1)]
    if len(steps) > STEPS:
        lines.append(f"[... {len(steps) - STEPS} steps left out ...]")
    rest = steps[max(STEPS // 2, len(steps) - STEPS // 2) :]
    lines += [_line(step, len(steps) - len(rest) + number) for number, step in enumerate(rest, 1)]
    return "\n".join(lines)


def _line(step: Step, number: int) -> str:
    if isinstance(step, Saying):
        who = f"{step.role} ({step.agent})" if step.agent and step.role == "assistant" else step.role
        return f"{number}. {who}: {cut_middle(step.text, limit=_STEP_CHARACTERS)}"
    call = f"{step.name}({cut_middle(step.arguments, limit=_STEP_CHARACTERS // 2)})"
    came = cut_middle(step.result or step.error or "(nothing)", limit=_STEP_CHARACTERS // 2)
    return f"{number}. tool {call} -> {'FAILED: ' if step.failed else ''}{came}"


def cut_middle(text: str, *, limit: int) -> str:
    """At most about `limit` characters: beginning and end are kept, with a note of how much is missing."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]}\n[... {len(text) - limit:,} characters left out ...]\n{text[-tail:]}"


def storable(text: str) -> str:
    """The text as UTF-8 can hold it."""
    return text.encode("utf-8", "replace").decode()
