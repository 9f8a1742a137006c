"""Exchanges of an agent that sends no telemetry, as OTLP/JSON in the GenAI conventions of OpenTelemetry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.parse import dump_messages

SCOPE = "roadworthy.gateway"
_OPERATIONS = {Dialect.OPENAI_EMBEDDINGS: "embeddings", Dialect.GEMINI: "generate_content"}
_BROKEN = frozenset({Ending.FAILED, Ending.CUT_OFF, Ending.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentRun:
    trace_id: str
    agent: str
    release: str
    session_id: str
    started_ns: int
    ended_ns: int = 0
    asked: tuple[Message, ...] = ()
    answered: tuple[Message, ...] = ()
    failed: bool = False
    """Whether its last call failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCall:
    exchange: Exchange
    given: tuple[Message, ...] = ()
    said: tuple[Message, ...] = ()


def otlp_body(run: SilentRun, calls: Sequence[ToldCall]) -> bytes:
    """An ExportTraceServiceRequest: the run's root as it is by now, and these calls."""
    resource = {"service.name": run.agent, "service.version": run.release}
    spans = [_root(run), *(_span(run, call) for call in calls)]
    return orjson.dumps(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(resource)},
                    "scopeSpans": [{"scope": {"name": SCOPE}, "spans": spans}],
                }
            ]
        }
    )


def _root(run: SilentRun) -> dict[str, object]:
    return {
        "traceId": run.trace_id,
        "spanId": _span_id(run.trace_id, "root"),
        "name": f"invoke_agent {run.agent}",
        "kind": 1,
        "startTimeUnixNano": str(run.started_ns),
        "endTimeUnixNano": str(run.ended_ns),
        "attributes": _attributes(
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": run.agent,
                "gen_ai.conversation.id": run.session_id,
                "gen_ai.input.messages": _messages(run.asked),
                "gen_ai.output.messages": _messages(run.answered),
                "roadworthy.told_by": "gateway",
            }
        ),
        "status": {"code": 2, "message": "the last call failed"} if run.failed else {},
    }


def _span(run: SilentRun, call: ToldCall) -> dict[str, object]:
    exchange = call.exchange
    model = exchange.kind is ExchangeKind.MODEL
    operation = _OPERATIONS.get(exchange.dialect, "chat") if model else "execute_tool"
    failure = exchange.failure
    broken = failure is not None or exchange.ending in _BROKEN
    return {
        "traceId": run.trace_id,
        "spanId": _span_id(run.trace_id, exchange.id),
        "parentSpanId": _span_id(run.trace_id, "root"),
        "name": f"{operation} {(exchange.pinned if model else '') or exchange.asked or exchange.target}",
        "kind": 3,
        "startTimeUnixNano": str(exchange.started_ns),
        "endTimeUnixNano": str(exchange.started_ns + int(exchange.elapsed_ms * 1e6)),
        "attributes": _attributes(
            {
                "gen_ai.operation.name": operation,
                "gen_ai.agent.name": run.agent,
                "gen_ai.conversation.id": run.session_id,
                "roadworthy.exchange_id": exchange.id,
                "error.type": (failure.code.value if failure else exchange.ending.value) if broken else "",
                **(_of_model(call) if model else {"gen_ai.tool.name": exchange.asked or exchange.target}),
            }
        ),
        "status": {"code": 2, "message": failure.what if failure else exchange.ending.value}
        if broken
        else {},
    }


def _of_model(call: ToldCall) -> dict[str, object]:
    exchange, tokens = call.exchange, call.exchange.tokens
    return {
        "gen_ai.provider.name": exchange.upstream.partition("/")[0],
        "gen_ai.request.model": exchange.pinned or exchange.asked,
        "gen_ai.response.model": exchange.answered,
        "gen_ai.response.id": exchange.response_id,
        "gen_ai.usage.input_tokens": tokens.input if tokens else None,
        "gen_ai.usage.output_tokens": tokens.output if tokens else None,
        "gen_ai.usage.cache_read.input_tokens": tokens.cache_read if tokens else None,
        "gen_ai.usage.cache_creation.input_tokens": tokens.cache_write if tokens else None,
        "gen_ai.usage.reasoning.output_tokens": tokens.reasoning if tokens else None,
        "gen_ai.input.messages": _messages(call.given),
        "gen_ai.output.messages": _messages(call.said),
    }


def _messages(messages: Sequence[Message]) -> str:
    return dump_messages(messages) if messages else ""


def _attributes(values: Mapping[str, object]) -> list[dict[str, object]]:
    """What is unknown is left out."""
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
        if value is not None and value != ""
    ]


def _span_id(trace_id: str, what: str) -> str:
    return hashlib.sha256(f"{trace_id}/{what}".encode()).hexdigest()[:16]
