"""Alarms of budgets that burn: raised once, cleared once, handed over at least once, across restarts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.app.objectives import Objectives
from roadworthy.backends.alarm_journal.sqlite import SqliteAlarmJournal
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import RunQuery
from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from tests.unit.watch.objectives.runs import HOUR, NOW, NS, good_and_bad, objective, write


class Room:
    """Stores and what watches them; it can be started anew, as after kill -9."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryTelemetryStore()
        self.metadata = SqliteMetadataStore(folder / "roadworthy.db")
        self.taken: list[Alarm] = []
        self.now_s = float(NOW)
        self._file = folder / "alarms.db"
        self._number = 0
        self.restart()

    def restart(self) -> None:
        self.objectives = Objectives(
            self.store,
            self.metadata,
            file=self._file,
            publish=lambda _project, _ids: None,
            take=lambda alarms: self._take(alarms),
            now_s=lambda: self.now_s,
        )

    def _take(self, alarms: Sequence[Alarm]) -> None:
        self.taken.extend(alarms)

    def send(self, *, good: int, bad: int, seconds: float) -> None:
        """So many runs, and so much time passes."""
        runs = good_and_bad(
            self._number + 1, good=good, bad=bad, from_s=self.now_s, to_s=self.now_s + seconds
        )
        self._number += len(runs)
        self.now_s += seconds
        self.objectives.on_runs("default", write(self.store, runs))

    def refresh(self) -> None:
        self.objectives.budgets.refresh()


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    made.objectives.service.book.save(objective())
    return made


