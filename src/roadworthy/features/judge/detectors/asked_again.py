"""The agent asked the user for what the user had said already."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.asked_for import asked_for, given
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript

_MOST = 3
_FAR_BACK = 2_000


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    known: dict[str, tuple[str, Saying]] = {}
    refused: set[str] = set()
    found: dict[str, Finding] = {}
    for step in transcript.steps[:_FAR_BACK]:
        if isinstance(step, ToolUse):
            if step.failed or step.negative or len(step.result) < 3:
                # What led to nothing may well be asked for again.
                refused.add(step.arguments[:2_000])
        elif step.role == "user":
            known.update({kind: (value, step) for kind, value in given(step.text).items()})
        elif step.role == "assistant" and known and step.place == "output":
            for one in asked_for(step.text):
                held = known.get(one.kind)
                if held and held[0] not in step.text and not any(held[0] in text for text in refused):
                    found.setdefault(one.kind, _finding(step, one.kind, held, start=one.start, end=one.end))
    return list(found.values())[:_MOST]


def _finding(asking: Saying, kind: str, held: tuple[str, Saying], *, start: int, end: int) -> Finding:
    value, said = held
    at = said.text.find(value)
    return DETECTOR.finding(
        f"The agent asked for the {kind}, which the user had given before ({value[:60]}).",
        excerpt(asking.text, start=start, end=end, span_id=asking.span_id, place=asking.place),
        excerpt(
            said.text, start=max(at, 0), end=max(at, 0) + len(value), span_id=said.span_id, place=said.place
        ),
        confidence=0.8,
    )


DETECTOR = Detector(
    name="asked_again",
    title="Asked again",
    description="The agent asks the user for an address, number or id that the user gave before. Silent "
    "where it "
    "names the value, and where a tool had failed with it.",
    mode="mast-1.4",
    detect=detect,
)
