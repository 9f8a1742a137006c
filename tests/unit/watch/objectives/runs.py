"""Runs for tests of objectives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.objective import Indicator, IndicatorKind, Objective, TimeWindow
from roadworthy.domain.run import Outcome, Run, RunStatus

NS = 1_000_000_000
HOUR = 3600
DAY = 86_400
NOW = 1_795_348_800 + 34 * 60
"""2026-11-22 12:34 UTC."""


def a_run(number: int, *, at_s: float, **changes: Any) -> Run:
    started = int(at_s * NS)
    run = Run(
        project="default",
        id=f"{number:032x}",
        sort_ns=started,
        version=1,
        trace_ids=(f"{number:032x}",),
        agent="support",
        started_ns=started,
        ended_ns=started + NS,
        duration_ns=NS,
        status=RunStatus.OK,
    )
    return replace(run, **changes)


def good_and_bad(first: int, *, good: int, bad: int, from_s: float, to_s: float) -> list[Run]:
    """Evenly over the time, mixed."""
    n = good + bad
    made = []
    for place in range(n):
        failed = (place + 1) * bad // n > place * bad // n
        outcome = Outcome.FAILURE if failed else Outcome.SUCCESS
        made.append(a_run(first + place, at_s=from_s + (to_s - from_s) * place / n, outcome=outcome))
    return made


def write(store: MemoryTelemetryStore, runs: Iterable[Run]) -> list[str]:
    """Their ids."""
    held = list(runs)
    store.write(TelemetryBatch(token=str((len(held), held[0].id, held[0].version)), runs=held))
    return [run.id for run in held]


def objective(**changes: Any) -> Objective:
    one = Objective(
        project="default",
        id="completion",
        name="Completion",
        agent="support",
        indicator=Indicator(kind=IndicatorKind.COMPLETION),
        target=0.95,
        window=TimeWindow(days=28),
    )
    return replace(one, **changes)
