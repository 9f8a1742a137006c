"""Which failure modes a run has, and who says so: detectors, judges and people, all kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.domain.finding import Finding
from roadworthy.domain.score import Score

DETECTOR = "detector"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeWord:
    """One voice for one failure mode (`domain.failure_mode`)."""

    mode: str
    source: str
    """detector, judge, reviewer, ... as of scores."""
    name: str
    """Of the detector or of the score."""
    author: str = ""
    reason: str = ""
    span_id: str = ""
    """"" for the run as a whole."""
    at_ns: int = 0
    """0 for detectors: they speak whenever the run is judged."""


def mode_words(findings: Sequence[Finding], scores: Sequence[Score]) -> list[ModeWord]:
    """Detectors first, in their order, then the others by time. A judge, whatever its version, is one voice,
    and so is each person: what they said last counts, also where it names no mode any more."""
    return [
        *(
            ModeWord(
                mode=one.mode,
                source=DETECTOR,
                name=one.detector,
                reason=one.reason,
                span_id=next((evidence.span_id for evidence in one.evidence), ""),
            )
            for one in findings
            if one.mode
        ),
        *(
            ModeWord(
                mode=one.mode,
                source=one.source,
                name=one.name,
                author=one.author,
                reason=one.explanation,
                span_id=one.span_id,
                at_ns=one.at_ns,
            )
            for one in _last_words(scores)
            if one.mode
        ),
    ]


def _last_words(scores: Sequence[Score]) -> list[Score]:
    # A judge's word has the time of its run: of two versions of it the one written later counts.
    ordered = sorted(scores, key=lambda one: (one.at_ns, one.version))
    last = {(one.source, one.voice, one.name, one.span_id): one for one in ordered}
    return sorted(last.values(), key=lambda one: one.at_ns)
