"""Times at the door: RFC 3339, Unix milliseconds or relative on the way in; RFC 3339 on the way out."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from roadworthy.doors.rest.problems import bad_field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_RELATIVE = re.compile(r"-(\d{1,6})(s|m|h|d|w)")
_UNIT_NS = {
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_MAX_NS = 2**63 - 1


def parse_time(text: str, *, field: str, now_ns: int | None = None) -> int:
    """Unix ns of "2026-11-22T10:00:00Z", "1764000000000" (ms), "now" or "-7d". Without a zone: UTC."""
    now = time.time_ns() if now_ns is None else now_ns
    text = text.strip()
    if text == "now":
        return now
    if found := _RELATIVE.fullmatch(text):
        return max(0, now - int(found[1]) * _UNIT_NS[found[2]])
    if re.fullmatch(r"\d{1,16}", text):
        return min(int(text) * 1_000_000, _MAX_NS)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_field(
            field,
            f"{text[:60]!r} is no time: expected RFC 3339 (2026-11-22T10:00:00Z), Unix milliseconds, "
            "now, or relative like -15m, -24h, -7d",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0, (moment - _EPOCH) // timedelta(microseconds=1) * 1000), _MAX_NS)


def parse_later(text: str, *, field: str, now_ns: int | None = None) -> int:
    """Unix ns of a time to come: "+7d" from now on, or as `parse_time` reads it."""
    now = time.time_ns() if now_ns is None else now_ns
    text = text.strip()
    if text.startswith("+"):
        return min(now + parse_duration(text[1:], field=field), _MAX_NS)
    at_ns = parse_time(text, field=field, now_ns=now)
    if at_ns <= now:
        raise bad_field(field, f"{text[:60]!r} is over: expected a time to come, such as +7d")
    return at_ns


def parse_duration(text: str, *, field: str) -> int:
    """ns of "30s", "15m", "1h", "1d", "1w"."""
    found = _RELATIVE.fullmatch("-" + text.strip())
    if found is None or int(found[1]) == 0:
        raise bad_field(field, f"{text[:60]!r} is no length of time: expected like 30s, 15m, 1h, 1d, 1w")
    return int(found[1]) * _UNIT_NS[found[2]]


def rfc3339(ns: int) -> str:
    """UTC with microseconds: "2026-11-22T10:00:00.123456Z"."""
    # Not fromtimestamp: a float cannot hold microseconds of today, and fails on years it does not like.
    # Not strftime: it takes three times as long, and a long run has thousands of these.
    return (_NAIVE_EPOCH + timedelta(microseconds=ns // 1000)).isoformat(timespec="microseconds") + "Z"


def rfc3339_or_none(ns: int | None) -> str | None:
    """None for None and for 0, which stands for "not yet"."""
    return rfc3339(ns) if ns else None


def milliseconds(ns: float | None) -> float | None:
    return None if ns is None else ns / 1_000_000
