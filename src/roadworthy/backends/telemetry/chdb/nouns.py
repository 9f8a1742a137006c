"""Rows back to nouns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from roadworthy.backends.telemetry.chdb.columns import SCORE, evidence_from
from roadworthy.backends.telemetry.chdb.packing import RUN_FIELDS, RUN_LISTS, SPAN_FIELDS, SPAN_LISTS
from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import Handoff, Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus

SPAN_COLUMNS = ("packed", "input", "output", "attributes")
RUN_COLUMNS = ("packed", "input", "final_answer", "attributes", "step_attributes")
SCORE_COLUMNS = (*SCORE.texts, *SCORE.wholes, *SCORE.reals, "evidence")


def spans_from(rows: Sequence[Sequence[Any]]) -> list[Span]:
    """Rows of SPAN_COLUMNS."""
    return [_span(*row) for row in rows]


def runs_from(rows: Sequence[Sequence[Any]]) -> list[Run]:
    """Rows of RUN_COLUMNS."""
    return [_run(*row) for row in rows]


def scores_from(rows: Sequence[Sequence[Any]]) -> list[Score]:
    """Rows of SCORE_COLUMNS."""
    return [_score(dict(zip(SCORE_COLUMNS, row, strict=True))) for row in rows]


def _score(values: dict[str, Any]) -> Score:
    values["evidence"] = evidence_from(values["evidence"])
    return Score(**values)


def _span(packed: str, given: str, gave: str, attributes: dict[str, str]) -> Span:
    values = dict(zip(SPAN_FIELDS, orjson.loads(packed), strict=False))
    values["kind"] = SpanKind(values["kind"])
    values["status"] = SpanStatus(values["status"])
    values["input_format"] = ContentFormat(values["input_format"])
    values["output_format"] = ContentFormat(values["output_format"])
    for name in SPAN_LISTS:
        values[name] = tuple(values[name])
    return Span(**values, input=given, output=gave, attributes=attributes)


def _run(
    packed: str, given: str, answer: str, attributes: dict[str, str], step_attributes: dict[str, str]
) -> Run:
    values = dict(zip(RUN_FIELDS, orjson.loads(packed), strict=False))
    values["status"] = RunStatus(values["status"])
    values["outcome"] = Outcome(values["outcome"])
    values["handoffs"] = tuple(Handoff(**one) for one in values["handoffs"])
    values["findings"] = tuple(_finding(one) for one in values["findings"])
    for name in RUN_LISTS:
        values[name] = tuple(values[name])
    return Run(
        **values, input=given, final_answer=answer, attributes=attributes, step_attributes=step_attributes
    )


def _finding(values: dict[str, Any]) -> Finding:
    return Finding(**{**values, "evidence": tuple(Evidence(**one) for one in values["evidence"])})
