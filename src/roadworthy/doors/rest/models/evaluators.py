"""What the API says about evaluators and about judging history again."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.scores import EvidenceView, evidence_view
from roadworthy.doors.rest.models.settings import Body, JobView
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.judge.evaluator_book import NamedEvaluator
from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict


class EvaluatorKindView(BaseModel):
    kind: str
    title: str
    description: str
    version: int
    config_schema: dict[str, Any] = Field(description="JSON Schema of its configuration")


class EvaluatorKindPage(BaseModel):
    items: list[EvaluatorKindView]
    next_cursor: None = None


class EvaluatorBody(Body):
    name: str = Field(min_length=1, max_length=200, description="Name of the scores it gives")
    kind: str = Field(max_length=40, description="See GET /api/v1/evaluator-kinds")
    config: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = Field(default=True, description="Whether it looks at every settled run by itself")
    agents: list[str] = Field(default_factory=list, max_length=100, description="Whose runs; none for all")


class EvaluatorView(BaseModel):
    id: str
    name: str
    kind: str
    config: dict[str, Any]
    enabled: bool
    agents: list[str]
    updated_at: str


class EvaluatorPage(BaseModel):
    items: list[EvaluatorView]
    next_cursor: None = None


class TryBody(Body):
    """Runs to look at: these, or else the newest."""

    run_ids: list[str] = Field(default_factory=list, max_length=50)
    limit: int = Field(default=20, ge=1, le=50)


class TriedRunView(BaseModel):
    run_id: str
    agent: str | None
    started_at: str
    value: float | None
    label: str | None
    explanation: str | None
    evidence: list[EvidenceView]
    printed: str | None = Field(description="What a function of your own printed; shown here only")


class TriedPage(BaseModel):
    items: list[TriedRunView]
    next_cursor: None = None


class RejudgeBody(Body):
    from_: str | None = Field(default=None, alias="from", max_length=40)
    to: str | None = Field(default=None, max_length=40)
    filter: list[str] = Field(
        default_factory=list, max_length=20, description="field:op:value, all must hold"
    )
    with_: list[str] = Field(
        default_factory=list,
        alias="with",
        max_length=50,
        description="Ids of evaluators and judges to ask, switched on or not; none for the evaluators that "
        "are on, and no judge. Detectors and the model always look",
    )
    outdated_only: bool = Field(
        default=False, description="Pass over runs that today's detectors and weights have judged already"
    )
    dry_run: bool = Field(default=False, description="Only say how many runs and what it would cost")


class RejudgeView(BaseModel):
    runs: int = Field(description="That are looked at; with outdated_only some of them are passed over")
    forecast_usd: float = Field(description="0 where no model is asked; without what `unpriced` would cost")
    unpriced: list[str] = Field(
        description="Names of judges asked whose model has no known price: one with a budget asks nobody then"
    )
    job: JobView | None = Field(description="null for a dry run")


def kind_view(evaluator: Evaluator) -> EvaluatorKindView:
    return EvaluatorKindView(
        kind=evaluator.name,
        title=evaluator.title,
        description=evaluator.description,
        version=evaluator.version,
        config_schema=evaluator.config.model_json_schema(),
    )


def evaluator_view(one: NamedEvaluator) -> EvaluatorView:
    return EvaluatorView(
        id=one.id,
        name=one.name,
        kind=one.kind,
        config=dict(one.config),
        enabled=one.enabled,
        agents=list(one.agents),
        updated_at=rfc3339(one.updated_ns),
    )


def tried_view(verdict: Verdict, *, run_id: str, agent: str, started_ns: int) -> TriedRunView:
    return TriedRunView(
        run_id=run_id,
        agent=agent or None,
        started_at=rfc3339(started_ns),
        value=verdict.value,
        label=verdict.label or None,
        explanation=verdict.explanation or None,
        evidence=[evidence_view(one) for one in verdict.evidence],
        printed=verdict.printed or None,
    )
