"""Intervals for proportions."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """`low` and `high` lie in [0, 1]."""

    low: float
    high: float


def wilson(successes: int, *, n: int, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval for a proportion (Wilson 1927, JASA 22:209-212). None where n is 0.

    Chosen over the normal approximation because rates near 0 and 1 with small n are the usual case here,
    where that one leaves [0, 1] or has width 0.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n={n}, not {successes}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    weight = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / weight
    half = z / weight * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the bound is exactly 0 or 1; rounding must not leave 1e-17 behind.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low=low, high=high)
