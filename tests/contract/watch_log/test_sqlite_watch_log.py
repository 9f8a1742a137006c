"""What only the file can show: durability, locks, a full disk, bounds."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from roadworthy.backends.watch_log.sqlite import pruning
from roadworthy.backends.watch_log.sqlite.store import SqliteWatchLog
from roadworthy.contracts.watch_log import HOURS_KEPT_NS, Commit, Tick, WatchLogFull, WatchLogUnavailable
from tests.contract.watch_log.making import DAY, HOUR, START, Clock, alarm, result


def test_all_is_there_after_it_was_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    clock = Clock()
    log = SqliteWatchLog(path, clock=clock)
    log.append([result(1)])
    log.commit("p", Commit(position=1, done=1, watched_ns=3, parts={"a": b"1"}, alarms=[alarm("a1")]))
    log.close()
    clock.now_ns -= HOUR

    again = SqliteWatchLog(path, clock=clock)
    again.append([result(2)])

    assert again.snapshot("p").parts == {"a": b"1"}
    assert [one.alarm for one in again.waiting()] == [alarm("a1")]
    assert [one.recorded_ns for one in again.read("p", after=0, limit=9)] == [START, START]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again.close()


def test_a_locked_file_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    log = SqliteWatchLog(path, busy_ms=50)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(WatchLogUnavailable):
        log.append([result(1)])
    with pytest.raises(WatchLogUnavailable):
        log.commit("p", Commit(position=1, done=1, watched_ns=1, parts={"a": b"1"}))

    other.execute("ROLLBACK")
    other.close()
    assert log.append([result(1)]).new == 1
    assert not log.snapshot("p").parts
    log.close()


def test_a_full_disk_is_said_and_keeps_nothing_of_the_batch(tmp_path: Path) -> None:
    log = SqliteWatchLog(tmp_path / "watch.db")
    log.append([result("first")])
    with log._db.writing() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
    log._db._writes.execute(f"PRAGMA max_page_count={pages + 1}")
    many = [result(number, attributes={"long": "x" * 4_000}) for number in range(100)]

    with pytest.raises(WatchLogFull):
        log.append(many)

    log._db._writes.execute("PRAGMA max_page_count=1000000")
    assert len(log.read("p", after=0, limit=1000)) == 1
    assert log.append(many).new == 100
    log.close()


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    path.write_bytes(b"this is no database, and it is long enough to be read as one" * 20)

    with pytest.raises(WatchLogUnavailable):
        SqliteWatchLog(path)


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    SqliteWatchLog(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version=99")
    other.close()

    with pytest.raises(WatchLogUnavailable, match="later version"):
        SqliteWatchLog(path)


def test_entries_long_consumed_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "LOOKED_BACK", 10)
    log = SqliteWatchLog(tmp_path / "watch.db", clock=Clock())
    log.append([result(number) for number in range(100)])
    last = log.last_seq("p")
    log.commit("p", Commit(position=last, done=50, watched_ns=1))

    log.prune(now_ns=START)

    assert log.read("p", after=0, limit=1)[0].seq == 41
    # One that comes again is still known.
    assert log.append([result(1)]).known == 1
    log.close()


def test_old_hours_become_days(tmp_path: Path) -> None:
    log = SqliteWatchLog(tmp_path / "watch.db")
    day = START // DAY * DAY
    ticks = [
        Tick(monitor="m", start_ns=day + hour * HOUR, n=2, total=1.0, peak=hour / 24, baseline=0.1)
        for hour in range(24)
    ]
    log.commit("p", Commit(position=1, done=1, watched_ns=1, ticks=ticks))

    log.prune(now_ns=day + HOURS_KEPT_NS + 2 * DAY)

    (kept,) = log.ticks("p", monitor="m", from_ns=day, to_ns=day + DAY)
    assert (kept.width_ns, kept.n, kept.total, kept.peak) == (DAY, 48, 24.0, 23 / 24)
    log.close()
