"""MLflow Tracing exported over OTLP. Source: mlflow.org/docs, "Tracing", attributes `mlflow.*`."""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
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


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    span.kind = KINDS.get(as_text(attributes.pop("mlflow.spanType", "")).strip('"'), SpanKind.CHAIN)
    chat = span.kind is SpanKind.LLM
    if put_input(span, attributes.get("mlflow.spanInputs"), chat=chat) and span.input_format != "messages":
        del attributes["mlflow.spanInputs"]
    if put_output(span, attributes.get("mlflow.spanOutputs"), chat=chat) and span.output_format != "messages":
        del attributes["mlflow.spanOutputs"]
    usage = as_json(attributes.get("mlflow.chat.tokenUsage"))
    if isinstance(usage, dict):
        span.input_tokens = as_int(usage.get("input_tokens"))
        span.output_tokens = as_int(usage.get("output_tokens"))
    if span.kind is SpanKind.TOOL:
        span.tool_name = raw.name
    elif span.kind is SpanKind.AGENT:
        span.agent = raw.name
    span.session_id = as_text(attributes.get("mlflow.trace.session")).strip('"')
    span.user_id = as_text(attributes.get("mlflow.trace.user")).strip('"')
    otel_genai.read(raw, span)
