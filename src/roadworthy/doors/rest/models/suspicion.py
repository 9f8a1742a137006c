"""What the API says about why a run failed: its steps by suspicion, resampling, and the answer in short."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.debug.ranking.suspects import Reason, Suspect, Told
from roadworthy.features.debug.resampling import StepAgreement
from roadworthy.features.debug.resampling_book import Resampling, ResamplingState
from roadworthy.flows.rank_steps import RankedRun
from roadworthy.flows.why_it_failed import Blamed, Grounds, WhyRun, WhyRuns


class ReasonView(BaseModel):
    by: Told = Field(description="step: read off the step itself; else who found it")
    text: str


class SuspectView(BaseModel):
    step: int = Field(description="From 1, in the order of the run; callers' turns count")
    recorded_step: int | None = Field(
        description="Its number among the recorded calls (GET /runs/{id}/tape), which forks and bisects go by"
    )
    span_id: str | None
    name: str = Field(description="The agent, or the tool of a result")
    doer: str = Field(description="agent: a model's decision; result: what a tool returned")
    share: float = Field(description="Of the suspicion; all steps together have 1")
    reasons: list[ReasonView] = Field(description="What speaks for it, in words")
    excerpt: str


class SuspiciousSteps(BaseModel):
    run_id: str
    items: list[SuspectView] = Field(description="Most suspicious first")
    sure: str = Field(description="How sure the first is, with how often such suspicions held")
    prove: str = Field(description="The command that would prove it, by executing the run again")
    compared_with: list[str] = Field(description="Ids of good runs of the same agent")
    model: str = Field(description="Label of the weights")
    notes: list[str]


class NewResampling(Body):
    """The run's models are asked again, for real, what they were asked; no tool is called. It costs money."""

    times: int = Field(default=5, ge=0, le=50, description="A step; 0: only the judge's model is asked")
    most_calls: int = Field(default=60, ge=0, le=10_000)
    most_usd: float | None = Field(default=1.0, ge=0, le=10_000, description="null is no bound")
    ask_judge: bool = Field(default=True, description="Once, where the project has a judge's endpoint")


class StepAgreementView(BaseModel):
    step: int = Field(description="Recorded call, from 1 (GET /runs/{id}/tape)")
    span_id: str | None
    recorded: str | None = Field(description="What was decided: a tool with its arguments, or words")
    asked: int
    agreed: int
    failed: int = Field(description="Calls that brought no answer")
    failure: float | None = Field(
        description="Failure probability: share of the model's answers that decide otherwise than recorded"
    )
    low: float = Field(description="95 % Wilson interval of it")
    high: float
    other: str | None = Field(description="What was decided most often instead")
    other_times: int
    note: str | None


class OpinionView(BaseModel):
    endpoint: str
    step: int | None = Field(description="Of the suspicious steps, by their number")
    span_id: str | None
    reason: str
    cost_usd: float | None


class ResamplingView(BaseModel):
    id: str
    run_id: str
    state: ResamplingState
    times: int
    most_calls: int
    most_usd: float | None
    done: int
    planned: int
    cost_usd: float
    items: list[StepAgreementView]
    opinion: OpinionView | None
    notes: list[str]
    job_id: str | None
    created_at: str
    created_by: str | None
    ended_at: str | None


class WhyView(BaseModel):
    run_id: str
    agent: str | None
    grounds: Grounds = Field(description="bisect: proved by executing it again; ranking: a suspicion")
    step: int | None = Field(description="bisect: of the recorded calls; ranking: of the run's steps")
    span_id: str | None
    name: str | None
    kind: str | None = Field(description="model or tool")
    confidence: float = Field(description="bisect: its probability; ranking: its share of the suspicion")
    sure: str
    reasons: list[ReasonView]
    sentences: list[str]
    inquiry_id: str | None
    prove: str | None
    excerpt: str | None
    notes: list[str]


