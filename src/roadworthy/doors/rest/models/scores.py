"""What the API says about words on runs: scores, outcomes, and what they rest on."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from roadworthy.domain.failure_mode import BY_ID
from roadworthy.domain.finding import Evidence
from roadworthy.domain.run import Outcome
from roadworthy.domain.score import Score
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339_or_none
from roadworthy.features.judge.outcomes import Said

SpeakingSource = Literal["api", "reviewer", "business", "evaluator", "judge", "user"]
_SOURCE = Field(
    default=None,
    description="Whose word it is. reviewer and user are for people who are logged in; null: reviewer for "
    "them, api for a key and for whoever sits at a server that asks nobody to log in",
)
_REASON = Field(default="", max_length=4000)
_AUTHOR = Field(default="", max_length=200, description="Who said it to the caller; left out: the caller")


def _known_mode(mode: str) -> str:
    if mode and mode not in BY_ID:
        raise ValueError(f"no failure mode {mode[:60]!r}: see GET /api/v1/failure-modes")
    return mode


Mode = Annotated[str, Field(max_length=60), AfterValidator(_known_mode)]


class EvidenceView(BaseModel):
    span_id: str | None = Field(description="null where it is about the run as a whole")
    place: str | None = Field(description="input, output, error, attributes; answer: the final answer")
    excerpt: str
    start: int | None = Field(description="Offset in characters into that text; null: no piece of it")
    end: int | None


class ScoreView(BaseModel):
    """A score with what it rests on and what it cost."""

    run_id: str | None
    trace_id: str
    span_id: str | None
    name: str
    value: float | None
    label: str | None
    source: str | None
    author: str | None
    evaluator_version: str | None
    explanation: str | None
    evidence: list[EvidenceView]
    mode: str | None = Field(description="Failure mode it names: see /failure-modes")
    cost_usd: float | None
    sampled: float | None = Field(
        description="With what probability the run was drawn for it; null where it was asked for or triggered"
    )
    at: str | None


class SaidView(BaseModel):
    outcome: Outcome
    source: str
    reason: str | None
    author: str | None
    at: str | None


class ScorePage(BaseModel):
    items: list[ScoreView]
    next_cursor: None = None


class NewOutcome(Body):
    outcome: Outcome = Field(description="unknown takes back what this source said before")
    reason: str = _REASON
    source: SpeakingSource | None = _SOURCE
    author: str = _AUTHOR
    mode: Mode = Field(default="", description="How it failed: GET /api/v1/failure-modes; only of a failure")


class NewEvidence(Body):
    """A place in the run that a score rests on."""

    span_id: str = Field(default="", pattern=r"^([0-9a-f]{16})?$", description="Left out: the run as a whole")
    place: Literal["", "input", "output", "error", "attributes", "answer"] = Field(
        default="", description="Which text of it; answer: the run's final answer"
    )
    excerpt: str = Field(default="", max_length=500)
    start: int | None = Field(default=None, ge=0, description="Offsets in characters into that text")
    end: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _piece(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end belong together")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("end lies before start")
        if not (self.span_id or self.place or self.excerpt):
            raise ValueError("names no step, no place and no words")
        return self


class NewScore(Body):
    name: str = Field(min_length=1, max_length=200, pattern=r"\S")
    value: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    label: str = Field(default="", max_length=200)
    span_id: str = Field(default="", pattern=r"^([0-9a-f]{16})?$", description="Left out: the whole run")
    explanation: str = _REASON
    evidence: list[NewEvidence] = Field(default_factory=list, max_length=20)
    source: SpeakingSource | None = _SOURCE
    author: str = _AUTHOR
    mode: Mode = ""
    evaluator_version: str = Field(default="", max_length=200)
    cost_usd: float | None = Field(default=None, ge=0, le=1_000_000, allow_inf_nan=False)
    sampled: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False)


def evidence_view(evidence: Evidence) -> EvidenceView:
    there = evidence.start >= 0
    return EvidenceView(
        span_id=text(evidence.span_id),
        place=text(evidence.place),
        excerpt=evidence.excerpt,
        start=evidence.start if there else None,
        end=evidence.end if there else None,
    )


def evidence_of(body: NewEvidence) -> Evidence:
    return Evidence(
        span_id=body.span_id,
        place=body.place,
        excerpt=body.excerpt,
        start=-1 if body.start is None else body.start,
        end=-1 if body.end is None else body.end,
    )


def score_view(score: Score) -> ScoreView:
    return ScoreView(
        run_id=text(score.run_id),
        trace_id=score.trace_id,
        span_id=text(score.span_id),
        name=score.name,
        value=score.value,
        label=text(score.label),
        source=text(score.source),
        author=text(score.author),
        evaluator_version=text(score.evaluator_version),
        explanation=text(score.explanation),
        evidence=[evidence_view(one) for one in score.evidence],
        mode=text(score.mode),
        cost_usd=score.cost_usd,
        sampled=score.sampled,
        at=rfc3339_or_none(score.at_ns),
    )


def said_view(said: Said) -> SaidView:
    return SaidView(
        outcome=said.outcome,
        source=said.source,
        reason=text(said.reason),
        author=text(said.author),
        at=rfc3339_or_none(said.at_ns),
    )
