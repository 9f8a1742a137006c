"""What every watch log promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.backends.watch_log.sqlite.store import SqliteWatchLog
from roadworthy.contracts.watch_log import (
    REMEMBERED_NS,
    SESSION_NS,
    AlarmQuery,
    Commit,
    Tick,
    WatchLog,
)
from roadworthy.domain.result import Entry, Order, Outage, Result, Scored, Word
from roadworthy.domain.run import Outcome
from tests.contract.watch_log.making import DAY, HOUR, SECOND, START, Clock, alarm, result, scored


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[WatchLog]:
    opened: WatchLog = (
        MemoryWatchLog(clock=clock)
        if request.param == "memory"
        else SqliteWatchLog(tmp_path / "watch.db", clock=clock)
    )
    yield opened
    opened.close()


def test_entries_come_back_as_they_were_in_order(log: WatchLog) -> None:
    given: list[Entry] = [
        result(1, detectors=("loop",), models=("m",), p_failure=0.1, attributes={"tier": "gold"}),
        scored(1, 0.25, sampled=0.1, source="judge"),
        Order(project="p", body="[]"),
        Outage(project="p", from_ns=1, to_ns=2),
        result(2, cost_usd=0.1, duration_s=1.5, tokens=3),
    ]

    log.append(given)

    read = log.read("p", after=0, limit=10)
    assert [one.entry for one in read] == given
    assert [one.seq for one in read] == sorted({one.seq for one in read})
    assert log.read("p", after=read[2].seq, limit=1) == [read[3]]
    assert log.last_seq("p") == read[-1].seq


def test_a_run_judged_twice_is_one_result(log: WatchLog) -> None:
    first = log.append([result(1), result(1)])
    second = log.append([result(1, p_failure=0.9), scored(1, 0.1), scored(1, 0.9)])

    assert (first.new, first.known) == (1, 1)
    assert (second.new, second.known) == (1, 2)
    assert [type(one.entry) for one in log.read("p", after=0, limit=10)] == [Result, Scored]


def test_an_outcome_said_later_is_a_word_and_keeps_its_time(log: WatchLog, clock: Clock) -> None:
    log.append([result(1, failed=None)])
    clock.now_ns += HOUR
    later = log.append([result(1, failed=True)])
    clock.now_ns += HOUR
    log.append([result(1, failed=False, outcome_source="reviewer")])

    stood = log.stood("p", ["run-1", "run-2"])

    assert later.words == 1
    assert list(stood) == ["run-1"]
    said = [(one.recorded_ns - START, one.word.outcome, one.word.outcome_source) for one in stood["run-1"]]
    assert said == [(HOUR, Outcome.FAILURE, "sdk"), (2 * HOUR, Outcome.SUCCESS, "reviewer")]
    assert isinstance(log.read("p", after=0, limit=10)[1].entry, Word)


def test_recorded_time_never_falls(log: WatchLog, clock: Clock) -> None:
    log.append([result(1)])
    clock.now_ns -= HOUR
    log.append([result(2)])

    assert [one.recorded_ns for one in log.read("p", after=0, limit=10)] == [START, START]


def test_nothing_ends_after_it_was_recorded(log: WatchLog) -> None:
    log.append([result(1, at_ns=START + DAY), result(2, at_ns=0)])

    ended = [one.entry.at_ns for one in log.read("p", after=0, limit=10) if isinstance(one.entry, Result)]
    assert ended == [START, START]


def test_results_of_one_session_within_minutes_are_one_cluster(log: WatchLog) -> None:
    start = START // SESSION_NS * SESSION_NS - 2 * SESSION_NS
    ends = [start, start + SECOND, start + SESSION_NS]
    log.append([result(number, session_id="s", at_ns=at) for number, at in enumerate(ends)])
    log.append([result("other", session_id="t", at_ns=start), result("alone", at_ns=start)])

    repeats = [one.entry.repeat for one in log.read("p", after=0, limit=10) if isinstance(one.entry, Result)]
    assert repeats == [False, True, False, False, False]


def test_projects_are_apart(log: WatchLog) -> None:
    log.append([result(1), result(1, project="q")])

    assert len(log.read("q", after=0, limit=10)) == 1
    assert log.projects() == ["p", "q"]
    log.delete_project("p")
    assert log.projects() == ["q"]
    assert log.read("p", after=0, limit=10) == []


def test_a_commit_is_kept_whole(log: WatchLog) -> None:
    parts = {"a": b"\x00\xff" * 50, "b": b"2"}
    log.commit("p", Commit(position=5, done=4, watched_ns=START, parts=parts))
    log.commit("p", Commit(position=6, done=5, watched_ns=START + 1, parts={"b": None, "c": b"3"}))

    kept = log.snapshot("p")
    assert (kept.position, kept.watched_ns) == (6, START + 1)
    assert kept.parts == {"a": b"\x00\xff" * 50, "c": b"3"}
    assert log.snapshot("q").position == 0
    assert not log.snapshot("q").parts


def test_an_alarm_is_handed_over_until_it_is_taken_and_again_when_it_is_over(log: WatchLog) -> None:
    def commit(*alarms: object) -> None:
        log.commit("p", Commit(position=1, done=1, watched_ns=START, alarms=alarms))  # type: ignore[arg-type]

    commit(alarm("a1"), alarm("a2", at_ns=START + 1))
    waiting = log.waiting()
    assert [one.alarm.id for one in waiting] == ["a1", "a2"]
    assert log.waiting() == waiting

    log.taken(waiting[:1])
    assert [one.alarm.id for one in log.waiting()] == ["a2"]

    commit(alarm("a1", cleared_ns=START + 9))
    again = {one.alarm.id: one for one in log.waiting()}
    assert again["a1"].alarm.cleared_ns == START + 9
    # What is said of the revision before does not count for this one.
    log.taken(waiting)
    assert [one.alarm.id for one in log.waiting()] == ["a1"]


def test_alarms_are_found(log: WatchLog) -> None:
    given = [
        alarm("a1"),
        alarm("a2", at_ns=START + 1, monitor="m2"),
        alarm("a3", at_ns=START + 1, cleared_ns=START + 5),
    ]
    log.commit("p", Commit(position=1, done=1, watched_ns=START, alarms=given))

    def ids(query: AlarmQuery) -> list[str]:
        return [one.id for one in log.alarms("p", query)]

    assert ids(AlarmQuery()) == ["a3", "a2", "a1"]
    assert ids(AlarmQuery(limit=1, after=(START + 1, "a3"))) == ["a2"]
    assert ids(AlarmQuery(standing=True)) == ["a2", "a1"]
    assert ids(AlarmQuery(standing=False)) == ["a3"]
    assert ids(AlarmQuery(monitor="m2")) == ["a2"]
    assert ids(AlarmQuery(agent="nobody")) == []
    assert ids(AlarmQuery(from_ns=START + 1, to_ns=START + 2)) == ["a3", "a2"]
    assert log.alarm("p", "a1") == given[0]
    assert log.alarm("q", "a1") is None


def test_ticks_add_up(log: WatchLog) -> None:
    hour = START // HOUR * HOUR

    def tick(n: int, total: float, peak: float, *, monitor: str = "m1", start: int = hour) -> Tick:
        return Tick(monitor=monitor, start_ns=start, n=n, total=total, peak=peak, baseline=0.1)

    log.commit("p", Commit(position=1, done=1, watched_ns=START, ticks=[tick(2, 1.0, 0.5)]))
    more = [tick(3, 0.5, 0.25), tick(1, 1.0, 0.1, start=hour + HOUR), tick(9, 9.0, 0.0, monitor="m2")]
    log.commit("p", Commit(position=2, done=2, watched_ns=START, ticks=more))

    found = log.ticks("p", monitor="m1", from_ns=hour, to_ns=hour + 2 * HOUR)
    assert [(one.start_ns, one.n, one.total, one.peak) for one in found] == [
        (hour, 5, 1.5, 0.5),
        (hour + HOUR, 1, 1.0, 0.1),
    ]
    assert log.ticks("p", monitor="m1", from_ns=hour + HOUR, to_ns=hour + HOUR) == []
    assert log.sums("p", from_ns=hour, to_ns=hour + 1) == {"m1": (5, 1.5), "m2": (9, 9.0)}


def test_recent_results_of_an_agent(log: WatchLog) -> None:
    log.append([result(number) for number in range(5)] + [result("x", agent="other")])
    seqs = [one.seq for one in log.read("p", after=0, limit=10)]

    found = log.recent("p", agent="support", through=seqs[3], limit=2)

    assert [one.seq for one in found] == seqs[2:4]


def test_what_is_forgotten_cannot_count_again(log: WatchLog, clock: Clock) -> None:
    log.append([result(1), result("old", at_ns=START - DAY)])
    clock.now_ns += REMEMBERED_NS + HOUR
    log.commit("p", Commit(position=2, done=2, watched_ns=clock.now_ns))
    assert log.prune(now_ns=clock.now_ns) > 0

    again = log.append([result(1), result("older", at_ns=START - HOUR), result("new", at_ns=clock.now_ns)])

    assert (again.new, again.too_old) == (1, 2)
    assert log.too_old("p") == 2
