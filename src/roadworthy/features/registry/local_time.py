"""Wall clocks and instants: dates and times of day in a zone, as Unix ns."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND_NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MIDNIGHT_AFTER = "24:00"
_DAY_MINUTES = 1440


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """Raises ValueError for what is no IANA time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, UnicodeError):
        raise ValueError(f"{name[:60]!r} is no IANA time zone") from None


def minutes_of(text: str) -> int:
    """Minutes after midnight of HH:MM, 24:00 included. Raises ValueError."""
    if text == MIDNIGHT_AFTER:
        return _DAY_MINUTES
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!r} is no time of day")
    return int(found[1]) * 60 + int(found[2])


def day_of(text: str) -> date:
    """Of YYYY-MM-DD. Raises ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no date")
    return date.fromisoformat(text)


def instant(day: date, *, minutes: int, zone: ZoneInfo) -> int:
    """Unix ns of that local time; one that does not exist or comes twice as RFC 5545, 3.3.5 says: the offset
    before the change counts, which is what a datetime does whose `fold` is 0."""
    if minutes >= _DAY_MINUTES:
        day, minutes = day + timedelta(days=1), minutes - _DAY_MINUTES
    moment = datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone)
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(seconds=1) * SECOND_NS


def local(at_ns: int, *, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at_ns // 1000)).astimezone(zone)


def local_day(at_ns: int, *, zone: ZoneInfo) -> date:
    return local(at_ns, zone=zone).date()


def span_in_words(start_ns: int, end_ns: int, *, zone: ZoneInfo) -> str:
    """Like "Sunday 2026-11-29 02:00 to 04:00 (Europe/Berlin)"."""
    start, end = local(start_ns, zone=zone), local(end_ns, zone=zone)
    same_day = start.date() == end.date()
    return f"{start:%A %Y-%m-%d %H:%M} to {end:{'%H:%M' if same_day else '%A %Y-%m-%d %H:%M'}} ({zone.key})"
