"""Agents worked out different results, and the final answer passes over one of them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Saying, Transcript
from roadworthy.features.judge.utterances import heard, lowered, utterances

_OUTPUT = re.compile(r"code output:\s*", re.I)
_NUMBER = re.compile(r"[$€£]?\s?(-?\d[\d,]{0,20}(?:\.\d{1,20})?)(?:/(\d{1,15}(?:\.\d{1,15})?))?\s?%?")
_NUMBERS = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_SHORT = 60
_LONGEST_ANSWER = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    value: float
    said: Saying
    start: int


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    said = utterances(transcript)
    if len(said) < 3:
        return ()
    # Words first: the pattern alone costs ten times as much.
    marked = "code output:" in lowered(transcript)
    results = [found for one in said if (found := _result(one, marked=marked)) is not None]
    if not results:
        return ()
    last = results[-1]
    other = next((one for one in results if not _same(one.value, last.value)), None)
    if other is not None:
        return (_finding(other, last, "different results were worked out", 0.7),)
    if transcript.answer and not _names(transcript.answer[-_LONGEST_ANSWER:], last.value):
        return (_finding(last, last, "the final answer does not have it", 0.6),)
    return ()


def _result(one: Saying, *, marked: bool) -> _Result | None:
    """A message that is a number and nothing else, as a step that computes brings it. `marked`: some may
    begin with saying so."""
    text = heard(one)
    output = _OUTPUT.search(text) if marked else None
    start = output.end() if output else 0
    body = text[start:].strip()
    match = _NUMBER.fullmatch(body) if len(body) <= _SHORT else None
    if match is None:
        return None
    below = float(match.group(2)) if match.group(2) else 1.0
    value = float(match.group(1).replace(",", "")) / below if below else math.nan
    return _Result(value=value, said=one, start=start) if math.isfinite(value) else None


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-3)


def _names(text: str, value: float) -> bool:
    """Whether a text has the number, rounded or as a percentage too."""
    for match in _NUMBERS.finditer(text):
        held = float(match.group()[:40].replace(",", ""))
        if math.isclose(held, value, rel_tol=0.01, abs_tol=0.01) or math.isclose(
            held, 100 * value, rel_tol=0.01
        ):
            return True
    return False


def _finding(first: _Result, last: _Result, what: str, confidence: float) -> Finding:
    named = f"{first.value:g}" if first is last else f"{first.value:g}, then {last.value:g}"
    evidence = [
        excerpt(
            one.said.text, start=one.start, end=one.start + 40, span_id=one.said.span_id, place=one.said.place
        )
        for one in ((first,) if first is last else (first, last))
    ]
    return DETECTOR.finding(f"A step computed {named}: {what}.", *evidence, confidence=confidence)


DETECTOR = Detector(
    name="disagreement_ignored",
    title="Results disagree",
    description="Steps that compute brought different single numbers, or the final answer does not have the "
    "number that was computed last. Silent where computed results are no single numbers.",
    mode="mast-2.5",
    detect=detect,
)
