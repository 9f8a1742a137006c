"""Genkit (JavaScript, Go, Python): `genkit:*` on spans of its own.

Source: genkit.dev/docs, "Observability", and `@genkit-ai/core` (tracing/instrumentation). Every action says
its input and output as JSON, and what it is in `genkit:metadata:subtype`; what is no action is a helper
around them.
"""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_int, as_text
from roadworthy.features.ingest.content import put_input, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_KINDS: dict[str, SpanKind] = {
    "flow": SpanKind.WORKFLOW,
    "agent": SpanKind.AGENT,
    "model": SpanKind.LLM,
    "background-model": SpanKind.LLM,
    "tool": SpanKind.TOOL,
    "tool.v2": SpanKind.TOOL,
    "embedder": SpanKind.EMBEDDING,
    "retriever": SpanKind.RETRIEVAL,
    "reranker": SpanKind.RERANKER,
    "evaluator": SpanKind.EVALUATOR,
}


def read(raw: RawSpan, span: Span) -> None:
    take = raw.attributes.pop
    take("genkit:type", None)
    name = as_text(take("genkit:name", "")) or raw.name
    span.kind = _KINDS.get(as_text(take("genkit:metadata:subtype", "")), SpanKind.CHAIN)
    span.session_id = as_text(take("genkit:sessionId", ""))
    given, said = _loaded(take("genkit:input", None)), _loaded(take("genkit:output", None))
    if span.kind is SpanKind.WORKFLOW:
        span.workflow = name
    elif span.kind is SpanKind.AGENT:
        span.agent = name
    elif span.kind is SpanKind.TOOL:
        span.tool_name = name
    elif span.kind is SpanKind.LLM:
        _read_model(span, name, given, said)
    if isinstance(said, dict) and isinstance(said.get("message"), dict):
        said = [said["message"]]
    chat = span.kind is not SpanKind.TOOL
    put_input(span, given, chat=chat)
    put_output(span, said, chat=chat)
    otel_genai.read(raw, span)


def _loaded(value: Any) -> Any:
    """Everything is written as JSON, texts in quotes."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value


def _read_model(span: Span, name: str, given: Any, said: Any) -> None:
    """A plugin puts its own name before the model's."""
    span.provider, _, span.model_asked = name.rpartition("/")
    if isinstance(given, dict):
        put_tool_definitions(span, given.get("tools"))
    if not isinstance(said, dict):
        return
    span.finish_reason = as_text(said.get("finishReason"))
    usage, raw = said.get("usage"), said.get("raw")
    if isinstance(usage, dict):
        span.input_tokens = as_int(usage.get("inputTokens"))
        span.output_tokens = as_int(usage.get("outputTokens"))
        span.cache_read_tokens = as_int(usage.get("cachedContentTokens"))
        span.reasoning_tokens = as_int(usage.get("thoughtsTokens"))
    if isinstance(raw, dict):
        span.model_answered = as_text(raw.get("model") or raw.get("modelVersion"))
        span.response_id = as_text(raw.get("id") or raw.get("responseId"))
        _read_details(span, raw.get("usage"))


def _read_details(span: Span, usage: Any) -> None:
    """Plugins for OpenAI's API leave what was cached, and what was reasoning, in the provider's answer."""
    if not isinstance(usage, dict):
        return
    given, said = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    if isinstance(given, dict) and span.cache_read_tokens is None:
        span.cache_read_tokens = as_int(given.get("cached_tokens"))
    if isinstance(said, dict) and span.reasoning_tokens is None:
        span.reasoning_tokens = as_int(said.get("reasoning_tokens"))
