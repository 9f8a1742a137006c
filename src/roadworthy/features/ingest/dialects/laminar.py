"""Laminar (lmnr): its `observe` and its instrumentations, which descend from OpenLLMetry's.

Source: lmnr-ai/lmnr-python, `opentelemetry_lib/tracing/attributes.py`.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_json, as_text, unquoted
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import traceloop
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "LLM": SpanKind.LLM,
    "CACHED": SpanKind.LLM,
    "TOOL": SpanKind.TOOL,
    "EVALUATOR": SpanKind.EVALUATOR,
    "HUMAN_EVALUATOR": SpanKind.EVALUATOR,
}
_ASSOCIATED = "lmnr.association.properties."
_GROUP_ID = _ASSOCIATED + "metadata.openai.agents.group_id"
_HANDOFF = "openai.agents.handoff."
_AGENT = frozenset({"name", "tools", "handoffs", "output_type"})
"""What the Agents SDK says of an agent at work."""


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    span.kind = KINDS.get(as_text(take("lmnr.span.type", "")), SpanKind.OTHER)
    traceloop.read(raw, span)
    _read_agents_sdk(raw, span)
    span.session_id = span.session_id or as_text(
        take(_ASSOCIATED + "session_id", "") or attributes.get(_GROUP_ID)
    )
    span.user_id = span.user_id or as_text(take(_ASSOCIATED + "user_id", ""))
    chat = span.kind is SpanKind.LLM
    if put_input(span, unquoted(attributes.get("lmnr.span.input")), chat=chat):
        del attributes["lmnr.span.input"]
    if put_output(span, unquoted(attributes.get("lmnr.span.output")), chat=chat):
        del attributes["lmnr.span.output"]
    if span.kind is SpanKind.TOOL:
        span.tool_name = span.tool_name or raw.name
    elif span.kind is SpanKind.OTHER:
        # A function of the application: whether it is a tool is for the model's calls to say.
        span.dialect = ""


def _read_agents_sdk(raw: RawSpan, span: Span) -> None:
    """OpenAI's Agents SDK: hand-offs told as tools, agents and turns as functions, errors as JSON."""
    attributes = raw.attributes
    take = attributes.pop
    if _HANDOFF + "to" in attributes:
        span.kind = SpanKind.HANDOFF
        span.agent, span.handoff_to = as_text(take(_HANDOFF + "from", "")), as_text(take(_HANDOFF + "to"))
    elif span.kind is SpanKind.OTHER:
        given = as_json(attributes.get("lmnr.span.input"))
        if isinstance(given, dict) and "output_type" in given and given.keys() <= _AGENT:
            span.kind, span.agent = SpanKind.AGENT, as_text(given.get("name"))
            take("lmnr.span.input")
        elif "openai.agents.turn.agent_name" in attributes:
            span.kind, span.agent = SpanKind.CHAIN, as_text(take("openai.agents.turn.agent_name"))
    event = raw.exception()
    told = as_json(event.attributes.get("exception.message")) if event is not None else None
    if isinstance(told, dict) and isinstance(told.get("error"), str):
        span.error = told["error"]
