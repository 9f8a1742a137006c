"""A year in which nothing happens, with the monitors that are there by themselves: nothing is alarmed.

The year is simulated through the engine itself, with fixed seeds; tests/simulation holds the mathematics to
its targets on many more paths.
"""

from __future__ import annotations

import random

import pytest

from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.contracts.watch_log import AlarmQuery
from roadworthy.domain.monitor import Phase
from roadworthy.domain.result import Result
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.engine import Engine
from tests.contract.watch_log.making import DAY, START, Clock

PER_DAY = 48
DAYS = 365


def a_day(day: int, *, rnd: random.Random, q: float) -> list[Result]:
    made = []
    for number in range(PER_DAY):
        failed = rnd.random() < q
        made.append(
            Result(
                project="p",
                run_id=f"{day}-{number}",
                agent="support",
                at_ns=START + day * DAY + (number + 1) * DAY // PER_DAY,
                outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
                outcome_source="sdk",
                ruler="1",
                p_failure=min(1.0, max(0.0, rnd.gauss(0.7 if failed else 0.1, 0.1))),
                tool_calls=3,
                failed_tool_calls=int(rnd.random() < 0.03),
                error=rnd.random() < 0.01,
                duration_s=rnd.lognormvariate(0.0, 0.7),
                cost_usd=rnd.lognormvariate(-4.0, 0.5),
            )
        )
    return made


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_quiet_year_is_quiet_and_a_fall_after_it_is_noticed(seed: int) -> None:
    rnd = random.Random(seed)
    clock = Clock()
    log = MemoryWatchLog(clock=clock)
    engine = Engine(log, clock=clock)
    for day in range(DAYS):
        results = a_day(day, rnd=rnd, q=0.06)
        clock.now_ns = results[-1].at_ns
        log.append(results)
        engine.step()

    assert log.alarms("p", AlarmQuery()) == []
    with engine.watching("p") as watch:
        phases = {one.monitor.signal: one.phase for one in watch.monitors.values()}
    assert phases.pop("volume") is Phase.LEARNING
    assert set(phases.values()) == {Phase.ARMED}

    for day in range(DAYS, DAYS + 4):
        results = a_day(day, rnd=rnd, q=0.21)
        clock.now_ns = results[-1].at_ns
        log.append(results)
        engine.step()

    noticed = {alarm.facts["signal"] for alarm in log.alarms("p", AlarmQuery())}
    assert "completion" in noticed
    assert noticed <= {"completion", "quality"}
