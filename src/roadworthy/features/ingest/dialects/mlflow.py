"""MLflow Tracing exported over OTLP. Source: mlflow.org/docs, "Tracing", attributes `mlflow.*`."""

from __future__ import annotations

import re

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.langchain_metadata import put_metadata
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "LLM": SpanKind.LLM,
    "CHAT_MODEL": SpanKind.LLM,
    "AGENT": SpanKind.AGENT,
    "TOOL": SpanKind.TOOL,
    "CHAIN": SpanKind.CHAIN,
    "WORKFLOW": SpanKind.WORKFLOW,
    "RETRIEVER": SpanKind.RETRIEVAL,
    "EMBEDDING": SpanKind.EMBEDDING,
    "RERANKER": SpanKind.RERANKER,
    "MEMORY": SpanKind.MEMORY,
    "GUARDRAIL": SpanKind.GUARDRAIL,
    "EVALUATOR": SpanKind.EVALUATOR,
}

_METHOD = re.compile(r"[A-Z]\w*\.[a-z_]\w*$")
"""What MLflow wraps to trace an agent (`AgentRunner.run`, `Agent.run_sync`): no agent's name."""


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    span.kind = KINDS.get(as_text(attributes.pop("mlflow.spanType", "")).strip('"'), SpanKind.CHAIN)
    if span.kind is SpanKind.LLM and "signature" in attributes and "mlflow.llm.model" not in attributes:
        span.kind = SpanKind.CHAIN  # DSPy's Predict, which calls its model in spans of their own
    chat = span.kind is SpanKind.LLM
    if span.kind is not SpanKind.TOOL:
        for name in ("mlflow.spanInputs", "mlflow.spanOutputs"):
            _unwrap(attributes, name)
    if put_input(span, attributes.get("mlflow.spanInputs"), chat=chat) and span.input_format != "messages":
        del attributes["mlflow.spanInputs"]
    if put_output(span, attributes.get("mlflow.spanOutputs"), chat=chat) and span.output_format != "messages":
        del attributes["mlflow.spanOutputs"]
    if chat:
        _read_model(attributes, span)
    if span.kind is SpanKind.TOOL:
        # DSPy's tools are called by a method, as agents are, and name themselves beside it.
        named = _plain(attributes.get("name")) if _METHOD.match(raw.name) else ""
        span.tool_name = named or raw.name
    elif span.kind is SpanKind.AGENT and not _METHOD.match(raw.name):
        span.agent = raw.name
    span.session_id = _plain(attributes.get("mlflow.trace.session"))
    span.user_id = _plain(attributes.get("mlflow.trace.user"))
    if isinstance(metadata := as_json(attributes.get("metadata")), dict):
        put_metadata(span, metadata.get)
    otel_genai.read(raw, span)


def _read_model(attributes: Attributes, span: Span) -> None:
    """MLflow says one model: the one that was asked. Its own cost is left alone."""
    span.model_asked = _plain(attributes.pop("mlflow.llm.model", ""))
    span.provider = _plain(attributes.pop("mlflow.llm.provider", ""))
    usage = as_json(attributes.pop("mlflow.chat.tokenUsage", None))
    if isinstance(usage, dict):
        span.input_tokens = as_int(usage.get("input_tokens"))
        span.output_tokens = as_int(usage.get("output_tokens"))
        span.cache_read_tokens = as_int(usage.get("cache_read_input_tokens"))
        span.cache_write_tokens = as_int(usage.get("cache_creation_input_tokens"))
        if not span.input_tokens and not span.output_tokens:
            # A stream that told no usage: no call takes none and gives none.
            span.input_tokens = span.output_tokens = None
            span.cache_read_tokens = span.cache_write_tokens = None
    if put_tool_definitions(span, attributes.get("mlflow.chat.tools")):
        del attributes["mlflow.chat.tools"]


def _unwrap(attributes: Attributes, name: str) -> None:
    """What was said is JSON too: a text stands in quotes (DSPy's in a list besides), nothing is null."""
    value = attributes.get(name)
    if value == "null":
        del attributes[name]
    elif isinstance(value, str) and value.startswith(('"', '["')):
        said = as_json(value)
        text = said[0] if isinstance(said, list) and len(said) == 1 else said
        if isinstance(text, str):
            attributes[name] = text


def _plain(value: object) -> str:
    """MLflow writes every attribute as JSON: the text of a string."""
    return as_text(value).strip('"')
