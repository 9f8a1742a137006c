"""The last step of a list of runs that was filtered by what their spans hold.

Merging versions over all spans to find fifty runs costs more than the rest of the list. So the list is made
from all versions, and only the runs found are held against the newest version of their spans.
"""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.backends.telemetry.chdb.clauses import Parameters, said, span_clause
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.conditions import holds
from roadworthy.backends.telemetry.fields import Condition, FieldKind, run_conditions
from roadworthy.backends.telemetry.words import words
from roadworthy.contracts.telemetry import Op, RunQuery
from roadworthy.domain.run import Run


def confirmed(session: Session, project: str, query: RunQuery, *, runs: Sequence[Run]) -> list[Run]:
    """Those of the runs that the newest versions of their spans speak for, too."""
    left = list(runs)
    asked = words(query.text)
    if asked:
        p = Parameters()
        traces = _traces(session, project, left, said(asked, p), p)
        left = [run for run in left if not traces.isdisjoint(run.trace_ids)]
    for condition in _about_spans(query):
        p = Parameters()
        traces = _traces(session, project, left, [span_clause(condition, p)], p)
        left = [
            run
            for run in left
            if holds(condition, run, (run.attributes,)) or not traces.isdisjoint(run.trace_ids)
        ]
    return left


def _about_spans(query: RunQuery) -> list[Condition]:
    """Those that say no (`!=`, missing) are exact already."""
    return [
        one
        for one in run_conditions(query.filters)
        if one.field.kind is FieldKind.ATTRIBUTE and one.op not in (Op.NE, Op.MISSING)
    ]


def _traces(
    session: Session, project: str, runs: Sequence[Run], clauses: Sequence[str], p: Parameters
) -> set[str]:
    """Traces of the runs with a span whose newest version fulfils the clauses."""
    if not runs:
        return set()
    bound = p.text(project)
    wanted = p.texts([trace for run in runs for trace in run.trace_ids])
    these = f"project = {bound} AND trace_id IN {wanted}"
    rows = session.rows(
        f"SELECT DISTINCT trace_id FROM spans WHERE {' AND '.join([these, *clauses])} "
        "AND (trace_id, span_id, version) IN "
        f"(SELECT trace_id, span_id, max(version) FROM spans WHERE {these} GROUP BY trace_id, span_id)",
        p.values,
    )
    return {row[0] for row in rows}
