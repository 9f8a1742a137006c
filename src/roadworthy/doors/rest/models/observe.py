"""What the API says about fleets, aggregates, sessions, searches, comparisons and fields."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.contracts.telemetry import AggregateRow, SearchHit, SessionRow
from roadworthy.doors.rest.models.runs import RunView, run_view, text
from roadworthy.doors.rest.models.spans import SpanView, span_view
from roadworthy.doors.rest.times import milliseconds, rfc3339, rfc3339_or_none
from roadworthy.features.observe.alignment import AlignedStep
from roadworthy.features.observe.fleet import FleetRow, SparkPoint, Summary, summarise
from roadworthy.features.observe.rates import Rate
from roadworthy.features.observe.service import Comparison

Role = Literal["system", "user", "assistant", "tool"]
_ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")


class RateView(BaseModel):
    """A share with what it rests on. `value`, `low`, `high` are null where n is 0."""

    count: int
    n: int
    value: float | None
    low: float | None = Field(description="Wilson interval, 95 %")
    high: float | None


class SummaryView(BaseModel):
    runs: int
    error_rate: RateView = Field(description="Runs that ended with a technical error, of all runs")
    success_rate: RateView = Field(description="Successes, of the runs whose outcome was said")
    unknown_outcomes: int
    failed_tool_rate: RateView = Field(description="Failed tool calls, of all tool calls")
    model_calls: int
    input_tokens: int | None
    output_tokens: int | None
    tokens_known: int = Field(description="Runs the token sums cover")
    cost_usd: float | None
    cost_known: int = Field(description="Runs the cost covers")
    duration_p50_ms: float | None
    duration_p95_ms: float | None
    last_seen: str | None


class SparkPointView(BaseModel):
    start: str
    runs: int
    errors: int
    failures: int


class FleetRowView(SummaryView):
    agent: str | None = Field(description="null for runs that named no agent")
    spark: list[SparkPointView]


class FleetView(BaseModel):
    from_: str = Field(serialization_alias="from")
    to: str
    bucket_ms: float
    total: SummaryView | None = Field(description="All of these agents together; null without any run")
    trials: int = Field(
        description="Agents whose runs are those of drills and reruns: listed and counted with `trials` alone"
    )
    items: list[FleetRowView]
    next_cursor: None = None


class AggregateRowView(SummaryView):
    group: dict[str, str | None] = Field(description="Value of each field in `by`")
    bucket_start: str | None


class AggregatePage(BaseModel):
    items: list[AggregateRowView]
    next_cursor: None = None


class SessionRowView(BaseModel):
    session_id: str
    runs: int
    agents: list[str]
    user_id: str | None
    started_at: str
    last_at: str
    errors: int
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None
    first_input: str | None
    last_answer: str | None


class SessionPage(BaseModel):
    items: list[SessionRowView]
    next_cursor: str | None


class SessionView(BaseModel):
    """The runs of one conversation, oldest first."""

    session_id: str
    runs: list[RunView]
    truncated: bool = Field(description="Whether there are more runs, older ones, than are given")


class SearchHitView(BaseModel):
    run_id: str | None = Field(description="null while the span has not been joined to a run yet")
    excerpt: str = Field(description="What was said round the match, without the punctuation of stored JSON")
    role: Role | None = Field(description="Who said it, where the step holds a chat")
    place: Literal["input", "output"] = Field(description="Whether the step was given it or gave it")
    span: SpanView = Field(description="Without its content")


class SearchPage(BaseModel):
    items: list[SearchHitView]
    next_cursor: str | None


class AlignedStepView(BaseModel):
    left: SpanView | None
    right: SpanView | None
    relation: Literal["same", "changed", "only_left", "only_right"]
    differs: list[str] = Field(description="Of a changed step: status, input, output, model, tokens")


class ComparisonView(BaseModel):
    left: RunView
    right: RunView
    steps: list[AlignedStepView]
    first_divergence: int | None = Field(description="Index into steps; null where the runs are alike")
    truncated: bool


class FieldView(BaseModel):
    name: str = Field(description="As `filter` takes it")
    type: Literal["text", "list", "count", "number", "duration_ms", "time"]
    ops: list[str]
    choices: list[str] = Field(description="The only values it has; empty for any")
    help: str


class FieldPage(BaseModel):
    items: list[FieldView] = Field(description="Fields of runs, then attributes seen in the last seven days")
    next_cursor: None = None


class ValuePage(BaseModel):
    items: list[str] = Field(description="Most frequent first")
    next_cursor: None = None


def rate_view(rate: Rate) -> RateView:
    return RateView(count=rate.count, n=rate.n, value=rate.value, low=rate.low, high=rate.high)


def summary_view(summary: Summary) -> SummaryView:
    return SummaryView(
        runs=summary.runs,
        error_rate=rate_view(summary.errors),
        success_rate=rate_view(summary.successes),
        unknown_outcomes=summary.unknown_outcomes,
        failed_tool_rate=rate_view(summary.failed_tool_calls),
        model_calls=summary.model_calls,
        input_tokens=summary.input_tokens,
        output_tokens=summary.output_tokens,
        tokens_known=summary.tokens_known,
        cost_usd=summary.cost_usd,
        cost_known=summary.cost_known,
        duration_p50_ms=milliseconds(summary.duration_p50_ns),
        duration_p95_ms=milliseconds(summary.duration_p95_ns),
        last_seen=rfc3339_or_none(summary.last_started_ns),
    )


def _point(point: SparkPoint) -> SparkPointView:
    return SparkPointView(
        start=rfc3339(point.start_ns), runs=point.runs, errors=point.errors, failures=point.failures
    )


def fleet_row_view(row: FleetRow) -> FleetRowView:
    return FleetRowView(
        **dict(summary_view(row.summary)), agent=text(row.agent), spark=[_point(p) for p in row.spark]
    )


def aggregate_row_view(row: AggregateRow, *, by: list[str], bucketed: bool) -> AggregateRowView:
    return AggregateRowView(
        **dict(summary_view(summarise(row))),
        group={name: text(value) for name, value in zip(by, row.group, strict=True)},
        bucket_start=rfc3339(row.bucket_start_ns) if bucketed else None,
    )


def session_row_view(row: SessionRow) -> SessionRowView:
    return SessionRowView(
        session_id=row.session_id,
        runs=row.runs,
        agents=list(row.agents),
        user_id=text(row.user_id),
        started_at=rfc3339(row.started_ns),
        last_at=rfc3339(row.last_ns),
        errors=row.errors,
        cost_usd=row.cost_usd,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        first_input=text(row.first_input[:2000]),
        last_answer=text(row.last_answer[:2000]),
    )


def search_hit_view(hit: SearchHit) -> SearchHitView:
    span = span_view(hit.span, origin_ns=hit.span.start_ns, content=False)
    said = hit.excerpt
    role = next((known for known in _ROLES if known == said.role), None)
    return SearchHitView(run_id=text(hit.run_id), excerpt=said.text, role=role, place=said.place, span=span)


def _aligned(step: AlignedStep, *, left_ns: int, right_ns: int) -> AlignedStepView:
    return AlignedStepView(
        left=None if step.left is None else span_view(step.left, origin_ns=left_ns, content=False),
        right=None if step.right is None else span_view(step.right, origin_ns=right_ns, content=False),
        relation=step.relation.value,
        differs=list(step.differs),
    )


def comparison_view(comparison: Comparison) -> ComparisonView:
    left, right, alignment = comparison.left, comparison.right, comparison.alignment
    return ComparisonView(
        left=run_view(left),
        right=run_view(right),
        steps=[_aligned(s, left_ns=left.started_ns, right_ns=right.started_ns) for s in alignment.steps],
        first_divergence=alignment.first_divergence,
        truncated=alignment.truncated,
    )
