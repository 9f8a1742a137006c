"""A backtest as a job: gathered in pieces, the same after a restart in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.contracts.metadata import Job
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.monitor import YEAR_S, Monitor
from roadworthy.domain.run import Outcome, Run
from roadworthy.flows import backtest_monitor
from roadworthy.flows.backtest_monitor import KIND, BacktestMonitor
from tests.contract.watch_log.making import HOUR, START


def stored() -> MemoryTelemetryStore:
    store = MemoryTelemetryStore()
    runs = [
        Run(
            project="p",
            id=f"{number:032x}",
            sort_ns=START + number * HOUR // 6,
            started_ns=START + number * HOUR // 6,
            ended_ns=START + number * HOUR // 6 + 1,
            agent="support",
            judged="1",
            outcome=Outcome.FAILURE if number >= 400 and number % 2 else Outcome.SUCCESS,
            outcome_source="sdk",
        )
        for number in range(450)
    ]
    store.write(TelemetryBatch(token="t", runs=runs))
    return store


def test_a_backtest_goes_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest_monitor, "_RUNS_A_STEP", 100)
    store = stored()
    shown: list[tuple[int, list[str]]] = []

    def made() -> BacktestMonitor:
        return BacktestMonitor(
            store,
            folder=tmp_path / "backtests",
            log_at=lambda clock: MemoryWatchLog(clock=clock),
            shown=lambda tested: (
                shown.append((tested.results, [alarm.title for alarm in tested.alarms])) or b"{}"  # type: ignore[func-returns-value]
            ),
        )

    monitor = Monitor(
        project="p",
        id="backtest",
        name="backtest",
        agent="support",
        signal="completion",
        patience_s=YEAR_S,
        reference_results=200,
        reference_hours=0.0,
        cautious=False,
    )
    arguments = made().arguments(monitor, from_ns=None, to_ns=None)
    job = Job(id="j", project="p", kind=KIND, arguments=arguments, created_ns=1, updated_ns=1)
    steps = 0
    while True:
        # Each piece by another process; one whose end was not noted is done again.
        made()(job)
        step = made()(job)
        steps += 1
        if step.position is None:
            break
        job = replace(job, position=step.position, done=step.done, total=step.total)

    assert steps == 6
    assert (step.done, step.total) == (450, 450)
    results, alarms = shown[0]
    assert results == 450
    assert len(alarms) == 1 and alarms[0].startswith("support: completion fell from 100.0 %")
    assert made().outcome("j") == b"{}"
    assert made().outcome("other") is None


def test_a_calculation_under_way_ends_when_it_is_cancelled_and_begins_again_when_resumed(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    def cancelled(job_id: str) -> bool:
        asked.append(job_id)
        return len(asked) == 2

    work = BacktestMonitor(
        stored(),
        folder=tmp_path / "backtests",
        log_at=lambda clock: MemoryWatchLog(clock=clock),
        shown=lambda tested: str(tested.results).encode(),
        cancelled=cancelled,
    )
    monitor = Monitor(
        project="p", id="backtest", name="backtest", agent="support", signal="completion", patience_s=YEAR_S
    )
    job = Job(
        id="j",
        project="p",
        kind=KIND,
        arguments=work.arguments(monitor, from_ns=None, to_ns=None),
        created_ns=1,
        updated_ns=1,
    )
    gathered = work(job)
    assert gathered.position
    job = replace(job, position=gathered.position, done=gathered.done, total=gathered.total)

    stopped = work(job)

    assert stopped.position == job.position
    assert asked == ["j", "j"]
    assert work.outcome("j") is None
    assert work(job).position is None
    assert work.outcome("j") == b"450"
