"""Tallies over runs held in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from roadworthy.backends.telemetry.fields import Condition, check_tally, run_conditions
from roadworthy.contracts.telemetry import Tally, TallyQuery, TallyRow
from roadworthy.domain.run import Run

Holds = Callable[[Condition, Run], bool]


def tally_rows(query: TallyQuery, runs: Sequence[Run], *, holds: Holds) -> list[TallyRow]:
    """`runs` are those of the query's time."""
    check_tally(query)
    wanted = [(run_conditions(one.filters), one) for one in query.tallies]
    buckets: dict[tuple[int, str], list[Run]] = {}
    for run in runs:
        start = run.sort_ns // query.bucket_ns * query.bucket_ns
        buckets.setdefault((start, str(getattr(run, query.by)) if query.by else ""), []).append(run)
    return [
        TallyRow(
            bucket_start_ns=start,
            group=group,
            values=tuple(_value(one, conditions, held, holds=holds) for conditions, one in wanted),
        )
        for (start, group), held in sorted(buckets.items(), key=lambda item: item[0])
    ]


def _value(tally: Tally, conditions: Sequence[Condition], runs: Sequence[Run], *, holds: Holds) -> float:
    held = [run for run in runs if all(holds(one, run) for one in conditions)]
    if not tally.total_of:
        return float(len(held))
    return float(sum(getattr(run, tally.total_of) or 0 for run in held))
