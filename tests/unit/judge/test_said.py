"""Words on their way to the store: durable before anybody is told so, bounded, and none lost on the way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import wait

import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable, TelemetryBatch
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.features.judge.said import NoSuchRun, TooManyWords, Words

TRACE = "a" * 32
WAIT_S = 20


class Gate(MemoryTelemetryStore):
    """A store whose writes wait for a gate, and fail as often as asked."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.entered = threading.Event()
        self.faults: list[Exception] = []
        self.batches: list[TelemetryBatch] = []

    def write(self, batch: TelemetryBatch) -> None:
        self.entered.set()
        assert self.open.wait(WAIT_S)
        if self.faults:
            raise self.faults.pop(0)
        self.batches.append(batch)
        super().write(batch)


@pytest.fixture
def store() -> Gate:
    gate = Gate()
    gate.open.set()
    gate.write(TelemetryBatch(token="run", runs=[Run(project="p", id=TRACE, sort_ns=1, trace_ids=(TRACE,))]))
    gate.batches.clear()
    gate.entered.clear()
    gate.open.clear()
    return gate


def word(name: str, *, run_id: str = TRACE, project: str = "p") -> Score:
    return Score(project=project, run_id=run_id, name=name, value=1.0, source="api", version=1)


def nobody(project: str, run_ids: Sequence[str]) -> None:
    pass


def test_what_comes_while_the_store_is_busy_goes_in_one_batch(store: Gate) -> None:
    words = Words(store, again=nobody)
    first = words.say(word("first"))
    assert store.entered.wait(WAIT_S)
    others = [words.say(word(f"word {number}")) for number in range(20)]
    assert not first.done()

    store.open.set()

    wait([first, *others], timeout=WAIT_S)
    assert [len(batch.scores) for batch in store.batches] == [1, 20]
    assert len({batch.token for batch in store.batches}) == 2
    assert len(store.scores("p", TRACE)) == 21
    words.stop()


def test_beyond_the_bound_nothing_is_taken_and_what_was_taken_is_written(store: Gate) -> None:
    words = Words(store, again=nobody, most_waiting=2)
    first = words.say(word("first"))
    assert store.entered.wait(WAIT_S)
    taken = [first, words.say(word("a")), words.say(word("b"))]
    with pytest.raises(TooManyWords):
        words.say(word("c"))

    store.open.set()

    assert {one.result(WAIT_S).name for one in taken} == {"first", "a", "b"}
    words.stop()
    assert {score.name for score in store.scores("p", TRACE)} == {"first", "a", "b"}


@pytest.mark.parametrize("fault", [StoreFull("disk"), StoreUnavailable("away"), RuntimeError("odd")])
def test_a_store_that_cannot_is_told_to_who_waits_and_the_next_word_is_tried(
    store: Gate, fault: Exception
) -> None:
    store.open.set()
    store.faults.append(fault)
    words = Words(store, again=nobody)

    with pytest.raises(type(fault)):
        words.say(word("lost")).result(WAIT_S)

    assert words.say(word("kept")).result(WAIT_S).run_id == TRACE
    words.stop()
    assert [score.name for score in store.scores("p", TRACE)] == ["kept"]


def test_one_word_of_no_run_does_not_hold_up_the_others(store: Gate) -> None:
    words = Words(store, again=nobody)
    words.say(word("first"))
    assert store.entered.wait(WAIT_S)
    good, bad = words.say(word("good")), words.say(word("bad", run_id="b" * 32))
    elsewhere = words.say(word("elsewhere", project="q"))

    store.open.set()

    assert good.result(WAIT_S).trace_id == TRACE
    for one in (bad, elsewhere):
        with pytest.raises(NoSuchRun):
            one.result(WAIT_S)
    words.stop()


def test_stopping_writes_what_waits_and_takes_nothing_more(store: Gate) -> None:
    words = Words(store, again=nobody)
    waiting = [words.say(word(f"word {number}")) for number in range(5)]
    store.open.set()

    words.stop()

    assert all(one.done() for one in waiting)
    assert len(store.scores("p", TRACE)) == 5
    with pytest.raises(StoreUnavailable):
        words.say(word("late"))


def test_a_judge_that_fails_takes_nothing_back(store: Gate) -> None:
    def fails(project: str, run_ids: Sequence[str]) -> None:
        raise RuntimeError("not now")

    store.open.set()
    words = Words(store, again=fails)
    assert words.say(word("outcome")).result(WAIT_S).name == "outcome"
    assert words.say(word("tone")).result(WAIT_S).name == "tone"
    words.stop()
