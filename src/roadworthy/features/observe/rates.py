"""A share of things, which never stands without its n and its interval."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.stats.intervals import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`value`, `low` and `high` are shares in [0, 1]; all None where n is 0 (unknown, not zero).

    The interval is Wilson's at 95 %.
    """

    count: int
    n: int
    value: float | None
    low: float | None
    high: float | None


def rate(count: int, *, n: int) -> Rate:
    """The share `count` / `n`. A count above n (two sources that disagree) is cut to n."""
    count = max(0, min(count, n))
    interval = wilson(count, n=n)
    if interval is None:
        return Rate(count=count, n=n, value=None, low=None, high=None)
    return Rate(count=count, n=n, value=count / n, low=interval.low, high=interval.high)
