"""The picture of a monitor: its figure over time with interval, baseline and evidence, releases and
alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.contracts.watch_log import Tick
from roadworthy.domain.alarm import Alarm
from roadworthy.features.watch.monitors.agent_state import ReleaseMark
from roadworthy.features.watch.monitors.standing import Seen, seen_of

MOST_POINTS = 400
_HOUR_NS = 3_600 * 10**9
_WIDTHS = tuple(hours * _HOUR_NS for hours in (1, 2, 3, 6, 12, 24, 48, 7 * 24, 28 * 24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Results of runs that ended in [start_ns, start_ns + width_ns); only where there are any."""

    start_ns: int
    width_ns: int
    seen: Seen
    baseline: float | None
    """Bound that was bet against; None while it was learned."""
    peak: float
    """Highest evidence over threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    from_ns: int
    to_ns: int
    width_ns: int
    points: tuple[Point, ...]
    releases: tuple[ReleaseMark, ...]
    alarms: tuple[Alarm, ...]


def width_for(length_ns: int) -> int:
    return next((each for each in _WIDTHS if each * MOST_POINTS >= length_ns), _WIDTHS[-1])


def points_of(ticks: Sequence[Tick], *, width_ns: int) -> tuple[Point, ...]:
    together: dict[int, list[Tick]] = {}
    for tick in ticks:
        together.setdefault(tick.start_ns // width_ns * width_ns, []).append(tick)
    return tuple(
        Point(
            start_ns=start,
            width_ns=max(width_ns, max(one.width_ns for one in of)),
            seen=seen_of(sum(one.n for one in of), sum(one.total for one in of)),
            baseline=of[-1].baseline or None,
            peak=max(one.peak for one in of),
        )
        for start, of in sorted(together.items())
    )
