"""Braintrust: what its SDKs put on OTel spans, and what its guide has applications put there.

Source: braintrust.dev/docs, "OpenTelemetry": `braintrust.span_attributes` says the kind, everything is JSON.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text, unquoted
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "llm": SpanKind.LLM,
    "tool": SpanKind.TOOL,
    "score": SpanKind.EVALUATOR,
    "eval": SpanKind.WORKFLOW,
    "task": SpanKind.CHAIN,
    "function": SpanKind.CHAIN,
}


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    said = as_json(attributes.get("braintrust.span_attributes"))
    said = said if isinstance(said, dict) else {}
    span.kind = KINDS.get(as_text(said.get("type")), SpanKind.OTHER)
    if span.kind is SpanKind.TOOL:
        span.tool_name = as_text(said.get("name")) or raw.name
    metadata = as_json(attributes.get("braintrust.metadata"))
    if isinstance(metadata, dict):
        _read_metadata(metadata, span)
    metrics = as_json(attributes.get("braintrust.metrics"))
    if isinstance(metrics, dict):
        _read_metrics(metrics, span)
    chat = span.kind is SpanKind.LLM
    for name in ("braintrust.input_json", "braintrust.input"):
        if put_input(span, unquoted(attributes.get(name)), chat=chat):
            del attributes[name]
    for name in ("braintrust.output_json", "braintrust.output"):
        if put_output(span, unquoted(attributes.get(name)), chat=chat):
            del attributes[name]
    otel_genai.read(raw, span)


def _read_metadata(metadata: Attributes, span: Span) -> None:
    if span.kind is SpanKind.LLM:
        span.model_asked = as_text(metadata.get("model"))
        span.provider = as_text(metadata.get("provider"))
    span.session_id = as_text(metadata.get("session_id") or metadata.get("thread_id"))
    span.user_id = as_text(metadata.get("user_id"))


def _read_metrics(metrics: Attributes, span: Span) -> None:
    """Cached and reasoning tokens are shares of the totals."""
    get = metrics.get
    span.input_tokens, span.output_tokens = as_int(get("prompt_tokens")), as_int(get("completion_tokens"))
    span.cache_read_tokens = as_int(get("prompt_cached_tokens"))
    span.cache_write_tokens = as_int(get("prompt_cache_creation_tokens"))
    span.reasoning_tokens = as_int(get("completion_reasoning_tokens"))
