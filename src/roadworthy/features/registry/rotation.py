"""The turns of one layer: whose it is from when to when, before it is laid over other layers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from roadworthy.domain.schedule import Layer, Turn, Weekday, Window
from roadworthy.features.registry.local_time import day_of, instant, local_day, minutes_of

GoneNs = Callable[[str], int]
"""From when on a person is on no duty, Unix ns: team.NEVER_NS for somebody who stays, 0 for somebody nobody
knows."""
_WEEKDAYS = tuple(Weekday)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """`person` "" where all who take turns have left."""

    start_ns: int
    end_ns: int
    person: str
    instead_of: str = ""


def duties(layer: Layer, *, zone: ZoneInfo, from_ns: int, to_ns: int, gone_ns: GoneNs) -> list[Duty]:
    """In order, none overlapping, all within [from_ns, to_ns), none where the layer does not hold."""
    turns = list(_turns(layer, zone=zone, from_ns=from_ns, to_ns=to_ns, gone_ns=gone_ns))
    if not layer.windows:
        return turns
    open_times = _open_times(layer.windows, zone=zone, from_ns=from_ns, to_ns=to_ns)
    return list(_within(turns, open_times))


def _turns(layer: Layer, *, zone: ZoneInfo, from_ns: int, to_ns: int, gone_ns: GoneNs) -> Iterator[Duty]:
    """Turns by the rotation, each served by whoever of its line has not left."""
    if not layer.people:
        return
    first, minutes = day_of(layer.starts_on), minutes_of(layer.hand_over_time)
    days = layer.every * (7 if layer.turn is Turn.WEEK else 1)
    anchor = first
    if layer.turn is Turn.WEEK:
        anchor -= _DAY * ((first.weekday() - _WEEKDAYS.index(layer.hand_over_weekday)) % 7)
    opens = instant(first, minutes=minutes, zone=zone)
    closes = instant(day_of(layer.ends_on), minutes=minutes, zone=zone) if layer.ends_on else to_ns
    from_ns, to_ns = max(from_ns, opens), min(to_ns, closes)
    if from_ns >= to_ns:
        return
    # Two days earlier: the hand-over of this day may be still to come, in a zone where it is yesterday.
    number = max(0, (local_day(from_ns, zone=zone) - anchor - 2 * _DAY).days // days)
    starts = _hand_over(anchor, number * days, minutes=minutes, zone=zone)
    while starts < to_ns:
        ends = _hand_over(anchor, (number + 1) * days, minutes=minutes, zone=zone)
        start, end = max(starts, from_ns), min(ends, to_ns)
        if start < end:
            order = number % len(layer.people)
            line = (*layer.people[order:], *layer.people[:order])
            yield from _served(line, start_ns=start, end_ns=end, gone_ns=gone_ns)
        number, starts = number + 1, ends


def _hand_over(anchor: date, days: int, *, minutes: int, zone: ZoneInfo) -> int:
    return instant(anchor + days * _DAY, minutes=minutes, zone=zone)


def _served(line: tuple[str, ...], *, start_ns: int, end_ns: int, gone_ns: GoneNs) -> Iterator[Duty]:
    """A turn is the first one's of the line; once they have left, the next one's who has not."""
    at = start_ns
    while at < end_ns:
        serving = next((one for one in line if gone_ns(one) > at), "")
        until = min(gone_ns(serving), end_ns) if serving else end_ns
        instead = line[0] if serving != line[0] else ""
        yield Duty(start_ns=at, end_ns=until, person=serving, instead_of=instead)
        at = until


def _open_times(
    windows: tuple[Window, ...], *, zone: ZoneInfo, from_ns: int, to_ns: int
) -> list[tuple[int, int]]:
    """When any of the windows is open: in order, joined where they touch."""
    found: list[tuple[int, int]] = []
    day = local_day(from_ns, zone=zone) - 2 * _DAY
    last = local_day(to_ns, zone=zone) + _DAY
    while day <= last:
        weekday = _WEEKDAYS[day.weekday()]
        for window in windows:
            if weekday in window.days:
                start, end = minutes_of(window.start), minutes_of(window.end)
                end_day = day if end > start else day + _DAY
                opens = instant(day, minutes=start, zone=zone)
                closes = instant(end_day, minutes=end, zone=zone)
                if opens < closes:
                    found.append((opens, closes))
        day += _DAY
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(found):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined


def _within(turns: list[Duty], open_times: list[tuple[int, int]]) -> Iterator[Duty]:
    starts = [opens for opens, _ in open_times]
    for turn in turns:
        for opens, closes in open_times[max(0, bisect_right(starts, turn.start_ns) - 1) :]:
            if opens >= turn.end_ns:
                break
            start, end = max(opens, turn.start_ns), min(closes, turn.end_ns)
            if start < end:
                yield Duty(start_ns=start, end_ns=end, person=turn.person, instead_of=turn.instead_of)
