"""Reads of scores. `subject` is what a score was said of: "run:<id>", or "trace:" and a trace or join key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from roadworthy.backends.telemetry.chdb.clauses import Parameters
from roadworthy.backends.telemetry.chdb.nouns import SCORE_COLUMNS, scores_from
from roadworthy.backends.telemetry.chdb.run_reads import find_run
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.storable import within
from roadworthy.domain.run import Run
from roadworthy.domain.score import MACHINES, Score

_POINT = {"max_threads": 1}
_EXPORT_BLOCK = 5000
_VOICE = f"if(source IN ({', '.join(repr(one) for one in sorted(MACHINES))}), '', toString(author))"
_IDENTITY = f"subject, span_id, name, source, evaluator_version, {_VOICE}"
_COLUMNS = ", ".join(SCORE_COLUMNS)


def scores_of_run(session: Session, project: str, run_id: str) -> list[Score]:
    run = find_run(session, project, run_id)
    return _scores_of(session, project, ids=[run_id], traces=run.trace_ids if run else ())


def scores_of_runs(session: Session, project: str, runs: Sequence[Run]) -> list[Score]:
    traces = dict.fromkeys(trace for run in runs for trace in run.trace_ids)
    return _scores_of(session, project, ids=[run.id for run in runs], traces=list(traces))


def each_score(
    session: Session, project: str, *, from_ns: int | None, to_ns: int | None
) -> Iterator[list[Score]]:
    """Nearly in the order of the primary key, so that each block reads only its own part of the table."""
    after: tuple[str, ...] | None = None
    while True:
        p = Parameters()
        clauses = [f"project = {p.text(project)}"]
        if after is not None:
            clauses.append(f"subject >= {p.text(after[0])}")
            clauses.append(f"({_IDENTITY}) > ({', '.join(p.text(one) for one in after)})")
        newest = (
            f"SELECT {_COLUMNS}, subject FROM scores WHERE {' AND '.join(clauses)} "
            f"ORDER BY {_IDENTITY}, version DESC, at_ns DESC LIMIT 1 BY {_IDENTITY} LIMIT {_EXPORT_BLOCK:d}"
        )
        rows = session.rows(newest, p.values, settings=_POINT)
        scores = scores_from([row[:-1] for row in rows])
        wanted = [one for one in scores if within(one.at_ns, from_ns, to_ns)]
        if wanted:
            yield wanted
        if len(rows) < _EXPORT_BLOCK:
            return
        last = scores[-1]
        after = (rows[-1][-1], last.span_id, last.name, last.source, last.evaluator_version, last.voice)


def _scores_of(session: Session, project: str, *, ids: Sequence[str], traces: Sequence[str]) -> list[Score]:
    subjects = [f"run:{one}" for one in (*ids, *_swallowed(session, project, ids=ids, traces=traces))]
    p = Parameters()
    bound = p.text(project)
    said = f"subject IN {p.texts([*subjects, *(f'trace:{one}' for one in traces)])}"
    if traces:
        keys = (
            "SELECT concat('trace:', arrayJoin(join_keys)) FROM spans "
            f"WHERE project = {bound} AND trace_id IN {p.texts(traces)}"
        )
        said = f"({said} OR subject IN ({keys}))"
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM scores WHERE project = {bound} AND {said} "
        f"ORDER BY version DESC, at_ns DESC LIMIT 1 BY {_IDENTITY}",
        p.values,
        settings=_POINT,
    )
    return sorted(scores_from(rows), key=lambda score: (score.at_ns, score.name, score.source, score.span_id))


def _swallowed(session: Session, project: str, *, ids: Sequence[str], traces: Sequence[str]) -> list[str]:
    """Runs that turned out to belong to these. Seldom does a trace hold another run: that is asked first."""
    if not traces:
        return []
    p = Parameters()
    others = session.rows(
        f"SELECT DISTINCT sort_ns, run_id FROM trace_runs PREWHERE trace_id IN {p.texts(traces)} "
        f"WHERE project = {p.text(project)} AND run_id NOT IN {p.texts(ids)}",
        p.values,
        settings=_POINT,
    )
    if not others:
        return []
    p = Parameters()
    rows = session.rows(
        f"SELECT DISTINCT id FROM runs FINAL WHERE project = {p.text(project)} "
        f"AND superseded_by IN {p.texts(ids)} "
        f"AND (sort_ns, id) IN {p.pairs([tuple(row) for row in others], 'Tuple(Int64, String)')}",
        p.values,
    )
    return [row[0] for row in rows]
