"""Reads of spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from roadworthy.backends.telemetry.chdb.clauses import Parameters, said, span_clause, within
from roadworthy.backends.telemetry.chdb.newest_first import Matched, listed, matched
from roadworthy.backends.telemetry.chdb.nouns import SPAN_COLUMNS, spans_from
from roadworthy.backends.telemetry.chdb.run_reads import owners_of_traces
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.excerpts import excerpt
from roadworthy.backends.telemetry.fields import check_limit, span_conditions
from roadworthy.backends.telemetry.words import words
from roadworthy.contracts.telemetry import BadQuery, SearchHit, SpanQuery
from roadworthy.domain.span import Span

_POINT = {"max_threads": 1}
_FEW = _POINT | {"ignore_data_skipping_indices": "by_start"}
"""The primary key finds few traces faster. With all such indexes off, parts of other times would be opened,
too: the engine counts what a part knows of itself among them."""
_FEW_TRACES = 20
_FEW_ROWS = 10_000
"""The engine reads columns late, after the limit, up to this many rows."""
_COLUMNS = ", ".join(SPAN_COLUMNS)

SpanKey = tuple[int, str, str]


def spans_of_traces(
    session: Session, project: str, trace_ids: Sequence[str], *, started: tuple[int, int] | None
) -> list[Span]:
    if not trace_ids:
        return []
    few = len(trace_ids) <= _FEW_TRACES
    spans = _few(session, project, trace_ids, started=started) if few else None
    if spans is None:
        spans = _many(session, project, trace_ids, started=started)
    return sorted(spans, key=lambda span: (span.start_ns, span.trace_id, span.span_id))


def _few(
    session: Session, project: str, trace_ids: Sequence[str], *, started: tuple[int, int] | None
) -> list[Span] | None:
    """In one step, None where it finds too much for one. Where any part may hold a trace, only the trace ids
    of each are looked at first: sorted and limited, the other columns are opened only where there is
    something. In the few parts of a known time that costs more than it spares."""
    p = Parameters()
    wanted, these = p.texts(trace_ids), " AND ".join(_of(project, p, started))
    order = "ORDER BY version DESC" if started is None else ""
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM spans PREWHERE trace_id IN {wanted} WHERE {these} "
        f"{order} LIMIT {_FEW_ROWS:d}",
        p.values,
        settings=_FEW,
    )
    if len(rows) == _FEW_ROWS:
        return None
    newest: dict[tuple[str, str], Span] = {}
    for span in sorted(spans_from(rows), key=attrgetter("version"), reverse=True):
        newest.setdefault((span.trace_id, span.span_id), span)
    return list(newest.values())


def _many(
    session: Session, project: str, trace_ids: Sequence[str], *, started: tuple[int, int] | None
) -> list[Span]:
    """First the days, out of the keys alone."""
    p = Parameters()
    these = " AND ".join([*_of(project, p, started), f"trace_id IN {p.texts(trace_ids)}"])
    days = session.rows(f"SELECT DISTINCT day FROM spans WHERE {these}", p.values, settings=_POINT)
    if not days:
        return []
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM spans WHERE {these} AND day IN {p.dates([row[0] for row in days])} "
        "ORDER BY version DESC LIMIT 1 BY trace_id, span_id",
        p.values,
        settings=_POINT,
    )
    return spans_from(rows)


def _of(project: str, p: Parameters, started: tuple[int, int] | None) -> list[str]:
    """Each part knows between which starts its spans lie (`m0001_tables`): the others are not opened."""
    these = [f"project = {p.text(project)}"]
    if started is not None:
        these += [f"start_ns >= {p.whole(started[0])}", f"start_ns <= {p.whole(started[1])}"]
    return these


def list_spans(session: Session, project: str, query: SpanQuery) -> list[Span]:
    """A span whose start was corrected is listed where its newest version starts."""

    def read(keys: Mapping[SpanKey, int]) -> list[Span]:
        newest = _newest(session, project, keys)
        found = ((newest.get(key), version) for key, version in keys.items())
        return [span for span, version in found if span is not None and span.version == version]

    return listed(
        check_limit(query.limit),
        query.after,
        matching=lambda after, limit: _matching_keys(session, project, query, after=after, limit=limit),
        newest_versions=lambda keys: _newest_versions(session, project, keys),
        read=read,
    )


def search(session: Session, project: str, query: SpanQuery) -> list[SearchHit]:
    asked = words(query.text)
    if not asked:
        raise BadQuery(f"text: {query.text!r} holds no word to search for")
    spans = list_spans(session, project, query)
    owners = owners_of_traces(session, project, list({span.trace_id for span in spans}))
    return [
        SearchHit(
            span=span,
            run_id=owners[span.trace_id][0].run_id if span.trace_id in owners else "",
            excerpt=excerpt(asked, span),
        )
        for span in spans
    ]


def _matching_keys(
    session: Session, project: str, query: SpanQuery, *, after: SpanKey | None, limit: int
) -> Matched[SpanKey]:
    p = Parameters()
    clauses = [f"project = {p.text(project)}"]
    clauses += within("start_ns", p, from_ns=query.from_ns, to_ns=query.to_ns)
    clauses += [span_clause(one, p) for one in span_conditions(query.filters)]
    clauses += said(words(query.text), p)
    if after is not None:
        clauses.append(
            f"(start_ns, trace_id, span_id) < ({p.whole(after[0])}, {p.text(after[1])}, {p.text(after[2])})"
        )
        clauses.append(f"start_ns <= {p.whole(after[0])}")
    rows = session.rows(
        f"SELECT start_ns, trace_id, span_id, version FROM spans WHERE {' AND '.join(clauses)} "
        f"ORDER BY start_ns DESC, trace_id DESC, span_id DESC, version DESC LIMIT {limit:d}",
        p.values,
    )
    return matched(rows, looked_at=limit, limit=limit)


def _newest(session: Session, project: str, keys: Iterable[SpanKey]) -> dict[SpanKey, Span]:
    p = Parameters()
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM spans WHERE {_these(p, project, keys)} "
        "ORDER BY version DESC LIMIT 1 BY trace_id, span_id",
        p.values,
        settings=_POINT,
    )
    return {(span.start_ns, span.trace_id, span.span_id): span for span in spans_from(rows)}


def _newest_versions(session: Session, project: str, keys: Iterable[SpanKey]) -> dict[SpanKey, int]:
    p = Parameters()
    rows = session.rows(
        "SELECT argMax(start_ns, version), trace_id, span_id, max(version) FROM spans "
        f"WHERE {_these(p, project, keys)} GROUP BY trace_id, span_id",
        p.values,
        settings=_POINT,
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _these(p: Parameters, project: str, keys: Iterable[SpanKey]) -> str:
    ids = [key[1:] for key in keys]
    return f"project = {p.text(project)} AND (trace_id, span_id) IN {p.pairs(ids, 'Tuple(String, String)')}"
