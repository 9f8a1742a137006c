"""What the API says about exchanges and what was recorded of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.domain.exchange import Attempt, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.gateway.recording.policy import Keep, RecordingPolicy
from roadworthy.features.gateway.recording.service import ReadRecording

VIEW_LIMIT = 262_144


class TypedFailureView(BaseModel):
    code: FailureCode
    what: str
    retry: Retry
    retry_after_s: float | None
    do_not_conclude: str
    facts: dict[str, str]


class AttemptView(BaseModel):
    upstream: str
    after_ms: float = Field(description="From the begin of the exchange to its own")
    elapsed_ms: float
    status: int | None
    failure: FailureCode | None
    hedge: bool = Field(description="Begun beside another that was slow")


class ExchangeTokens(BaseModel):
    """null is unknown. input includes what was read from a cache, output what was reasoned."""

    input: int | None
    output: int | None
    cache_read: int | None
    cache_write: int | None
    reasoning: int | None
    estimated: bool = Field(description="Counted from what came before it was aborted")


class ExchangeView(BaseModel):
    id: str
    kind: ExchangeKind
    dialect: Dialect
    agent: str
    release: str | None
    key_id: str | None
    target: str = Field(description="The route, or connector.tool")
    asked: str | None = Field(description="The model the agent named, or the tool")
    pinned: str | None = Field(description="The model of the route that was asked of the upstream")
    answered: str | None = Field(description="The model the answer says it is from")
    upstream: str | None
    started_at: str
    first_byte_ms: float | None
    elapsed_ms: float
    streamed: bool
    status: int | None = Field(description="What the agent got")
    ending: Ending
    failure: TypedFailureView | None
    attempts: list[AttemptView]
    cached: bool
    fault: str | None = Field(description="The fault a drill put into it")
    drill: str | None
    tokens: ExchangeTokens | None
    cost_usd: float | None
    response_id: str | None
    request_bytes: int
    response_bytes: int
    recorded: bool = Field(description="Whether a recording was kept; it may have been deleted since")
    contract_findings: list[str]
    run_id: str | None = Field(description="The run it was joined to; null while none is known")
    bound_by: str | None = Field(
        description="What joined it: header, response_id, traceparent, baggage, time, gateway"
    )
    trace_id: str | None
    span_id: str | None = Field(description="The caller's span")
    session_id: str | None


class ExchangePage(BaseModel):
    items: list[ExchangeView]
    next_cursor: str | None


class RecordedHeader(BaseModel):
    name: str
    value: str = Field(description="[masked:header] where the name says it is a credential")


class RecordedChunk(BaseModel):
    at_ms: float = Field(description="From the begin of the exchange")
    bytes: int


class RecordedMessageView(BaseModel):
    head: str = Field(description="POST /v1/chat/completions, or the status")
    headers: list[RecordedHeader]
    body: str = Field(description="As text; what is no UTF-8 is shown as U+FFFD")
    body_bytes: int
    truncated: bool = Field(description=f"Cut at {VIEW_LIMIT} characters; ?full=1 gives all")
    chunks: list[RecordedChunk] = Field(description="As they came; joined they are the body")


class RecordingView(BaseModel):
    exchange: ExchangeView
    request: RecordedMessageView | None
    answer: RecordedMessageView | None
    masked: int = Field(description="Secrets that were masked before anything was written")
    notes: list[str] = Field(description="What is missing or was changed, in plain words")
    match_key: str | None = Field(description="What replay finds it by")


class RecordingPolicyBody(Body):
    """Of the whole project where agent and route are left out. The one that names most holds."""

    keep: Literal["all", "sampled", "failures", "none"] = "all"
    share: float = Field(default=1.0, ge=0, le=1, description="Of runs, for sampled; each run is kept whole")
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    agent: str = Field(default="", max_length=500)
    target: str = Field(default="", max_length=500, description="A route, or connector.tool")


class RecordingPolicies(Body):
    policies: list[RecordingPolicyBody] = Field(max_length=500, description="None: everything is recorded")


def exchange_view(exchange: Exchange) -> ExchangeView:
    tokens, bound = exchange.tokens, exchange.binding
    return ExchangeView(
        id=exchange.id,
        kind=exchange.kind,
        dialect=exchange.dialect,
        agent=exchange.agent,
        release=text(exchange.release),
        key_id=text(exchange.key_id),
        target=exchange.target,
        asked=text(exchange.asked),
        pinned=text(exchange.pinned),
        answered=text(exchange.answered),
        upstream=text(exchange.upstream),
        started_at=rfc3339(exchange.started_ns),
        first_byte_ms=exchange.first_byte_ms,
        elapsed_ms=exchange.elapsed_ms,
        streamed=exchange.streamed,
        status=exchange.status,
        ending=exchange.ending,
        failure=_failure(exchange.failure) if exchange.failure else None,
        attempts=[_attempt(one, exchange.started_ns) for one in exchange.attempts],
        cached=exchange.cached,
        fault=text(exchange.fault),
        drill=text(exchange.drill),
        tokens=ExchangeTokens(
            input=tokens.input,
            output=tokens.output,
            cache_read=tokens.cache_read,
            cache_write=tokens.cache_write,
            reasoning=tokens.reasoning,
            estimated=tokens.estimated,
        )
        if tokens
        else None,
        cost_usd=exchange.cost_usd,
        response_id=text(exchange.response_id),
        request_bytes=exchange.request_bytes,
        response_bytes=exchange.response_bytes,
        recorded=bool(exchange.recording),
        contract_findings=list(exchange.contract_findings),
        run_id=text(bound.run_id),
        bound_by=text(bound.by),
        trace_id=text(bound.trace_id),
        span_id=text(bound.span_id),
        session_id=text(bound.session_id),
    )


def recording_view(read: ReadRecording, *, match_key: str | None, full: bool) -> RecordingView:
    recording = read.recording
    return RecordingView(
        exchange=exchange_view(read.exchange),
        request=_message(recording.request, full=full),
        answer=_message(recording.answer, full=full),
        masked=recording.masked,
        notes=list(recording.notes),
        match_key=match_key,
    )


def policy_of(body: RecordingPolicyBody) -> RecordingPolicy:
    return RecordingPolicy(**{**body.model_dump(), "keep": Keep(body.keep)})


def policy_body(policy: RecordingPolicy) -> RecordingPolicyBody:
    return RecordingPolicyBody(
        keep=policy.keep.value,
        share=policy.share,
        seed=policy.seed,
        agent=policy.agent,
        target=policy.target,
    )


def _failure(failure: TypedFailure) -> TypedFailureView:
    return TypedFailureView(
        code=failure.code,
        what=failure.what,
        retry=failure.retry,
        retry_after_s=failure.retry_after_s,
        do_not_conclude=failure.do_not_conclude,
        facts=failure.facts,
    )


def _attempt(attempt: Attempt, started_ns: int) -> AttemptView:
    return AttemptView(
        upstream=attempt.upstream,
        after_ms=max(0.0, (attempt.started_ns - started_ns) / 1e6),
        elapsed_ms=attempt.elapsed_ms,
        status=attempt.status,
        failure=FailureCode(attempt.failure) if attempt.failure else None,
        hedge=attempt.hedge,
    )


def _message(message: RecordedMessage | None, *, full: bool) -> RecordedMessageView | None:
    if message is None:
        return None
    raw = b"".join(chunk for _, chunk in message.chunks)
    body = raw.decode("utf-8", "replace")
    shown = body if full else body[:VIEW_LIMIT]
    return RecordedMessageView(
        head=message.head,
        headers=[
            RecordedHeader(name=name.decode("latin-1"), value=value.decode("latin-1"))
            for name, value in message.headers
        ],
        body=shown,
        body_bytes=len(raw),
        truncated=len(shown) < len(body),
        chunks=[RecordedChunk(at_ms=at, bytes=len(chunk)) for at, chunk in message.chunks],
    )
