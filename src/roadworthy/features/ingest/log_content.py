"""What log records say about a span: content kept out of spans, joined again here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from roadworthy.contracts.intake import IntakeRecord
from roadworthy.domain.message import Message
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_text, read_value
from roadworthy.features.ingest.content import put_input, put_messages, put_output
from roadworthy.features.ingest.dialects.otel_genai import read_content
from roadworthy.features.ingest.dialects.span_events import ROLES, messages_of
from roadworthy.features.ingest.join_keys import rekeyed
from roadworthy.features.ingest.raw_span import RawEvent

DETAILS = "gen_ai.client.inference.operation.details"
SAID_AT = "roadworthy.log_content.{}_ns"
"""Attribute a joined span remembers the time of its content by, so that the last word wins in any order."""

_CLAUDE_PROMPT = ("user_prompt", "claude_code.user_prompt")
_CLAUDE_ANSWER = ("assistant_response", "claude_code.assistant_response")


@dataclass(slots=True, kw_only=True)
class LogContent:
    """Content for the span (`trace_id`, `span_id`) of `project`, which may come earlier or later."""

    project: str
    trace_id: str
    span_id: str
    version: int
    at_ns: int = 0
    input: str = ""
    input_format: ContentFormat = ContentFormat.NONE
    output: str = ""
    output_format: ContentFormat = ContentFormat.NONE
    tool_definitions: str = ""
    partial: bool = False
    """One message of several (older conventions): joined messages are put together in order of time."""
    attributes: dict[str, str] = field(default_factory=dict)


def content_of(sent: Any, attributes: Attributes, *, record: IntakeRecord, version: int) -> LogContent | None:
    """None where the log record holds no content of a span."""
    if len(sent.trace_id) != 16 or len(sent.span_id) != 8:
        return None
    name = sent.event_name or as_text(attributes.get("event.name"))
    body = read_value(sent.body)
    # Filled by the same readers as a span is.
    held = Span(project=record.project, trace_id=sent.trace_id.hex(), span_id=sent.span_id.hex())
    partial = False
    if name == DETAILS or "gen_ai.input.messages" in attributes or "gen_ai.output.messages" in attributes:
        held.kind = SpanKind.LLM
        read_content(attributes, held)
    elif isinstance(body, dict) and ("gen_ai.input.messages" in body or "gen_ai.output.messages" in body):
        read_content(body, held)
    elif name in ROLES:
        partial = True
        _read_message(name, body, attributes, held)
    elif name in _CLAUDE_PROMPT:
        put_input(held, attributes.get("prompt"))
    elif name in _CLAUDE_ANSWER:
        put_output(held, attributes.get("response"))
    if not (held.input or held.output or held.tool_definitions):
        return None
    return LogContent(
        project=held.project,
        trace_id=held.trace_id,
        span_id=held.span_id,
        version=version,
        at_ns=sent.time_unix_nano or sent.observed_time_unix_nano,
        input=held.input,
        input_format=held.input_format,
        output=held.output,
        output_format=held.output_format,
        tool_definitions=held.tool_definitions,
        partial=partial,
    )


def _read_message(name: str, body: Any, attributes: Attributes, held: Span) -> None:
    fields = {**attributes, **body} if isinstance(body, dict) else {**attributes, "content": body}
    messages: list[Message] = messages_of(RawEvent(name, 0, fields))
    if name == "gen_ai.choice":
        put_messages(held, said=messages)
    else:
        put_messages(held, given=messages)


def join_content(span: Span, content: LogContent) -> Span:
    """A copy of `span` with what `content` adds; what the span itself holds wins. Joining twice changes
    nothing more. The copy's version is the higher of the two."""
    joined = replace(span, attributes=dict(span.attributes), version=max(span.version, content.version))
    if content.input:
        _join(joined, content, "input")
    if content.output:
        _join(joined, content, "output")
    joined.tool_definitions = joined.tool_definitions or content.tool_definitions
    joined.join_keys = rekeyed(joined)
    return joined


def carry_over(span: Span, before: Span) -> None:
    """Give `span` the content that an earlier report of it has and it has not, with what goes with it: when
    log records said it, and the join keys that follow."""
    for side in ("input", "output"):
        if not getattr(span, side) and getattr(before, side):
            setattr(span, side, getattr(before, side))
            setattr(span, side + "_format", getattr(before, side + "_format") or ContentFormat.TEXT)
            mark = SAID_AT.format(side)
            if mark in before.attributes:
                span.attributes[mark] = before.attributes[mark]
    span.tool_definitions = span.tool_definitions or before.tool_definitions
    span.join_keys = rekeyed(span)


def _join(span: Span, content: LogContent, side: str) -> None:
    mark = SAID_AT.format(side)
    before = span.attributes.get(mark, "")
    if getattr(span, side) and not before:
        return
    text, form = getattr(content, side), getattr(content, side + "_format")
    if content.partial:
        text = _with_part(getattr(span, side), text, content, span, mark)
        setattr(span, side, text)
        setattr(span, side + "_format", ContentFormat.MESSAGES)
        return
    # The last word wins, and of two at one moment always the same one, whichever came first.
    if before and (int(before), getattr(span, side)) >= (content.at_ns, text):
        return
    span.attributes[mark] = str(content.at_ns)
    setattr(span, side, text)
    setattr(span, side + "_format", form)


def _with_part(held: str, text: str, content: LogContent, span: Span, mark: str) -> str:
    """Add one message to those held, in order of time. The mark holds the times, in the order of messages."""
    messages = held[1:-1]
    times = span.attributes.get(mark, "")
    entries = list(zip(times.split(), _split(messages), strict=False)) if times else []
    entry = (str(content.at_ns), text[1:-1])
    if entry not in entries:
        entries.append(entry)
    entries.sort(key=lambda e: (int(e[0]), e[1]))
    span.attributes[mark] = " ".join(e[0] for e in entries)
    return "[" + ",".join(e[1] for e in entries) + "]"


def _split(messages: str) -> list[str]:
    """The JSON texts of a list of objects."""
    return [orjson.dumps(item).decode() for item in orjson.loads(f"[{messages}]")]
