"""The fields of a noun once more, in one column: what lists and pages read.

The engine spends 0.3 ms on each column of a query however few rows it finds, so that reading a run of twelve
spans out of fifty columns cost it eight times what finding them did. The single columns are there to be
filtered, counted and grouped by; long texts and attributes, which are searched, are in theirs alone.

A row is a JSON list in the order of the names below, which are only ever added to, at the end: a row of an
earlier release is shorter, and what it lacks has its default.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from roadworthy.backends.telemetry.storable import INT64_MAX, storable

SPAN_FIELDS = (
    "project",
    "trace_id",
    "span_id",
    "parent_id",
    "name",
    "kind",
    "dialect",
    "scope",
    "start_ns",
    "end_ns",
    "received_ns",
    "version",
    "status",
    "error_type",
    "error",
    "service",
    "release",
    "environment",
    "agent",
    "workflow",
    "session_id",
    "user_id",
    "provider",
    "model_asked",
    "model_answered",
    "response_id",
    "finish_reason",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "tool_name",
    "tool_call_id",
    "handoff_to",
    "input_format",
    "output_format",
    "tool_definitions",
    "outcome",
    "outcome_reason",
    "events",
    "links",
    "flags",
    "merged_into",
    "join_keys",
)
SPAN_LISTS = ("flags", "join_keys")

RUN_FIELDS = (
    "project",
    "id",
    "sort_ns",
    "version",
    "trace_ids",
    "root_span_id",
    "name",
    "agent",
    "agents",
    "service",
    "release",
    "environment",
    "session_id",
    "user_id",
    "started_ns",
    "ended_ns",
    "duration_ns",
    "status",
    "outcome",
    "outcome_source",
    "outcome_reason",
    "model_calls",
    "failed_model_calls",
    "tool_calls",
    "failed_tool_calls",
    "inferred_tool_calls",
    "inferred_failed_tool_calls",
    "negative_results",
    "tools",
    "failed_tools",
    "models",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "error_type",
    "error",
    "handoffs",
    "spans",
    "merged_spans",
    "missing_parents",
    "unended_spans",
    "flags",
    "dialects",
    "judged",
    "p_failure",
    "findings",
    "detectors",
    "modes",
    "issues",
    "superseded_by",
    "first_step_ns",
    "last_step_ns",
)
RUN_LISTS = (
    "trace_ids",
    "agents",
    "tools",
    "failed_tools",
    "models",
    "flags",
    "dialects",
    "detectors",
    "modes",
    "issues",
)


def packed(nouns: Sequence[Any], names: Sequence[str], *, wholes: Sequence[pa.Array]) -> pa.Array:
    """`wholes` are the columns of whole numbers, as made of the same nouns."""
    fields = attrgetter(*names)
    if _clamped(wholes):
        nouns = [storable(noun) for noun in nouns]
    try:
        rows = [orjson.dumps(fields(noun)) for noun in nouns]
    except orjson.JSONEncodeError:  # a lone surrogate
        rows = [orjson.dumps(fields(storable(noun))) for noun in nouns]
    return pa.array(rows, pa.large_binary())


def _clamped(wholes: Sequence[pa.Array]) -> bool:
    """JSON would take what does not fit the engine's 64 bits."""
    for column in wholes:
        ends = pc.min_max(column)
        lowest, highest = ends["min"].as_py(), ends["max"].as_py()
        if lowest is not None and (lowest <= -INT64_MAX or highest >= INT64_MAX):
            return True
    return False
