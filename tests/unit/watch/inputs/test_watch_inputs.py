"""From runs in a store to marked runs and alarms, across restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.alarm_journal.sqlite import SqliteAlarmJournal
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, StoreUnavailable, TelemetryBatch
from roadworthy.domain.alarm import Alarm, AlarmKind
from roadworthy.domain.run import Run, RunStatus
from roadworthy.features.watch.inputs.reference import LEARNED_FROM
from roadworthy.features.watch.inputs.service import InputsService
from roadworthy.features.watch.inputs.view import Phase
from roadworthy.flows.burn_error_budgets import AlarmOutbox
from roadworthy.flows.watch_inputs import InputWatch
from tests.unit.watch.inputs.real_inputs import shuffled

NS = 10**9
START = 1_795_348_800


class Room:
    """A store with runs every five seconds, and what watches their inputs; it can be started anew."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryTelemetryStore()
        self.now_s = float(START)
        self.taken: list[Alarm] = []
        self.published: list[str] = []
        self._file = folder / "alarms.db"
        self._number = 0
        self.open()

    def open(self) -> None:
        self.journal = SqliteAlarmJournal(self._file, owner="inputs")
        self.service = InputsService(self.journal)
        self.watch = InputWatch(
            self.store,
            service=self.service,
            outbox=AlarmOutbox(self.journal, take=self.taken.extend),
            publish=lambda _project, ids: self.published.extend(ids),
            now_s=lambda: self.now_s,
        )

    def restart(self) -> None:
        self.journal.close()
        self.open()

    def send(self, texts: Sequence[str], *, agent: str = "solver") -> list[str]:
        runs = []
        for text in texts:
            self._number += 1
            self.now_s += 5
            ended = int(self.now_s * NS)
            runs.append(
                Run(
                    project="default",
                    id=f"{self._number:032x}",
                    sort_ns=ended - NS,
                    version=1,
                    trace_ids=(f"{self._number:032x}",),
                    agent=agent,
                    started_ns=ended - NS,
                    ended_ns=ended,
                    status=RunStatus.OK,
                    input=text,
                )
            )
        self.store.write(TelemetryBatch(token=str(self._number), runs=runs))
        self.watch.on_runs("default", [run.id for run in runs])
        return [run.id for run in runs]

    def settle(self) -> None:
        """Until all that was sent is looked at."""
        self.now_s += 70
        for _ in range(40):
            self.watch.refresh()

    def only(self) -> str:
        (one,) = self.service.all("default")
        return one.id


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_learning_then_watching_then_an_alarm_that_clears(room: Room) -> None:
    room.send(shuffled("math", seed=1)[:500])
    room.settle()
    (now,) = room.service.all("default")
    assert (now.agent, now.phase, now.reference_n) == ("solver", Phase.LEARNING, 500)
    assert now.reference_needed == LEARNED_FROM

    room.send(shuffled("math", seed=1)[500:800])
    room.settle()
    (now,) = room.service.all("default")
    assert (now.phase, now.observed, now.drifting) == (Phase.WATCHING, 200, None)
    assert now.sampled == 1.0

    room.send(shuffled("code", seed=1)[:100])
    room.settle()
    (alarm,) = room.taken
    assert alarm.kind is AlarmKind.INPUT_DRIFT
    assert alarm.agent == "solver"
    assert "what is asked has changed" in alarm.title
    assert alarm.run_ids
    (now,) = room.service.all("default")
    assert now.drifting == alarm
    assert now.terms_up

    room.send(shuffled("math", seed=2)[:220])
    room.settle()
    assert [one.id for one in room.taken] == [alarm.id, alarm.id]
    assert room.taken[1].cleared_ns > 0
    assert room.service.all("default")[0].drifting is None
    assert [one.cleared_ns > 0 for one in room.service.alarms("default", now.id, limit=10)] == [True]


def test_unusual_inputs_are_marked_and_can_be_asked_for(room: Room) -> None:
    room.send(shuffled("math", seed=1)[:700])
    room.settle()
    sent = room.send(shuffled("code", seed=1)[:60])
    room.settle()

    marked = room.store.runs(
        "default", RunQuery(filters=(Filter(field="scores.tail_input", op=Op.EXISTS),), limit=500)
    )

    of_code = [run.id for run in marked if run.id in sent]
    assert len(of_code) > 30
    assert set(of_code) <= set(room.published)
    (score,) = room.store.scores("default", of_code[0])
    assert score.value is not None
    assert score.value <= 0.005
    assert (score.source, score.label, score.changes_verdict) == ("detector", "unusual", False)


