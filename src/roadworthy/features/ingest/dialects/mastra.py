"""Mastra's exporters: `mastra.span.type`, beside OTel GenAI names (`@mastra/otel-exporter`) or those of
OpenInference (`@mastra/arize`).

Source: mastra.ai/docs, "Tracing". A generation holds the steps of an agent's loop, a step one call to a
model, an inference within it the call alone. Which of them says model and tokens differs by exporter and
version; what went in and came out is said by the step. Calls within calls are one in assembly, so each may be
called one.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import Attributes, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import openinference, otel_genai
from roadworthy.features.ingest.messages.parse import parse_messages
from roadworthy.features.ingest.raw_span import RawSpan

_KINDS: dict[str, SpanKind] = {
    "agent_run": SpanKind.AGENT,
    "workflow_run": SpanKind.WORKFLOW,
    "model_step": SpanKind.LLM,
    "tool_call": SpanKind.TOOL,
    "mcp_tool_call": SpanKind.TOOL,
    "provider_tool_call": SpanKind.TOOL,
    "client_tool_call": SpanKind.TOOL,
    "memory_operation": SpanKind.MEMORY,
    "rag_embedding": SpanKind.EMBEDDING,
    "rag_vector_operation": SpanKind.RETRIEVAL,
}
_MAY_BE_CALLS = frozenset({"model_generation", "llm_generation", "model_inference"})
_COUNTED = ("gen_ai.request.model", "llm.model_name")
_SESSION = ("sessionId", "session_id", "threadId", "thread_id", "conversationId")
_USER = ("userId", "user_id", "resourceId")


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    what = as_text(attributes.pop("mastra.span.type", ""))
    counted = any(name in attributes for name in _COUNTED)
    kind = SpanKind.LLM if what in _MAY_BE_CALLS and counted else _KINDS.get(what, SpanKind.CHAIN)
    span.kind = kind
    _read_content(attributes, span, f"mastra.{what}.")
    if "openinference.span.kind" in attributes:
        attributes["openinference.span.kind"] = kind.value
        openinference.read(raw, span)
        span.kind = kind
    else:
        otel_genai.read(raw, span)
    _read_metadata(attributes, span)
    span.provider = span.provider.partition(".")[0]
    if span.kind is SpanKind.LLM and span.finish_reason == "error" and raw.status_code != 2:
        # The error itself is told by the agent around it.
        span.status = SpanStatus.ERROR


def _read_metadata(attributes: Attributes, span: Span) -> None:
    told = as_json(attributes.get("metadata"))
    metadata = told if isinstance(told, dict) else {}

    def first(names: tuple[str, ...]) -> str:
        found = (attributes.get(f"mastra.metadata.{name}") or metadata.get(name) for name in names)
        return next((as_text(value) for value in found if value), "")

    span.session_id = span.session_id or first(_SESSION)
    span.user_id = span.user_id or first(_USER)
    model = as_json(attributes.get("mastra.metadata.modelMetadata") or metadata.get("modelMetadata"))
    if isinstance(model, dict) and span.kind is SpanKind.LLM:
        span.model_asked = span.model_asked or as_text(model.get("modelId"))
        span.provider = span.provider or as_text(model.get("modelProvider"))


def _read_content(attributes: Attributes, span: Span, prefix: str) -> None:
    chat = span.kind in (SpanKind.LLM, SpanKind.AGENT)
    given, said = attributes.pop(prefix + "input", None), attributes.pop(prefix + "output", None)
    put_input(span, given, chat=chat)
    # The answer of a call that failed is a form with nothing filled in.
    if span.kind is not SpanKind.LLM or parse_messages(said, default_role="assistant"):
        put_output(span, said, chat=chat)
