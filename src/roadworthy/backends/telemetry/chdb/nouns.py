"""Rows back to nouns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from roadworthy.backends.telemetry.chdb.columns import (
    RUN_LISTS,
    RUN_TEXTS,
    RUN_WHOLES,
    SCORE_REALS,
    SCORE_TEXTS,
    SCORE_WHOLES,
    SPAN_LISTS,
    SPAN_TEXTS,
    SPAN_WHOLES,
    evidence_from,
    findings_from,
    handoffs_from,
)
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus

SPAN_COLUMNS = (*SPAN_TEXTS, *SPAN_WHOLES, *SPAN_LISTS, "cost_usd", "attributes")
RUN_COLUMNS = (
    *RUN_TEXTS,
    *RUN_WHOLES,
    *RUN_LISTS,
    "cost_usd",
    "attributes",
    "step_attributes",
    "handoffs",
    "p_failure",
    "findings",
)
SCORE_COLUMNS = (*SCORE_TEXTS, *SCORE_WHOLES, *SCORE_REALS, "evidence")


def spans_from(rows: Sequence[Sequence[Any]]) -> list[Span]:
    """Rows of SPAN_COLUMNS."""
    return [_span(dict(zip(SPAN_COLUMNS, row, strict=True))) for row in rows]


def runs_from(rows: Sequence[Sequence[Any]]) -> list[Run]:
    """Rows of RUN_COLUMNS."""
    return [_run(dict(zip(RUN_COLUMNS, row, strict=True))) for row in rows]


def scores_from(rows: Sequence[Sequence[Any]]) -> list[Score]:
    """Rows of SCORE_COLUMNS."""
    return [_score(dict(zip(SCORE_COLUMNS, row, strict=True))) for row in rows]


def _score(values: dict[str, Any]) -> Score:
    values["evidence"] = evidence_from(values["evidence"])
    return Score(**values)


def _span(values: dict[str, Any]) -> Span:
    values["kind"] = SpanKind(values["kind"])
    values["status"] = SpanStatus(values["status"])
    values["input_format"] = ContentFormat(values["input_format"])
    values["output_format"] = ContentFormat(values["output_format"])
    for name in SPAN_LISTS:
        values[name] = tuple(values[name])
    return Span(**values)


def _run(values: dict[str, Any]) -> Run:
    values["status"] = RunStatus(values["status"])
    values["outcome"] = Outcome(values["outcome"])
    values["handoffs"] = handoffs_from(values["handoffs"])
    values["findings"] = findings_from(values["findings"])
    for name in RUN_LISTS:
        values[name] = tuple(values[name])
    return Run(**values)
