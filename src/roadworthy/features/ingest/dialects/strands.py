"""Strands Agents: OTel GenAI of 2025 with messages as span events, and a status of its own on tools."""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import as_text
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_TEAMS = frozenset({"invoke_graph", "invoke_swarm"})


def read(raw: RawSpan, span: Span) -> None:
    if as_text(raw.attributes.get("gen_ai.operation.name")) in _TEAMS:
        span.kind = SpanKind.WORKFLOW
    otel_genai.read(raw, span)
    if span.kind is SpanKind.TOOL and as_text(raw.attributes.get("gen_ai.tool.status")) == "error":
        span.status = SpanStatus.ERROR
