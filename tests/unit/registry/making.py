"""A small organisation, and times written as people write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from roadworthy.domain.agent import Agent
from roadworthy.domain.escalation_policy import EscalationPolicy
from roadworthy.domain.schedule import Layer, Override, Schedule, Shift, Turn, Weekday, Window
from roadworthy.domain.team import Contact, Team
from roadworthy.features.registry.snapshot import Snapshot, Thing

PROJECT = "default"
HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
EVERY_DAY = tuple(Weekday)
WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)
WEEKDAYS = EVERY_DAY[:5]
_TABLES: dict[type[Thing], str] = {
    Agent: "agents",
    Team: "teams",
    Contact: "contacts",
    Schedule: "schedules",
    Override: "overrides",
    EscalationPolicy: "policies",
}


def at(text: str, zone: str = "UTC") -> int:
    """Unix ns of "2026-11-22 09:00", local time of the zone; with "Z" or an offset, that."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return int(moment.astimezone(UTC).timestamp()) * 1_000_000_000


def contact(name: str, *, email: str | None = None, left_ns: int = 0) -> Contact:
    address = f"{name}@example.org" if email is None else email
    return Contact(project=PROJECT, name=name, email=address, left_ns=left_ns)


def layer(
    *people: str,
    name: str = "primary",
    starts_on: str = "2026-01-05",
    windows: Iterable[Window] = (),
    turn: Turn = Turn.WEEK,
    every: int = 1,
    hand_over_weekday: Weekday = Weekday.MONDAY,
    hand_over_time: str = "09:00",
    ends_on: str = "",
) -> Layer:
    """From Monday, 2026-01-05, 09:00, in weeks."""
    return Layer(
        name=name,
        people=people,
        starts_on=starts_on,
        ends_on=ends_on,
        windows=tuple(windows),
        turn=turn,
        every=every,
        hand_over_weekday=hand_over_weekday,
        hand_over_time=hand_over_time,
    )


def schedule(*layers: Layer, zone: str = "UTC", name: str = "primary") -> Schedule:
    return Schedule(project=PROJECT, name=name, time_zone=zone, layers=layers)


def override(
    person: str, start_ns: int, end_ns: int, *, entered_ns: int = 1, schedule: str = "primary"
) -> Override:
    return Override(
        project=PROJECT,
        id=f"{person}-{start_ns}-{entered_ns}",
        schedule=schedule,
        person=person,
        start_ns=start_ns,
        end_ns=end_ns,
        updated_ns=entered_ns,
    )


def snapshot(*things: Thing) -> Snapshot:
    tables: dict[str, dict[str, Thing]] = {name: {} for name in _TABLES.values()}
    for thing in things:
        key = thing.id if isinstance(thing, Override) else thing.name
        tables[_TABLES[type(thing)]][key] = thing
    return Snapshot(**tables)  # type: ignore[arg-type]  # each table holds its own kind


def told(shifts: Iterable[Shift], zone: str) -> list[tuple[str, str, str]]:
    """(person, start, end) in local time with the offset, to the minute."""
    return [(one.person, clock(one.start_ns, zone), clock(one.end_ns, zone)) for one in shifts]


def clock(at_ns: int, zone: str) -> str:
    moment = datetime.fromtimestamp(at_ns // 1_000_000_000, tz=ZoneInfo(zone))
    return moment.isoformat(sep=" ", timespec="minutes")
