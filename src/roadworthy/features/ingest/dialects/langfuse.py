"""Langfuse's SDKs (v3 and newer, which are OpenTelemetry inside).

Source: langfuse.com/docs, "OpenTelemetry, property mapping".
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.dialects.otel_genai import finish_reason
from roadworthy.features.ingest.langchain_metadata import put_metadata
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
_TRACE_METADATA = "langfuse.trace.metadata."


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
    put_metadata(span, lambda name: _plain(attributes.get(_TRACE_METADATA + name)))
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


_CACHE_READ = ("cache_read_input_tokens", "input_cache_read", "input_cached_tokens")
_CACHE_WRITE = ("cache_creation_input_tokens", "input_cache_creation")
_REASONING = ("output_reasoning_tokens", "output_reasoning")
_BESIDE_INPUT = (_CACHE_READ[0], _CACHE_WRITE[0])
"""Anthropic's names: what it counts under them is no part of its input tokens."""


def _read_usage(usage: Attributes, span: Span) -> None:
    """Either the provider's usage object or Langfuse's own flat names.

    Of OpenAI's, cached and reasoning tokens are shares of the totals; of Langfuse's, `input` and `output` are
    what is left when the shares beside them (`input_cache_read`, `output_reasoning`) were taken out.
    """
    get = usage.get
    span.input_tokens, span.output_tokens = as_int(get("prompt_tokens")), as_int(get("completion_tokens"))
    if span.input_tokens is None:
        span.input_tokens = _whole(usage, "input")
    if span.output_tokens is None:
        span.output_tokens = _whole(usage, "output")
    given = get("prompt_tokens_details") or get("input_tokens_details")
    said = get("completion_tokens_details") or get("output_tokens_details")
    cached = given.get("cached_tokens") if isinstance(given, dict) else None
    reasoning = said.get("reasoning_tokens") if isinstance(said, dict) else None
    span.cache_read_tokens = as_int(cached) if cached is not None else _first(usage, _CACHE_READ)
    span.cache_write_tokens = _first(usage, _CACHE_WRITE)
    span.reasoning_tokens = as_int(reasoning) if reasoning is not None else _first(usage, _REASONING)


def _whole(usage: Attributes, side: str) -> int | None:
    """All tokens of a side, `input` or `output`: what is said of it, and what was taken out of it."""
    whole = as_int(usage.get(f"{side}_tokens"))
    if whole is None and (whole := as_int(usage.get(side))) is not None:
        whole += sum(as_int(n) or 0 for k, n in usage.items() if _is_share(k, side))
    if whole is not None and side == "input":
        whole += sum(as_int(usage.get(name)) or 0 for name in _BESIDE_INPUT)
    return whole


def _is_share(name: str, side: str) -> bool:
    """Counts of a service tier repeat what is counted elsewhere."""
    return name.startswith(f"{side}_") and not name.startswith((f"{side}_tokens", f"{side}_priority"))


def _first(usage: Attributes, names: tuple[str, ...]) -> int | None:
    return next((number for name in names if (number := as_int(usage.get(name))) is not None), None)


def _plain(value: object) -> object:
    """Langfuse writes metadata as JSON: the text of a string in it."""
    return value.strip('"') if isinstance(value, str) else value
