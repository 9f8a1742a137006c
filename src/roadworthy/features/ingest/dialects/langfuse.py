"""Langfuse's SDKs (v3 and newer, which are OpenTelemetry inside).

Source: langfuse.com/docs, "OpenTelemetry, property mapping".
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.dialects.otel_genai import finish_reason
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "generation": SpanKind.LLM,
    "agent": SpanKind.AGENT,
    "tool": SpanKind.TOOL,
    "retriever": SpanKind.RETRIEVAL,
    "embedding": SpanKind.EMBEDDING,
    "evaluator": SpanKind.EVALUATOR,
    "guardrail": SpanKind.GUARDRAIL,
    "chain": SpanKind.CHAIN,
    "span": SpanKind.CHAIN,
    "event": SpanKind.OTHER,
}

_OBSERVATION = "langfuse.observation."


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    span.kind = KINDS.get(as_text(take(_OBSERVATION + "type", "span")), SpanKind.CHAIN)
    span.session_id = as_text(take("session.id", "") or take("langfuse.session.id", ""))
    span.user_id = as_text(take("user.id", "") or take("langfuse.user.id", ""))
    span.workflow = as_text(take("langfuse.trace.name", ""))
    span.release = as_text(attributes.get("langfuse.release")) or span.release
    span.environment = as_text(attributes.get("langfuse.environment")) or span.environment
    if span.kind is SpanKind.AGENT:
        span.agent = raw.name
    elif span.kind is SpanKind.TOOL:
        span.tool_name = raw.name
    if span.kind in (SpanKind.LLM, SpanKind.EMBEDDING):
        _read_model(attributes, span)
    chat = span.kind is SpanKind.LLM
    given, said = attributes.get(_OBSERVATION + "input"), attributes.get(_OBSERVATION + "output")
    if put_input(span, given, chat=chat) and span.input_format != "messages":
        del attributes[_OBSERVATION + "input"]
    if put_output(span, said, chat=chat):
        del attributes[_OBSERVATION + "output"]
    if as_text(attributes.get(_OBSERVATION + "level")) == "ERROR":
        span.status = SpanStatus.ERROR
        span.error = as_text(attributes.get(_OBSERVATION + "status_message"))
    otel_genai.read(raw, span)


def _read_model(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    span.model_answered = span.model_asked = as_text(take(_OBSERVATION + "model.name", ""))
    usage = as_json(take(_OBSERVATION + "usage_details", None))
    if isinstance(usage, dict):
        _read_usage(usage, span)
    reason = attributes.pop(_OBSERVATION + "metadata.finish_reason", None)
    if reason is not None:
        span.finish_reason = finish_reason(as_text(reason).strip('"'))


def _read_usage(usage: Attributes, span: Span) -> None:
    """Either the provider's usage object or Langfuse's own flat names."""
    get = usage.get
    span.input_tokens = as_int(get("prompt_tokens", get("input_tokens", get("input"))))
    span.output_tokens = as_int(get("completion_tokens", get("output_tokens", get("output"))))
    given = get("prompt_tokens_details") or get("input_tokens_details")
    said = get("completion_tokens_details") or get("output_tokens_details")
    cached = given.get("cached_tokens") if isinstance(given, dict) else None
    reasoning = said.get("reasoning_tokens") if isinstance(said, dict) else None
    span.cache_read_tokens = as_int(
        cached if cached is not None else get("cache_read_input_tokens", get("input_cached_tokens"))
    )
    span.cache_write_tokens = as_int(get("cache_creation_input_tokens"))
    span.reasoning_tokens = as_int(reasoning if reasoning is not None else get("output_reasoning_tokens"))
