"""An agent went on with an assumption instead of asking."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.utterances import heard, utterances

_ASSUMES = re.compile(
    r"\b(?:let's|let’s|let us|we(?:'ll|’ll| can| will| must| should| need to| have to)?|i(?:'ll|’ll| will|"
    r" have| can)?)"
    r" (?:also )?(?:to )?assumed?\b|\bassuming\b|\b(?:the|this|my|our|an|one) assumption\b|"
    r"\bassumed (?:that|to be)\b",
    re.I,
)
_NOT_MEANT = re.compile(r"\b(?:not|never|without|cannot|can't|don't|won't|avoid)\s+(?:\w+\s+)?$", re.I)


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    for one in utterances(transcript):
        text = heard(one)
        if "ssum" not in text:
            continue
        for match in _ASSUMES.finditer(text):
            if _NOT_MEANT.search(text, max(0, match.start() - 20), match.start()):
                continue
            said = " ".join(text[match.start() : match.end() + 80].split())
            return (
                DETECTOR.finding(
                    f"{one.agent or 'The agent'} went on with an assumption: “{said}…”.",
                    excerpt(text, start=match.start(), end=match.end(), span_id=one.span_id, place=one.place),
                    confidence=0.5,
                ),
            )
    return ()


DETECTOR = Detector(
    name="assumption_made",
    title="Went on with an assumption",
    description="An agent says that it assumes something that nobody told it. Harmless where the assumption "
    "holds; runs in which it happens fail more often. Silent on assumptions that are refused. English.",
    mode="mast-2.2",
    detect=detect,
)
