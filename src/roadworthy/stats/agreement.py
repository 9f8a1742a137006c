"""How far two who judge the same things agree, chance taken off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from roadworthy.stats.intervals import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """`low` and `high` bound kappa, in [-1, 1]."""

    kappa: float
    low: float
    high: float
    agreement: float
    """Share of equal verdicts."""
    n: int


def cohen_kappa(
    ours: Sequence[Hashable], theirs: Sequence[Hashable], *, confidence: float = 0.95
) -> Kappa | None:
    """κ = (p_o - p_e) / (1 - p_e) (Cohen 1960), with the large-sample error of Fleiss, Cohen & Everitt (1969,
    Psychological Bulletin 72:323-327). None of nothing, and where chance alone would agree always: both gave
    one and the same verdict throughout."""
    n = len(ours)
    if n != len(theirs):
        raise ValueError(f"{n} verdicts against {len(theirs)}")
    if not n:
        return None
    cells = Counter(zip(ours, theirs, strict=True))
    rows, columns = Counter(ours), Counter(theirs)
    observed = sum(times for (a, b), times in cells.items() if a == b) / n
    chance = sum(rows[value] * columns[value] for value in rows) / (n * n)
    if chance >= 1:
        return None
    kappa = (observed - chance) / (1 - chance)
    rest = 1 - kappa
    spread = sum(
        times
        / n
        * (
            (1 - (rows[a] + columns[a]) / n * rest) ** 2
            if a == b
            else ((columns[a] + rows[b]) / n * rest) ** 2
        )
        for (a, b), times in cells.items()
    )
    variance = max(0.0, spread - (kappa - chance * rest) ** 2) / (n * (1 - chance) ** 2)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * sqrt(variance)
    return Kappa(
        kappa=kappa, low=max(-1.0, kappa - half), high=min(1.0, kappa + half), agreement=observed, n=n
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStability:
    share: float
    interval: Interval
    n: int


def order_stability(
    first: Sequence[Hashable], swapped: Sequence[Hashable], *, confidence: float = 0.95
) -> OrderStability | None:
    """Share of pairs whose winner stays when they are shown the other way round, with Wilson's interval. Both
    name the same thing by the same word, in whichever order it was shown. None of nothing."""
    same = sum(a == b for a, b in zip(first, swapped, strict=True))
    interval = wilson(same, n=len(first), confidence=confidence)
    return (
        None if interval is None else OrderStability(share=same / len(first), interval=interval, n=len(first))
    )
