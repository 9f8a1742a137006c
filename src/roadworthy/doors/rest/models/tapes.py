"""What the API says about a run's recorded calls, as steps."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.domain.exchange import Dialect, Ending, ExchangeKind
from roadworthy.doors.rest.models.entry_points import EntryPointView, entry_view
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.debug.inquiry import EntryPoint
from roadworthy.features.debug.tape.tape import Tape, TapeCall
from roadworthy.features.debug.telling_steps import MOST, answered_of, asked_of


class TapeStep(BaseModel):
    step: int = Field(description="From 1, in the order the calls began")
    kind: ExchangeKind
    dialect: Dialect
    target: str = Field(description="The route, or connector.tool")
    asked: str | None = Field(description="The model the agent named, or the tool")
    exchange_id: str
    span_id: str | None = Field(description="The span of the run that it is, where known")
    started_at: str
    elapsed_ms: float
    status: int | None
    ending: Ending
    hole: str | None = Field(description="Why it cannot be answered again; null where it can")
    request: str | None = Field(
        description=f"The last message to the model, or the tool's arguments; at most {MOST} characters"
    )
    answer: str | None = Field(description=f"What was said, or the tools called; at most {MOST} characters")


class TapeView(BaseModel):
    run_id: str
    agent: str
    input: str | None = Field(description="What the run was asked, where anybody told")
    output: str | None = Field(description="What it answered, where anybody told")
    steps: list[TapeStep]
    entry: EntryPointView | None = Field(description="How the agent is started, where it is registered")


def tape_view(tape: Tape, *, spans: dict[str, str], entry: EntryPoint | None) -> TapeView:
    return TapeView(
        run_id=tape.run_id,
        agent=tape.agent,
        input=tape.input or None,
        output=tape.output,
        steps=[_step(one, spans.get(one.exchange.id)) for one in tape.calls],
        entry=entry_view(entry) if entry else None,
    )


def _step(call: TapeCall, span_id: str | None) -> TapeStep:
    exchange = call.exchange
    return TapeStep(
        step=call.step,
        kind=exchange.kind,
        dialect=exchange.dialect,
        target=exchange.target,
        asked=exchange.asked or None,
        exchange_id=exchange.id,
        span_id=span_id,
        started_at=rfc3339(exchange.started_ns),
        elapsed_ms=exchange.elapsed_ms,
        status=exchange.status,
        ending=exchange.ending,
        hole=call.hole or None,
        request=asked_of(call) or None,
        answer=answered_of(call) or None,
    )
