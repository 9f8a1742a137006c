"""LangSmith's OpenTelemetry export. Failures come as an exception event beside a status of OK.

Source: docs.langchain.com, "Trace with OpenTelemetry", table of attributes.
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.join_keys import ECHO, at_its_end
from roadworthy.features.ingest.langchain_metadata import put_metadata
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "llm": SpanKind.LLM,
    "chat_model": SpanKind.LLM,
    "tool": SpanKind.TOOL,
    "agent": SpanKind.AGENT,
    "chain": SpanKind.CHAIN,
    "retriever": SpanKind.RETRIEVAL,
    "embedding": SpanKind.EMBEDDING,
    "prompt": SpanKind.PROMPT,
    "parser": SpanKind.CHAIN,
}

_METADATA = "langsmith.metadata."
_NOTHING = frozenset({"{}", '{"output":null}', '{"output": null}'})
_TOOLS = "gen_ai.tool.definitions"


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    span.kind = KINDS.get(as_text(attributes.pop("langsmith.span.kind", "")).lower(), SpanKind.CHAIN)
    attributes.pop("gen_ai.operation.name", None)
    span.workflow = as_text(attributes.pop("langsmith.trace.name", ""))
    if span.kind is SpanKind.CHAIN and _TOOLS in attributes:
        # Its wrapper of the OpenAI Agents SDK calls agents chains; tools are offered to agents alone.
        span.kind, span.agent = SpanKind.AGENT, raw.name
    for name in ("gen_ai.prompt", "gen_ai.completion"):
        if as_text(attributes.get(name)) in _NOTHING:
            del attributes[name]
    put_metadata(span, lambda name: attributes.get(_METADATA + name))
    if not span.session_id:
        span.session_id = as_text(attributes.get("langsmith.trace.session_id"))
    if span.kind is SpanKind.TOOL:
        _read_tool(raw, attributes, span)
    elif span.kind is SpanKind.LLM:
        _read_usage(attributes, as_json(attributes.get(_METADATA + "usage_metadata")), span)
    otel_genai.read(raw, span)


def join_keys(span: Span) -> tuple[str, ...]:
    """Wrappers of other frameworks send the root of a run twice, once alone in a trace of its own."""
    if span.parent_id or not span.end_ns or _METADATA + "ls_integration" not in span.attributes:
        return ()
    return tuple(at_its_end(span, f"{ECHO}{span.service}:{span.session_id}:{span.workflow}:"))


def _read_tool(raw: RawSpan, attributes: Attributes, span: Span) -> None:
    span.tool_name = as_text(attributes.pop("gen_ai.tool.name", "")) or raw.name
    if put_input(span, attributes.get("gen_ai.prompt")):
        del attributes["gen_ai.prompt"]
    if put_output(span, attributes.get("gen_ai.completion")):
        del attributes["gen_ai.completion"]


def _read_usage(attributes: Attributes, usage: Any, span: Span) -> None:
    """LangChain's own counts, which alone say what came from a cache and what was reasoning; of other
    frameworks all counts are here."""
    given = usage.get("input_token_details") if isinstance(usage, dict) else None
    said = usage.get("output_token_details") if isinstance(usage, dict) else None
    if isinstance(usage, dict) and "gen_ai.usage.input_tokens" not in attributes:
        span.input_tokens = as_int(usage.get("input_tokens"))
        span.output_tokens = as_int(usage.get("output_tokens"))
    if isinstance(given, dict):
        span.cache_read_tokens = as_int(given.get("cache_read"))
        span.cache_write_tokens = as_int(given.get("cache_creation"))
    if isinstance(said, dict):
        span.reasoning_tokens = as_int(said.get("reasoning"))