class BlamedView(BaseModel):
    kind: str | None
    name: str | None
    runs: int
    proved: int = Field(description="Of these by a bisect")
    evidence: str | None
    run_ids: list[str]


class WhyRunsView(BaseModel):
    runs: int = Field(description="That were looked at: the newest, at most 20")
    of: int
    blamed: list[BlamedView] = Field(description="Which kind of step, most blamed first")
    example: WhyView | None


def suspicious_steps(ranked: RankedRun, *, recorded: Mapping[str, int]) -> SuspiciousSteps:
    """`recorded`: numbers of recorded calls, by span."""
    return SuspiciousSteps(
        run_id=ranked.run.id,
        items=[_suspect(one, recorded.get(one.ref)) for one in ranked.suspects],
        sure=ranked.sure,
        prove=ranked.prove,
        compared_with=list(ranked.compared_with),
        model=ranked.model,
        notes=list(ranked.notes),
    )


def _suspect(one: Suspect, recorded_step: int | None) -> SuspectView:
    return SuspectView(
        step=one.step,
        recorded_step=recorded_step,
        span_id=one.ref or None,
        name=one.name,
        doer=one.doer.value,
        share=round(one.share, 4),
        reasons=_reasons(one.reasons),
        excerpt=one.excerpt,
    )


def _reasons(reasons: tuple[Reason, ...]) -> list[ReasonView]:
    return [ReasonView(by=one.by, text=one.text) for one in reasons]


def resampling_view(found: Resampling, *, job_id: str | None) -> ResamplingView:
    spans = found.spans or {}
    return ResamplingView(
        id=found.id,
        run_id=found.run_id,
        state=found.state,
        times=found.times,
        most_calls=found.most_calls,
        most_usd=found.most_usd,
        done=len(found.samples),
        planned=found.planned,
        cost_usd=found.usd,
        items=[_agreement(one, spans.get(one.step, "")) for one in found.found],
        opinion=OpinionView(
            endpoint=found.opinion.endpoint,
            step=found.opinion.step,
            span_id=found.opinion.span_id or None,
            reason=found.opinion.reason,
            cost_usd=found.opinion.cost_usd,
        )
        if found.opinion
        else None,
        notes=list(found.notes),
        job_id=job_id,
        created_at=rfc3339(found.created_ns),
        created_by=found.created_by or None,
        ended_at=rfc3339_or_none(found.ended_ns or 0),
    )


def _agreement(one: StepAgreement, span_id: str) -> StepAgreementView:
    return StepAgreementView(
        step=one.step,
        span_id=span_id or None,
        recorded=one.recorded.shown if one.recorded else None,
        asked=one.asked,
        agreed=one.agreed,
        failed=one.failed,
        failure=one.failure,
        low=one.low,
        high=one.high,
        other=one.other.shown if one.other else None,
        other_times=one.other_times,
        note=one.note or None,
    )


def why_view(why: WhyRun) -> WhyView:
    return WhyView(
        run_id=why.run_id,
        agent=why.agent or None,
        grounds=why.grounds,
        step=why.step,
        span_id=why.span_id or None,
        name=why.name or None,
        kind=why.kind or None,
        confidence=round(why.confidence, 4),
        sure=why.sure,
        reasons=_reasons(why.reasons),
        sentences=list(why.sentences),
        inquiry_id=why.inquiry_id or None,
        prove=why.prove or None,
        excerpt=why.excerpt or None,
        notes=list(why.notes),
    )


def why_runs_view(why: WhyRuns) -> WhyRunsView:
    return WhyRunsView(
        runs=why.runs,
        of=why.of,
        blamed=[_blamed(one) for one in why.blamed],
        example=why_view(why.example) if why.example else None,
    )


def _blamed(one: Blamed) -> BlamedView:
    return BlamedView(
        kind=one.kind or None,
        name=one.name or None,
        runs=one.runs,
        proved=one.proved,
        evidence=one.evidence or None,
        run_ids=list(one.run_ids),
    )
