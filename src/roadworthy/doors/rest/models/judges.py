"""What the API says about model endpoints and model judges. Keys go in and never come out."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.contracts.models import Shape
from roadworthy.doors.rest.models.observe import RateView, rate_view
from roadworthy.doors.rest.models.scores import EvidenceView, Mode, evidence_view
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.judge.judge_book import NamedEndpoint, NamedJudge
from roadworthy.features.judge.judge_quality import JudgeQuality
from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.judges.quality import Agreement
from roadworthy.features.judge.judges.rubric import LABELS_LIMIT, Label, Rubric
from roadworthy.features.observe.rates import rate
from roadworthy.stats.agreement import OrderStability

_Price = Field(default=None, ge=0, le=1_000_000, description="USD per million tokens; null: the price list's")


class EndpointBody(Body):
    name: str = Field(min_length=1, max_length=200)
    base_url: str = Field(min_length=1, max_length=500, examples=["https://api.openai.com/v1"])
    model: str = Field(min_length=1, max_length=200)
    shape: Shape = Shape.OPENAI
    api_key: str | None = Field(
        default=None, max_length=2_000, description='Sealed, never shown. null keeps it, "" takes it away'
    )
    allow_private: bool = Field(
        default=False, description="Whether loopback and private addresses may be connected to"
    )
    timeout_s: float = Field(default=60.0, gt=0, le=600)
    input_usd_per_mtok: float | None = _Price
    output_usd_per_mtok: float | None = _Price


class EndpointView(BaseModel):
    id: str
    name: str
    base_url: str
    model: str
    shape: Shape
    has_key: bool
    allow_private: bool
    timeout_s: float
    input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    updated_at: str


class EndpointPage(BaseModel):
    items: list[EndpointView]
    next_cursor: None = None


class LabelBody(Body):
    name: str = Field(max_length=60)
    value: float | None = Field(default=None, description="0 to 1, 1 being best; null for no number")
    meaning: str = Field(default="", max_length=500)
    mode: Mode = Field(
        default="", description="Failure mode a run with this label has: GET /api/v1/failure-modes"
    )


class RubricView(BaseModel):
    id: str
    title: str
    template: str
    labels: list[LabelBody]
    version: int
    pairwise: bool = Field(description="Whether it compares two answers; such a judge is never drawn")


class RubricPage(BaseModel):
    items: list[RubricView]
    next_cursor: None = None


class JudgeBody(Body):
    name: str = Field(min_length=1, max_length=100, description="Name of the scores it gives")
    endpoint: str = Field(max_length=40, description="Id of a model endpoint")
    rubric: str = Field(default="", max_length=64, description="GET /api/v1/rubrics; empty for your own")
    template: str = Field(
        default="", max_length=20_000, description="Of your own: {input} {answer} {tools} {conversation}"
    )
    labels: list[LabelBody] = Field(default_factory=list, max_length=LABELS_LIMIT)
    sample_rate: float = Field(default=0.0, ge=0, le=1, description="Share of runs drawn by chance")
    triggers: list[str] = Field(
        default_factory=list,
        max_length=60,
        description="Detectors whose finds are judged, too; such scores never feed a monitor",
    )
    agents: list[str] = Field(default_factory=list, max_length=100, description="Whose runs; none for all")
    enabled: bool = True
    budget_usd_per_day: float | None = Field(default=1.0, ge=0, description="null for no limit")
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=800, ge=16, le=32_000)


class JudgeView(BaseModel):
    id: str
    name: str
    endpoint: str
    rubric: str | None
    template: str
    labels: list[LabelBody]
    sample_rate: float
    triggers: list[str]
    agents: list[str]
    enabled: bool
    budget_usd_per_day: float | None
    spent_today_usd: float
    temperature: float | None
    max_tokens: int
    version: str | None = Field(description="Of its scores; null where it cannot be asked as it is")
    pairwise: bool = Field(description="Whether it compares two answers: POST /judges/{id}/compare")
    updated_at: str


class JudgePage(BaseModel):
    items: list[JudgeView]
    next_cursor: None = None


class JudgementView(BaseModel):
    """What a judge said in a trial; nothing of it is kept."""

    run_id: str
    agent: str | None
    value: float | None
    label: str
    explanation: str | None
    evidence: list[EvidenceView]
    cost_usd: float | None
    duration_ms: float
    cut: bool = Field(description="Whether the run was too long to be shown whole")


class JudgementPage(BaseModel):
    items: list[JudgementView]
    cost_usd: float = Field(description="Of all of them, as far as known")
    next_cursor: None = None


class JudgeTryBody(Body):
    """Runs to ask about: these, or else the newest."""

    run_ids: list[str] = Field(default_factory=list, max_length=20)
    limit: int = Field(default=5, ge=1, le=20)
    dry_run: bool = Field(default=False, description="Ask nobody: only forecast the cost")


class JudgeDraftBody(JudgeTryBody):
    judge: JudgeBody


class CellView(BaseModel):
    """Runs of which a person said the one and the judge the other."""

    person: str
    judge: str
    runs: int


class PeriodView(BaseModel):
    from_day: str
    n: int
    agreement: RateView


class JudgeQualityView(BaseModel):
    """How far a judge agrees with people about the same runs. Intervals: 95 %."""

    n: int
    too_few: bool = Field(description="Too few runs to go by")
    only_drawn: bool = Field(
        description="Whether all were drawn by chance: else the figures do not hold for runs at large"
    )
    agreement: RateView
    kappa: float | None = Field(description="Cohen's: 0 is chance, 1 is always; null where it has no value")
    kappa_low: float | None
    kappa_high: float | None
    confusion: list[CellView]
    without_verdict: int = Field(description="Runs a person judged and the judge could not")
    periods: list[PeriodView] = Field(description="By week, oldest first")
    drift: float | None = Field(description="Agreement of the last week less that of all before it")
    drift_low: float | None
    drift_high: float | None
    drifted: bool
    order_stability: RateView = Field(
        description="Pairs whose verdict held when shown the other way round, of those this version compared"
    )


def endpoint_view(one: NamedEndpoint) -> EndpointView:
    return EndpointView(
        id=one.id,
        name=one.name,
        base_url=one.base_url,
        model=one.model,
        shape=one.shape,
        has_key=bool(one.sealed_key),
        allow_private=one.allow_private,
        timeout_s=one.timeout_s,
        input_usd_per_mtok=one.input_usd_per_mtok,
        output_usd_per_mtok=one.output_usd_per_mtok,
        updated_at=rfc3339(one.updated_ns),
    )


def _label(one: Label) -> LabelBody:
    return LabelBody(name=one.name, value=one.value, meaning=one.meaning, mode=one.mode)


def label_of(body: LabelBody) -> Label:
    return Label(name=body.name, value=body.value, meaning=body.meaning, mode=body.mode)


def rubric_view(one: Rubric) -> RubricView:
    return RubricView(
        id=one.id,
        title=one.title,
        template=one.template,
        labels=[_label(label) for label in one.labels],
        version=one.version,
        pairwise=one.pairwise,
    )


def judge_view(one: NamedJudge, *, rubric: Rubric, version: str | None, spent_usd: float) -> JudgeView:
    return JudgeView(
        id=one.id,
        name=one.name,
        endpoint=one.endpoint,
        rubric=one.rubric or None,
        template=rubric.template,
        labels=[_label(label) for label in rubric.labels],
        sample_rate=one.sample_rate,
        triggers=list(one.triggers),
        agents=list(one.agents),
        enabled=one.enabled,
        budget_usd_per_day=one.budget_usd_per_day,
        spent_today_usd=spent_usd,
        temperature=one.temperature,
        max_tokens=one.max_tokens,
        version=version,
        pairwise=rubric.pairwise,
        updated_at=rfc3339(one.updated_ns),
    )


def judgement_view(judgement: Judgement, *, run_id: str, agent: str) -> JudgementView:
    return JudgementView(
        run_id=run_id,
        agent=agent or None,
        value=judgement.value,
        label=judgement.label,
        explanation=judgement.explanation or None,
        evidence=[evidence_view(one) for one in judgement.evidence],
        cost_usd=judgement.cost_usd,
        duration_ms=judgement.duration_ns / 1e6,
        cut=judgement.cut,
    )


def quality_view(quality: JudgeQuality, *, stability: OrderStability | None) -> JudgeQualityView:
    found, drift = quality.agreement, quality.drift
    kappa = found.kappa
    return JudgeQualityView(
        n=found.n,
        too_few=found.too_few,
        only_drawn=found.only_drawn,
        agreement=_share(found),
        kappa=kappa.kappa if kappa else None,
        kappa_low=kappa.low if kappa else None,
        kappa_high=kappa.high if kappa else None,
        confusion=[CellView(person=one.person, judge=one.judge, runs=one.count) for one in found.confusion],
        without_verdict=found.without_verdict,
        periods=[
            PeriodView(from_day=one.from_day, n=one.agreement.n, agreement=_share(one.agreement))
            for one in drift.periods
        ],
        drift=drift.change,
        drift_low=drift.interval.low if drift.interval else None,
        drift_high=drift.interval.high if drift.interval else None,
        drifted=drift.drifted,
        order_stability=rate_view(rate(round(stability.share * stability.n), n=stability.n))
        if stability
        else rate_view(rate(0, n=0)),
    )


def _share(found: Agreement) -> RateView:
    equal = sum(one.count for one in found.confusion if one.person == one.judge)
    return rate_view(rate(equal, n=found.n))
