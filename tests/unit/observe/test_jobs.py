"""Jobs: one at a time, resumed where they were, stopped when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.metadata import Job, JobStatus
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.features.observe.jobs import JobRunner, Step


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[SqliteMetadataStore]:
    opened = SqliteMetadataStore(tmp_path / "m.db")
    yield opened
    opened.close()


def counting(seen: list[int], *, up_to: int, gate: threading.Event | None = None) -> Callable[[Job], Step]:
    """Work that counts to a number, one piece a number."""

    def work(job: Job) -> Step:
        if gate is not None:
            gate.wait(60)
        number = int(job.position or "0") + 1
        seen.append(number)
        return Step(position=None if number == up_to else str(number), done=number, total=up_to)

    return work


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def ended(metadata: SqliteMetadataStore, job: Job, status: JobStatus) -> Callable[[], bool]:
    return lambda: (found := metadata.job(job.id)) is not None and found.status is status


def test_a_job_is_done_piece_by_piece(metadata: SqliteMetadataStore) -> None:
    seen: list[int] = []
    runner = JobRunner(metadata, kinds={"count": counting(seen, up_to=5)})
    runner.start()
    job = runner.add(project="p", kind="count", arguments="{}", unit="numbers")
    wait_for(ended(metadata, job, JobStatus.DONE))
    runner.stop()
    assert seen == [1, 2, 3, 4, 5]
    done = metadata.job(job.id)
    assert done is not None
    assert (done.done, done.total, done.unit) == (5, 5, "numbers")


def test_a_job_goes_on_after_a_restart(metadata: SqliteMetadataStore) -> None:
    seen: list[int] = []
    first = JobRunner(metadata, kinds={"count": counting(seen, up_to=6)}, pause_s=30)
    first.start()
    job = first.add(project="p", kind="count", arguments="{}", unit="")
    wait_for(lambda: seen == [1])
    wait_for(ended(metadata, job, JobStatus.RUNNING))
    first.stop()
    second = JobRunner(metadata, kinds={"count": counting(seen, up_to=6)})
    second.start()
    wait_for(ended(metadata, job, JobStatus.DONE))
    second.stop()
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_job_that_fails_says_why_and_the_next_one_runs(metadata: SqliteMetadataStore) -> None:
    def broken(_: Job) -> Step:
        raise RuntimeError("no such price")

    seen: list[int] = []
    runner = JobRunner(metadata, kinds={"broken": broken, "count": counting(seen, up_to=1)})
    bad = runner.add(project="p", kind="broken", arguments="{}", unit="")
    good = runner.add(project="p", kind="count", arguments="{}", unit="")
    runner.start()
    wait_for(ended(metadata, good, JobStatus.DONE))
    runner.stop()
    failed = metadata.job(bad.id)
    assert failed is not None
    assert (failed.status, failed.error) == (JobStatus.FAILED, "RuntimeError: no such price")


def test_a_store_that_is_away_stops_no_job_for_good(metadata: SqliteMetadataStore) -> None:
    def away(_: Job) -> Step:
        raise StoreUnavailable("the telemetry store is closed")

    first = JobRunner(metadata, kinds={"count": away})
    job = first.add(project="p", kind="count", arguments="{}", unit="")
    first.start()
    time.sleep(0.2)
    first.stop()
    seen: list[int] = []
    second = JobRunner(metadata, kinds={"count": counting(seen, up_to=2)})
    second.start()
    wait_for(ended(metadata, job, JobStatus.DONE))
    second.stop()
    assert seen == [1, 2]


def test_a_cancelled_job_stops_after_its_piece(metadata: SqliteMetadataStore) -> None:
    seen: list[int] = []
    gate = threading.Event()
    runner = JobRunner(metadata, kinds={"count": counting(seen, up_to=1000, gate=gate)})
    runner.start()
    job = runner.add(project="p", kind="count", arguments="{}", unit="")
    time.sleep(0.1)
    cancelled = runner.cancel(job.id)
    assert cancelled is not None
    gate.set()
    wait_for(ended(metadata, job, JobStatus.CANCELLED))
    runner.stop()
    assert len(seen) <= 1
    again = runner.cancel(job.id)
    assert again is not None
    assert again.status is JobStatus.CANCELLED
    assert runner.cancel("none") is None


def test_a_kind_nobody_knows_is_refused(metadata: SqliteMetadataStore) -> None:
    with pytest.raises(ValueError, match="known are count"):
        JobRunner(metadata, kinds={"count": counting([], up_to=1)}).add(
            project="p", kind="x", arguments="", unit=""
        )


def test_a_cancelled_job_goes_on_from_where_it_stood(metadata: SqliteMetadataStore) -> None:
    seen: list[int] = []
    gate = threading.Event()
    runner = JobRunner(metadata, kinds={"count": counting(seen, up_to=4, gate=gate)}, pause_s=0.01)
    job = runner.add(project="p", kind="count", arguments="{}", unit="")
    metadata.save_job(replace(job, status=JobStatus.CANCELLED, position="2", done=2))

    resumed = runner.resume(job.id)

    assert resumed is not None and resumed.status is JobStatus.WAITING
    gate.set()
    runner.start()
    wait_for(ended(metadata, job, JobStatus.DONE))
    runner.stop()
    assert seen == [3, 4]
    done = runner.resume(job.id)
    assert done is not None and done.status is JobStatus.DONE
    assert runner.resume("nobody") is None


def test_kinds_beside_do_not_hold_up_the_others(metadata: SqliteMetadataStore) -> None:
    held, quick_done = threading.Event(), threading.Event()

    def waits(job: Job) -> Step:
        assert held.wait(30)
        return Step(position=None, done=1)

    def quick(job: Job) -> Step:
        quick_done.set()
        return Step(position=None, done=1)

    runner = JobRunner(metadata, kinds={"drill": waits, "quick": quick}, beside={"drill"})
    runner.start()
    drill = runner.add(project="default", kind="drill", arguments="{}", unit="runs")
    runner.add(project="default", kind="quick", arguments="{}", unit="runs")
    assert quick_done.wait(60)
    first = metadata.job(drill.id)
    assert first is not None and first.status is JobStatus.WAITING
    held.set()
    runner.stop(timeout_s=15)


def test_jobs_beside_take_turns(metadata: SqliteMetadataStore) -> None:
    seen: list[str] = []
    both_there = threading.Event()

    def work(job: Job) -> Step:
        assert both_there.wait(30)
        seen.append(job.arguments)
        number = int(job.position or "0") + 1
        return Step(position=None if number == 3 else str(number), done=number)

    runner = JobRunner(metadata, kinds={"rerun": work}, beside={"rerun"})
    runner.start()
    jobs = [runner.add(project="p", kind="rerun", arguments=name, unit="") for name in ("long", "other")]
    both_there.set()
    for job in jobs:
        wait_for(ended(metadata, job, JobStatus.DONE))
    runner.stop()
    assert seen == ["long", "other"] * 3
