"""The file log on a real disk that is full, or read-only: a small tmpfs of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.reader import FileIntakeReader
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.contracts.intake import IntakeFull, IntakeRecord

MakeRecord = Callable[..., IntakeRecord]
DISK_BYTES = 4 << 20
LIMITS = IntakeLimits(segment_bytes=256 << 10, free_bytes_floor=0)


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a disk of its own cannot be mounted here (needs root): {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def fill(writer: FileIntakeWriter, make_record: MakeRecord, *, size: int) -> list[bytes]:
    """Append until the disk is full; the bodies that were acknowledged."""
    acknowledged: list[bytes] = []
    while True:
        body = b"%06d" % len(acknowledged) + bytes(size)
        try:
            await writer.append(make_record(body))
        except IntakeFull as full:
            assert full.retry_after > 0
            return acknowledged
        acknowledged.append(body)


async def until_it_takes(writer: FileIntakeWriter, record: IntakeRecord) -> None:
    for _ in range(100):
        try:
            await writer.append(record)
        except IntakeFull:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("the log did not recover within five seconds of space coming back")


def read(folder: Path) -> list[bytes]:
    reader = FileIntakeReader(folder)
    try:
        assert reader.damage.regions == 0
        return [e.record.body for e in reader.read(after=0, max_bytes=1 << 30, max_records=10**6)]
    finally:
        reader.close()


@pytest.mark.parametrize("size", [1000, 100_000])
def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(
    disk: Path, make_record: MakeRecord, size: int
) -> None:
    async def run() -> list[bytes]:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(1 << 20))
        writer = FileIntakeWriter(disk / "log", limits=LIMITS)
        acknowledged = await fill(writer, make_record, size=size)
        assert sum(map(len, acknowledged)) > 1 << 20
        with pytest.raises(IntakeFull, match="is full"):
            await writer.append(make_record(b"no room"))

        ballast.unlink()
        await until_it_takes(writer, make_record(b"room again"))
        await writer.close()
        return [*acknowledged, b"room again"]

    assert asyncio.run(run()) == read(disk / "log")


def test_a_disk_without_fallocate_filling_up_in_the_middle_of_a_write(
    disk: Path, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where space cannot be laid out in advance, a write itself is cut short."""
    monkeypatch.setattr("os.posix_fallocate", lambda fd, at, size: None)

    async def run() -> list[bytes]:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(1 << 20))
        writer = FileIntakeWriter(disk / "log", limits=LIMITS)
        acknowledged = await fill(writer, make_record, size=70_000)
        size = sum(f.stat().st_size for f in (disk / "log").glob("*.segment"))
        assert size < sum(map(len, acknowledged)) + 64 * len(acknowledged) + 1, "half a record was left"
        ballast.unlink()
        await until_it_takes(writer, make_record(b"room again"))
        await writer.close()
        return [*acknowledged, b"room again"]

    assert asyncio.run(run()) == read(disk / "log")


def test_committing_works_on_a_full_disk_and_makes_room(disk: Path, make_record: MakeRecord) -> None:
    async def run() -> None:
        writer = FileIntakeWriter(disk / "log", limits=LIMITS)
        await fill(writer, make_record, size=10_000)
        (disk / "rest").write_bytes(b"")
        with pytest.raises(OSError, match="No space"):
            (disk / "rest").write_bytes(bytes(DISK_BYTES))
        reader = FileIntakeReader(disk / "log")
        entries = reader.read(after=0, max_bytes=1 << 30, max_records=10**6)
        reader.commit(entries[-1].next_offset)
        reader.close()
        await until_it_takes(writer, make_record(b"room again"))
        await writer.close()

    asyncio.run(run())
    assert read(disk / "log")[-1] == b"room again"


def test_a_log_is_opened_on_a_full_disk(disk: Path, make_record: MakeRecord) -> None:
    async def run() -> tuple[list[bytes], list[bytes]]:
        writer = FileIntakeWriter(disk / "log", limits=LIMITS)
        acknowledged = await fill(writer, make_record, size=5_000)
        await writer.close()
        with pytest.raises(OSError, match="No space"):
            (disk / "rest").write_bytes(bytes(DISK_BYTES))
        writer = FileIntakeWriter(disk / "log", limits=LIMITS)
        more = await fill(writer, make_record, size=5_000)
        await writer.close()
        return acknowledged, more

    acknowledged, more = asyncio.run(run())
    assert read(disk / "log") == acknowledged + more


def test_some_space_is_left_to_the_stores(disk: Path, make_record: MakeRecord) -> None:
    floor = 2 << 20
    limits = IntakeLimits(segment_bytes=256 << 10, free_bytes_floor=floor)

    async def run() -> None:
        writer = FileIntakeWriter(disk / "log", limits=limits)
        with pytest.raises(IntakeFull, match="are kept free"):
            for _ in range(1000):
                await writer.append(make_record(bytes(20_000)))
                await asyncio.sleep(0.01)
        assert free_bytes(disk) > floor - (1 << 20)
        await writer.close()

    asyncio.run(run())


def free_bytes(folder: Path) -> int:
    usage = os.statvfs(folder)
    return usage.f_bavail * usage.f_frsize


def test_a_read_only_folder_is_refused_with_a_reason(disk: Path) -> None:
    mount("-o", "remount,ro", str(disk))
    with pytest.raises(IntakeFull, match=f"{disk}.*Read-only"):
        FileIntakeWriter(disk / "log", limits=LIMITS)


def test_a_log_on_a_read_only_disk_is_refused_with_a_reason(disk: Path, make_record: MakeRecord) -> None:
    async def run() -> None:
        writer = FileIntakeWriter(disk / "log", limits=LIMITS)
        await writer.append(make_record(b"a"))
        await writer.close()

    asyncio.run(run())
    mount("-o", "remount,ro", str(disk))
    with pytest.raises(IntakeFull, match=f"{disk}.*Read-only"):
        FileIntakeWriter(disk / "log", limits=LIMITS)
