"""Code failed and was never made to work, or a check was announced and nothing came after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.screen import holds_any
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.utterances import heard, utterances
from roadworthy.kit.word_set import WordSet

_BROKE = re.compile(
    r"exitcode: [1-9-]|Traceback \(most recent call last\)|\b(?:Syntax|Name|Type|Value|Attribute|Index|"
    r"Key|Import|"
    r"ModuleNotFound|ZeroDivision|Indentation)Error\b|\binvalid syntax\b"
)
_BROKE_WORDS = ("exitcode: ", "Traceback (most", "Error", "invalid syntax")
"""One of these is in whatever the pattern finds."""
_WORKED = re.compile(r"exitcode: 0\b|\A\s*[-\d$][\d.,/ ]{0,30}\s*\Z")
_ANNOUNCED = re.compile(
    r"\b(?:(?:let's|let’s|let us|let me|i(?:'ll|’ll| will)|we(?:'ll|’ll| will| need to| should|"
    r" must)) (?:now |next |"
    r"then |also )?(?:verify|double-check|check|validate|test|recalculate|re-?run|run the (?:code|tests)))\b",
    re.I,
)
_CHECKS = WordSet("verify check validate test recalculate run")
_END = 300


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    broke = None
    said = utterances(transcript)
    for one in said:
        text = heard(one)
        match = _BROKE.search(text) if holds_any(text, _BROKE_WORDS) else None
        if match is not None:
            broke = (one, match.start(), match.end())
        elif broke is not None and _WORKED.search(text):
            broke = None
    if broke is not None:
        one, start, end = broke
        where = excerpt(one.text, start=start, end=end, span_id=one.span_id, place=one.place)
        return (DETECTOR.finding("Code failed, and no run of it worked after that.", where, confidence=0.8),)
    if len(said) < 2 or any(tool.index > said[-1].index for tool in transcript.tools):
        return ()
    text = heard(said[-1])
    if not _CHECKS.any_in(text[-_END:]):
        return ()
    match = _ANNOUNCED.search(text, max(0, len(text) - _END))
    if match is None or "?" in text[match.start() :] or len(text[match.end() :].split()) > 25:
        return ()
    where = excerpt(text, start=match.start(), end=len(text), span_id=said[-1].span_id, place=said[-1].place)
    return (DETECTOR.finding("The last word announces a check that was never made.", where, confidence=0.7),)


DETECTOR = Detector(
    name="no_verification",
    title="Not verified",
    description="Code that an agent ran failed and never worked after that, or the run ends with a check "
    "that is "
    "announced and not made. Silent where any later run of code worked.",
    mode="mast-3.2",
    detect=detect,
)
