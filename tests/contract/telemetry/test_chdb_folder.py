"""What a folder of chDB goes through: processes that are killed, a second owner, releases, a full disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from roadworthy.backends.telemetry.chdb.migrations import apply
from roadworthy.backends.telemetry.chdb.migrations.apply import MIGRATIONS, Migration
from roadworthy.backends.telemetry.chdb.packing import RUN_FIELDS, SPAN_FIELDS
from roadworthy.backends.telemetry.chdb.session import Session, translated
from roadworthy.backends.telemetry.chdb.store import MERGE_THREADS, ChdbTelemetryStore
from roadworthy.contracts.telemetry import (
    BadQuery,
    RunQuery,
    SpanQuery,
    StoreFull,
    StoreUnavailable,
    TelemetryBatch,
)
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from tests.contract.telemetry import writer_process
from tests.contract.telemetry.making import NOON, batch, run, span, trace_id
from tests.contract.telemetry.writer_process import ROWS, numbered_batch

PROJECT = "kept"


@contextmanager
def opened(folder: Path) -> Iterator[ChdbTelemetryStore]:
    store = ChdbTelemetryStore(folder)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def writing(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that writes to the folder; it is killed at the end at the latest."""
    process = subprocess.Popen(
        [sys.executable, writer_process.__file__, str(folder), PROJECT], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def acknowledged_before_kill(folder: Path, *, acknowledged: int, more_seconds: float) -> int:
    """Kills a writer (-9) some time after it acknowledged so many batches; how many it had by then."""
    with writing(folder) as process:
        assert process.stdout is not None
        last = 0
        while last < acknowledged:
            last = int(process.stdout.readline())
        time.sleep(more_seconds)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")
        # The last line may have been cut by the kill; what was cut was acknowledged, too.
        return max([last, *(int(line) for line in rest[:-1] if line)])


@pytest.mark.parametrize("seed", range(3))
def test_kill_9_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    moment = random.Random(seed).random()
    acknowledged = acknowledged_before_kill(tmp_path, acknowledged=2 + seed, more_seconds=moment / 5)
    with opened(tmp_path) as store:
        traces = [f"{number:032x}" for number in range(1, acknowledged + 2)]
        for number, trace in enumerate(traces[:-1], start=1):
            assert len(store.spans_of_traces(PROJECT, [trace])) == ROWS, number
            assert store.run(PROJECT, trace) is not None
        assert len(store.spans_of_traces(PROJECT, traces[-1:])) in (0, ROWS), (
            "a batch in flight is whole or absent"
        )
        for number in range(1, acknowledged + 2):
            store.write(numbered_batch(PROJECT, number))
        assert store.stats(PROJECT).spans == ROWS * (acknowledged + 1)
        assert store.count_runs(PROJECT, RunQuery()) == acknowledged + 1
        assert store.traces_of_join_keys(PROJECT, ["key-1"]) == {"key-1": (traces[0],)}


def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    one, step = run("p"), span("p", input="remember the needle")
    with opened(tmp_path) as store:
        store.write(batch(runs=[one], spans=[step]))
    with opened(tmp_path) as store:
        assert store.runs("p", RunQuery()) == [one]
        assert store.spans("p", SpanQuery(text="needle")) == [step]


def test_merging_changes_no_answer(tmp_path: Path) -> None:
    """Merges build the text index, the inserts do not: what is found before must be found after."""
    spans = [
        span(PROJECT, input=f"every word{number} Größe", output=f"again{number % 3}") for number in range(13)
    ]
    changed = replace(spans[4], input="every changed", version=9)
    with opened(tmp_path / "telemetry") as store:
        for one in [*spans, changed]:
            store.write(batch(spans=[one]))

        def answers() -> list[list[str]]:
            asked = ("every", "größe", "word7", "every again1", "word4", "changed", "absent")
            return [[hit.span.input for hit in store.search(PROJECT, SpanQuery(text=text))] for text in asked]

        before = answers()
        assert [len(found) for found in before] == [13, 12, 1, 4, 0, 1, 0]
        store._session.command("OPTIMIZE TABLE spans FINAL")
        assert [row[0] for row in store._session.rows("SELECT count() FROM spans")] == [len(spans)]
        assert answers() == before


def test_a_second_process_is_told_who_has_the_folder(tmp_path: Path) -> None:
    with (
        writing(tmp_path),
        pytest.raises(StoreUnavailable, match=r"another process \(pid \d+\) has the telemetry folder"),
    ):
        ChdbTelemetryStore(tmp_path)
    with opened(tmp_path) as store:
        assert store.run(PROJECT, "the lock went with its process") is None


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="file"):
        ChdbTelemetryStore(tmp_path / "file")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            store.runs("p", RunQuery())
        with pytest.raises(StoreUnavailable, match="closed"):
            store.write(batch(runs=[run("p")]))


def test_reads_go_on_while_batches_are_written(tmp_path: Path) -> None:
    """Twelve threads that read and one that writes: no error, and nobody sees a run without its spans."""
    with opened(tmp_path) as store:
        stop = threading.Event()

        def read() -> int:
            reads = 0
            while not stop.is_set():
                for one in store.runs("p", RunQuery(limit=5)):
                    assert len(store.spans_of_traces("p", one.trace_ids)) == 3
                reads += 1
            return reads

        with ThreadPoolExecutor(max_workers=12) as pool:
            readers = [pool.submit(read) for _ in range(12)]
            for number in range(10):
                tasks = [run("p", sort_ns=NOON + number) for _ in range(20)]
                store.write(
                    batch(runs=tasks, spans=[span("p", trace_id=one.id) for one in tasks for _ in range(3)])
                )
            stop.set()
            assert all(reader.result() > 0 for reader in readers)


