"""What a detector is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Transcript

EXCERPT = 240

Detect = Callable[[Transcript, History], Sequence[Finding]]
"""Pure and deterministic; never raises on anything a transcript can hold; () where it finds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """`name` is its module's; `version` rises when it would say something else about the same run."""

    name: str
    title: str
    """For people: "Tool error ignored"."""
    description: str
    """What it looks for and when it is silent, in two or three sentences."""
    mode: str
    """Failure mode of what it finds (`domain.failure_mode`), "" where it varies or none fits."""
    detect: Detect
    version: int = 1
    suspicious: bool = True
    """Whether what it finds speaks for a failed run; False where it is only worth knowing."""

    def finding(
        self,
        reason: str,
        *evidence: Evidence,
        confidence: float = 1.0,
        tool: str = "",
        mode: str | None = None,
    ) -> Finding:
        return Finding(
            detector=self.name,
            version=self.version,
            confidence=confidence,
            mode=self.mode if mode is None else mode,
            reason=reason,
            tool=tool,
            evidence=evidence,
        )


def excerpt(text: str, *, start: int, end: int, span_id: str, place: str) -> Evidence:
    """Evidence that shows text[start:end] with what stands round it, at most `EXCERPT` characters."""
    end = min(end, start + EXCERPT)
    spare = (EXCERPT - (end - start)) // 2
    left, right = max(0, start - spare), min(len(text), end + spare)
    return Evidence(span_id=span_id, place=place, excerpt=text[left:right], start=start, end=end)
