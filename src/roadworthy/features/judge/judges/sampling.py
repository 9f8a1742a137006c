"""Which runs a judge looks at: some drawn by chance, with a probability that is logged, and those that
detectors point at. What was only pointed at says nothing about runs at large, and never feeds a monitor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """`sampled` is the probability of a run that was drawn, None for one that was not."""

    sampled: float | None
    triggered_by: tuple[str, ...]

    @property
    def judge(self) -> bool:
        return self.sampled is not None or bool(self.triggered_by)


def draw(
    run_id: str, *, judge: str, rate: float, found: Iterable[str] = (), triggers: Iterable[str] = ()
) -> Draw:
    """Deterministic: the same run is drawn, or not, whoever asks and however often. A higher rate draws all
    that a lower one draws. `found` names the detectors that found something."""
    asked_for = set(triggers)
    return Draw(
        sampled=rate if rate > 0 and chance(run_id, judge=judge) < rate else None,
        triggered_by=tuple(name for name in dict.fromkeys(found) if name in asked_for),
    )


def chance(run_id: str, *, judge: str) -> float:
    """Uniform in [0, 1) over runs, independent between judges."""
    digest = hashlib.sha256(f"{judge}\0{run_id}".encode("utf-8", "replace")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)
