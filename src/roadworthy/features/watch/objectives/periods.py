"""From when to when an objective's budget is counted."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from roadworthy.domain.objective import CalendarUnit, TimeWindow

HOUR_S = 3600
DAY_S = 86_400
NS = 1_000_000_000
FIRST = "2024-01-01 00:00:00"
"""A Monday: weeks begin on Mondays where nobody says otherwise."""
FORM = "%Y-%m-%d %H:%M:%S"
_MONTHS = {CalendarUnit.MONTH: 1, CalendarUnit.QUARTER: 3, CalendarUnit.YEAR: 12}
_DAYS = {CalendarUnit.DAY: 1, CalendarUnit.WEEK: 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Unix seconds, `end_s` not included. Of a rolling window the end is now."""

    start_s: int
    end_s: int

    @property
    def seconds(self) -> int:
        return self.end_s - self.start_s


def period_at(window: TimeWindow, now_s: float) -> Period:
    """The rolling window begins at a full hour (UTC); a calendar period lasts from one local time to the
    next, be there 23 or 25 hours in one of its days. Before the first period: that one."""
    if window.rolling:
        end = int(now_s)
        return Period(start_s=(end - window.days * DAY_S) // HOUR_S * HOUR_S, end_s=end)
    zone = ZoneInfo(window.time_zone)
    first = datetime.strptime(window.start or FIRST, FORM)
    local = datetime.fromtimestamp(now_s, UTC).astimezone(zone).replace(tzinfo=None)
    number = max(0, _number(first, local, window=window))
    # Local times repeat and are left out where clocks change: the guess may be one off.
    while number > 0 and _instant(_begin(first, number, window=window), zone) > now_s:
        number -= 1
    while _instant(_begin(first, number + 1, window=window), zone) <= now_s:
        number += 1
    return Period(
        start_s=_instant(_begin(first, number, window=window), zone),
        end_s=_instant(_begin(first, number + 1, window=window), zone),
    )


def _number(first: datetime, now: datetime, *, window: TimeWindow) -> int:
    if window.unit in _DAYS:
        return (now - first).days // (_DAYS[window.unit] * window.count)
    months = (now.year - first.year) * 12 + now.month - first.month
    return months // (_MONTHS[window.unit] * window.count)


def _begin(first: datetime, number: int, *, window: TimeWindow) -> datetime:
    steps = number * window.count
    if window.unit in _DAYS:
        return first + timedelta(days=steps * _DAYS[window.unit])
    year, month = divmod(first.year * 12 + first.month - 1 + steps * _MONTHS[window.unit], 12)
    # The 31st of a month that has none is its last day.
    day = min(first.day, monthrange(year, month + 1)[1])
    return first.replace(year=year, month=month + 1, day=day)


def _instant(local: datetime, zone: ZoneInfo) -> int:
    """Of two instants with this local time the first; one that is left out is as far behind the gap."""
    return int(local.replace(tzinfo=zone, fold=0).timestamp())
