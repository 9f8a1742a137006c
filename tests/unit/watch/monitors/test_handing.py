"""Alarms are handed over project by project; what cannot be taken holds up nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.contracts.watch_log import Commit
from roadworthy.domain.alarm import Alarm
from roadworthy.features.watch.monitors.handing import AlarmHanding
from tests.contract.watch_log.making import START, alarm


class Room:
    def __init__(self) -> None:
        self.log = MemoryWatchLog()
        self.now_s = 0.0
        self.handing = AlarmHanding(self.log, now_s=lambda: self.now_s)
        self.broken: set[str] = set()
        self.taken: list[str] = []
        self.calls: list[set[str]] = []

    def raised(self, project: str, *ids: str) -> None:
        alarms = [replace(alarm(one), project=project) for one in ids]
        self.log.commit(project, Commit(position=0, done=0, watched_ns=START, alarms=alarms))

    def sink(self, alarms: Sequence[Alarm]) -> None:
        self.calls.append({one.project for one in alarms})
        if any(one.id in self.broken for one in alarms):
            raise ValueError("its record cannot be read")
        self.taken += [one.id for one in alarms]


def test_one_broken_record_holds_up_neither_its_project_nor_another() -> None:
    room = Room()
    room.broken = {"b"}
    room.raised("one", "a", "b", "c")
    room.raised("two", "d")

    assert room.handing.hand_over(room.sink) == 3

    assert sorted(room.taken) == ["a", "c", "d"]
    assert all(len(projects) == 1 for projects in room.calls)
    assert room.handing.aside == 1
    assert "b of project one" in room.handing.problem
    assert "its record cannot be read" in room.handing.problem


def test_what_was_set_aside_is_tried_again_and_is_taken_once_it_can_be() -> None:
    room = Room()
    room.broken = {"a"}
    room.raised("one", "a")
    room.handing.hand_over(room.sink)
    calls = len(room.calls)
    room.now_s = 1.0
    assert room.handing.hand_over(room.sink) == 0
    assert len(room.calls) == calls

    room.broken = set()
    room.now_s = 2.5
    assert room.handing.hand_over(room.sink) == 1
    assert room.handing.problem == ""
    assert room.log.waiting() == []


def test_more_broken_ones_than_are_read_at_once_hide_no_other() -> None:
    room = Room()
    many = [f"x{number}" for number in range(450)]
    room.broken = set(many)
    room.raised("one", *many)
    room.raised("two", "fine")

    room.handing.hand_over(room.sink)

    assert room.taken == ["fine"]
    assert room.handing.aside == 450


def test_a_store_that_is_away_sets_nothing_aside() -> None:
    room = Room()
    room.raised("one", "a")

    def gone(_alarms: Sequence[Alarm]) -> None:
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        room.handing.hand_over(gone)

    assert room.handing.aside == 0
    assert room.handing.hand_over(room.sink) == 1


def test_what_is_over_meanwhile_is_said_at_once() -> None:
    """Committed again, an alarm is another one: it does not wait for the rest of its time."""
    room = Room()
    room.broken = {"a"}
    room.raised("one", "a")
    room.handing.hand_over(room.sink)
    room.broken = set()
    over = replace(alarm("a"), project="one", cleared_ns=START + 1)
    room.log.commit("one", Commit(position=0, done=0, watched_ns=START, alarms=[over]))

    assert room.handing.hand_over(room.sink) == 1
