"""Kill -9 anywhere while monitors watch: the same state bit for bit, every alarm handed over, none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from roadworthy.backends.watch_log.sqlite.store import SqliteWatchLog
from tests.journeys.watching_process import watch
from tests.unit.watch.monitors.scenario import alarms_of, state_of

REPO = Path(__file__).resolve().parents[2]
TRIALS = 2
KILLS = 12


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    watch(folder)
    log = SqliteWatchLog(folder / "watch.db")
    found = state_of(log)
    log.close()
    assert found["alarms"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(TRIALS))
def test_killed_at_random_it_comes_to_the_same_state(
    tmp_path: Path, expected: dict[str, Any], seed: int
) -> None:
    rnd = random.Random(seed)
    killed = 0
    while killed < KILLS:
        process = _started(tmp_path)
        _wait_for_work(tmp_path, process)
        # From when it works: starting takes longer than much of what it does.
        time.sleep(rnd.uniform(0.0, 0.4))
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
        killed += 1
    assert _started(tmp_path).wait(120) == 0
    assert killed > 2

    log = SqliteWatchLog(tmp_path / "watch.db")
    assert state_of(log) == expected
    assert log.waiting() == []
    taken = [line.split() for line in (tmp_path / "taken").read_text().splitlines()]
    assert {(name, int(cleared)) for name, cleared in taken} >= {
        (alarm.id, alarm.cleared_ns) for alarm in alarms_of(log)
    }
    # Handed over twice it has the same id, and whoever takes it knows it.
    assert {name for name, _ in taken} == {alarm.id for alarm in alarms_of(log)}
    log.close()


def _started(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.watching_process", str(folder)],
        cwd=REPO,
        stdin=subprocess.DEVNULL,
    )


def _wait_for_work(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Until it writes."""
    wal = folder / "watch.db-wal"
    before = (wal.stat().st_size, wal.stat().st_mtime_ns) if wal.exists() else None
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        now = (wal.stat().st_size, wal.stat().st_mtime_ns) if wal.exists() else None
        if now is not None and now != before:
            return
        time.sleep(0.005)
