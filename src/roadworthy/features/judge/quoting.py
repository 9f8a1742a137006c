"""Where words stand that somebody quoted from a run."""

from __future__ import annotations

from roadworthy.domain.finding import Evidence
from roadworthy.features.judge.detector import excerpt
from roadworthy.features.judge.transcript import Transcript

SHORTEST = 3
"""Characters: shorter words stand everywhere."""


def quoted(quote: str, transcript: Transcript) -> tuple[Evidence, ...]:
    """The first place in the answer, else in what tools said or were told; () where nobody said it."""
    if len(quote) < SHORTEST:
        return ()
    at = transcript.answer.find(quote)
    if at >= 0:
        span = transcript.answer_span
        return (excerpt(transcript.answer, start=at, end=at + len(quote), span_id=span, place="answer"),)
    for used in transcript.tools:
        for text, place in ((used.result, "output"), (used.arguments, "input")):
            at = text.find(quote)
            if at >= 0:
                return (excerpt(text, start=at, end=at + len(quote), span_id=used.span_id, place=place),)
    return ()
