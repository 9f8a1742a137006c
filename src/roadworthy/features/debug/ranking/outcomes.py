"""How steps were ranked in runs that nothing was learned from, and how well that was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadworthy.features.debug.ranking.model import Held, Measured
from roadworthy.stats.intervals import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One held-out run: how the steps were ranked, and which was to blame."""

    dataset: str
    shares: NDArray[np.float64]
    blamed: int
    constant: int
    """What a constant guess, chosen on the training runs of the same data set, says."""

    @property
    def first(self) -> int:
        return int(np.argsort(-self.shares, kind="stable")[0])

    def within(self, most: int) -> bool:
        """Whether the blamed step is among the first `most`; of equal shares the earlier step is first."""
        return self.blamed in np.argsort(-self.shares, kind="stable")[:most]


def measured(outcomes: Sequence[Outcome]) -> Measured:
    said = [float(one.shares.max()) for one in outcomes]
    right = [one.first == one.blamed for one in outcomes]
    return Measured(
        runs=len(outcomes),
        top1=round(float(np.mean(right)), 4),
        top3=round(float(np.mean([one.within(3) for one in outcomes])), 4),
        within1=round(float(np.mean([abs(one.first - one.blamed) <= 1 for one in outcomes])), 4),
        floor=round(float(np.mean([one.constant == one.blamed for one in outcomes])), 4),
        bins=_bins(said, right),
    )


def _bins(said: Sequence[float], right: Sequence[bool]) -> tuple[Held, ...]:
    """Fifths of the runs, by how sure the ranking was of its first step."""
    order = np.argsort(said)
    out = []
    for part in np.array_split(order, 5):
        if not len(part):
            continue
        hits = sum(right[i] for i in part)
        interval = wilson(hits, n=len(part))
        out.append(
            Held(
                said=round(float(np.mean([said[i] for i in part])), 4),
                right=round(hits / len(part), 4),
                n=len(part),
                low=round(interval.low, 4) if interval else 0.0,
                high=round(interval.high, 4) if interval else 1.0,
            )
        )
    return tuple(out)
