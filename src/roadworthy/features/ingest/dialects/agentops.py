"""AgentOps: its decorators, and its instrumentations beside `gen_ai.*`.

Source: AgentOps-AI/agentops, `agentops/semconv` and `agentops/instrumentation`.
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "session": SpanKind.WORKFLOW,
    "workflow": SpanKind.WORKFLOW,
    "agent": SpanKind.AGENT,
    "tool": SpanKind.TOOL,
    "llm": SpanKind.LLM,
    "task": SpanKind.CHAIN,
    "operation": SpanKind.CHAIN,
    "chain": SpanKind.CHAIN,
    "guardrail": SpanKind.GUARDRAIL,
}
_ASKED_FOR = "tool_call."
"""Below a model's span: a call it asked for, not the work done for it."""


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    kind = as_text(attributes.get("agentops.span.kind"))
    if raw.name.startswith(_ASKED_FOR):
        return
    span.kind = KINDS.get(kind, SpanKind.OTHER)
    if span.kind is not SpanKind.OTHER:
        del attributes["agentops.span.kind"]
    if "from_agent" in attributes and "to_agent" in attributes:
        span.kind = SpanKind.HANDOFF
        span.agent, span.handoff_to = as_text(take("from_agent")), as_text(take("to_agent"))
    if "workflow.name" in attributes and span.kind is SpanKind.OTHER:
        span.kind = SpanKind.WORKFLOW
    if span.kind is SpanKind.WORKFLOW:
        span.workflow = as_text(take("workflow.name", "") or attributes.get("operation.name"))
    span.session_id = as_text(take("group.id", ""))
    if span.kind is SpanKind.AGENT:
        span.agent = as_text(take("agent.name", "") or attributes.get("operation.name"))
    elif span.kind is SpanKind.TOOL:
        _read_tool(attributes, span)
    _read_entity(attributes, span, kind)
    _read_error(raw, span)
    otel_genai.read(raw, span)
    if span.kind is SpanKind.OTHER:
        # A step the model's calls may know as a tool.
        span.dialect = ""


def _read_error(raw: RawSpan, span: Span) -> None:
    """Of the Agents SDK the message says that something failed, and the data beside it why."""
    event = raw.exception()
    data = as_json(event.attributes.get("error.data")) if event is not None else None
    if isinstance(data, dict):
        span.error = as_text(data.get("error"))


def _read_tool(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    span.tool_name = as_text(take("tool.name", "") or attributes.get("operation.name"))
    span.tool_call_id = as_text(take("tool.call.id", ""))
    put_input(span, take("tool.parameters", None))
    put_output(span, take("tool.result", None))


def _read_entity(attributes: Attributes, span: Span, kind: str) -> None:
    """What a decorated function got and gave, under the name of its kind or of any."""
    for name in (f"agentops.{kind}", "agentops.entity"):
        put_input(span, _arguments(attributes.pop(f"{name}.input", None)))
        put_output(span, attributes.pop(f"{name}.output", None))


def _arguments(value: Any) -> Any:
    """`{"args": [], "kwargs": {"city": "Rome"}}`: the named ones where there are no others."""
    loaded = as_json(value)
    if isinstance(loaded, dict) and loaded.keys() == {"args", "kwargs"} and not loaded["args"]:
        return loaded["kwargs"] or None
    return value
