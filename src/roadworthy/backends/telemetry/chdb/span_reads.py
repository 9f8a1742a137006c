"""Reads of spans."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.backends.telemetry.chdb.clauses import Parameters, said, span_clause, within
from roadworthy.backends.telemetry.chdb.nouns import SPAN_COLUMNS, spans_from
from roadworthy.backends.telemetry.chdb.run_reads import owners_of_traces
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.fields import check_limit, span_conditions
from roadworthy.backends.telemetry.words import excerpt, words
from roadworthy.contracts.telemetry import BadQuery, SearchHit, SpanQuery
from roadworthy.domain.span import Span

_POINT = {"max_threads": 1}
_COLUMNS = ", ".join(SPAN_COLUMNS)

SpanKey = tuple[int, str, str]


def spans_of_traces(session: Session, project: str, trace_ids: Sequence[str]) -> list[Span]:
    if not trace_ids:
        return []
    p = Parameters()
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM spans "
        f"WHERE project = {p.text(project)} AND trace_id IN {p.texts(trace_ids)} "
        "ORDER BY version DESC LIMIT 1 BY trace_id, span_id",
        p.values,
        settings=_POINT,
    )
    return sorted(spans_from(rows), key=lambda span: (span.start_ns, span.trace_id, span.span_id))


def list_spans(session: Session, project: str, query: SpanQuery) -> list[Span]:
    """As lists of runs: keys that match first, then their newest versions."""
    limit = check_limit(query.limit)
    found: list[Span] = []
    after = query.after
    while len(found) < limit:
        wanted = limit - len(found)
        matched = _matching_keys(session, project, query, after=after, limit=wanted)
        newest = _newest(session, project, [key[1:] for key in matched])
        found += [
            newest[key[1:]]
            for key, version in matched.items()
            if key[1:] in newest and (newest[key[1:]].version, newest[key[1:]].start_ns) == (version, key[0])
        ]
        if len(matched) < wanted:
            break
        after = next(reversed(matched))
    return found


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
            excerpt=excerpt(asked, span.input, span.output),
        )
        for span in spans
    ]


def _matching_keys(
    session: Session, project: str, query: SpanQuery, *, after: SpanKey | None, limit: int
) -> dict[SpanKey, int]:
    """The version that matched, by (start_ns, trace_id, span_id), newest first."""
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
        "ORDER BY start_ns DESC, trace_id DESC, span_id DESC, version DESC "
        f"LIMIT 1 BY start_ns, trace_id, span_id LIMIT {limit:d}",
        p.values,
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _newest(session: Session, project: str, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Span]:
    if not keys:
        return {}
    p = Parameters()
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM spans WHERE project = {p.text(project)} "
        f"AND (trace_id, span_id) IN {p.pairs(keys, 'Tuple(String, String)')} "
        "ORDER BY version DESC LIMIT 1 BY trace_id, span_id",
        p.values,
        settings=_POINT,
    )
    return {(span.trace_id, span.span_id): span for span in spans_from(rows)}
