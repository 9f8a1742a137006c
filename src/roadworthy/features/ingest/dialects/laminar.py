"""Laminar (lmnr): its `observe` and its instrumentations, which descend from OpenLLMetry's.

Source: lmnr-ai/lmnr-python, `opentelemetry_lib/tracing/attributes.py`.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_json, as_text
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


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    span.kind = KINDS.get(as_text(take("lmnr.span.type", "")), SpanKind.OTHER)
    traceloop.read(raw, span)
    span.session_id = span.session_id or as_text(take(_ASSOCIATED + "session_id", ""))
    span.user_id = span.user_id or as_text(take(_ASSOCIATED + "user_id", ""))
    chat = span.kind is SpanKind.LLM
    if put_input(span, _unquoted(attributes.get("lmnr.span.input")), chat=chat):
        del attributes["lmnr.span.input"]
    if put_output(span, _unquoted(attributes.get("lmnr.span.output")), chat=chat):
        del attributes["lmnr.span.output"]
    if span.kind is SpanKind.TOOL:
        span.tool_name = span.tool_name or raw.name
    elif span.kind is SpanKind.OTHER:
        # A function of the application: whether it is a tool is for the model's calls to say.
        span.dialect = ""


def _unquoted(value: object) -> object:
    """Texts come as JSON strings."""
    loaded = as_json(value)
    return loaded if isinstance(loaded, str) else value
