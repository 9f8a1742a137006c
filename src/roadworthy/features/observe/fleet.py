"""The fleet: one row for each agent seen in traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roadworthy.contracts.telemetry import AggregateQuery, AggregateRow, Filter, Op, TelemetryStore
from roadworthy.domain.run import is_trial_name
from roadworthy.features.observe.rates import Rate, rate

SPARK_BUCKETS = 24
"""At most; each as long as a round part of a minute, an hour, a day."""
_SECOND, _MINUTE, _HOUR, _DAY = (each * 1_000_000_000 for each in (1, 60, 3600, 86_400))
_LENGTHS = (
    *(each * _SECOND for each in (1, 2, 5, 10, 15, 30)),
    *(each * _MINUTE for each in (1, 2, 5, 10, 15, 30)),
    *(each * _HOUR for each in (1, 2, 3, 4, 6, 8, 12)),
    *(each * _DAY for each in (1, 2, 7, 14, 28)),
)
_MOST_ROWS = 10_000
"""Of one answer of the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPoint:
    """What happened in [start_ns, start_ns + bucket)."""

    start_ns: int
    runs: int
    errors: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Figures over a set of runs. Sums cover the runs that said them: `cost_known`, `tokens_known`."""

    runs: int
    errors: Rate
    """Runs that ended with a technical error, of all runs."""
    successes: Rate
    """Runs said to be a success, of the runs whose outcome was said."""
    unknown_outcomes: int
    failed_tool_calls: Rate
    """Failed tool calls of all tool calls."""
    model_calls: int
    input_tokens: int | None
    output_tokens: int | None
    tokens_known: int
    cost_usd: float | None
    cost_known: int
    duration_p50_ns: float | None
    duration_p95_ns: float | None
    last_started_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRow:
    """`agent` is "" for runs that named none."""

    agent: str
    summary: Summary
    spark: tuple[SparkPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    from_ns: int
    to_ns: int
    bucket_ns: int
    rows: tuple[FleetRow, ...]
    total: Summary | None
    """Of all rows together; None without any run."""
    trials: int
    """How many agents' runs are those of drills and reruns, whether they have rows or not."""


def summarise(row: AggregateRow) -> Summary:
    known = row.successes + row.failures
    return Summary(
        runs=row.runs,
        errors=rate(row.errors, n=row.runs),
        successes=rate(row.successes, n=known),
        unknown_outcomes=row.runs - known,
        failed_tool_calls=rate(row.failed_tool_calls, n=row.tool_calls),
        model_calls=row.model_calls,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        tokens_known=row.tokens_known,
        cost_usd=row.cost_usd,
        cost_known=row.cost_known,
        duration_p50_ns=row.duration_p50_ns,
        duration_p95_ns=row.duration_p95_ns,
        last_started_ns=row.last_started_ns,
    )


def fleet(store: TelemetryStore, project: str, *, from_ns: int, to_ns: int, trials: bool = False) -> Fleet:
    """Agents with at least one run in [from_ns, to_ns), last seen first. Runs of drills and reruns count only
    with `trials`, as agents of their own."""
    bucket = _bucket(to_ns - from_ns)
    seen = store.aggregate(
        project, AggregateQuery(by=("agent",), from_ns=from_ns, to_ns=to_ns, limit=_MOST_ROWS)
    )
    tried = [row.group[0] for row in seen if is_trial_name(row.group[0])]
    without = () if trials else tuple(Filter(field="agent", op=Op.NE, value=name) for name in tried)
    totals = [row for row in seen if trials or row.group[0] not in tried]
    whole = store.aggregate(project, AggregateQuery(filters=without, from_ns=from_ns, to_ns=to_ns))
    starts = range(from_ns // bucket * bucket, to_ns, bucket)
    grouped: dict[str, list[AggregateRow]] = {}
    # Each agent is in each bucket at most once: so many buckets fit into one answer.
    at_once = max(1, _MOST_ROWS // max(1, len(totals)))
    for first in range(0, len(starts), at_once):
        part = starts[first : first + at_once]
        query = AggregateQuery(
            by=("agent",),
            bucket_ns=bucket,
            filters=without,
            from_ns=max(from_ns, part[0]),
            to_ns=min(to_ns, part[-1] + bucket),
            limit=_MOST_ROWS,
        )
        for point in store.aggregate(project, query):
            grouped.setdefault(point.group[0], []).append(point)
    rows = [
        FleetRow(
            agent=row.group[0],
            summary=summarise(row),
            spark=_spark(grouped.get(row.group[0], ()), starts=starts),
        )
        for row in totals
    ]
    rows.sort(key=lambda row: (-row.summary.last_started_ns, row.agent))
    return Fleet(
        from_ns=from_ns,
        to_ns=to_ns,
        bucket_ns=bucket,
        rows=tuple(rows),
        total=summarise(whole[0]) if whole and whole[0].runs else None,
        trials=len(tried),
    )


def _bucket(length_ns: int) -> int:
    least = -(-length_ns // SPARK_BUCKETS)
    return next((each for each in _LENGTHS if each >= least), -(-least // _DAY) * _DAY)


def _spark(points: Sequence[AggregateRow], *, starts: Sequence[int]) -> tuple[SparkPoint, ...]:
    """One point for each bucket, empty ones too, so that all rows share one time axis."""
    known: Mapping[int, AggregateRow] = {point.bucket_start_ns: point for point in points}
    out: list[SparkPoint] = []
    for start in starts:
        row = known.get(start)
        out.append(
            SparkPoint(
                start_ns=start,
                runs=row.runs if row else 0,
                errors=row.errors if row else 0,
                failures=row.failures if row else 0,
            )
        )
    return tuple(out)
