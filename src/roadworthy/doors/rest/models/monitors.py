"""What the API says about monitors and alarms. Rates are shares of what is bad, whatever a monitor is called
by."""

from __future__ import annotations

from math import isfinite
from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.domain.alarm import Severity
from roadworthy.domain.monitor import PATIENCE_YEARS, YEAR_S, Phase
from roadworthy.doors.rest.models.alarms import MeanView, seen_view
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.watch.monitors.service import Fleet
from roadworthy.features.watch.monitors.standing import Noticed, Standing
from roadworthy.features.watch.monitors.true_rate import TrueRate
from roadworthy.features.watch.monitors.wording import Basis
from roadworthy.stats.judge_error import Estimated

_Years = Field(
    default=PATIENCE_YEARS,
    ge=1 / 365.25,
    le=10_000,
    description="Mean time to a false alarm, at least; one over it bounds the probability of any in a year",
)


class MonitorSettings(Body):
    """How it watches; what is left out gets its default."""

    name: str = Field(min_length=1, max_length=200)
    strata: list[str] = Field(
        default_factory=list,
        max_length=3,
        description="What has a baseline of its own: hour, weekday, release, model, attributes.<key>",
    )
    patience_years: float = _Years
    maturity_s: float = Field(
        default=0, ge=0, le=14 * 86_400, description="So long after its end a run's outcome is taken"
    )
    reference_results: int | None = Field(
        default=None, ge=50, le=100_000, description="null: as many as a sensible fall needs to be seen"
    )
    reference_hours: float = Field(default=24, ge=0, le=840)
    cautious: bool = Field(
        default=True, description="Whether noise is reckoned with that a short reference cannot have shown"
    )
    least_probability: float = Field(default=0.01, gt=0, le=1)
    higher_is_worse: bool = Field(default=False, description="Of scores alone: whether 1 is bad")
    severity: Severity = Severity.ERROR
    reason: str = Field(default="", max_length=2_000, description="Kept in the monitor's notes")


class NewMonitor(MonitorSettings):
    agent: str = Field(max_length=500)
    signal: str = Field(
        max_length=200,
        description="completion, quality, tool_failures, errors, latency, cost, tokens, disagreement, "
        "volume, detector:<name>, score:<name>",
    )


class Reasoned(Body):
    reason: str = Field(min_length=1, max_length=2_000, description="Kept in the monitor's notes")


class PauseBody(Body):
    paused: bool
    reason: str = Field(default="", max_length=2_000)


class ClaimView(BaseModel):
    text: str
    basis: Basis = Field(description="proven: a theorem; simulated: held in simulations; rule: neither")


class LearningView(BaseModel):
    results: int
    results_needed: int
    more_results: int = Field(description="How many more judged runs are needed")
    hours: float
    hours_needed: float


class NoteView(BaseModel):
    at: str
    what: str
    by: str | None
    reason: str | None


class StratumView(BaseModel):
    name: str
    n: int
    rate: float
    bound: float
    pooled: bool


class NoticedView(BaseModel):
    """A change of the bad share to `rate` is noticed after `hours` on average."""

    rate: float
    hours: float | None = Field(description="null: hardly ever")
    results: float | None


class RefusedView(BaseModel):
    reason: str
    count: int


class MonitorView(BaseModel):
    id: str
    name: str
    agent: str
    signal: str
    signal_title: str
    counts: str = Field(description="What the rate is a share of, in plain words")
    unit: str | None
    shown_as: Literal["bad", "good"] = Field(
        description="good: people expect the share of what is well (1 - rate), such as completion"
    )
    phase: Phase
    severity: Severity
    automatic: bool = Field(description="Whether it is there by itself")
    strata: list[str]
    patience_years: float
    yearly_false_alarms: float = Field(description="Bound of the probability of any in a year")
    maturity_s: float
    reference_results: int | None
    reference_hours: float
    cautious: bool
    least_probability: float
    higher_is_worse: bool
    created_at: str
    created_by: str | None
    learning: LearningView | None = Field(description="What is missing until it is armed")
    usual: float | None = Field(description="Bad share that its reference shows")
    bound: float | None = Field(description="Upper 90 % bound of it, which is bet against")
    limit: float | None = Field(description="Of latency, cost, tokens: the 95th percentile, in `unit`")
    sigma: float
    dispersion: float
    evidence: float = Field(description="Over the threshold: an alarm at 1")
    fast_evidence: float
    slow_evidence: float
    armed_at: str | None
    reference_from: str | None
    reference_to: str | None
    reference_n: int
    alarm_id: str | None = Field(description="Of the alarm that stands")
    last_day: MeanView
    per_day: float
    refused: list[RefusedView] = Field(description="Results that were not taken, by reason")
    notes: list[NoteView] = Field(description="What happened to it, newest first")
    by_stratum: list[StratumView]
    claims: list[ClaimView]
    noticed: list[NoticedView] = Field(description="In GET /monitors/{id}: what would be noticed when")


class MonitorPage(BaseModel):
    items: list[MonitorView]
    yearly_false_alarms: float = Field(
        description="Of all armed monitors of the project together: expected number a year, at most"
    )
    too_old: int = Field(description="Results that came too late to tell whether they had counted already")
    next_cursor: None = None


