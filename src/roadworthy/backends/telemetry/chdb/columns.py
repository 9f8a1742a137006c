"""Nouns to Arrow tables: the shape in which batches are inserted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import pyarrow as pa

from roadworthy.backends.telemetry.chdb.gathering import Shape, gathered, texts, wholes
from roadworthy.backends.telemetry.chdb.packing import RUN_FIELDS, RUN_LISTS, SPAN_FIELDS, SPAN_LISTS
from roadworthy.backends.telemetry.storable import text
from roadworthy.domain.finding import Evidence
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span

SPAN = Shape(
    texts=(
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
    ),
    wholes=(
        "version",
        "start_ns",
        "end_ns",
        "received_ns",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    ),
    reals=("cost_usd",),
    lists=SPAN_LISTS,
    maps=("attributes",),
    packed=SPAN_FIELDS,
)
RUN = Shape(
    texts=(
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
    ),
    wholes=(
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
    ),
    reals=("cost_usd", "p_failure"),
    lists=RUN_LISTS,
    maps=("attributes", "step_attributes"),
    packed=RUN_FIELDS,
)
SCORE = Shape(
    texts=(
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
    ),
    wholes=("at_ns", "version"),
    reals=("value", "cost_usd", "sampled"),
)
REJECTION = Shape(
    texts=("project", "signal", "reason", "code", "peer", "user_agent", "sample"),
    wholes=("at_ns", "count", "version"),
    reals=(),
)


def span_table(spans: Sequence[Span], days: Sequence[int]) -> pa.Table:
    return pa.table(gathered(spans, SPAN) | {"day": _days(days)})


def run_table(runs: Sequence[Run], days: Sequence[int]) -> pa.Table:
    return pa.table(gathered(runs, RUN) | {"day": _days(days)})


def trace_run_table(runs: Sequence[Run], days: Sequence[int]) -> pa.Table:
    """One row for each trace of each run, and one for the run's own id, by which it is found."""
    rows = [(run, key, day) for run, day in zip(runs, days, strict=True) for key in _keys(run)]
    return pa.table(
        {
            "project": texts([run.project for run, _, _ in rows]),
            "day": _days([day for _, _, day in rows]),
            "trace_id": texts([key for _, key, _ in rows]),
            "run_id": texts([run.id for run, _, _ in rows]),
            "sort_ns": wholes([run.sort_ns for run, _, _ in rows]),
            "version": wholes([run.version for run, _, _ in rows]),
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
            "project": texts([project for (project, _, _), _ in rows]),
            "day": _days([day for _, (day, _) in rows]),
            "key": texts([key for (_, key, _), _ in rows]),
            "trace_id": texts([trace_id for (_, _, trace_id), _ in rows]),
            "version": wholes([version for _, (_, version) in rows]),
        }
    )


def score_table(scores: Sequence[Score], days: Sequence[int]) -> pa.Table:
    evidence = texts([evidence_json(score.evidence) for score in scores])
    return pa.table(gathered(scores, SCORE) | {"day": _days(days), "evidence": evidence})


def rejection_table(rejections: Sequence[Rejection], days: Sequence[int]) -> pa.Table:
    return pa.table(gathered(rejections, REJECTION) | {"day": _days(days)})


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


def _days(values: Sequence[int]) -> pa.Array:
    return pa.array(values, pa.int32()).cast(pa.date32())
