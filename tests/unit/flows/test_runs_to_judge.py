"""Who is judged first: what people spoke of, then what was written, last what was left, the newest first."""

from __future__ import annotations

import pytest

from roadworthy.flows.runs_to_judge import RunsToJudge


def taken(runs: RunsToJudge, *, short: bool = False) -> list[str]:
    found = runs.take(short_of_time=short)
    return [f"{project}/{run}" for project, ids in found.ids.items() for run in ids]


def test_asked_then_written_then_left_and_last_those_without_an_end() -> None:
    runs = RunsToJudge()
    runs.wait_for_end("p", "endless", seconds=0)
    runs.put("p", ["left"], after=0, left=True)
    runs.put("p", ["older", "newer"], after=0)
    runs.ask("p", ["asked"])
    assert len(runs) == 4
    assert [taken(runs) for _ in range(5)] == [
        ["p/asked"],
        ["p/newer", "p/older"],
        ["p/left"],
        ["p/endless"],
        [],
    ]
    assert len(runs) == 0


def test_while_the_worker_is_short_of_time_few_are_taken_and_none_that_it_left() -> None:
    runs = RunsToJudge()
    runs.put("p", ["left"], after=0, left=True)
    runs.put("p", [str(number) for number in range(50)], after=0)
    assert [len(taken(runs, short=True)) for _ in range(4)] == [20, 20, 10, 0]
    assert taken(runs) == ["p/left"]


def test_a_run_that_is_written_again_waits_anew_and_once() -> None:
    runs = RunsToJudge()
    runs.put("p", ["one"], after=0, left=True)
    runs.put("p", ["one"], after=0)
    assert len(runs) == 1
    runs.put("p", ["one"], after=60)
    assert (taken(runs), len(runs)) == ([], 1)
    assert runs.late_seconds == 0


def test_what_is_too_much_to_be_kept_is_forgotten_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roadworthy.flows.runs_to_judge._KEPT", 2)
    runs = RunsToJudge()
    runs.put("p", ["1", "2", "3"], after=0)
    assert taken(runs) == ["p/3", "p/2"]


def test_up_to_a_tenth_more_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roadworthy.flows.runs_to_judge._KEPT", 100)
    runs = RunsToJudge()
    lengths = set[int]()
    for number in range(1_000):
        runs.put("p", [str(number)], after=0, left=True)
        lengths.add(len(runs))
    assert max(lengths) == 110
    assert len(runs) >= 100
    assert taken(runs)[0] == "p/999"


def test_those_that_were_left_are_taken_on_their_own_and_only_if_asked_for() -> None:
    runs = RunsToJudge()
    runs.put("p", ["left"], after=0, left=True)
    runs.put("p", ["written"], after=0)
    assert not runs.take(short_of_time=False, left=False).left
    assert runs.take(short_of_time=False, left=False).ids == {}
    found = runs.take(short_of_time=False)
    assert (found.ids, found.left) == ({"p": ["left"]}, True)


def test_it_is_known_for_how_long_the_first_waits() -> None:
    runs = RunsToJudge()
    assert runs.late_seconds == 0
    runs.put("p", ["one"], after=-5, left=True)
    assert 5 <= runs.late_seconds < 60


def test_of_whom_something_was_said_is_remembered_after_they_were_taken() -> None:
    runs = RunsToJudge()
    runs.ask("p", ["one"])
    assert taken(runs) == ["p/one"]
    assert runs.asked_lately("p", ["one", "other"]) == ["one"]