class RankedView(BaseModel):
    monitor: str
    name: str
    agent: str
    signal: str
    phase: Phase
    evidence: float
    firm: bool = Field(description="Whether it stands when all monitors are looked at together")


class RankingView(BaseModel):
    items: list[RankedView]
    armed: int
    yearly_false_alarms: float
    note: str


class EstimateView(BaseModel):
    value: float
    low: float
    high: float


class TrueRateView(BaseModel):
    """Share of runs that failed, out of few labels and many judgements (PPI++)."""

    agent: str
    labelled: int
    judged: int
    estimate: EstimateView | None = Field(description="null: too few labels")
    labels_alone: EstimateView | None
    judge_mean: float | None
    note: str


class NewBacktest(Body):
    """Over stored runs of the agent, or over `csv`: columns time and x, optionally stratum, session,
    run_id."""

    agent: str = Field(max_length=500)
    signal: str = Field(default="completion", max_length=200)
    strata: list[str] = Field(default_factory=list, max_length=3)
    patience_years: float = _Years
    reference_results: int | None = Field(default=None, ge=50, le=100_000)
    reference_hours: float = Field(default=24, ge=0, le=840)
    cautious: bool = True
    from_: str | None = Field(default=None, alias="from", max_length=40)
    to: str | None = Field(default=None, max_length=40)
    csv: str = Field(default="", max_length=20 << 20)


def monitor_view(one: Standing, *, noticed: list[Noticed] | None = None) -> MonitorView:
    monitor, signal, learning = one.monitor, one.signal, one.learning
    return MonitorView(
        id=monitor.id,
        name=monitor.name,
        agent=monitor.agent,
        signal=monitor.signal,
        signal_title=signal.title,
        counts=signal.counts,
        unit=text(signal.unit),
        shown_as="bad" if signal.rises else "good",
        phase=one.phase,
        severity=monitor.severity,
        automatic=monitor.automatic,
        strata=list(monitor.strata),
        patience_years=monitor.patience_s / YEAR_S,
        yearly_false_alarms=one.yearly,
        maturity_s=monitor.maturity_s,
        reference_results=monitor.reference_results,
        reference_hours=monitor.reference_hours,
        cautious=monitor.cautious,
        least_probability=monitor.least_probability,
        higher_is_worse=monitor.higher_is_worse,
        created_at=rfc3339(monitor.created_ns),
        created_by=text(monitor.created_by),
        learning=None
        if learning is None
        else LearningView(
            results=learning.results,
            results_needed=learning.results_needed,
            more_results=learning.more_results,
            hours=learning.hours,
            hours_needed=learning.hours_needed,
        ),
        usual=one.usual,
        bound=one.bound,
        limit=one.limit,
        sigma=one.sigma,
        dispersion=one.dispersion,
        evidence=one.share,
        fast_evidence=one.fast_share,
        slow_evidence=one.slow_share,
        armed_at=rfc3339_or_none(one.armed_ns),
        reference_from=rfc3339_or_none(one.reference_from_ns),
        reference_to=rfc3339_or_none(one.reference_to_ns),
        reference_n=one.reference_n,
        alarm_id=text(one.alarm_id),
        last_day=seen_view(one.seen),
        per_day=one.per_day,
        refused=[RefusedView(reason=reason, count=count) for reason, count in one.refused.items()],
        notes=[
            NoteView(at=rfc3339(note.at_ns), what=note.what, by=text(note.by), reason=text(note.reason))
            for note in one.notes
        ],
        by_stratum=[
            StratumView(name=each.name, n=each.n, rate=each.rate, bound=each.bound, pooled=each.pooled)
            for each in one.strata
        ],
        claims=[ClaimView(text=each.text, basis=each.basis) for each in one.claims],
        noticed=[_noticed(each) for each in noticed or ()],
    )


def ranking_view(fleet: Fleet) -> RankingView:
    return RankingView(
        items=[
            RankedView(
                monitor=one.monitor.id,
                name=one.monitor.name,
                agent=one.monitor.agent,
                signal=one.monitor.signal,
                phase=one.phase,
                evidence=one.evidence_share,
                firm=one.firm,
            )
            for one in fleet.places
        ],
        armed=fleet.armed,
        yearly_false_alarms=fleet.yearly,
        note=fleet.note,
    )


def true_rate_view(agent: str, found: TrueRate) -> TrueRateView:
    return TrueRateView(
        agent=agent,
        labelled=found.labelled,
        judged=found.judged,
        estimate=_estimate(found.estimate),
        labels_alone=_estimate(found.alone),
        judge_mean=found.judge_mean,
        note=found.note,
    )


def _noticed(one: Noticed) -> NoticedView:
    known = isfinite(one.hours)
    return NoticedView(
        rate=one.rate, hours=one.hours if known else None, results=one.results if known else None
    )


def _estimate(found: Estimated | None) -> EstimateView | None:
    if found is None:
        return None
    return EstimateView(value=found.value, low=found.interval.low, high=found.interval.high)
