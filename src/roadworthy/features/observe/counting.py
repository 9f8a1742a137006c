"""Counts of what is stored, for whoever polls them: counted anew as seldom as counting is dear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.contracts.telemetry import StoreStats

_LONGEST_S = 2.0
_TIMES_ITS_COST = 20
"""Of a count that took 5 ms an answer is kept 0.1 s, of one that took 0.1 s two: a twentieth of a core,
however many ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    stats: StoreStats
    good_until: float


class KeptCounts:
    """`count` counts a project, or all with None. At most two seconds old. Thread-safe."""

    def __init__(
        self, count: Callable[[str | None], StoreStats], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count = count
        self._clock = clock
        self._kept: dict[str | None, _Count] = {}
        self._lock = threading.Lock()
        """Held while counting: those who ask meanwhile get the same answer."""

    def stats(self, project: str | None) -> StoreStats:
        with self._lock:
            kept = self._kept.get(project)
            began = self._clock()
            if kept is not None and began < kept.good_until:
                return kept.stats
            stats = self._count(project)
            ended = self._clock()
            kept_for = min(_LONGEST_S, (ended - began) * _TIMES_ITS_COST)
            self._kept[project] = _Count(stats=stats, good_until=ended + kept_for)
            return stats

    def forget(self) -> None:
        """Something was deleted: what is shown next must know."""
        with self._lock:
            self._kept.clear()
