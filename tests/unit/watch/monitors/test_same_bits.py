"""The state depends on the entries and their order alone: not on batches, and not on crashes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.contracts.watch_log import Commit, Logged, Stood, Waiting, WatchLogUnavailable
from roadworthy.domain.alarm import Alarm
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.handing import AlarmHanding
from tests.contract.watch_log.making import Clock, result
from tests.unit.watch.monitors.scenario import FIRST, STEPS, alarms_of, batch, state_of

END_NS = batch(STEPS - 1).now_ns + 400 * 10**9


class Crash(Exception):
    """The process ended here."""


class Crashing(MemoryWatchLog):
    """Raises before or after a write, now and then: what is written stays, who wrote is gone."""

    def __init__(self, *, clock: Clock, seed: int) -> None:
        super().__init__(clock=clock)
        self._random = random.Random(seed)
        self.crashes = 0

    def _maybe(self) -> None:
        if self._random.random() < 0.03:
            self.crashes += 1
            raise Crash

    def commit(self, project: str, commit: Commit) -> None:
        self._maybe()
        super().commit(project, commit)
        self._maybe()

    def taken(self, waiting: Sequence[Waiting]) -> None:
        self._maybe()
        super().taken(waiting)
        self._maybe()


def uninterrupted(*, every: int = 1) -> MemoryWatchLog:
    clock = Clock()
    log = MemoryWatchLog(clock=clock)
    engine = Engine(log, clock=clock)
    log.append(FIRST)
    for step in range(STEPS):
        clock.now_ns = batch(step).now_ns
        log.append(batch(step).entries)
        if step % every == 0:
            engine.step()
    clock.now_ns = END_NS
    engine.step()
    return log


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return state_of(uninterrupted())


def test_the_story_has_everything_in_it(expected: dict[str, Any]) -> None:
    by = {alarm.source: alarm for alarm in reversed(expected["alarms"])}

    assert {"plain", "late", "strata", "judged", "score"} <= set(by)
    assert by["plain"].cleared_ns > by["plain"].at_ns
    assert by["plain"].release == "v2"
    assert 1 <= len(by["plain"].run_ids) <= 20
    # It began with the 60th step.
    began = batch(60).now_ns
    assert abs(by["plain"].since_ns - began) < 40 * 60 * 10**9


@pytest.mark.parametrize("every", [7, STEPS])
def test_batches_make_no_difference(expected: dict[str, Any], every: int) -> None:
    assert state_of(uninterrupted(every=every)) == expected


@pytest.mark.parametrize("seed", range(6))
def test_crashes_make_no_difference(expected: dict[str, Any], seed: int) -> None:
    clock = Clock()
    log = Crashing(clock=clock, seed=seed)
    taken: dict[str, Alarm] = {}
    engine = Engine(log, clock=clock)
    log.append(FIRST)

    def sink(alarms: Sequence[Alarm]) -> None:
        taken.update({alarm.id: alarm for alarm in alarms})

    for step in range(STEPS + 5):
        # To the end in strides: a process that comes back after ninety seconds says that it was away.
        clock.now_ns = batch(step).now_ns if step < STEPS else END_NS - (STEPS + 4 - step) * 80 * 10**9
        if step < STEPS:
            log.append(batch(step).entries)
        while True:
            try:
                engine.step()
                AlarmHanding(log).hand_over(sink)
                break
            except Crash:
                engine = Engine(log, clock=clock)

    assert log.crashes > 2
    assert state_of(log) == expected
    assert sorted(taken) == sorted(alarm.id for alarm in alarms_of(log))
    assert {alarm.id: alarm.cleared_ns for alarm in taken.values()} == {
        alarm.id: alarm.cleared_ns for alarm in alarms_of(log)
    }


def test_a_write_that_fails_is_done_again_by_the_same_engine(expected: dict[str, Any]) -> None:
    """A full disk, and space again: nothing was lost, nothing counted twice."""
    clock = Clock()
    log = Crashing(clock=clock, seed=3)
    engine = Engine(log, clock=clock)
    log.append(FIRST)
    for step in range(STEPS + 5):
        # To the end in strides: a process that comes back after ninety seconds says that it was away.
        clock.now_ns = batch(step).now_ns if step < STEPS else END_NS - (STEPS + 4 - step) * 80 * 10**9
        if step < STEPS:
            log.append(batch(step).entries)
        while True:
            try:
                engine.step()
                break
            except Crash:
                continue

    assert log.crashes > 2
    kept = state_of(log)
    # A commit that was kept, and then said to have failed, is counted twice in the history alone.
    assert (kept["parts"], kept["alarms"]) == (expected["parts"], expected["alarms"])


class Unread(MemoryWatchLog):
    """Now and then what people said later cannot be read, in the middle of looking at a batch."""

    def __init__(self, *, clock: Clock) -> None:
        super().__init__(clock=clock)
        self._random = random.Random(11)
        self.faults = 0

    def stood(self, project: str, run_ids: Sequence[str]) -> dict[str, list[Stood]]:
        if self._random.random() < 0.05:
            self.faults += 1
            raise WatchLogUnavailable("the disk does not answer")
        return super().stood(project, run_ids)


def test_a_read_that_fails_midway_counts_nothing_twice(expected: dict[str, Any]) -> None:
    clock = Clock()
    log = Unread(clock=clock)
    engine = Engine(log, clock=clock)
    log.append(FIRST)
    for step in range(STEPS + 5):
        # To the end in strides: a process that comes back after ninety seconds says that it was away.
        clock.now_ns = batch(step).now_ns if step < STEPS else END_NS - (STEPS + 4 - step) * 80 * 10**9
        if step < STEPS:
            log.append(batch(step).entries)
        while True:
            try:
                engine.step()
                break
            except WatchLogUnavailable:
                continue

    assert log.faults > 2
    assert state_of(log) == expected


class Poisoned(MemoryWatchLog):
    """Of project "a" nothing can be made sense of."""

    def read(self, project: str, *, after: int, limit: int) -> list[Logged]:
        if project == "a":
            raise ValueError("this is no entry")
        return super().read(project, after=after, limit=limit)


def test_what_is_wrong_with_one_project_holds_up_no_other() -> None:
    log = Poisoned(clock=Clock())
    engine = Engine(log, clock=Clock())
    log.append([result(1, project="a"), result(2, project="b")])
    with pytest.raises(ValueError, match="no entry"):
        engine.step()
    assert log.snapshot("b").position == log.last_seq("b") > 0
    assert log.snapshot("a").position == 0
