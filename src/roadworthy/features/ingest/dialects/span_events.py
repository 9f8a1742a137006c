"""Messages as span events (`gen_ai.user.message`, `gen_ai.choice`): Strands, Semantic Kernel, Agent
Framework.

Source: OTel GenAI events as of semantic conventions 1.28 to 1.36; Strands' tracer, which puts provider-shaped
JSON into `content`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from roadworthy.domain.message import Message, ToolCall
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_json, as_text
from roadworthy.features.ingest.content import put_input, put_messages, put_output
from roadworthy.features.ingest.messages.draft import result_text
from roadworthy.features.ingest.messages.parse import parse_messages, plain_text
from roadworthy.features.ingest.raw_span import RawEvent, RawSpan

ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "assistant",
}
_MESSAGE = frozenset({"content", "tool_calls"})
"""What a message says; one of them it has."""


def read_events(raw: RawSpan, span: Span) -> None:
    """Take the message events out of `raw` and into the span's input and output."""
    said = [event for event in raw.events if event.name in ROLES]
    details = [e for e in raw.events if e.name == "gen_ai.client.inference.operation.details"]
    if details:
        for event in details:
            _read_details(event, span)
        raw.events = [e for e in raw.events if e.name != "gen_ai.client.inference.operation.details"]
    if not said:
        return
    if span.kind is SpanKind.TOOL:
        _read_tool(said, span)
    else:
        given: list[Message] = []
        answers: list[Message] = []
        for event in said:
            (answers if event.name == "gen_ai.choice" else given).extend(messages_of(event))
        put_messages(span, given=None if span.input else given, said=None if span.output else answers)
    raw.events = [event for event in raw.events if event.name not in ROLES]


def _read_details(event: RawEvent, span: Span) -> None:
    put_input(span, event.attributes.get("gen_ai.input.messages"), chat=True)
    put_output(span, event.attributes.get("gen_ai.output.messages"), chat=True)


def _read_tool(events: list[RawEvent], span: Span) -> None:
    for event in events:
        if event.name == "gen_ai.choice":
            message = event.attributes.get("message")
            read = parse_messages([{"role": "user", "content": as_json(message)}], default_role="user")
            put_output(span, plain_text(read) or message)
        elif event.name == "gen_ai.tool.message":
            put_input(span, event.attributes.get("content"))


def messages_of(event: RawEvent) -> list[Message]:
    role = as_text(event.attributes.get("role")) or ROLES[event.name]
    body: Any = event.attributes.get("message", event.attributes.get("content"))
    loaded = as_json(body)
    finish = as_text(event.attributes.get("finish_reason"))
    if isinstance(loaded, dict) and (whole := _whole_message(loaded, role)):
        whole[-1] = replace(whole[-1], finish_reason=finish or whole[-1].finish_reason)
        return whole
    calls = as_json(event.attributes.get("tool_calls"))
    if isinstance(loaded, dict) and event.name == "gen_ai.choice" and loaded.keys() & _MESSAGE:
        calls = calls or as_json(loaded.get("tool_calls"))
        body = loaded.get("content")
        loaded = as_json(body)
    call_id = as_text(event.attributes.get("id")) if role == "tool" else ""
    if isinstance(loaded, list):
        if call_id:
            return [Message(role=role, content=result_text(loaded), tool_call_id=call_id)]
        read = list(parse_messages([{"role": role, "content": loaded}], default_role=role))
        if read:
            last = read[-1]
            more = _calls(calls) if not last.tool_calls else last.tool_calls
            read[-1] = replace(last, tool_calls=more, finish_reason=finish)
            return read
    content = loaded if isinstance(loaded, str) else as_text(body)
    if not content and not calls:
        return []
    return [
        Message(
            role=role,
            content=content,
            tool_calls=_calls(calls),
            tool_call_id=call_id,
            finish_reason=finish,
        )
    ]


def _whole_message(loaded: dict[str, Any], role: str) -> list[Message]:
    """Semantic Kernel's content is the JSON of the message, or of the choice around it."""
    inner = loaded.get("message")
    if isinstance(inner, dict) and "finish_reason" in loaded:
        return list(parse_messages({"choices": [loaded]}, default_role="assistant"))
    if loaded.get("role") == role and loaded.keys() & _MESSAGE:
        return list(parse_messages([loaded], default_role="user"))
    return []


def _calls(calls: Any) -> tuple[ToolCall, ...]:
    return tuple(_call(call) for call in calls) if isinstance(calls, list) else ()


def _call(call: Any) -> ToolCall:
    if not isinstance(call, dict):
        return ToolCall(arguments=as_text(call))
    function = call.get("function")
    fields = function if isinstance(function, dict) else call
    return ToolCall(
        id=as_text(call.get("id")),
        name=as_text(fields.get("name")),
        arguments=as_text(fields.get("arguments")),
    )
