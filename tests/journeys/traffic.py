"""Made-up agents, as they would send themselves: OTLP bodies in the GenAI conventions of OpenTelemetry."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

MILLISECOND = 1_000_000
SPANS_PER_RUN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run: an agent that asks a model, which calls one tool."""

    trace_id: bytes
    question: str
    answer: str
    agent: str = "support"
    session_id: str = ""
    tool_fails: bool = False
    started_ns: int = 0

    @property
    def id(self) -> str:
        return self.trace_id.hex()


def task(question: str, *, answer: str = "Done.", agent: str = "support", session_id: str = "") -> Task:
    return Task(
        trace_id=secrets.token_bytes(16),
        question=question,
        answer=answer,
        agent=agent,
        session_id=session_id,
        started_ns=time.time_ns(),
    )


def body(*tasks: Task) -> bytes:
    """One request that carries whole runs."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.extend([_text("service.name", "journeys"), _text("service.version", "1.0")])
    spans = resource.scope_spans.add()
    for each in tasks:
        spans.spans.extend(_spans(each))
    return request.SerializeToString()


def _spans(one: Task) -> list[Span]:
    agent = _span(one, name=f"invoke_agent {one.agent}", offset_ms=0, duration_ms=90)
    agent.attributes.extend(
        [
            _text("gen_ai.operation.name", "invoke_agent"),
            _text("gen_ai.agent.name", one.agent),
            _text("gen_ai.input.messages", _messages("user", one.question)),
            _text("gen_ai.output.messages", _messages("assistant", one.answer)),
        ]
    )
    if one.session_id:
        agent.attributes.append(_text("gen_ai.conversation.id", one.session_id))
    model = _span(one, name="chat gpt-4o-mini", offset_ms=5, duration_ms=60, parent=agent)
    model.attributes.extend(
        [
            _text("gen_ai.operation.name", "chat"),
            _text("gen_ai.provider.name", "openai"),
            _text("gen_ai.request.model", "gpt-4o-mini"),
            _number("gen_ai.usage.input_tokens", 120),
            _number("gen_ai.usage.output_tokens", 30),
            _text("gen_ai.input.messages", _messages("user", one.question)),
            _text("gen_ai.output.messages", _messages("assistant", one.answer)),
        ]
    )
    tool = _span(one, name="execute_tool lookup_order", offset_ms=70, duration_ms=15, parent=agent)
    tool.attributes.extend(
        [
            _text("gen_ai.operation.name", "execute_tool"),
            _text("gen_ai.tool.name", "lookup_order"),
            _text("gen_ai.tool.call.arguments", json.dumps({"order_id": "A-17"})),
            _text("gen_ai.tool.call.result", json.dumps({"status": "delivered"})),
        ]
    )
    if one.tool_fails:
        tool.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="TimeoutError: 200 ms"))
    return [agent, model, tool]


def _span(one: Task, *, name: str, offset_ms: int, duration_ms: int, parent: Span | None = None) -> Span:
    start = one.started_ns + offset_ms * MILLISECOND
    return Span(
        trace_id=one.trace_id,
        span_id=secrets.token_bytes(8),
        parent_span_id=parent.span_id if parent else b"",
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start,
        end_time_unix_nano=start + duration_ms * MILLISECOND,
    )


def _messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _number(key: str, value: int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=value))
