"""Exchanges of an agent that sends no telemetry, as OTLP/JSON in the GenAI conventions of OpenTelemetry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.message import Message
from roadworthy.domain.recording import Recording
from roadworthy.features.gateway.contracts.learning import UNKNOWN
from roadworthy.features.gateway.tools.recorded import recorded_call
from roadworthy.features.ingest.messages.parse import dump_messages, parse_messages

SCOPE = "roadworthy.gateway"
EXCHANGE_ID = "roadworthy.exchange_id"
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
    root: str = ""
    """Its root span, where somebody has told it: then these are steps below it."""
    service: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCall:
    exchange: Exchange
    given: tuple[Message, ...] = ()
    said: tuple[Message, ...] = ()
    arguments: str = ""
    """Of a tool, as JSON."""
    result: str = ""


def told_call(exchange: Exchange, recording: Recording | None) -> ToldCall:
    """With what was recorded of it."""
    if recording is None:
        return ToldCall(exchange=exchange)
    if exchange.kind is ExchangeKind.TOOL:
        known = recorded_call(recording.request, recording.answer, dialect=exchange.dialect)
        return ToldCall(exchange=exchange, arguments=_json(known.arguments), result=_json(known.result))
    given, said = (
        parse_messages(part.body.decode("utf-8", "replace"), default_role=role) if part is not None else ()
        for part, role in ((recording.request, "user"), (recording.answer, "assistant"))
    )
    return ToldCall(exchange=exchange, given=tuple(given), said=tuple(said))


def otlp_body(run: SilentRun, calls: Sequence[ToldCall]) -> bytes:
    """An ExportTraceServiceRequest: the run's root as it is by now, unless it has one, and these calls."""
    resource = {
        "service.name": run.service or run.agent,
        "service.version": run.release,
        "deployment.environment.name": run.environment,
    }
    spans = [*([] if run.root else [_root(run)]), *(_span(run, call) for call in calls)]
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
        "parentSpanId": run.root or _span_id(run.trace_id, "root"),
        "name": f"{operation} {(exchange.pinned if model else '') or exchange.asked or exchange.target}",
        "kind": 3,
        "startTimeUnixNano": str(exchange.started_ns),
        "endTimeUnixNano": str(exchange.started_ns + int(exchange.elapsed_ms * 1e6)),
        "attributes": _attributes(
            {
                "gen_ai.operation.name": operation,
                "gen_ai.agent.name": run.agent,
                "gen_ai.conversation.id": run.session_id,
                EXCHANGE_ID: exchange.id,
                "error.type": (failure.code.value if failure else exchange.ending.value) if broken else "",
                **(_of_model(call) if model else _of_tool(call)),
            }
        ),
        "status": {"code": 2, "message": failure.what if failure else exchange.ending.value}
        if broken
        else {},
    }


def _of_tool(call: ToldCall) -> dict[str, object]:
    exchange = call.exchange
    return {
        "gen_ai.tool.name": exchange.asked or exchange.target,
        "gen_ai.tool.call.arguments": call.arguments,
        "gen_ai.tool.call.result": call.result,
    }


def _of_model(call: ToldCall) -> dict[str, object]:
    exchange, tokens = call.exchange, call.exchange.tokens
    return {
        "gen_ai.provider.name": exchange.upstream.partition("/")[0] if "/" in exchange.upstream else "",
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


def _json(value: Any) -> str:
    return "" if value is UNKNOWN else orjson.dumps(value, default=str).decode()


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
