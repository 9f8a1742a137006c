"""What judges runs was fitted anew: what a monitor knows, on the new scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from roadworthy.features.watch.monitors.reference import Count, Reference
from roadworthy.stats.baselines import Baseline, StratumBaseline, Tally

KEPT = 8
"""Rulers that may still come, or results of which may still come late."""


@dataclass(frozen=True, slots=True)
class Expected:
    """As `orders.Refitted`."""

    before: str
    after: str
    shift: float
    most: float
    n: int


def baseline_on(made: Baseline, *, by: Expected) -> Baseline:
    """Where the mean of a reference is at most q0 with 90 % confidence, and the mean change on runs like it
    at most `most` with the same, then on the new scale it is at most q0 + most: by the union of both, with
    80 % at worst."""
    return replace(
        made,
        strata={name: _stratum(one, by=by) for name, one in made.strata.items()},
        others=_stratum(made.others, by=by),
    )


def _stratum(one: StratumBaseline, *, by: Expected) -> StratumBaseline:
    n, had = one.reference.n, one.reference.failures
    failures = min(max(had + by.shift * n, 0.0), float(n))
    rate = min(max(one.rate + by.shift, 0.0), 1.0)
    q0 = min(max(one.q0 + by.most, rate), 1.0)
    return replace(one, q0=q0, rate=rate, reference=Tally(failures=failures, n=n))


def move(counts: Iterable[Count], *, by: Expected) -> None:
    """Each on the new scale, as if it had been judged so."""
    for count in counts:
        count.total = min(max(count.total + by.shift * count.n, 0.0), float(count.n))


def move_reference(reference: Reference | None, *, by: Expected) -> None:
    if reference is not None:
        each = [count for of_hour in reference.hours.values() for count in of_hour.values()]
        move(each, by=by)
        reference.total = sum(count.total for count in each)
