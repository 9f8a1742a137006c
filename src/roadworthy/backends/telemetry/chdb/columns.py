"""Nouns to Arrow columns: the shape in which batches are inserted.

Built column by column, one list comprehension each, because this is the hot path of ingest. A column whose
values do not fit (lone surrogates, numbers beyond 64 bits) is built again from cleaned values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import orjson
import pyarrow as pa

from roadworthy.backends.telemetry.chdb.packing import packed_runs, packed_spans
from roadworthy.backends.telemetry.storable import finite, text, whole
from roadworthy.domain.finding import Evidence
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span

SPAN_TEXTS = [
    "project",
    "trace_id",
    "span_id",
    "parent_id",
    "name",
    "kind",
    "dialect",
    "scope",
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
    "tool_name",
    "tool_call_id",
    "handoff_to",
    "input",
    "output",
    "outcome",
]
SPAN_WHOLES = [
    "version",
    "start_ns",
    "end_ns",
    "received_ns",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
]
SPAN_LISTS = ["flags", "join_keys"]

RUN_TEXTS = [
    "project",
    "id",
    "root_span_id",
    "name",
    "agent",
    "service",
    "release",
    "environment",
    "session_id",
    "user_id",
    "status",
    "outcome",
    "outcome_source",
    "outcome_reason",
    "error_type",
    "error",
    "input",
    "final_answer",
    "judged",
    "superseded_by",
]
RUN_WHOLES = [
    "sort_ns",
    "version",
    "started_ns",
    "ended_ns",
    "duration_ns",
    "model_calls",
    "failed_model_calls",
    "tool_calls",
    "failed_tool_calls",
    "inferred_tool_calls",
    "inferred_failed_tool_calls",
    "negative_results",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "spans",
    "merged_spans",
    "missing_parents",
    "unended_spans",
]
RUN_LISTS = [
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
]

SCORE_TEXTS = [
    "project",
    "trace_id",
    "span_id",
    "run_id",
    "name",
    "label",
    "source",
    "evaluator_version",
    "explanation",
    "author",
    "mode",
]
SCORE_WHOLES = ["at_ns", "version"]
SCORE_REALS = ["value", "cost_usd", "sampled"]

REJECTION_TEXTS = ["project", "signal", "reason", "code", "peer", "user_agent", "sample"]
REJECTION_WHOLES = ["at_ns", "count", "version"]


def span_table(spans: Sequence[Span], days: Sequence[int]) -> pa.Table:
    columns = _scalars(spans, SPAN_TEXTS, SPAN_WHOLES, SPAN_LISTS)
    columns["day"] = _days(days)
    columns["cost_usd"] = _reals([span.cost_usd for span in spans])
    columns["attributes"] = _maps([span.attributes for span in spans])
    columns["packed"] = packed_spans(spans, wholes=[columns[name] for name in SPAN_WHOLES])
    return pa.table(columns)


def run_table(runs: Sequence[Run], days: Sequence[int]) -> pa.Table:
    columns = _scalars(runs, RUN_TEXTS, RUN_WHOLES, RUN_LISTS)
    columns["day"] = _days(days)
    columns["cost_usd"] = _reals([run.cost_usd for run in runs])
    columns["attributes"] = _maps([run.attributes for run in runs])
    columns["step_attributes"] = _maps([run.step_attributes for run in runs])
    columns["p_failure"] = _reals([run.p_failure for run in runs])
    columns["packed"] = packed_runs(runs, wholes=[columns[name] for name in RUN_WHOLES])
    return pa.table(columns)


def trace_run_table(runs: Sequence[Run], days: Sequence[int]) -> pa.Table:
    """One row for each trace of each run, and one for the run's own id, by which it is found."""
    rows = [(run, key, day) for run, day in zip(runs, days, strict=True) for key in _keys(run)]
    return pa.table(
        {
            "project": _texts([run.project for run, _, _ in rows]),
            "day": _days([day for _, _, day in rows]),
            "trace_id": _texts([key for _, key, _ in rows]),
            "run_id": _texts([run.id for run, _, _ in rows]),
            "sort_ns": _wholes([run.sort_ns for run, _, _ in rows]),
            "version": _wholes([run.version for run, _, _ in rows]),
        }
    )


