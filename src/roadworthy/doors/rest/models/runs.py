"""What the API says about runs. Unknown is null, never 0 or ""; times are RFC 3339 UTC; money is USD."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from roadworthy.domain.run import Handoff, Outcome, Run, RunStatus
from roadworthy.doors.rest.times import milliseconds, rfc3339, rfc3339_or_none

VIEW_LIMIT = 65_536
"""Characters of one value that a view shows."""


class HandoffView(BaseModel):
    from_agent: str | None
    to_agent: str | None
    reason: str | None
    span_id: str | None
    at: str | None


class RunView(BaseModel):
    id: str
    project: str
    name: str | None
    agent: str | None
    agents: list[str]
    service: str | None
    release: str | None
    environment: str | None
    session_id: str | None
    user_id: str | None
    status: RunStatus
    outcome: Outcome
    outcome_source: str | None
    outcome_reason: str | None
    judged: str | None = Field(description="Which detectors and model judged it; null: not judged yet")
    p_failure: float | None = Field(description="How likely the task failed, as the calibrated model has it")
    detectors: list[str] = Field(description="That found something")
    modes: list[str] = Field(description="Failure modes of what was found or said: see /failure-modes")
    issues: list[str] = Field(description="Ids of the issues it belongs to")
    started_at: str
    ended_at: str | None = Field(description="null while running")
    duration_ms: float | None
    model_calls: int
    failed_model_calls: int
    tool_calls: int
    failed_tool_calls: int
    inferred_tool_calls: int
    inferred_failed_tool_calls: int
    negative_results: int
    tools: list[str]
    failed_tools: list[str]
    models: list[str]
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    error_type: str | None
    error: str | None
    input: str | None = Field(description="What the caller asked")
    final_answer: str | None = Field(description="What the caller got; null where it ended without an answer")
    handoffs: list[HandoffView]
    spans: int
    merged_spans: int
    missing_parents: int
    unended_spans: int
    complete: bool
    flags: list[str]
    dialects: list[str]
    trace_ids: list[str]
    root_span_id: str | None
    attributes: dict[str, str]
    truncated: bool = Field(description="Whether error, input or final_answer was cut; ?full=1 gives all")


class RunPage(BaseModel):
    items: list[RunView]
    next_cursor: str | None = Field(description="null on the last page")


class Count(BaseModel):
    count: int


def text(value: str) -> str | None:
    return value or None


def _handoff(handoff: Handoff) -> HandoffView:
    return HandoffView(
        from_agent=text(handoff.from_agent),
        to_agent=text(handoff.to_agent),
        reason=text(handoff.reason),
        span_id=text(handoff.span_id),
        at=rfc3339_or_none(handoff.at_ns),
    )


def run_view(run: Run, *, full: bool = False) -> RunView:
    long = () if full else (run.error, run.input, run.final_answer)
    cut = None if full else VIEW_LIMIT
    return RunView(
        id=run.id,
        project=run.project,
        name=text(run.name),
        agent=text(run.agent),
        agents=list(run.agents),
        service=text(run.service),
        release=text(run.release),
        environment=text(run.environment),
        session_id=text(run.session_id),
        user_id=text(run.user_id),
        status=run.status,
        outcome=run.outcome,
        outcome_source=text(run.outcome_source),
        outcome_reason=text(run.outcome_reason),
        judged=text(run.judged),
        p_failure=run.p_failure,
        detectors=list(run.detectors),
        modes=list(run.modes),
        issues=list(run.issues),
        started_at=rfc3339(run.started_ns),
        ended_at=rfc3339_or_none(run.ended_ns),
        duration_ms=milliseconds(run.duration_ns),
        model_calls=run.model_calls,
        failed_model_calls=run.failed_model_calls,
        tool_calls=run.tool_calls,
        failed_tool_calls=run.failed_tool_calls,
        inferred_tool_calls=run.inferred_tool_calls,
        inferred_failed_tool_calls=run.inferred_failed_tool_calls,
        negative_results=run.negative_results,
        tools=list(run.tools),
        failed_tools=list(run.failed_tools),
        models=list(run.models),
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        cache_read_tokens=run.cache_read_tokens,
        cache_write_tokens=run.cache_write_tokens,
        reasoning_tokens=run.reasoning_tokens,
        cost_usd=run.cost_usd,
        error_type=text(run.error_type),
        error=text(run.error[:cut]),
        input=text(run.input[:cut]),
        final_answer=text(run.final_answer[:cut]),
        handoffs=[_handoff(handoff) for handoff in run.handoffs],
        spans=run.spans,
        merged_spans=run.merged_spans,
        missing_parents=run.missing_parents,
        unended_spans=run.unended_spans,
        complete=run.complete,
        flags=list(run.flags),
        dialects=list(run.dialects),
        trace_ids=list(run.trace_ids),
        root_span_id=text(run.root_span_id),
        attributes=run.attributes,
        truncated=any(len(value) > VIEW_LIMIT for value in long),
    )


def run_views(runs: Sequence[Run]) -> list[RunView]:
    return [run_view(run) for run in runs]
