"""Many tallies over runs in one reading of them."""

from __future__ import annotations

from roadworthy.backends.telemetry.chdb.clauses import Parameters, run_clause, span_window
from roadworthy.backends.telemetry.chdb.run_reads import run_where
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.fields import check_tally, run_conditions, run_field
from roadworthy.contracts.telemetry import RunQuery, Tally, TallyQuery, TallyRow

_AT_ONCE = 100
"""Tallies of one statement."""


def tally(session: Session, project: str, query: TallyQuery) -> list[TallyRow]:
    check_tally(query)
    found: dict[tuple[int, str], list[float]] = {}
    for start in range(0, len(query.tallies), _AT_ONCE):
        for key, values in _some(session, project, query, query.tallies[start : start + _AT_ONCE]).items():
            # What was written between two statements may have opened a bucket: it was empty before.
            known = found.setdefault(key, [0.0] * start)
            known += [0.0] * (start - len(known)) + values
    for values in found.values():
        values += [0.0] * (len(query.tallies) - len(values))
    return [TallyRow(bucket_start_ns=key[0], group=key[1], values=tuple(found[key])) for key in sorted(found)]


def _some(
    session: Session, project: str, query: TallyQuery, tallies: tuple[Tally, ...]
) -> dict[tuple[int, str], list[float]]:
    p = Parameters()
    where = run_where(project, RunQuery(from_ns=query.from_ns, to_ns=query.to_ns), p)
    bound = p.text(project)
    window = span_window(p, from_ns=query.from_ns, to_ns=query.to_ns)
    columns = [_column(one, p, project=bound, window=window) for one in tallies]
    bucket = f"sort_ns - positiveModulo(sort_ns, {p.whole(query.bucket_ns)})"
    group = f"toString({run_field(query.by).name})" if query.by else "''"
    rows = session.rows(
        f"SELECT {bucket} AS bucket, {group} AS apart, {', '.join(columns)} FROM runs FINAL "
        f"WHERE {' AND '.join(where)} GROUP BY bucket, apart",
        p.values,
    )
    return {(int(row[0]), str(row[1])): [float(one) for one in row[2:]] for row in rows}


def _column(one: Tally, p: Parameters, *, project: str, window: list[str]) -> str:
    """The same filter of two tallies is one expression to the engine: it computes it once."""
    clauses = [
        run_clause(condition, p, project=project, window=window, exact=True)
        for condition in run_conditions(one.filters)
    ]
    test = " AND ".join(clauses) or "1"
    if not one.total_of:
        return f"countIf({test})"
    return f"sumIf(ifNull(toFloat64({run_field(one.total_of).name}), 0), {test})"
