"""What the API says about two runs compared by their recordings."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.domain.step_relation import StepRelation
from roadworthy.doors.rest.models.runs import text
from roadworthy.features.debug.comparing import ComparedStep, Comparison
from roadworthy.features.debug.tape.tape import Tape, TapeCall
from roadworthy.features.debug.telling_steps import answered_of, asked_of


class RecordedStep(BaseModel):
    step: int
    kind: ExchangeKind
    target: str
    exchange_id: str
    status: int | None
    elapsed_ms: float
    request: str | None = Field(description="In a few words")
    answer: str | None
    hole: str | None = Field(description="Why nothing of it can be shown; null where it can")


class RecordedStepPair(BaseModel):
    relation: StepRelation
    differs: list[Literal["request", "answer", "recorded"]] = Field(
        description="Of a changed step; recorded: of one of both the recording is not there"
    )
    left: RecordedStep | None
    right: RecordedStep | None
    request_diff: str | None = Field(description="As `diff -u` has it, bounded; null where nothing differs")
    answer_diff: str | None


class RecordedSide(BaseModel):
    run_id: str
    agent: str
    input: str | None
    output: str | None
    steps: int


class RecordedComparison(BaseModel):
    left: RecordedSide
    right: RecordedSide
    steps: list[RecordedStepPair]
    first_divergence: int | None = Field(description="Index into steps; null where all are the same")
    same_answer: bool | None = Field(description="null where one of the answers is not known")
    truncated: bool = Field(description="One of both made more calls than are compared (2000)")


def recorded_comparison(left: Tape, right: Tape, found: Comparison) -> RecordedComparison:
    return RecordedComparison(
        left=_side(left),
        right=_side(right),
        steps=[_pair(one) for one in found.steps],
        first_divergence=found.first_divergence,
        same_answer=found.same_answer,
        truncated=found.truncated,
    )


def _side(tape: Tape) -> RecordedSide:
    return RecordedSide(
        run_id=tape.run_id,
        agent=tape.agent,
        input=text(tape.input),
        output=tape.output,
        steps=len(tape.calls),
    )


def _pair(one: ComparedStep) -> RecordedStepPair:
    return RecordedStepPair(
        relation=one.relation,
        differs=list(one.differs),
        left=_step(one.left),
        right=_step(one.right),
        request_diff=text(one.request_diff),
        answer_diff=text(one.answer_diff),
    )


def _step(call: TapeCall | None) -> RecordedStep | None:
    if call is None:
        return None
    exchange = call.exchange
    return RecordedStep(
        step=call.step,
        kind=exchange.kind,
        target=exchange.target,
        exchange_id=exchange.id,
        status=exchange.status,
        elapsed_ms=exchange.elapsed_ms,
        request=text(asked_of(call)),
        answer=text(answered_of(call)),
        hole=text(call.hole),
    )