def test_a_restart_between_any_two_windows_changes_nothing(tmp_path: Path) -> None:
    texts = shuffled("math", seed=3)[:640] + shuffled("code", seed=3)[:40]
    rooms = []
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        one = Room(tmp_path / name)
        for start in range(0, len(texts), 20):
            one.send(texts[start : start + 20])
            one.now_s += 70
            one.watch.refresh()
            if name == "cut" and start % 60 == 0:
                one.restart()
                one.watch.on_runs("default", ())
        one.settle()
        rooms.append(one)

    assert rooms[0].journal.parts("default") == rooms[1].journal.parts("default")
    assert rooms[0].taken == rooms[1].taken
    assert len(rooms[0].taken) == 1


def test_a_window_whose_marks_could_not_be_written_is_taken_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.send(shuffled("math", seed=1)[:700])
    room.settle()
    before = room.service.cursor("default")
    room.send(shuffled("code", seed=1)[:60])
    write = room.store.write

    def refuses(_: TelemetryBatch) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(room.store, "write", refuses)
    room.settle()
    assert room.taken == []
    assert room.service.cursor("default") - before < 200 * NS
    monkeypatch.setattr(room.store, "write", write)
    room.settle()

    assert len(room.taken) == 1
    assert room.service.all("default")[0].observed == 160


def test_a_sink_that_fails_is_handed_the_alarm_again(room: Room) -> None:
    handed: list[Alarm] = []

    def fails_once(alarms: Sequence[Alarm]) -> None:
        handed.extend(alarms)
        if len(handed) == 1:
            raise OSError("the sink is away")

    room.watch = InputWatch(
        room.store,
        service=room.service,
        outbox=AlarmOutbox(room.journal, take=fails_once),
        publish=lambda _project, _ids: None,
        now_s=lambda: room.now_s,
    )
    room.send(shuffled("math", seed=1)[:700] + shuffled("code", seed=1)[:60])
    room.now_s += 70
    failed = 0
    for _ in range(40):
        try:
            room.watch.refresh()
        except OSError:
            failed += 1

    assert failed == 1
    assert [one.id for one in handed] == [handed[0].id] * 2


def test_relearning_forgets_the_reference_and_clears(room: Room) -> None:
    room.send(shuffled("math", seed=1)[:700] + shuffled("code", seed=1)[:60])
    room.settle()
    assert room.service.all("default")[0].drifting

    assert room.service.relearn("default", room.only(), now_ns=5)
    assert not room.service.relearn("default", "nosuch", now_ns=5)
    room.restart()

    now = room.service.all("default")[0]
    assert (now.phase, now.reference_n, now.drifting) == (Phase.LEARNING, 0, None)
    room.watch.refresh()
    assert room.taken[-1].cleared_ns == 5


def test_agents_are_watched_apart(room: Room) -> None:
    """What is usual for one is not for the other; who comes late is learned late."""
    room.send(shuffled("math", seed=1)[:700])
    room.send(shuffled("code", seed=1)[:60], agent="coder")
    room.settle()

    coder, solver = room.service.all("default")
    assert (coder.agent, coder.phase, coder.reference_n) == ("coder", Phase.LEARNING, 60)
    assert (solver.agent, solver.observed) == ("solver", 100)
    assert room.taken == []


def test_of_a_burst_the_newest_are_looked_at_and_the_share_is_kept(room: Room) -> None:
    runs = [
        Run(
            project="default",
            id=f"{n:032x}",
            sort_ns=START * NS + n,
            version=1,
            agent="solver",
            started_ns=START * NS + n,
            ended_ns=START * NS + n + 1,
            input=f"question {n}",
        )
        for n in range(1000)
    ]
    room.store.write(TelemetryBatch(token="burst", runs=runs))
    room.watch.on_runs("default", ())
    room.settle()

    now = room.service.all("default")[0]
    assert now.reference_n == 400
    assert now.sampled == pytest.approx(0.4)


def test_runs_that_have_not_ended_wait_for_their_end(room: Room) -> None:
    room.send(shuffled("math", seed=1)[:10])
    room.settle()
    begun = Run(
        project="default", id="e" * 32, sort_ns=int(room.now_s * NS), version=1, agent="solver", input="long"
    )
    room.store.write(TelemetryBatch(token="begun", runs=[begun]))
    room.watch.on_runs("default", [begun.id])
    room.settle()
    assert room.service.all("default")[0].reference_n == 10

    room.now_s += 5 * 3600
    ended = replace(begun, version=2, ended_ns=int(room.now_s * NS))
    room.store.write(TelemetryBatch(token="ended", runs=[ended]))
    room.watch.on_runs("default", [begun.id])
    room.settle()
    assert room.service.all("default")[0].reference_n == 11
