"""Filters of span searches: the same language as for runs, over fields of spans."""

from __future__ import annotations

from roadworthy.contracts.telemetry import Filter
from roadworthy.doors.rest.filters import FieldType, FilterField, parse_filters_of

_TEXTS = (
    "trace_id", "span_id", "parent_id", "name", "kind", "dialect", "scope", "status", "error_type", "error",
    "service", "release", "environment", "agent", "workflow", "session_id", "user_id", "provider",
    "model_asked", "model_answered", "response_id", "finish_reason", "tool_name", "tool_call_id",
    "handoff_to", "outcome",
)  # fmt: skip
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")

SPAN_FIELDS: dict[str, FilterField] = {
    **{name: FilterField(name=name, type=FieldType.TEXT, stored=name, help="") for name in _TEXTS},
    **{name: FilterField(name=name, type=FieldType.COUNT, stored=name, help="") for name in _COUNTS},
    "cost_usd": FilterField(name="cost_usd", type=FieldType.NUMBER, stored="cost_usd", help=""),
    "started_at": FilterField(name="started_at", type=FieldType.TIME, stored="start_ns", help=""),
    "flags": FilterField(name="flags", type=FieldType.LIST, stored="flags", help=""),
}


def parse_span_filters(texts: list[str]) -> tuple[Filter, ...]:
    return parse_filters_of(texts, fields=SPAN_FIELDS)
