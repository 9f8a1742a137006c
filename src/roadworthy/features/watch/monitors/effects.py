"""What consuming results has led to and is not yet kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from roadworthy.contracts.watch_log import Tick
from roadworthy.domain.alarm import Alarm
from roadworthy.features.watch.monitors.reference import HOUR_NS

_GRAIN = 2**30


@dataclass(slots=True)
class Effects:
    alarms: dict[str, Alarm] = field(default_factory=dict)
    ticks: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    monitors: dict[str, None] = field(default_factory=dict)
    """Ids of those whose state is another one, deleted ones too."""
    agents: dict[str, None] = field(default_factory=dict)

    def tick(self, monitor: str, *, at_ns: int, x: float, peak: float, baseline: float) -> None:
        key = (monitor, at_ns // HOUR_NS)
        # So that sums are exact, and the same in whatever order they are added up.
        x = round(x * _GRAIN) / _GRAIN
        had = self.ticks.get(key)
        if had is None:
            self.ticks[key] = [1, x, peak, baseline]
        else:
            had[0] += 1
            had[1] += x
            had[2] = max(had[2], peak)
            had[3] = baseline

    def as_ticks(self) -> Sequence[Tick]:
        return [
            Tick(
                monitor=monitor,
                start_ns=hour * HOUR_NS,
                n=int(n),
                total=total,
                peak=peak,
                baseline=baseline,
            )
            for (monitor, hour), (n, total, peak, baseline) in self.ticks.items()
        ]

    def __bool__(self) -> bool:
        return bool(self.alarms or self.ticks or self.monitors or self.agents)
