"""The file log after crashes, bad disks and careless people."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.positions import CommittedPosition, datasync
from roadworthy.backends.intake.file.reader import Damage, FileIntakeReader
from roadworthy.backends.intake.file.segments import list_segments
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.contracts.intake import IntakeFull, IntakeRecord

MakeRecord = Callable[..., IntakeRecord]
LIMITS = IntakeLimits(segment_bytes=8 << 10, free_bytes_floor=0)


def write(folder: Path, records: Sequence[IntakeRecord], *, close: bool = True) -> None:
    """One after the other; without `close`, as a process leaves it that was killed."""

    async def run() -> None:
        writer = FileIntakeWriter(folder, limits=LIMITS)
        for record in records:
            await writer.append(record)
        if close:
            await writer.close()
        else:
            os.close(writer._lock)

    asyncio.run(run())


def read(folder: Path) -> tuple[list[bytes], Damage]:
    reader = FileIntakeReader(folder)
    try:
        entries = reader.read(after=0, max_bytes=1 << 30, max_records=1 << 30)
        return [e.record.body for e in entries], reader.damage
    finally:
        reader.close()


def reopen(folder: Path) -> None:
    write(folder, [])


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("behind", [b"", bytes(5000), b"\xff" * 3000, b"RWI1" * 50])
def test_a_record_torn_at_the_end_is_cut_off_wherever_it_is_torn(
    tmp_path: Path, make_record: MakeRecord, behind: bytes
) -> None:
    whole = tmp_path / "whole"
    write(whole, [make_record(b"first"), make_record(b"second" * 20)])
    (segment,) = list_segments(whole)
    first_only = tmp_path / "first"
    write(first_only, [make_record(b"first")])
    kept = list_segments(first_only)[0].path.stat().st_size
    size = segment.path.stat().st_size
    for cut in range(kept, size, 7):
        torn = tmp_path / "torn"
        shutil.copytree(whole, torn)
        path = torn / segment.path.name
        path.write_bytes(path.read_bytes()[:cut] + behind)
        # The second record was being written: the durable mark had not passed it.
        (torn / "durable").unlink()

        write(torn, [make_record(b"third")])
        assert read(torn) == ([b"first", b"third"], Damage(regions=0, bytes=0))
        shutil.rmtree(torn)


def test_a_killed_writer_leaves_everything_it_acknowledged(tmp_path: Path, make_record: MakeRecord) -> None:
    bodies = [b"%d" % n * 300 for n in range(50)]
    write(tmp_path, [make_record(b) for b in bodies[:30]], close=False)
    write(tmp_path, [make_record(b) for b in bodies[30:]], close=False)
    assert read(tmp_path) == (bodies, Damage(regions=0, bytes=0))


def test_records_behind_a_stale_mark_are_kept(tmp_path: Path, make_record: MakeRecord) -> None:
    """After a power cut the mark may be old: what lies whole behind it may have been acknowledged."""
    bodies = [b"%d" % n * 300 for n in range(10)]
    write(tmp_path, [make_record(b) for b in bodies[:5]])
    stale = (tmp_path / "durable").read_bytes()
    write(tmp_path, [make_record(b) for b in bodies[5:]], close=False)
    (tmp_path / "durable").write_bytes(stale)
    assert len(read(tmp_path)[0]) == 5
    reopen(tmp_path)
    assert read(tmp_path) == (bodies, Damage(regions=0, bytes=0))


@pytest.mark.parametrize("part", ["magic", "header", "project", "body", "length"])
def test_damage_in_the_middle_costs_one_record_and_is_counted(
    tmp_path: Path, make_record: MakeRecord, part: str
) -> None:
    bodies = [b"%d" % n * 100 for n in range(6)]
    write(tmp_path, [make_record(b) for b in bodies])
    (segment,) = list_segments(tmp_path)
    start = segment.path.read_bytes().index(bodies[2]) - len("default") - 40
    at = {"magic": 0, "length": 12, "header": 20, "project": 41, "body": 60}[part]
    flip(segment.path, start + at)

    found, damage = read(tmp_path)
    assert found == bodies[:2] + bodies[3:]
    assert damage == Damage(regions=1, bytes=len(bodies[2]) + 47)
    reopen(tmp_path)
    assert read(tmp_path) == (found, damage)


def test_damage_is_counted_once_however_often_it_is_met(tmp_path: Path, make_record: MakeRecord) -> None:
    write(tmp_path, [make_record(b"a" * 100), make_record(b"b" * 100)])
    flip(list_segments(tmp_path)[0].path, 60)
    reader = FileIntakeReader(tmp_path)
    for _ in range(3):
        assert len(reader.read(after=0, max_bytes=1 << 20, max_records=10)) == 1
    assert reader.damage.regions == 1
    reader.close()


def test_a_body_that_contains_records_is_not_taken_for_records(
    tmp_path: Path, make_record: MakeRecord
) -> None:
    """A sender could put a piece of a log into a body and hope that its record gets damaged."""
    other = tmp_path / "other"
    write(other, [make_record(b"forged" * 10)] * 5)
    forged = list_segments(other)[0].path.read_bytes()
    log = tmp_path / "log"
    write(log, [make_record(b"before"), make_record(forged), make_record(b"after")])
    path = list_segments(log)[0].path
    flip(path, path.read_bytes().index(forged) - 10)
    assert read(log)[0] == [b"before", b"after"]


def test_a_missing_segment_is_reported_and_the_rest_is_read(tmp_path: Path, make_record: MakeRecord) -> None:
    bodies = [bytes([65 + n]) * 3000 for n in range(12)]
    write(tmp_path, [make_record(b) for b in bodies])
    segments = list_segments(tmp_path)
    assert len(segments) > 4
    reader = FileIntakeReader(tmp_path)
    (first, *_) = reader.read(after=0, max_bytes=1, max_records=1)
    segments[2].path.unlink()
    found = reader.read(after=first.offset, max_bytes=1 << 30, max_records=100)
    assert [e.record.body for e in found] == bodies[:4] + bodies[6:]
    assert reader.damage.regions == 1
    reader.close()


def test_a_log_whose_end_was_lost_does_not_give_its_offsets_out_again(
    tmp_path: Path, make_record: MakeRecord
) -> None:
    write(tmp_path, [make_record(b"a" * 500), make_record(b"b" * 500)])
    reader = FileIntakeReader(tmp_path)
    last = reader.read(after=0, max_bytes=1 << 20, max_records=10)[-1]
    reader.close()
    path = list_segments(tmp_path)[0].path
    os.truncate(path, path.stat().st_size - 200)

    write(tmp_path, [make_record(b"c")])
    reader = FileIntakeReader(tmp_path)
    entries = reader.read(after=0, max_bytes=1 << 20, max_records=10)
    assert [e.record.body for e in entries] == [b"a" * 500, b"c"]
    assert entries[-1].offset >= last.next_offset
    assert reader.damage.regions == 1
    reader.close()


@pytest.mark.parametrize("slot_at", [0, 4096])
def test_a_torn_commit_leaves_the_one_before(tmp_path: Path, slot_at: int) -> None:
    position = CommittedPosition(tmp_path, writable=True)
    position.store(100)
    position.store(200)
    position.close()
    flip(tmp_path / "committed", slot_at + 9)
    position = CommittedPosition(tmp_path, writable=True)
    assert position.load() == {0: 100, 4096: 200}[slot_at]
    position.store(300)
    assert position.load() == 300
    position.close()


def test_a_failed_sync_acknowledges_nothing_and_the_log_goes_on_in_a_fresh_file(
    tmp_path: Path, make_record: MakeRecord
) -> None:
    """After a failed fsync nobody knows what is on the disk, and a second fsync may lie about it."""
    failures: list[int] = []

    def sync(fd: int) -> None:
        if failures:
            raise OSError(failures.pop(), "injected")
        datasync(fd)

    async def run() -> None:
        writer = FileIntakeWriter(tmp_path, limits=LIMITS, sync=sync)
        await writer.append(make_record(b"before"))
        for _ in range(3):
            failures.append(errno.EIO)
            with pytest.raises(IntakeFull) as refused:
                await writer.append(make_record(b"never acknowledged" * 5))
            assert refused.value.retry_after > 0
            await asyncio.sleep(0.3)
        await writer.append(make_record(b"after"))
        await writer.append(make_record(b"after that"))
        await writer.close()

    asyncio.run(run())
    assert read(tmp_path) == ([b"before", b"after", b"after that"], Damage(regions=0, bytes=0))
    reopen(tmp_path)
    assert read(tmp_path)[0] == [b"before", b"after", b"after that"]


def test_a_folder_deleted_under_a_running_writer_is_noticed(tmp_path: Path, make_record: MakeRecord) -> None:
    async def run() -> None:
        writer = FileIntakeWriter(tmp_path / "log", limits=LIMITS)
        await writer.append(make_record(b"a"))
        shutil.rmtree(tmp_path / "log")
        await asyncio.sleep(0.3)
        with pytest.raises(IntakeFull, match="cannot be written"):
            await writer.append(make_record(b"this would vanish"))
        await writer.close()

    asyncio.run(run())


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_is_overwritten_the_rest_is_read_in_order(
    tmp_path_factory: pytest.TempPathFactory, make_record: MakeRecord, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    bodies = [b"%03d" % n + rng.randbytes(rng.randrange(1500)) for n in range(rng.randrange(1, 30))]
    write(folder, [make_record(b) for b in bodies], close=data.draw(st.booleans()))
    segment = data.draw(st.sampled_from(list_segments(folder)))
    content = bytearray(segment.path.read_bytes())
    start = data.draw(st.integers(0, len(content) - 1))
    junk = rng.randbytes(data.draw(st.integers(1, 3000)))
    content[start : start + len(junk)] = junk[: len(content) - start]
    segment.path.write_bytes(content)
    if data.draw(st.booleans()):
        reopen(folder)

    found, damage = read(folder)
    assert found == [b for b in bodies if b in found]
    lost = [b for b in bodies if b not in found]
    # A damaged stretch of bytes touches the records in it and no others.
    assert sum(len(b) for b in lost[1:-1]) <= len(junk)
    assert bool(lost) <= bool(damage.regions)
