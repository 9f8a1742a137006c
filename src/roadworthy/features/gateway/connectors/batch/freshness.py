"""How fresh a table must be: pure mathematics on times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from roadworthy.features.gateway.connectors.settings.batch import Freshness

_NS = 1_000_000_000
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`due_ns`: when the delivery was due that is missing, 0 for none."""

    stale: bool
    due_ns: int
    said: str


def judge(contract: Freshness | None, *, as_of_ns: int, now_ns: int) -> Verdict:
    """`as_of_ns` 0: nothing came ever, which is stale where anything was promised."""
    if not as_of_ns:
        return Verdict(stale=True, due_ns=0, said="nothing was delivered yet")
    age = f"{told(now_ns - as_of_ns)} old"
    if contract is None:
        return Verdict(stale=False, due_ns=0, said=age)
    if contract.max_age_hours is not None:
        limit = round(contract.max_age_hours * 3600 * _NS)
        if now_ns - as_of_ns <= limit:
            return Verdict(stale=False, due_ns=0, said=age)
        said = f"{age}; at most {contract.max_age_hours:g} h are allowed"
        return Verdict(stale=True, due_ns=as_of_ns + limit, said=said)
    zone = ZoneInfo(contract.zone)
    grace = round(contract.grace_minutes * 60 * _NS)
    due = last_due(contract, datetime.fromtimestamp((now_ns - grace) / _NS, zone))
    before = last_due(contract, due - timedelta(seconds=1))
    # A delivery counts for a due time from the middle between it and the one before on: one that is a little
    # late for yesterday is none for today.
    opens = before + (due.astimezone(UTC) - before.astimezone(UTC)) / 2
    if as_of_ns >= round(opens.timestamp() * _NS):
        return Verdict(stale=False, due_ns=0, said=age)
    said = f"{age}; a delivery was due on {due:%Y-%m-%d %H:%M} {contract.zone}"
    return Verdict(stale=True, due_ns=round(due.timestamp() * _NS), said=said)


def last_due(contract: Freshness, now: datetime) -> datetime:
    """The latest due time that is not after `now`, which is in the contract's zone. By the wall clock
    there: a day of 23 or 25 hours has one all the same."""
    hour, minute = (int(part) for part in contract.by.split(":"))
    if contract.every == "hour":
        due = now.replace(minute=minute, second=0, microsecond=0)
        return due if due <= now else (due.astimezone(UTC) - timedelta(hours=1)).astimezone(now.tzinfo)
    day = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if day > now:
        day -= timedelta(days=1)
    while not _is_due(contract, day):
        day -= timedelta(days=1)
    return day


def _is_due(contract: Freshness, day: datetime) -> bool:
    if contract.every == "weekday":
        return day.weekday() < _SATURDAY
    if contract.every == "week":
        return _DAYS[day.weekday()] == contract.weekday
    if contract.every == "month":
        return day.day == contract.day
    return True


def told(age_ns: int) -> str:
    """As people say it."""
    minutes = max(age_ns, 0) // (60 * _NS)
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"
