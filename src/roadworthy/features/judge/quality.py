"""How well an agent does over time: outcomes by time and by release, failure modes, p(failure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.contracts.telemetry import AggregateQuery, AggregateRow, Filter, Op, TelemetryStore

MOST_BUCKETS = 400
_MOST_ROWS = 10_000
_MOST_RELEASES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """`key` is a release or "". `start_ns` that of a bucket of time."""

    runs: int
    successes: int
    failures: int
    key: str = ""
    start_ns: int = 0
    last_started_ns: int = 0

    @property
    def known(self) -> int:
        return self.successes + self.failures

    @property
    def unknown(self) -> int:
        return self.runs - self.known


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeCount:
    start_ns: int
    mode: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    total: Counted
    by_bucket: tuple[Counted, ...]
    """Every bucket of the window, empty ones too."""
    by_release: tuple[Counted, ...]
    """Last seen first."""
    modes: tuple[ModeCount, ...]
    p_failure: float | None
    """Mean over `p_failure_known` runs."""
    p_failure_known: int


def quality_of(
    store: TelemetryStore, project: str, agent: str, *, from_ns: int, to_ns: int, bucket_ns: int
) -> Quality:
    """Of runs whose sort time lies in [from_ns, to_ns). At most `MOST_BUCKETS` buckets: the caller checks."""
    own = (Filter(field="agent", op=Op.EQ, value=agent),)

    def rows(by: tuple[str, ...], bucket: int | None, *more: Filter) -> list[AggregateRow]:
        query = AggregateQuery(
            by=by,
            bucket_ns=bucket,
            filters=(*own, *more),
            from_ns=from_ns,
            to_ns=to_ns,
            limit=_MOST_ROWS,
        )
        return store.aggregate(project, query)

    total = next(iter(rows((), None)), None)
    buckets = {row.bucket_start_ns: row for row in rows((), bucket_ns)}
    releases = rows(("release",), None)
    releases.sort(key=lambda row: (-row.last_started_ns, row.group[0]))
    starts = range(from_ns // bucket_ns * bucket_ns, to_ns, bucket_ns)
    with_modes = Filter(field="modes", op=Op.EXISTS)
    return Quality(
        total=_counted(total),
        by_bucket=tuple(_counted(buckets.get(start), start_ns=start) for start in starts),
        by_release=tuple(_counted(row, key=row.group[0]) for row in releases[:_MOST_RELEASES]),
        modes=_modes(rows(("modes",), bucket_ns, with_modes)),
        p_failure=total.p_failure if total else None,
        p_failure_known=total.p_failure_known if total else 0,
    )


def _counted(row: AggregateRow | None, *, key: str = "", start_ns: int = 0) -> Counted:
    if row is None:
        return Counted(runs=0, successes=0, failures=0, key=key, start_ns=start_ns)
    return Counted(
        runs=row.runs,
        successes=row.successes,
        failures=row.failures,
        key=key,
        start_ns=start_ns or row.bucket_start_ns,
        last_started_ns=row.last_started_ns,
    )


def _modes(rows: Sequence[AggregateRow]) -> tuple[ModeCount, ...]:
    return tuple(
        ModeCount(start_ns=row.bucket_start_ns, mode=row.group[0], runs=row.runs)
        for row in rows
        if row.group[0]
    )
