"""Reads of runs and of what leads to them.

A run is rewritten whenever a span of it arrives, so a list is read in two steps (`newest_first`): the keys
that match, straight from the primary key and without merging versions; then the newest version of those keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from roadworthy.backends.telemetry.chdb.clauses import (
    Parameters,
    of_spans,
    run_clause,
    said,
    span_window,
    within,
)
from roadworthy.backends.telemetry.chdb.confirming import confirmed
from roadworthy.backends.telemetry.chdb.newest_first import Matched, listed, matched
from roadworthy.backends.telemetry.chdb.nouns import RUN_COLUMNS, runs_from
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.fields import check_limit, run_conditions
from roadworthy.backends.telemetry.words import words
from roadworthy.contracts.telemetry import RunPlace, RunQuery
from roadworthy.domain.run import Run

_POINT = {"max_threads": 1}
_FEW = _POINT | {"use_skip_indexes": 0, "optimize_move_to_prewhere": 0}
"""The primary key finds one id faster than the index that is there for hundreds, and granules are so small
that reading a column first, to read less of the others, costs more than it saves."""
_NEWEST_FIRST = {"optimize_read_in_order": 0}
"""Reading backwards in order opens all columns of every part; knowing the newest so far and skipping what is
older than that takes a third."""
_VERSIONS_AHEAD = 4
"""Rows looked at for each run wanted: how many versions of a run may lie in parts not yet merged before a
page takes another look."""
_EXPORT_BLOCK = 500
_COLUMNS = ", ".join(RUN_COLUMNS)

RunKey = tuple[int, str]


def run_where(project: str, query: RunQuery, p: Parameters, *, exact: bool = True) -> list[str]:
    """What a run of the query must fulfil, `after` and `limit` aside. Raises BadQuery.

    Not `exact`: faster, but lets runs through that only an older version of a span speaks for.
    """
    bound = p.text(project)
    clauses = [f"project = {bound}", "superseded_by = ''"]
    clauses += within("sort_ns", p, from_ns=query.from_ns, to_ns=query.to_ns)
    window = span_window(p, from_ns=query.from_ns, to_ns=query.to_ns)
    clauses += [
        run_clause(one, p, project=bound, window=window, exact=exact) for one in run_conditions(query.filters)
    ]
    asked = words(query.text)
    if asked:
        clauses.append(of_spans(said(asked, p), project=bound, window=window, exact=exact))
    return clauses


def find_run(session: Session, project: str, run_id: str) -> Run | None:
    p = Parameters()
    bound, wanted = p.text(project), p.text(run_id)
    keys = (
        f"SELECT sort_ns, run_id FROM trace_runs PREWHERE trace_id = {wanted} "
        f"WHERE project = {bound} AND run_id = {wanted}"
    )
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM runs WHERE project = {bound} AND (sort_ns, id) IN ({keys})",
        p.values,
        settings=_FEW,
    )
    return max(runs_from(rows), key=lambda run: run.version, default=None)


def list_runs(session: Session, project: str, query: RunQuery) -> list[Run]:
    def read(keys: Mapping[RunKey, int]) -> list[Run]:
        newest = _newest(session, project, list(keys))
        current = [newest[key] for key, version in keys.items() if _version(newest.get(key)) == version]
        return confirmed(session, project, query, runs=current)

    return listed(
        check_limit(query.limit),
        query.after,
        matching=lambda after, limit: _matching_keys(session, project, query, after=after, limit=limit),
        newest_versions=lambda keys: _newest_versions(session, project, keys),
        read=read,
    )


def each_run(session: Session, project: str, query: RunQuery) -> Iterator[list[Run]]:
    after: RunKey | None = None
    while True:
        page = RunQuery(
            filters=query.filters,
            text=query.text,
            from_ns=query.from_ns,
            to_ns=query.to_ns,
            limit=_EXPORT_BLOCK,
            after=after,
        )
        runs = list_runs(session, project, page)
        if runs:
            yield runs
        if len(runs) < _EXPORT_BLOCK:
            return
        after = (runs[-1].sort_ns, runs[-1].id)


def count_runs(session: Session, project: str, query: RunQuery) -> int:
    p = Parameters()
    where = " AND ".join(run_where(project, query, p))
    return int(session.rows(f"SELECT count() FROM runs FINAL WHERE {where}", p.values)[0][0])


def places_of_traces(session: Session, project: str, trace_ids: Sequence[str]) -> dict[str, RunPlace]:
    owners = owners_of_traces(session, project, trace_ids)
    return {
        trace_id: RunPlace(run_id=runs[0].run_id, sort_ns=runs[0].sort_ns, trace_ids=runs[0].trace_ids)
        for trace_id, runs in owners.items()
    }


def runs_of_traces(session: Session, project: str, trace_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    owners = owners_of_traces(session, project, trace_ids)
    return {trace_id: tuple(run.run_id for run in runs) for trace_id, runs in owners.items()}


def owners_of_traces(session: Session, project: str, trace_ids: Sequence[str]) -> dict[str, list[RunPlace]]:
    """Runs each trace belongs to, the one named after the trace first."""
    if not trace_ids:
        return {}
    p = Parameters()
    rows = session.rows(
        "SELECT DISTINCT trace_id, sort_ns, run_id FROM trace_runs "
        f"WHERE project = {p.text(project)} AND trace_id IN {p.texts(trace_ids)}",
        p.values,
        settings=_POINT,
    )
    places = _places(session, project, {(row[1], row[2]) for row in rows})
    owners: dict[str, list[RunPlace]] = {}
    for trace_id, sort_ns, run_id in rows:
        place = places.get((sort_ns, run_id))
        if place is not None and trace_id in place.trace_ids:
            owners.setdefault(trace_id, []).append(place)
    for trace_id, held in owners.items():
        held.sort(key=lambda one, trace_id=trace_id: (one.run_id != trace_id, one.sort_ns, one.run_id))  # type: ignore[misc]
    return owners


def traces_of_join_keys(session: Session, project: str, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not keys:
        return {}
    p = Parameters()
    rows = session.rows(
        "SELECT key, arraySort(groupUniqArray(trace_id)) FROM join_keys "
        f"WHERE project = {p.text(project)} AND key IN {p.texts(keys)} GROUP BY key",
        p.values,
        settings=_POINT,
    )
    return {row[0]: tuple(row[1]) for row in rows}


def _matching_keys(
    session: Session, project: str, query: RunQuery, *, after: RunKey | None, limit: int
) -> Matched[RunKey]:
    p = Parameters()
    clauses = run_where(project, query, p, exact=False)
    if after is not None:
        clauses.append(f"(sort_ns, id) < ({p.whole(after[0])}, {p.text(after[1])})")
        clauses.append(f"sort_ns <= {p.whole(after[0])}")
    looked_at = limit * _VERSIONS_AHEAD
    rows = session.rows(
        f"SELECT sort_ns, id, version FROM runs WHERE {' AND '.join(clauses)} "
        f"ORDER BY sort_ns DESC, id DESC, version DESC LIMIT {looked_at:d}",
        p.values,
        settings=_NEWEST_FIRST,
    )
    return matched(rows, looked_at=looked_at, limit=limit)


def _newest(session: Session, project: str, keys: Sequence[RunKey]) -> dict[RunKey, Run]:
    p = Parameters()
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM runs WHERE {_these(p, project, keys)} "
        "ORDER BY version DESC LIMIT 1 BY sort_ns, id",
        p.values,
        settings=_FEW,
    )
    return {(run.sort_ns, run.id): run for run in runs_from(rows)}


def _newest_versions(session: Session, project: str, keys: Sequence[RunKey]) -> dict[RunKey, int]:
    p = Parameters()
    rows = session.rows(
        f"SELECT sort_ns, id, max(version) FROM runs WHERE {_these(p, project, keys)} GROUP BY sort_ns, id",
        p.values,
        settings=_FEW,
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _version(run: Run | None) -> int | None:
    return None if run is None else run.version


def _places(session: Session, project: str, keys: set[RunKey]) -> dict[RunKey, RunPlace]:
    """Of runs that were not superseded."""
    if not keys:
        return {}
    p = Parameters()
    rows = session.rows(
        f"SELECT sort_ns, id, trace_ids, superseded_by FROM runs WHERE {_these(p, project, sorted(keys))} "
        "ORDER BY version DESC LIMIT 1 BY sort_ns, id",
        p.values,
        settings=_POINT,
    )
    return {
        (row[0], row[1]): RunPlace(run_id=row[1], sort_ns=row[0], trace_ids=tuple(row[2]))
        for row in rows
        if not row[3]
    }


def _these(p: Parameters, project: str, keys: Sequence[RunKey]) -> str:
    return f"project = {p.text(project)} AND (sort_ns, id) IN {p.pairs(keys, 'Tuple(Int64, String)')}"