def test_an_outage_is_alarmed_and_cleared_when_it_is_over(room: Room) -> None:
    room.send(good=600, bad=6, seconds=6 * HOUR)
    room.refresh()
    assert room.taken == []

    room.send(good=2, bad=98, seconds=600)
    room.refresh()
    assert {one.facts["windows"] for one in room.taken} <= {"fast", "medium", "slow"}
    room.send(good=0, bad=200, seconds=1200)
    room.refresh()
    by_name = {one.facts["windows"]: one for one in room.taken}
    assert set(by_name) == {"fast", "medium", "slow"}
    assert by_name["fast"].severity is Severity.CRITICAL
    assert by_name["fast"].kind is AlarmKind.BURN_RATE
    assert by_name["fast"].source == "completion"
    assert len(room.taken) == 3
    assert len(by_name["fast"].run_ids) == 20
    began = NOW + 6 * HOUR
    assert abs(by_name["fast"].since_ns // NS - began) <= 120

    room.send(good=60, bad=0, seconds=400)
    room.refresh()
    cleared = [one for one in room.taken if one.cleared_ns]
    assert [one.id for one in cleared] == [by_name["fast"].id]
    for _ in range(8):
        room.send(good=300, bad=0, seconds=HOUR)
        room.refresh()
    over = {one.id for one in room.taken if one.cleared_ns}
    assert over == {one.id for one in by_name.values()}
    assert room.objectives.service.alarms.standing("default") == []


def test_nothing_is_raised_or_cleared_twice_whenever_it_is_started_anew(tmp_path: Path) -> None:
    """The same traffic, uninterrupted and with a restart before every look: the same alarms."""
    heard = []
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        one = Room(tmp_path / name)
        one.objectives.service.book.save(objective())
        rng = random.Random(3)
        for _ in range(80):
            bad = rng.choice((0, 0, 0, 12, 30))
            one.send(good=30 - bad, bad=bad, seconds=rng.choice((60, 300, 900)))
            if name == "cut":
                one.restart()
            one.refresh()
        heard.append([(alarm.id, alarm.cleared_ns, alarm.at_ns) for alarm in one.taken])

    assert heard[0] == heard[1]
    assert len(heard[0]) > 10
    assert len(set(heard[0])) == len(heard[0])


def test_what_the_sink_refused_is_handed_over_after_the_restart(room: Room) -> None:
    class AwayError(Exception):
        pass

    def away(_: Sequence[Alarm]) -> None:
        raise AwayError

    room.objectives.budget_outbox.take = away
    room.send(good=0, bad=100, seconds=600)
    with pytest.raises(AwayError):
        room.refresh()
    standing = room.objectives.service.alarms.standing("default")
    assert len(standing) == 3

    room.restart()
    room.refresh()

    assert {one.id for one in room.taken} == {one.id for one in standing}


def test_alerting_switched_off_clears_and_stays_quiet(room: Room) -> None:
    room.send(good=0, bad=100, seconds=600)
    room.refresh()
    assert len(room.taken) == 3

    room.objectives.service.book.save(objective(alerting=False))
    room.refresh()
    room.send(good=0, bad=100, seconds=600)
    room.refresh()

    assert len(room.taken) == 6
    assert all(one.cleared_ns for one in room.taken[3:])


def test_a_deleted_objective_burns_no_more(room: Room) -> None:
    room.send(good=0, bad=100, seconds=600)
    room.refresh()
    room.objectives.service.book.delete("default", "completion")
    room.restart()
    room.refresh()

    assert {one.id for one in room.taken if one.cleared_ns} == {one.id for one in room.taken}


def test_late_verdicts_take_an_alarm_back(room: Room) -> None:
    """What looked like failures were successes: people said so."""
    room.send(good=0, bad=100, seconds=300)
    room.refresh()
    assert len(room.taken) == 3
    judged = [
        replace(run, version=2, outcome=good.outcome)
        for run, good in zip(
            next(iter(room.store.each_run("default", RunQuery()))),
            good_and_bad(1, good=100, bad=0, from_s=0, to_s=1),
            strict=True,
        )
    ]
    room.objectives.on_runs("default", write(room.store, judged))
    room.refresh()

    assert room.objectives.service.alarms.standing("default") == []
    assert len(room.taken) == 6


def test_while_nothing_changes_the_metadata_database_is_not_written(room: Room) -> None:
    room.send(good=99, bad=1, seconds=600)
    room.refresh()
    before = room.metadata.change_counter()
    for _ in range(30):
        room.send(good=20, bad=1, seconds=10)
        room.refresh()
    room.send(good=0, bad=100, seconds=600)
    room.refresh()

    assert room.taken
    assert room.metadata.change_counter() == before


def test_journals_of_two_owners_share_a_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "alarms.db"
    one, other = SqliteAlarmJournal(file, owner="a"), SqliteAlarmJournal(file, owner="b")
    alarm = Alarm(
        project="p", id="x", kind=AlarmKind.BURN_RATE, source="s", source_name="S", title="T", at_ns=5
    )
    one.commit("p", parts={"n": b"\x00\xff", "gone": b"1"}, alarms=[alarm])
    other.commit("p", parts={"n": b"other"})
    one.commit("p", parts={"gone": None})

    assert one.parts("p") == {"n": b"\x00\xff"}
    assert other.parts("p") == {"n": b"other"}
    assert other.waiting() == []
    (waiting,) = one.waiting()
    assert waiting.alarm == alarm
    one.commit("p", parts={}, alarms=[replace(alarm, cleared_ns=9)])
    # Cleared while it was being handed over: the clearing is handed over, too.
    one.taken([waiting])
    (again,) = one.waiting()
    assert again.alarm.cleared_ns == 9
    one.taken([again])
    assert one.waiting() == []
    one.close()
    reopened = SqliteAlarmJournal(file, owner="a")
    assert reopened.alarms("p") == [replace(alarm, cleared_ns=9)]
    assert reopened.alarms("p", source="elsewhere") == []
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_deleted_project_leaves_nothing_in_the_journal(tmp_path: Path) -> None:
    journal = SqliteAlarmJournal(tmp_path / "alarms.db", owner="a")
    for project in ("gone", "stays"):
        alarm = Alarm(
            project=project, id="x", kind=AlarmKind.BURN_RATE, source="s", source_name="S", title="T", at_ns=5
        )
        journal.commit(project, parts={"n": b"1"}, alarms=[alarm])

    journal.delete_project("gone")

    assert (journal.parts("gone"), journal.alarms("gone"), journal.projects()) == ({}, [], ["stays"])
    assert [one.alarm.project for one in journal.waiting()] == ["stays"]
    assert journal.parts("stays") == {"n": b"1"}
