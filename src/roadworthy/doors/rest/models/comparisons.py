"""What the API says about pairs that a judge compared."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.judge.comparison_book import Heard, KeptComparison, Side

_ANSWER = Field(default="", max_length=100_000)


class CompareBody(Body):
    """Two runs, or two answers to one question."""

    run_a: str = Field(default="", max_length=200, description="Id of a run; goes with run_b")
    run_b: str = Field(default="", max_length=200)
    question: str = Field(default="", max_length=100_000, description="What answer_a and answer_b answer")
    answer_a: str = _ANSWER
    answer_b: str = _ANSWER
    dry_run: bool = Field(default=False, description="Ask nobody: only forecast the cost")


class HeardView(BaseModel):
    label: str = Field(description="first, second, tie; unknown: no verdict could be had")
    explanation: str | None


class SideView(BaseModel):
    run_id: str | None
    answer: str | None = Field(description="Where it belongs to no run: its first 2,000 characters")


class PairwiseView(BaseModel):
    """Which of two a judge prefers, asked in both orders: a preference that turns with the order is none."""

    id: str
    judge_id: str
    judge: str
    version: str
    question: str | None
    a: SideView
    b: SideView
    preference: Literal["a", "b", "tie", "unknown"]
    order_stable: bool | None = Field(description="Whether both orders said the same; null: one said nothing")
    a_first: HeardView
    b_first: HeardView
    cost_usd: float | None
    by: str | None
    at: str
    kept: bool = Field(description="What has no verdict is not kept")


class CompareView(BaseModel):
    comparison: PairwiseView | None = Field(description="null for a dry run")
    forecast_usd: float | None = Field(description="Of both orders, from above; null: no price is known")
    same_request: bool = Field(description="Whether both answered the same; else a preference says little")


class PairwisePage(BaseModel):
    items: list[PairwiseView]
    next_cursor: str | None


def comparison_view(one: KeptComparison) -> PairwiseView:
    return PairwiseView(
        id=one.id,
        judge_id=one.judge_id,
        judge=one.judge,
        version=one.version,
        question=text(one.question),
        a=_side(one.a),
        b=_side(one.b),
        preference=one.preference.value,
        order_stable=one.order_stable,
        a_first=_heard(one.forward),
        b_first=_heard(one.backward),
        cost_usd=one.cost_usd,
        by=text(one.by),
        at=rfc3339(one.at_ns),
        kept=one.order_stable is not None,
    )


def _side(side: Side) -> SideView:
    return SideView(run_id=text(side.run_id), answer=text(side.answer))


def _heard(heard: Heard) -> HeardView:
    return HeardView(label=heard.label, explanation=text(heard.explanation))
