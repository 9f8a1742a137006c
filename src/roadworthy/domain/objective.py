"""What an agent is held to over a time, and how much of it may fail: a service level objective."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class IndicatorKind(StrEnum):
    """What of an agent's runs is counted as good and as bad. What is neither is unknown, and shown so."""

    COMPLETION = "completion"
    """Outcomes somebody said: success is good, failure is bad."""
    JUDGED_SUCCESS = "judged_success"
    """The outcome where somebody said one; elsewhere the run counts 1 - p_failure as good and p_failure as
    bad."""
    ERROR_FREE = "error_free"
    """Runs that ended: without a technical error is good."""
    LATENCY = "latency"
    """Runs that ended within `threshold` ms are good."""
    COST = "cost"
    """Runs that cost at most `threshold` USD are good."""
    TOOL_SUCCESS = "tool_success"
    """Tool executions, not runs: failed ones are bad, hidden failures included."""
    SCORE = "score"
    """Runs whose newest score named `score` is at least `threshold` are good."""


class Budgeting(StrEnum):
    OCCURRENCES = "occurrences"
    """The budget is a share of what happened."""
    TIMESLICES = "timeslices"
    """The budget is a share of the slices of time in which something happened."""


class CalendarUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    kind: IndicatorKind
    threshold: float | None = None
    """Of latency (ms), cost (USD) and scores (the score's own unit); None elsewhere."""
    score: str = ""
    """Name of the score, of `IndicatorKind.SCORE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """Rolling over `days`, or where `days` is 0, periods of `count` calendar units one after the other, the
    first of which began at `start` in `time_zone`."""

    days: int = 0
    unit: CalendarUnit = CalendarUnit.MONTH
    count: int = 1
    start: str = ""
    """Local time without a zone, YYYY-MM-DD HH:MM:SS, of a calendar window; "" for 2024-01-01, a Monday."""
    time_zone: str = "UTC"
    """Name in the IANA time zone database."""

    @property
    def rolling(self) -> bool:
        return self.days > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSlice:
    """A slice is good where at least `target` of what is known of it was good."""

    seconds: int
    target: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Identity is (project, id)."""

    project: str
    id: str
    name: str
    agent: str
    indicator: Indicator
    target: float
    """Share that must be good, above 0 and below 1."""
    window: TimeWindow = field(default_factory=lambda: TimeWindow(days=28))
    release: str = ""
    """Runs of this release only; "" for all."""
    environment: str = ""
    """Runs of this environment only; "" for all."""
    budgeting: Budgeting = Budgeting.OCCURRENCES
    time_slice: TimeSlice | None = None
    """Of budgeting by time slices; None elsewhere."""
    min_events: int = 20
    """So much must be known within the long window of a burn rate before it alarms."""
    alerting: bool = True
    description: str = ""
    created_ns: int = 0
    updated_ns: int = 0
