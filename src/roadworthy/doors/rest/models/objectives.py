"""Objectives, their budgets and alarms as the API shows them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.contracts.telemetry import Filter
from roadworthy.domain.alarm import Severity
from roadworthy.domain.objective import (
    Budgeting,
    CalendarUnit,
    Indicator,
    IndicatorKind,
    Objective,
    TimeSlice,
    TimeWindow,
)
from roadworthy.doors.rest.models.alarms import RaisedAlarm, raised_alarm
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.watch.monitors.true_rate import LEAST
from roadworthy.features.watch.objectives.buckets import Sums
from roadworthy.features.watch.objectives.budgets import BudgetNow, BudgetPoint, Rate
from roadworthy.features.watch.objectives.service import ObjectiveNow
from roadworthy.features.watch.objectives.true_share import Correction, TrueShare

_NS = 1_000_000_000


class IndicatorBody(Body):
    kind: IndicatorKind = Field(
        description="completion: outcomes that somebody said · judged_success: outcomes, and 1 - p_failure "
        "where nobody said one · error_free · latency · cost · tool_success: tool executions · score"
    )
    threshold: float | None = Field(
        default=None, description="latency: at most so many ms; cost: at most so many USD; score: at least"
    )
    score: str = Field(default="", max_length=200, description="Name of the score, of kind score")


class ObjectiveWindow(Body):
    """Rolling over `days`; with days 0 a calendar window."""

    days: int = Field(default=28, ge=0, le=366)
    unit: CalendarUnit = Field(default=CalendarUnit.MONTH, description="Of a calendar window")
    count: int = Field(default=1, ge=1, le=366, description="So many units are a period")
    start: str = Field(
        default="", max_length=40, description="Local time the first period began at: 2026-01-01 00:00:00"
    )
    time_zone: str = Field(default="UTC", max_length=64, examples=["Europe/Berlin"])


class TimeSliceBody(Body):
    seconds: int = Field(description="60 to 3600, dividing an hour into whole minutes")
    target: float = Field(description="Share that must be good in a slice for it to be good")


class ObjectiveBody(Body):
    name: str = Field(min_length=1, max_length=500)
    agent: str = Field(min_length=1, max_length=500)
    indicator: IndicatorBody
    target: float = Field(description="Share that must be good: above 0, below 1", examples=[0.95])
    window: ObjectiveWindow = Field(default_factory=ObjectiveWindow)
    release: str = Field(default="", max_length=500, description='Of this release only; "" for all')
    environment: str = Field(default="", max_length=500, description='Of this environment only; "" for all')
    budgeting: Budgeting = Budgeting.OCCURRENCES
    time_slice: TimeSliceBody | None = Field(default=None, description="With budgeting timeslices")
    min_events: int = Field(
        default=20, ge=1, le=1_000_000, description="Known in the long window before a burn rate alarms"
    )
    alerting: bool = True
    description: str = Field(default="", max_length=1050)


class EventsView(BaseModel):
    """`unknown` is what is neither good nor bad (yet); it counts as neither."""

    good: float
    bad: float
    unknown: float
    n: float = Field(description="Good and bad: what is known")


class BurnRateView(BaseModel):
    name: str = Field(description="fast, medium or slow")
    severity: Severity
    factor: float = Field(description="What both rates must reach to alarm")
    nominal_factor: float = Field(
        description="14.4, 6 or 1; `factor` is lower where not even 80 % of failures would reach it"
    )
    long_seconds: int
    short_seconds: int
    long_rate: float
    short_rate: float
    long: EventsView
    short: EventsView
    enough: bool = Field(description="Whether enough is known in the long window to alarm at all")
    fires: bool


class CorrectionView(BaseModel):
    """The share of good runs behind a judge that errs (PPI++ on people's labels), with its 95 % interval."""

    state: Correction = Field(
        description="corrected · too_few_labels: the share is the model's own, uncorrected · not_needed: no "
        "run counts by a model's word"
    )
    value: float | None = Field(description="Corrected; null otherwise")
    low: float | None
    high: float | None
    raw: float | None = Field(description="By the counts, the model taken at its word")
    labels: int = Field(description="Runs judged by people (or business systems) and by the model")
    labels_needed: int
    judged_alone: int = Field(description="Runs of which only the model's word is known")
    note: str


class BudgetView(BaseModel):
    period_start: str
    period_end: str
    events: EventsView = Field(description="Runs, tool executions, or slices of time")
    runs: EventsView = Field(description="The same, not cut into slices")
    allowed: float = Field(description="Bad events the budget allows at this volume")
    left: float = Field(description="Share that is left: 1 untouched, 0 used up, below 0 overdrawn")
    achieved: float | None = Field(
        description="Share that was good: corrected for the judge's error where `correction` says so, else "
        "`achieved_by_counts`. Of time slices always by counts."
    )
    achieved_by_counts: float | None = Field(description="Share of what is known that was good")
    counted: str = Field(description="What budget and burn rates count")
    correction: CorrectionView | None = Field(description="Of judged_success; null for what no model judges")
    exhausted_in_seconds: float | None = Field(
        description="If it burns on as it does; 0: used up, null: not before the period ends"
    )
    burn_rates: list[BurnRateView]


class ObjectiveView(BaseModel):
    id: str
    name: str
    agent: str
    release: str | None
    environment: str | None
    indicator: IndicatorBody
    target: float
    window: ObjectiveWindow
    budgeting: Budgeting
    time_slice: TimeSliceBody | None
    min_events: int
    alerting: bool
    description: str | None
    created_at: str
    updated_at: str
    budget: BudgetView
    burning: list[RaisedAlarm] = Field(description="Alarms that stand, worst first")
    good_filters: list[list[str]] = Field(
        description="Filters of GET /api/v1/runs that list the good runs; several lists are added up"
    )
    bad_filters: list[list[str]]


class ObjectivePage(BaseModel):
    items: list[ObjectiveView]
    next_cursor: str | None


class BudgetPointView(BaseModel):
    start: str
    good: float
    bad: float
    unknown: float
    left: float = Field(description="Of the budget, at the end of the bucket")


class BudgetHistory(BaseModel):
    items: list[BudgetPointView]


class OpenSloText(Body):
    text: str = Field(max_length=1 << 20, description="OpenSLO v1, YAML or JSON, one or more documents")
    dry_run: bool = Field(default=False, description="Only say what it would become")


class OpenSloResult(BaseModel):
    created: list[str]
    changed: list[str]
    notes: list[str] = Field(description="What was read and is not kept")
    dry_run: bool


def objective_of(body: ObjectiveBody, *, project: str, objective_id: str) -> Objective:
    slices = body.time_slice
    return Objective(
        project=project,
        id=objective_id,
        name=body.name,
        agent=body.agent,
        indicator=Indicator(
            kind=body.indicator.kind, threshold=body.indicator.threshold, score=body.indicator.score
        ),
        target=body.target,
        window=TimeWindow(**body.window.model_dump()),
        release=body.release,
        environment=body.environment,
        budgeting=body.budgeting,
        time_slice=TimeSlice(seconds=slices.seconds, target=slices.target) if slices else None,
        min_events=body.min_events,
        alerting=body.alerting,
        description=body.description,
    )


def objective_view(now: ObjectiveNow) -> ObjectiveView:
    one = now.objective
    slices = one.time_slice
    return ObjectiveView(
        id=one.id,
        name=one.name,
        agent=one.agent,
        release=text(one.release),
        environment=text(one.environment),
        indicator=IndicatorBody(
            kind=one.indicator.kind, threshold=one.indicator.threshold, score=one.indicator.score
        ),
        target=one.target,
        window=ObjectiveWindow(
            days=one.window.days,
            unit=one.window.unit,
            count=one.window.count,
            start=one.window.start,
            time_zone=one.window.time_zone,
        ),
        budgeting=one.budgeting,
        time_slice=TimeSliceBody(seconds=slices.seconds, target=slices.target) if slices else None,
        min_events=one.min_events,
        alerting=one.alerting,
        description=text(one.description),
        created_at=rfc3339(one.created_ns),
        updated_at=rfc3339(one.updated_ns),
        budget=budget_view(now.budget),
        burning=[raised_alarm(alarm) for alarm in now.burning],
        good_filters=[[_filter(each) for each in filters] for filters in now.good_runs],
        bad_filters=[[_filter(each) for each in filters] for filters in now.bad_runs],
    )


def budget_view(now: BudgetNow) -> BudgetView:
    return BudgetView(
        period_start=rfc3339(now.period.start_s * _NS),
        period_end=rfc3339(now.period.end_s * _NS),
        events=_events(now.events),
        runs=_events(now.runs),
        allowed=now.allowed,
        left=now.left,
        achieved=achieved_of(now),
        achieved_by_counts=now.achieved,
        counted=_COUNTED if now.true_share else "events as they are counted",
        correction=_correction(now.true_share) if now.true_share else None,
        exhausted_in_seconds=now.exhausted_in_s,
        burn_rates=[_rate(one) for one in now.rates],
    )


_COUNTED = "outcomes as they were said, elsewhere 1 - p_failure, uncorrected"
_NOTES = {
    Correction.CORRECTED: "Holds as far as the runs that people judged were drawn by chance; where they "
    "picked those that looked bad, the share comes out too low.",
    Correction.TOO_FEW_LABELS: f"Uncorrected: fewer than {LEAST} runs of the period were judged by people, "
    "so how far the model errs cannot be said.",
    Correction.NOT_NEEDED: "No run counts by a model's word alone.",
}


def achieved_of(now: BudgetNow) -> float | None:
    share = now.true_share
    if share is None or share.value is None or now.sliced:
        return now.achieved
    return share.value


def _correction(share: TrueShare) -> CorrectionView:
    return CorrectionView(
        state=share.state,
        value=share.value,
        low=share.interval.low if share.interval else None,
        high=share.interval.high if share.interval else None,
        raw=share.raw,
        labels=share.labels,
        labels_needed=LEAST,
        judged_alone=share.judged_alone,
        note=_NOTES[share.state],
    )


def point_view(point: BudgetPoint) -> BudgetPointView:
    return BudgetPointView(
        start=rfc3339(point.start_s * _NS),
        good=point.good,
        bad=point.bad,
        unknown=point.unknown,
        left=point.left,
    )


_SEVERITIES = {"fast": Severity.CRITICAL, "medium": Severity.ERROR, "slow": Severity.WARNING}


def _rate(one: Rate) -> BurnRateView:
    return BurnRateView(
        name=one.window.name,
        severity=_SEVERITIES[one.window.name],
        factor=one.factor,
        nominal_factor=one.nominal,
        long_seconds=one.window.long_s,
        short_seconds=one.window.short_s,
        long_rate=one.long_rate,
        short_rate=one.short_rate,
        long=_events(one.long),
        short=_events(one.short),
        enough=one.enough,
        fires=one.fires,
    )


def _events(sums: Sums) -> EventsView:
    return EventsView(good=sums.good, bad=sums.bad, unknown=sums.unknown, n=sums.known)


def _filter(one: Filter) -> str:
    """As `filter` of GET /api/v1/runs takes it."""
    if one.field == "duration_ns" and isinstance(one.value, (int, float)):
        return f"duration_ms:{one.op}:{one.value / 1_000_000:g}"
    return f"{one.field}:{one.op}" if one.value is None else f"{one.field}:{one.op}:{one.value}"
