"""LangSmith's OpenTelemetry export. Failures come as an exception event beside a status of OK.

Source: docs.langchain.com, "Trace with OpenTelemetry", table of attributes.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
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


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    span.kind = KINDS.get(as_text(attributes.pop("langsmith.span.kind", "")).lower(), SpanKind.CHAIN)
    attributes.pop("gen_ai.operation.name", None)
    span.workflow = as_text(attributes.pop("langsmith.trace.name", ""))
    span.agent = as_text(attributes.get(_METADATA + "lc_agent_name"))
    session = attributes.get(_METADATA + "session_id") or attributes.get(_METADATA + "thread_id")
    session = session or attributes.get(_METADATA + "conversation_id")
    span.session_id = as_text(session or attributes.get("langsmith.trace.session_id"))
    span.user_id = as_text(attributes.get(_METADATA + "user_id"))
    if span.kind is SpanKind.TOOL:
        _read_tool(raw, attributes, span)
    otel_genai.read(raw, span)


def _read_tool(raw: RawSpan, attributes: Attributes, span: Span) -> None:
    span.tool_name = as_text(attributes.pop("gen_ai.tool.name", "")) or raw.name
    if put_input(span, attributes.get("gen_ai.prompt")):
        del attributes["gen_ai.prompt"]
    if put_output(span, attributes.get("gen_ai.completion")):
        del attributes["gen_ai.completion"]
