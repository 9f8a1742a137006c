"""Scores that came with telemetry reach the monitors that watch them, whichever of the two came first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import StoreUnavailable, TelemetryBatch
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.flows.watch_sent_scores import SentScores

NOW = 1_790_000_000 * 10**9


def a_run(number: int) -> Run:
    trace = f"{number:032x}"
    return Run(project="p", id=trace, trace_ids=(trace,), sort_ns=NOW, started_ns=NOW, agent="support")


def a_score(number: int, *, name: str = "helpful", source: str = "otel", **values: object) -> Score:
    given: dict[str, object] = {"trace_id": f"{number:032x}", "value": 0.25, "at_ns": NOW}
    return Score(project="p", name=name, source=source, **(given | values))  # type: ignore[arg-type]


class Room:
    def __init__(
        self, *, names: Sequence[str] = ("helpful",), store: MemoryTelemetryStore | None = None
    ) -> None:
        self.store = store or MemoryTelemetryStore()
        self.taken: list[tuple[str, str, float | None]] = []
        self.sent = SentScores(self.store, names_of=lambda _: names, take=self.take, clock=lambda: NOW)

    def take(self, runs: Sequence[Run], scores: Sequence[Score]) -> None:
        known = {run.id for run in runs}
        assert all(one.run_id in known for one in scores)
        self.taken += [(one.run_id[-1], one.source, one.value) for one in scores]

    def write(self, *things: Run | Score) -> None:
        runs = [one for one in things if isinstance(one, Run)]
        scores = [one for one in things if isinstance(one, Score)]
        self.store.write(TelemetryBatch(token=str(id(things)), runs=runs, scores=scores))
        self.sent.on_runs("p", [run.id for run in runs])
        self.sent.on_scored("p", [one.run_id or one.trace_id for one in scores])


def test_the_run_first_or_the_score_first() -> None:
    room = Room()
    room.sent.refresh()
    room.write(a_run(1))
    assert room.sent.refresh() == 0
    room.write(a_score(1), a_score(2, source="sdk"), a_score(3, run_id=a_run(3).id, source="api"))
    assert room.sent.refresh() == 1
    room.write(a_run(2), a_run(3))
    room.sent.refresh()

    assert sorted(room.taken) == [("1", "otel", 0.25), ("2", "sdk", 0.25), ("3", "api", 0.25)]
    assert room.sent.refresh() == 0


def test_what_nobody_watches_and_who_picks_runs_is_left_out() -> None:
    room = Room()
    room.sent.refresh()
    room.write(
        a_run(1),
        a_score(1, name="other"),
        a_score(1, source="reviewer"),
        a_score(1, value=None, label="good"),
    )

    assert room.sent.refresh() == 0
    nobody = Room(names=(), store=room.store)
    nobody.write(a_run(2), a_score(2))
    assert nobody.sent.refresh() == 0


def test_what_was_announced_to_a_process_that_is_gone_is_looked_at_after_the_start() -> None:
    before = Room()
    before.write(a_run(1), a_score(1))
    after = Room(store=before.store)

    assert after.sent.refresh() == 1


def test_a_store_that_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    room.sent.refresh()
    room.write(a_run(1), a_score(1))
    with monkeypatch.context() as away:

        def gone(*_: object) -> list[Score]:
            raise StoreUnavailable("away")

        away.setattr(room.store, "scores_of_runs", gone)
        with pytest.raises(StoreUnavailable):
            room.sent.refresh()

    assert room.sent.refresh() == 1
