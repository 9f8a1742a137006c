"""Who is on call when: rotations in layers, with restrictions and overrides, in one time zone.

Local times follow RFC 5545, section 3.3.5: one that does not exist (clocks go forward) is read with the
offset before the change, so 02:30 becomes 03:30; one that comes twice (clocks go back) is the first of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Turn(StrEnum):
    """What the length of a turn is counted in."""

    DAY = "day"
    WEEK = "week"


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """On each of these days from `start` to `end`, local time. An `end` at or before `start` is that of the
    next day."""

    days: tuple[Weekday, ...]
    start: str
    """HH:MM, 00:00 to 23:59."""
    end: str
    """HH:MM, up to 24:00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """People in turn. `windows` say when the layer holds at all; none, always."""

    name: str
    people: tuple[str, ...]
    """Names of contacts, in the order of their turns."""
    starts_on: str
    """YYYY-MM-DD: the first turn begins that day at the hand-over time. Where that is not the hand-over
    weekday, the first turn is shorter."""
    ends_on: str = ""
    """YYYY-MM-DD: the layer ends that day at the hand-over time; "" for never."""
    turn: Turn = Turn.WEEK
    every: int = 1
    """How many days or weeks a turn lasts."""
    hand_over_weekday: Weekday = Weekday.MONDAY
    """Of turns counted in weeks."""
    hand_over_time: str = "09:00"
    """HH:MM, local time, 00:00 to 23:59."""
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Identity is (project, name). Where several layers have somebody at a time, the first listed counts;
    an override counts before every layer."""

    project: str
    name: str
    title: str = ""
    time_zone: str = "UTC"
    """IANA name: Europe/Berlin."""
    layers: tuple[Layer, ...] = ()
    updated_ns: int = 0
    updated_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """`person` is on call in [start_ns, end_ns), whatever the layers say. Of several at a time the one
    entered last counts. Identity is (project, id)."""

    project: str
    id: str
    schedule: str
    person: str
    start_ns: int
    end_ns: int
    reason: str = ""
    updated_ns: int = 0
    """When it was entered."""
    updated_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One person's duty in [start_ns, end_ns), or nobody's: then `person` is "" (a gap)."""

    start_ns: int
    end_ns: int
    person: str = ""
    layer: str = ""
    """Name of the layer it comes from, "" for an override or a gap."""
    override: str = ""
    """Id of the override it comes from."""
    instead_of: str = ""
    """Whose turn it would be, had they not left."""