def test_migrations_run_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From version 1 on: data written before a migration is read after it."""
    one = run("p")
    with opened(tmp_path) as store:
        store.write(batch(runs=[one]))
    ran = []

    def statements() -> list[str]:
        ran.append("2")
        return ["ALTER TABLE runs ADD COLUMN IF NOT EXISTS mood String DEFAULT 'calm'"]

    newer = (*MIGRATIONS, Migration(version=MIGRATIONS[-1].version + 1, name="mood", statements=statements))
    monkeypatch.setattr(apply, "MIGRATIONS", newer)
    for _ in range(2):
        with opened(tmp_path) as store:
            assert one in store.runs("p", RunQuery())
            store.write(batch(runs=[run("p")]))
    assert ran == ["2"]


def test_a_migration_torn_by_a_crash_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path):
        pass
    broken = [True]

    def statements() -> list[str]:
        add = "ALTER TABLE spans ADD COLUMN IF NOT EXISTS mood String"
        return [add, "SELECT throwIf(1)"] if broken.pop() else [add]

    newer = (*MIGRATIONS, Migration(version=MIGRATIONS[-1].version + 1, name="mood", statements=statements))
    monkeypatch.setattr(apply, "MIGRATIONS", newer)
    with pytest.raises(StoreUnavailable):
        ChdbTelemetryStore(tmp_path)
    broken.append(False)
    with opened(tmp_path) as store:
        store.write(batch(spans=[span("p")]))
        assert store.stats("p").spans == 1


def test_a_folder_of_a_newer_release_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = MIGRATIONS[-1].version + 1
    newer = (*MIGRATIONS, Migration(version=version, name="later", statements=list))
    with monkeypatch.context() as patched:
        patched.setattr(apply, "MIGRATIONS", newer)
        with opened(tmp_path):
            pass
    with pytest.raises(StoreUnavailable, match=f"schema version {version}"):
        ChdbTelemetryStore(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB, where this machine lets us mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"needs leave to mount a small file system: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_refuses_and_recovers(small_disk: Path) -> None:
    filler = small_disk / "filler"
    noise = random.Random(1)
    with opened(small_disk / "telemetry") as store:
        kept = span("p")
        store.write(batch(spans=[kept]))
        filler.write_bytes(b"\0" * (21 * 2**20))
        large = TelemetryBatch(
            token="large",
            spans=[span("p", trace_id=trace_id(), input=noise.randbytes(40_000).hex()) for _ in range(100)],
        )
        with pytest.raises(StoreFull):
            store.write(large)
        assert store.spans("p", SpanQuery()) == [kept], "reads go on, and nothing of the batch is there"
        filler.unlink()
        store.write(large)
        assert store.stats("p").spans == 101


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        # What a reader of the intake log must try again, or it would take the record for a bad one.
        ("(total) memory limit exceeded: would use 640.51 MiB (MEMORY_LIMIT_EXCEEDED)", StoreUnavailable),
        ("Query memory limit exceeded: would use 384.32 MiB (MEMORY_LIMIT_EXCEEDED)", BadQuery),
    ],
)
def test_too_little_memory_for_all_is_no_fault_of_a_query(said: str, meant: type[Exception]) -> None:
    with pytest.raises(meant), translated():
        raise ClickHouseError(said)


def test_merges_make_way_for_readers(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux knows priorities of threads")
    with opened(tmp_path):
        merging = [
            os.getpriority(os.PRIO_PROCESS, int(thread.name))
            for thread in Path("/proc/self/task").iterdir()
            if (thread / "comm").read_text().strip() == MERGE_THREADS
        ]
    assert merging, "the engine calls them something else now"
    assert min(merging) > os.getpriority(os.PRIO_PROCESS, os.getpid())


class Crowded:
    """A connection to an engine whose memory merges have, for so many queries."""

    def __init__(self, *, queries: int) -> None:
        self.left = queries

    def query(self, sql: str, **_: object) -> Any:
        if self.left:
            self.left -= 1
            raise ClickHouseError(
                "(total) memory limit exceeded: would use 642.90 MiB (MEMORY_LIMIT_EXCEEDED)"
            )
        return SimpleNamespace(result_rows=[(sql,)])

    def close(self) -> None: ...


def test_a_read_waits_a_moment_for_memory_that_merges_have() -> None:
    session = Session(lambda: Crowded(queries=2), readers=1)  # type: ignore[arg-type, return-value]
    assert session.rows("SELECT 1") == [("SELECT 1",)]


def test_a_read_does_not_wait_for_ever() -> None:
    session = Session(lambda: Crowded(queries=1_000), readers=1)  # type: ignore[arg-type, return-value]
    with pytest.raises(StoreUnavailable, match="no memory left for now"):
        session.rows("SELECT 1")


def test_every_field_has_its_place() -> None:
    """One that is added to a noun and forgotten here would come back empty."""
    for noun, packed, alone in (
        (Span, SPAN_FIELDS, {"input", "output", "attributes"}),
        (Run, RUN_FIELDS, {"input", "final_answer", "attributes", "step_attributes"}),
    ):
        assert {*packed, *alone} == {one.name for one in fields(noun)}
        assert len(packed) == len(set(packed))
