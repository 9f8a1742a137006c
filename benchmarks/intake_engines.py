"""Which engine keeps the intake log: our segment files, SQLite (WAL, synchronous=FULL) or LMDB.

    python benchmarks/intake_engines.py [--seconds 1.0] [--rounds 3] [--folder DIR]

Each engine appends bodies that are durable before their sender goes on (`fsync` after each batch), with the
same group commit in front of it: what arrives during one sync shares the next. Printed is the median of the
rounds, engines taking turns. "written" is what the process sent to the disk for each byte of body (Linux
counts it in /proc/self/io). The floor is one write and one fdatasync of a whole batch into a file that was
laid out before: no engine can be faster on this disk without batching more.

LMDB is not a dependency of the product: `pip install lmdb`, or its rows say that it is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from roadworthy.backends.intake.file.appender import LogAppender
from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal

SEED = 20261122
SIZES = {"4 kB": 4_000, "1.6 MB": 1_600_000}
CONCURRENCY = (4, 64)
BATCH_BYTES = 32 << 20


class Engine(Protocol):
    def append(self, bodies: Sequence[bytes]) -> None:
        """Durable on return."""
        ...

    def close(self) -> None: ...


class Segments:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._log = LogAppender(folder, limits=IntakeLimits(backlog_bytes=1 << 50))

    def append(self, bodies: Sequence[bytes]) -> None:
        now = time.time_ns()
        self._log.append(
            [
                IntakeRecord(
                    project="default",
                    signal=Signal.TRACES,
                    encoding=Encoding.PROTOBUF,
                    received_ns=now,
                    body=body,
                )
                for body in bodies
            ]
        )

    def close(self) -> None:
        self._log.close()


class Sqlite:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._db = sqlite3.connect(folder / "log.db", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE log (id INTEGER PRIMARY KEY, project TEXT, signal INTEGER, encoding INTEGER,"
            " received_ns INTEGER, body BLOB)"
        )

    def append(self, bodies: Sequence[bytes]) -> None:
        now = time.time_ns()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT INTO log (project, signal, encoding, received_ns, body) VALUES ('default', 1, 1, ?, ?)",
            [(now, body) for body in bodies],
        )
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


class Lmdb:
    def __init__(self, folder: Path) -> None:
        import lmdb  # type: ignore[import-not-found,unused-ignore]

        self._env: Any = lmdb.open(str(folder), map_size=16 << 30)
        self._next = 1

    def append(self, bodies: Sequence[bytes]) -> None:
        with self._env.begin(write=True) as change:
            for body in bodies:
                change.put(self._next.to_bytes(8, "big"), body, append=True)
                self._next += 1

    def close(self) -> None:
        self._env.close()


class Floor:
    """No log at all: bytes into a file laid out in advance, and one sync."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._fd = os.open(folder / "file", os.O_RDWR | os.O_CREAT)
        self._size = 256 << 20
        os.posix_fallocate(self._fd, 0, self._size)
        os.fsync(self._fd)
        self._at = 0

    def append(self, bodies: Sequence[bytes]) -> None:
        size = sum(map(len, bodies))
        if self._at + size > self._size:
            self._at = 0
        for start in range(0, len(bodies), 512):
            part = bodies[start : start + 512]
            os.pwritev(self._fd, part, self._at)
            self._at += sum(map(len, part))
        os.fdatasync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "floor": Floor,
    "segments": Segments,
    "SQLite WAL": Sqlite,
    "LMDB": Lmdb,
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    appends_per_second: float
    p50_ms: float
    p99_ms: float
    written_per_byte: float


async def load(engine: Engine, bodies: Sequence[bytes], *, concurrency: int, seconds: float) -> Figure:
    """Senders that each wait for their own append; one thread that commits what has gathered."""
    waiting: list[tuple[bytes, asyncio.Future[None]]] = []
    wake = asyncio.Event()
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1)
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def commit() -> None:
        while True:
            await wake.wait()
            wake.clear()
            while waiting:
                batch: list[tuple[bytes, asyncio.Future[None]]] = []
                size = 0
                while waiting and (not batch or size + len(waiting[0][0]) <= BATCH_BYTES):
                    size += len(waiting[0][0])
                    batch.append(waiting.pop(0))
                await loop.run_in_executor(thread, engine.append, [body for body, _ in batch])
                for _, done in batch:
                    done.set_result(None)

    async def send(number: int) -> None:
        while time.perf_counter() < end:
            begun = time.perf_counter()
            done: asyncio.Future[None] = loop.create_future()
            waiting.append((bodies[(number + len(times)) % len(bodies)], done))
            wake.set()
            await done
            times.append(time.perf_counter() - begun)

    written = bytes_written()
    begun = time.perf_counter()
    committing = asyncio.create_task(commit())
    await asyncio.gather(*(send(n) for n in range(concurrency)))
    elapsed = time.perf_counter() - begun
    committing.cancel()
    thread.shutdown()
    times.sort()
    return Figure(
        appends_per_second=len(times) / elapsed,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        written_per_byte=(bytes_written() - written) / (len(times) * len(bodies[0])),
    )


def bytes_written() -> int:
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def measure(
    name: str, *, folder: Path, bodies: Sequence[bytes], concurrency: int, seconds: float
) -> Figure | str:
    at = folder / "engine"
    try:
        engine = ENGINES[name](at)
    except ImportError as missing:
        return f"not measured: {missing}"
    try:
        return asyncio.run(load(engine, bodies, concurrency=concurrency, seconds=seconds))
    finally:
        engine.close()
        shutil.rmtree(at)


def median(figures: list[Figure]) -> Figure:
    return Figure(
        **{
            field: statistics.median(getattr(figure, field) for figure in figures)
            for field in ("appends_per_second", "p50_ms", "p99_ms", "written_per_byte")
        }
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=1.0, help="of load for each figure")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--folder", type=Path, help="on the disk to be measured")
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, seed {SEED}, load average {os.getloadavg()[0]:.1f}"
    )
    rng = random.Random(SEED)
    try:
        for label, size in SIZES.items():
            bodies = [rng.randbytes(size) for _ in range(16)]
            for concurrency in CONCURRENCY:
                found: dict[str, list[Figure | str]] = {name: [] for name in ENGINES}
                for _ in range(given.rounds):
                    for name, figures in found.items():
                        figures.append(
                            measure(
                                name,
                                folder=folder,
                                bodies=bodies,
                                concurrency=concurrency,
                                seconds=given.seconds,
                            )
                        )
                report(label, concurrency=concurrency, size=size, found=found)
    finally:
        shutil.rmtree(folder)


def report(label: str, *, concurrency: int, size: int, found: dict[str, list[Figure | str]]) -> None:
    print(f"\n{label} bodies, {concurrency} senders")
    for name, figures in found.items():
        measured = [f for f in figures if isinstance(f, Figure)]
        if not measured:
            print(f"  {name:11} {figures[0]}")
            continue
        m = median(measured)
        rate = m.appends_per_second
        print(
            f"  {name:11} {rate:8,.0f} appends/s {rate * size / 1e6:7.1f} MB/s"
            f"   p50 {m.p50_ms:7.2f} ms   p99 {m.p99_ms:7.2f} ms   written {m.written_per_byte:5.2f}"
        )


if __name__ == "__main__":
    main()