def join_key_table(spans: Sequence[Span], days: Sequence[int]) -> pa.Table | None:
    rows = list(
        {
            (span.project, key, span.trace_id): (day, span.version)
            for span, day in zip(spans, days, strict=True)
            if span.join_keys
            for key in span.join_keys
        }.items()
    )
    if not rows:
        return None
    return pa.table(
        {
            "project": _texts([project for (project, _, _), _ in rows]),
            "day": _days([day for _, (day, _) in rows]),
            "key": _texts([key for (_, key, _), _ in rows]),
            "trace_id": _texts([trace_id for (_, _, trace_id), _ in rows]),
            "version": _wholes([version for _, (_, version) in rows]),
        }
    )


def score_table(scores: Sequence[Score], days: Sequence[int]) -> pa.Table:
    columns = _scalars(scores, SCORE_TEXTS, SCORE_WHOLES, [])
    columns["day"] = _days(days)
    for name in SCORE_REALS:
        columns[name] = _reals([getattr(score, name) for score in scores])
    columns["evidence"] = _texts([evidence_json(score.evidence) for score in scores])
    return pa.table(columns)


def rejection_table(rejections: Sequence[Rejection], days: Sequence[int]) -> pa.Table:
    columns = _scalars(rejections, REJECTION_TEXTS, REJECTION_WHOLES, [])
    columns["day"] = _days(days)
    return pa.table(columns)


def evidence_json(evidence: Sequence[Evidence]) -> str:
    return orjson.dumps(_evidence(evidence)).decode() if evidence else ""


def evidence_from(stored: str) -> tuple[Evidence, ...]:
    return _evidence_from(orjson.loads(stored)) if stored else ()


def _evidence(evidence: Sequence[Evidence]) -> list[list[str | int]]:
    return [[text(e.span_id), text(e.place), text(e.excerpt), e.start, e.end] for e in evidence]


def _evidence_from(stored: list[Any]) -> tuple[Evidence, ...]:
    return tuple(Evidence(span_id=e[0], place=e[1], excerpt=e[2], start=e[3], end=e[4]) for e in stored)


def _keys(run: Run) -> Iterable[str]:
    return dict.fromkeys((run.id, *run.trace_ids))


def _scalars(
    nouns: Sequence[Any], texts: Sequence[str], wholes: Sequence[str], lists: Sequence[str]
) -> dict[str, pa.Array]:
    names = [*texts, *wholes, *lists]
    # Noun by noun, not column by column: the nouns of a batch do not fit the processor's cache.
    values = dict(zip(names, zip(*map(attrgetter(*names), nouns), strict=True), strict=True))
    columns: dict[str, pa.Array] = {}
    columns |= {name: _texts(values[name]) for name in texts}
    columns |= {name: _wholes(values[name]) for name in wholes}
    columns |= {name: _lists(values[name]) for name in lists}
    return columns


def _built(values: Sequence[Any], kind: pa.DataType, clean: Callable[[Any], Any]) -> pa.Array:
    try:
        return pa.array(values, kind)
    except (UnicodeEncodeError, OverflowError, pa.ArrowInvalid):
        return pa.array([None if value is None else clean(value) for value in values], kind)


def _texts(values: Sequence[str]) -> pa.Array:
    return _built(values, pa.large_utf8(), text)


def _wholes(values: Sequence[int | None]) -> pa.Array:
    return _built(values, pa.int64(), whole)


def _reals(values: list[float | None]) -> pa.Array:
    return pa.array([finite(value) for value in values], pa.float64())


def _days(values: Sequence[int]) -> pa.Array:
    return pa.array(values, pa.int32()).cast(pa.date32())


def _offsets(lengths: Iterable[int]) -> pa.Array:
    ends = [0]
    total = 0
    for length in lengths:
        total += length
        ends.append(total)
    return pa.array(ends, pa.int32())


def _lists(values: Sequence[tuple[str, ...]]) -> pa.Array:
    flat = list(chain.from_iterable(values))
    return pa.ListArray.from_arrays(_offsets(map(len, values)), _built(flat, pa.utf8(), text))


def _maps(values: list[dict[str, str]]) -> pa.Array:
    keys = list(chain.from_iterable(values))
    items = list(chain.from_iterable(one.values() for one in values))
    return pa.MapArray.from_arrays(
        _offsets(map(len, values)), _built(keys, pa.utf8(), text), _built(items, pa.utf8(), text)
    )
