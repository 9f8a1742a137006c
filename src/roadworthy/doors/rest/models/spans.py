"""What the API says about spans: canonical fields, content already parsed."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from pydantic import BaseModel, Field

from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.doors.rest.models.runs import VIEW_LIMIT, text
from roadworthy.doors.rest.times import milliseconds, rfc3339, rfc3339_or_none


class ToolCallView(BaseModel):
    id: str = ""
    name: str = ""
    arguments: str = Field(default="", description="JSON as the model wrote it, which may be broken")


class PartView(BaseModel):
    type: str = Field(description="image, audio, file, reasoning, refusal, json...")
    text: str = ""
    mime_type: str = ""
    uri: str = ""


class MessageView(BaseModel):
    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: list[ToolCallView] = []
    tool_call_id: str = ""
    name: str = ""
    parts: list[PartView] = []
    finish_reason: str = ""


class ContentView(BaseModel):
    """`format` says which one of `messages`, `value` and `text` is there."""

    format: Literal["messages", "json", "text"]
    messages: list[MessageView] | None = None
    value: Any = Field(default=None, description="With format json: the JSON value")
    text: str | None = None
    truncated: bool = Field(default=False, description="Whether long texts in it were cut; ?full=1 gives all")


class EventView(BaseModel):
    name: str
    at: str | None
    attributes: dict[str, Any]


class LinkView(BaseModel):
    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class SpanView(BaseModel):
    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: SpanKind
    dialect: str | None
    scope: str | None
    started_at: str
    ended_at: str | None = Field(description="null while it has not ended")
    duration_ms: float | None
    offset_ms: float = Field(description="Start, after the start of the first span of the run")
    received_at: str | None
    status: SpanStatus
    error_type: str | None
    error: str | None
    service: str | None
    release: str | None
    environment: str | None
    agent: str | None
    workflow: str | None
    session_id: str | None
    user_id: str | None
    provider: str | None
    model: str | None = Field(description="The model that answered, else the one asked for")
    model_asked: str | None
    model_answered: str | None
    response_id: str | None
    finish_reason: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    tool_name: str | None
    tool_call_id: str | None
    handoff_to: str | None
    input: ContentView | None
    output: ContentView | None
    tool_definitions: Any = Field(description="The tools the model was offered, as JSON")
    outcome: str | None
    outcome_reason: str | None
    attributes: dict[str, str]
    events: list[EventView]
    links: list[LinkView]
    flags: list[str]
    merged_into: str | None = Field(description="span_id of the span that is counted in its place")
    truncated: bool = Field(description="Whether anything in it was cut; ?full=1 gives all")


class SpanPage(BaseModel):
    items: list[SpanView]
    next_cursor: str | None


class Cutter:
    """Cuts long texts, and remembers that it did. `limit` None cuts nothing."""

    def __init__(self, *, limit: int | None) -> None:
        self.limit = limit
        self.cut = False

    def text(self, value: str) -> str:
        if self.limit is None or len(value) <= self.limit:
            return value
        self.cut = True
        return value[: self.limit]

    def json(self, value: Any) -> Any:
        """The same value with its long texts cut. Depth is bounded by the parser that made it."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {key: self.json(item) for key, item in value.items()}
        return value


def content_view(raw: str, *, form: ContentFormat, limit: int | None) -> ContentView | None:
    """What is stored that does not parse as what it claims to be is shown as text."""
    if form is ContentFormat.NONE and not raw:
        return None
    cutter = Cutter(limit=limit)
    view = None if form is ContentFormat.TEXT else _parsed(raw, form=form, cutter=cutter)
    if view is not None:
        view.truncated = cutter.cut
        return view
    shown = cutter.text(raw)
    return ContentView(format="text", text=shown, truncated=cutter.cut)


def _parsed(raw: str, *, form: ContentFormat, cutter: Cutter) -> ContentView | None:
    try:
        value = cutter.json(orjson.loads(raw))
        if form is ContentFormat.JSON:
            return ContentView(format="json", value=value)
        return ContentView(format="messages", messages=[MessageView.model_validate(item) for item in value])
    except (ValueError, TypeError, RecursionError):
        cutter.cut = False
        return None


def _json_or_none(raw: str, *, cutter: Cutter) -> Any:
    if not raw:
        return None
    try:
        return cutter.json(orjson.loads(raw))
    except (ValueError, RecursionError):
        return cutter.text(raw)


def _events(raw: str, *, cutter: Cutter) -> list[EventView]:
    items = _json_or_none(raw, cutter=cutter)
    return [
        EventView(
            name=str(item.get("name", "")),
            at=rfc3339_or_none(item.get("time_ns")),
            attributes=item.get("attributes") or {},
        )
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    ]


def _links(raw: str, *, cutter: Cutter) -> list[LinkView]:
    items = _json_or_none(raw, cutter=cutter)
    return [
        LinkView(
            trace_id=str(item.get("trace_id", "")),
            span_id=str(item.get("span_id", "")),
            attributes=item.get("attributes") or {},
        )
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    ]


def span_view(span: Span, *, origin_ns: int, content: bool = True, full: bool = False) -> SpanView:
    """`origin_ns` is what `offset_ms` counts from; without `content` the long fields are left empty."""
    limit = None if full else VIEW_LIMIT
    cutter = Cutter(limit=limit)
    given = content_view(span.input, form=span.input_format, limit=limit) if content else None
    gave = content_view(span.output, form=span.output_format, limit=limit) if content else None
    tools = _json_or_none(span.tool_definitions, cutter=cutter) if content else None
    attributes = {key: cutter.text(value) for key, value in span.attributes.items()} if content else {}
    events = _events(span.events, cutter=cutter) if content else []
    links = _links(span.links, cutter=cutter) if content else []
    error = text(cutter.text(span.error))
    return SpanView(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=text(span.parent_id),
        name=span.name,
        kind=span.kind,
        dialect=text(span.dialect),
        scope=text(span.scope),
        started_at=rfc3339(span.start_ns),
        ended_at=rfc3339_or_none(span.end_ns),
        duration_ms=milliseconds(span.duration_ns),
        offset_ms=(span.start_ns - origin_ns) / 1_000_000,
        received_at=rfc3339_or_none(span.received_ns),
        status=span.status,
        error_type=text(span.error_type),
        error=error,
        service=text(span.service),
        release=text(span.release),
        environment=text(span.environment),
        agent=text(span.agent),
        workflow=text(span.workflow),
        session_id=text(span.session_id),
        user_id=text(span.user_id),
        provider=text(span.provider),
        model=text(span.model_answered or span.model_asked),
        model_asked=text(span.model_asked),
        model_answered=text(span.model_answered),
        response_id=text(span.response_id),
        finish_reason=text(span.finish_reason),
        input_tokens=span.input_tokens,
        output_tokens=span.output_tokens,
        cache_read_tokens=span.cache_read_tokens,
        cache_write_tokens=span.cache_write_tokens,
        reasoning_tokens=span.reasoning_tokens,
        cost_usd=span.cost_usd,
        tool_name=text(span.tool_name),
        tool_call_id=text(span.tool_call_id),
        handoff_to=text(span.handoff_to),
        input=given,
        output=gave,
        tool_definitions=tools,
        outcome=text(span.outcome),
        outcome_reason=text(span.outcome_reason),
        attributes=attributes,
        events=events,
        links=links,
        flags=list(span.flags),
        merged_into=text(span.merged_into),
        truncated=cutter.cut or bool(given and given.truncated) or bool(gave and gave.truncated),
    )
