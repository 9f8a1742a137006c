"""A worker that is not there is said to be missing, though not while it starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from roadworthy.app import worker_process
from roadworthy.app.worker_orders import WorkerOrders
from roadworthy.app.worker_process import WorkerProcess
from roadworthy.backends.intake.file.backlog import FileBacklog
from tests.unit.ingest_flow.test_consumer import body, fill, wait_for


def orders(folder: Path) -> WorkerOrders:
    return WorkerOrders(
        intake=str(folder / "intake"),
        handing=str(folder / "handed"),
        memory_bytes=1 << 24,
        log_level="error",
        self_telemetry=None,
    )


def child() -> int:
    children = [
        pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()
    ]
    (worker,) = [
        pid for pid in children if b"roadworthy.app.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    return int(worker)


def niceness_of_child() -> int:
    return os.getpriority(os.PRIO_PROCESS, child())


def is_compiled(pid: int) -> bool:
    return b"ROADWORTHY_COMPILED=0" not in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def test_orders_are_read_as_they_were_given(tmp_path: Path) -> None:
    given = orders(tmp_path)
    assert WorkerOrders.from_json(given.to_json()) == given
    assert given.intake_folder == tmp_path / "intake"


def test_a_worker_that_never_comes_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an intake log it ends at once, again and again."""
    monkeypatch.setattr(worker_process, "_STARTING_SECONDS", 0.5)
    worker = WorkerProcess(orders(tmp_path))
    worker.launch()
    worker.serve(reads={}, writes={})
    try:
        assert worker.alive, "it is starting"
        wait_for(lambda: not worker.alive)
        assert worker.watched, "and tried again"
    finally:
        worker.stop(timeout=5)


def test_what_it_says_is_known_and_after_a_stop_it_is_gone(tmp_path: Path) -> None:
    fill(tmp_path / "intake", body(1), body(2))
    taken: list[str] = []
    worker = WorkerProcess(orders(tmp_path))
    worker.launch()
    worker.serve(
        reads={
            "price_changes": lambda: 1,
            "prices": lambda project: [],
            "spans_of_traces": lambda project, trace_ids, started: [],
            "places_of_traces": lambda project, trace_ids: {},
            "traces_of_join_keys": lambda project, keys: {},
        },
        writes={
            "insert": lambda table, columns, file, token: taken.append(table),
            "written": lambda **_: taken.append("told"),
        },
    )
    try:
        wait_for(lambda: worker.progress.records == 2)
        assert (taken[0], taken[-1]) == ("spans", "told"), "spans before runs, runs told last"
        assert (worker.progress.spans, worker.damaged) == (2, (0, 0))
        assert niceness_of_child() > os.getpriority(os.PRIO_PROCESS, 0), "readers go first"
        backlog = FileBacklog(tmp_path / "intake")
        assert backlog.bytes() == 0
        backlog.close()
    finally:
        worker.stop(timeout=10)
    assert not worker.watched


def test_one_that_crashes_does_without_compiled_code_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The body at which it ended is the first that the next one reads."""
    monkeypatch.delenv("ROADWORTHY_COMPILED", raising=False)
    fill(tmp_path / "intake", body(1))
    worker = WorkerProcess(orders(tmp_path))
    worker.launch()
    worker.serve(reads={"price_changes": lambda: 1}, writes={})
    seen: list[bool] = []
    try:
        for fault in (signal.SIGKILL, signal.SIGSEGV, signal.SIGKILL):
            wait_for(lambda: worker._told is not worker_process._NOTHING)
            seen.append(is_compiled(child()))
            os.kill(child(), fault)
            wait_for(lambda: worker._told is worker_process._NOTHING)
        wait_for(lambda: worker._told is not worker_process._NOTHING)
        seen.append(is_compiled(child()))
    finally:
        worker.stop(timeout=10)
    assert seen == [True, True, False, False]
