"""From judged runs to alarms handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.contracts.watch_log import Commit
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.result import Result, Scored
from roadworthy.domain.run import DRILL, RERUN_OF, Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.flows.watch_scores import WatchScores, result_of
from tests.contract.watch_log.making import SECOND, START, alarm
from tests.product import wait_until


def a_run(number: int) -> Run:
    return Run(
        project="p",
        id=f"run-{number}",
        sort_ns=START,
        agent="support",
        release="v1",
        session_id=f"session-{number}",
        started_ns=START,
        ended_ns=START + SECOND,
        duration_ns=SECOND,
        status=RunStatus.ERROR,
        outcome=Outcome.FAILURE,
        outcome_source="sdk",
        judged="1",
        p_failure=0.75,
        detectors=("loop",),
        input_tokens=100,
        output_tokens=20,
        cost_usd=0.5,
        tool_calls=2,
        failed_tool_calls=1,
        attributes={"tier": "gold", "other": "x"},
        step_attributes={"language": "de"},
    )


def test_a_result_has_what_monitors_look_at() -> None:
    found = result_of(a_run(1), attributes={"tier", "language", "missing"})

    assert found == Result(
        project="p",
        run_id="run-1",
        agent="support",
        at_ns=START + SECOND,
        release="v1",
        session_id="session-1",
        outcome=Outcome.FAILURE,
        outcome_source="sdk",
        ruler="1",
        p_failure=0.75,
        detectors=("loop",),
        error=True,
        tool_calls=2,
        failed_tool_calls=1,
        duration_s=1.0,
        cost_usd=0.5,
        tokens=120,
        attributes={"tier": "gold", "language": "de"},
    )


def flow_of(log: MemoryWatchLog, taken: list[Alarm], *, failing: int = 0) -> WatchScores:
    left = [failing]

    def sink(alarms: Sequence[Alarm]) -> None:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("nobody takes alarms now")
        taken.extend(alarms)

    return WatchScores(
        log, Engine(log), sink=sink, attributes_of=lambda _: frozenset({"tier"}), tick_seconds=0.01
    )


def test_runs_and_scores_are_recorded_once() -> None:
    log = MemoryWatchLog()
    flow = flow_of(log, [])
    run = a_run(1)
    said = Score(
        project="p", run_id="run-1", name="helpful", value=0.5, source="evaluator", evaluator_version="3"
    )
    flow.on_judged([run])
    flow.on_judged([replace(run, version=9)])
    flow.on_scores([run], [said, replace(said, run_id="another")])
    flow.on_scores([run], [said])

    result, scored = (one.entry for one in log.read("p", after=0, limit=9))
    assert isinstance(result, Result) and result.attributes == {"tier": "gold"}
    assert isinstance(scored, Scored) and (scored.value, scored.ruler, scored.agent) == (0.5, "3", "support")


@pytest.mark.parametrize("mark", [RERUN_OF, DRILL])
def test_what_a_drill_or_an_inquiry_executed_is_not_watched(mark: str) -> None:
    log = MemoryWatchLog()
    flow = flow_of(log, [])
    trial = replace(a_run(1), attributes={mark: "d" * 12})
    given = Score(project="p", run_id="run-1", name="helpful", value=0.5, source="evaluator")

    flow.on_judged([trial, a_run(2)])
    flow.on_scores([trial], [given])

    (one,) = log.read("p", after=0, limit=9)
    assert isinstance(one.entry, Result) and one.entry.run_id == "run-2"


def test_alarms_are_handed_over_until_they_are_taken() -> None:
    log = MemoryWatchLog()
    log.commit("p", Commit(position=0, done=0, watched_ns=START, alarms=[alarm("a1")]))
    taken: list[Alarm] = []
    flow = flow_of(log, taken, failing=1)
    flow.start()
    try:
        wait_until(lambda: bool(flow.problem), seconds=10, what="the problem is said")
        wait_until(lambda: bool(taken), seconds=20, what="the alarm is taken")
        wait_until(lambda: not flow.problem, seconds=10, what="no problem any more")
    finally:
        flow.stop(timeout=5)

    assert [one.id for one in taken] == ["a1"]
    assert log.waiting() == []
