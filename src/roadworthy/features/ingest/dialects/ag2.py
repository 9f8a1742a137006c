"""AG2 from 1.0 on: OTel GenAI, and beside each model call a span of its accounts, which is no call.

Source: ag2.middleware.builtin.telemetry, ag2._telemetry_consts.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_int, as_text
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_ACCOUNTED_ELSEWHERE = frozenset({"model_call", "subtask"})
"""Repetitions and sums of calls that have spans; others (compaction, aggregation) are told nowhere else."""


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    kind = as_text(attributes.get("ag2.usage.kind"))
    if attributes.get("ag2.span.type") == "usage" and kind in _ACCOUNTED_ELSEWHERE:
        span.kind = SpanKind.CHAIN
    span.reasoning_tokens = as_int(attributes.pop("gen_ai.usage.thinking_tokens", None))
    otel_genai.read(raw, span)
