"""What the API says about alarms, and about figures over time."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.watch.monitors.history import History, Point
from roadworthy.features.watch.monitors.standing import Seen


class RaisedAlarm(BaseModel):
    id: str
    kind: AlarmKind
    source: str
    source_name: str
    agent: str | None
    release: str | None
    severity: Severity
    title: str
    reason: str
    at: str
    since: str | None = Field(description="When the change probably began")
    cleared_at: str | None = Field(description="Null while it stands")
    run_ids: list[str]
    facts: dict[str, str]


class RaisedAlarmPage(BaseModel):
    items: list[RaisedAlarm]
    next_cursor: str | None


class AlarmView(BaseModel):
    id: str
    kind: AlarmKind
    monitor: str = Field(description="Id of what raised it")
    monitor_name: str
    agent: str
    release: str | None
    severity: Severity
    title: str
    reason: str
    at: str
    since: str | None = Field(description="When the change probably began")
    cleared_at: str | None
    run_ids: list[str]
    facts: dict[str, str]


class AlarmPage(BaseModel):
    items: list[AlarmView]
    next_cursor: str | None


class MeanView(BaseModel):
    """`mean` and the interval (95 %) are null where n is 0."""

    n: int
    mean: float | None
    low: float | None
    high: float | None


class PointView(BaseModel):
    start: str
    width_s: float
    n: int
    mean: float | None
    low: float | None
    high: float | None
    baseline: float | None
    evidence: float


class ReleaseMarkView(BaseModel):
    at: str
    release: str


class HistoryView(BaseModel):
    start: str
    end: str
    width_s: float
    points: list[PointView]
    releases: list[ReleaseMarkView]
    alarms: list[AlarmView]


def alarm_view(alarm: Alarm) -> AlarmView:
    return AlarmView(
        id=alarm.id,
        kind=alarm.kind,
        monitor=alarm.source,
        monitor_name=alarm.source_name,
        agent=alarm.agent,
        release=text(alarm.release),
        severity=alarm.severity,
        title=alarm.title,
        reason=alarm.reason,
        at=rfc3339(alarm.at_ns),
        since=rfc3339_or_none(alarm.since_ns),
        cleared_at=rfc3339_or_none(alarm.cleared_ns),
        run_ids=list(alarm.run_ids),
        facts=alarm.facts,
    )


def history_view(history: History) -> HistoryView:
    return HistoryView(
        start=rfc3339(history.from_ns),
        end=rfc3339(history.to_ns),
        width_s=history.width_ns / 1e9,
        points=[point_view(one) for one in history.points],
        releases=[ReleaseMarkView(at=rfc3339(one.at_ns), release=one.release) for one in history.releases],
        alarms=[alarm_view(one) for one in history.alarms],
    )


def seen_view(seen: Seen) -> MeanView:
    return MeanView(
        n=seen.n,
        mean=seen.mean,
        low=seen.interval.low if seen.interval else None,
        high=seen.interval.high if seen.interval else None,
    )


def point_view(one: Point) -> PointView:
    seen = seen_view(one.seen)
    return PointView(
        start=rfc3339(one.start_ns),
        width_s=one.width_ns / 1e9,
        n=seen.n,
        mean=seen.mean,
        low=seen.low,
        high=seen.high,
        baseline=one.baseline,
        evidence=one.peak,
    )


def raised_alarm(alarm: Alarm) -> RaisedAlarm:
    return RaisedAlarm(
        id=alarm.id,
        kind=alarm.kind,
        source=alarm.source,
        source_name=alarm.source_name,
        agent=text(alarm.agent),
        release=text(alarm.release),
        severity=alarm.severity,
        title=alarm.title,
        reason=alarm.reason,
        at=rfc3339(alarm.at_ns),
        since=rfc3339_or_none(alarm.since_ns),
        cleared_at=rfc3339_or_none(alarm.cleared_ns),
        run_ids=list(alarm.run_ids),
        facts=alarm.facts,
    )


def raised_alarm_page(alarms: Sequence[Alarm], *, next_cursor: str | None) -> RaisedAlarmPage:
    return RaisedAlarmPage(items=[raised_alarm(one) for one in alarms], next_cursor=next_cursor)
