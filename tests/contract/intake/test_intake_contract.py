"""What `contracts.intake` promises, asked of each backend."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from roadworthy.contracts.intake import (
    Encoding,
    IntakeBusy,
    IntakeEntry,
    IntakeLocked,
    IntakeReader,
    IntakeRecord,
    Signal,
)

MakeRecord = Callable[..., IntakeRecord]
EVERYTHING: dict[str, Any] = {"max_bytes": 1 << 30, "max_records": 1 << 30}


def write_all(backend: Any, folder: Path, records: list[IntakeRecord]) -> list[int]:
    async def run() -> list[int]:
        writer = backend.writer(folder)
        few = asyncio.Semaphore(3)  # within the small queue of the suite

        async def append(record: IntakeRecord) -> int:
            async with few:
                return int(await writer.append(record))

        try:
            return list(await asyncio.gather(*map(append, records)))
        finally:
            await writer.close()

    return asyncio.run(run())


def read_in_steps(reader: IntakeReader, *, after: int, **limits: int) -> list[IntakeEntry]:
    entries: list[IntakeEntry] = []
    while step := reader.read(after=after, **limits):
        entries += step
        after = step[-1].next_offset
    return entries


def test_what_was_appended_is_read_in_order_and_whole(backend: Any, tmp_path: Path) -> None:
    rng = random.Random(1)
    records = [
        IntakeRecord(
            project=rng.choice(["default", "zürich", "p" * 255]),
            signal=rng.choice(list(Signal)),
            encoding=rng.choice(list(Encoding)),
            received_ns=rng.randrange(2**62),
            body=rng.randbytes(rng.choice([0, 1, 100, 5_000, 70_000, 300_000])),
        )
        for _ in range(60)
    ]
    offsets = write_all(backend, tmp_path, records)

    reader = backend.reader(tmp_path)
    entries = reader.read(after=0, **EVERYTHING)
    assert [e.record for e in entries] == records
    assert [e.offset for e in entries] == offsets
    assert offsets == sorted(set(offsets))
    assert offsets[0] > 0
    reader.close()


def test_records_are_seen_by_a_reader_that_was_open_before(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    async def run() -> None:
        writer = backend.writer(tmp_path)
        reader = backend.reader(tmp_path)
        assert reader.read(after=0, **EVERYTHING) == []
        after = 0
        for number in range(50):
            body = b"%d" % number * 1000
            offset = await writer.append(make_record(body))
            (entry,) = reader.read(after=after, **EVERYTHING)
            assert (entry.offset, entry.record.body) == (offset, body)
            after = entry.next_offset
        reader.close()
        await writer.close()

    asyncio.run(run())


def test_a_read_keeps_to_its_limits_but_gives_at_least_one(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    records = [make_record(bytes([n]) * 10_000) for n in range(30)]
    write_all(backend, tmp_path, records)
    reader = backend.reader(tmp_path)
    assert len(reader.read(after=0, max_bytes=25_000, max_records=100)) == 2
    assert len(reader.read(after=0, max_bytes=1 << 30, max_records=7)) == 7
    assert len(reader.read(after=0, max_bytes=1, max_records=100)) == 1
    steps = read_in_steps(reader, after=0, max_bytes=35_000, max_records=100)
    assert [e.record for e in steps] == records
    reader.close()


def test_a_commit_is_kept_and_frees_what_lies_before_it(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    records = [make_record(bytes([n]) * 30_000) for n in range(40)]
    write_all(backend, tmp_path, records)
    reader = backend.reader(tmp_path)
    assert reader.committed() == 0
    entries = reader.read(after=0, **EVERYTHING)
    size_before = sum(f.stat().st_size for f in tmp_path.iterdir())
    assert reader.unread_bytes(after=0) >= 40 * 30_000
    assert (
        reader.unread_bytes(after=entries[29].next_offset)
        == entries[-1].next_offset - entries[29].next_offset
    )
    assert reader.unread_bytes(after=entries[-1].next_offset) == 0

    reader.commit(entries[29].next_offset)
    assert reader.committed() == entries[29].next_offset
    assert sum(f.stat().st_size for f in tmp_path.iterdir()) < size_before / 2
    reader.close()

    again = backend.reader(tmp_path)
    assert again.committed() == entries[29].next_offset
    assert [e.record for e in again.read(after=again.committed(), **EVERYTHING)] == records[30:]
    again.commit(entries[-1].next_offset)
    assert again.unread_bytes(after=again.committed()) == 0
    assert again.read(after=again.committed(), **EVERYTHING) == []
    again.close()


def test_a_commit_never_goes_back(backend: Any, tmp_path: Path, make_record: MakeRecord) -> None:
    write_all(backend, tmp_path, [make_record(b"a"), make_record(b"b")])
    reader = backend.reader(tmp_path)
    first, second = reader.read(after=0, **EVERYTHING)
    reader.commit(second.next_offset)
    reader.commit(first.next_offset)
    assert reader.committed() == second.next_offset
    reader.close()


def test_offsets_go_on_rising_when_the_log_is_opened_again(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    offsets: list[int] = []
    for number in range(5):
        offsets += write_all(backend, tmp_path, [make_record(b"%d" % number)] * 3)
    assert offsets == sorted(set(offsets))
    reader = backend.reader(tmp_path)
    assert len(reader.read(after=0, **EVERYTHING)) == 15
    reader.commit(reader.read(after=0, **EVERYTHING)[-1].next_offset)
    reader.close()
    assert write_all(backend, tmp_path, [make_record(b"later")])[0] > offsets[-1]


def test_offsets_go_on_rising_when_the_folder_was_emptied(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    """Offsets are versions of spans that are stored elsewhere: an emptied log must not start below them."""
    before = write_all(backend, tmp_path / "log", [make_record(b"x" * 1000)] * 20)
    for file in (tmp_path / "log").iterdir():
        file.unlink()
    assert write_all(backend, tmp_path / "log", [make_record(b"y")])[0] > before[-1]


def test_many_senders_share_the_log_without_mixing_their_records(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    async def run() -> dict[int, bytes]:
        writer = backend.writer(tmp_path)
        acknowledged: dict[int, bytes] = {}

        async def sender(name: int) -> None:
            rng = random.Random(name)
            for number in range(20):
                body = b"%d.%d." % (name, number) + rng.randbytes(rng.randrange(2000))
                acknowledged[await writer.append(make_record(body))] = body

        await asyncio.gather(*map(sender, range(40)))
        await writer.close()
        return acknowledged

    acknowledged = asyncio.run(run())
    reader = backend.reader(tmp_path)
    assert {e.offset: e.record.body for e in reader.read(after=0, **EVERYTHING)} == acknowledged
    assert len(acknowledged) == 800
    reader.close()


def test_a_second_writer_is_refused_and_told_why(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    async def run() -> None:
        writer = backend.writer(tmp_path)
        with pytest.raises(IntakeLocked, match=str(tmp_path)):
            backend.writer(tmp_path)
        await writer.append(make_record(b"still fine"))
        await writer.close()
        await backend.writer(tmp_path).close()

    asyncio.run(run())


def test_a_full_queue_asks_senders_to_wait_and_keeps_nothing_of_theirs(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    async def run() -> tuple[list[bytes], int]:
        writer = backend.writer(tmp_path)
        bodies = [b"%03d" % n + bytes(40_000) for n in range(100)]
        answers = await asyncio.gather(
            *(writer.append(make_record(b)) for b in bodies), return_exceptions=True
        )
        busy = [a for a in answers if isinstance(a, IntakeBusy)]
        assert all(b.retry_after > 0 for b in busy)
        assert all(isinstance(a, int | IntakeBusy) for a in answers)
        await writer.append(make_record(b"room again"))
        await writer.close()
        return [b for b, a in zip(bodies, answers, strict=True) if isinstance(a, int)], len(busy)

    accepted, refused = asyncio.run(run())
    assert refused > 0
    assert accepted
    reader = backend.reader(tmp_path)
    bodies = [e.record.body for e in reader.read(after=0, **EVERYTHING)]
    assert bodies == [*accepted, b"room again"]
    reader.close()


def test_a_reader_that_falls_behind_makes_senders_wait_and_then_goes_on(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    async def run() -> None:
        writer = backend.writer(tmp_path)
        reader = backend.reader(tmp_path)
        body = bytes(100_000)
        with pytest.raises(IntakeBusy):
            for _ in range(1000):
                await writer.append(make_record(body))
                await asyncio.sleep(0.005)
        entries = reader.read(after=0, **EVERYTHING)
        assert sum(len(e.record.body) for e in entries) < 20 << 20
        reader.commit(entries[-1].next_offset)
        await eventually(lambda: writer.append(make_record(b"again")))
        reader.close()
        await writer.close()

    asyncio.run(run())


async def eventually(attempt: Callable[[], Any]) -> Any:
    for _ in range(200):
        try:
            return await attempt()
        except IntakeBusy:
            await asyncio.sleep(0.05)
    return await attempt()


def test_a_sender_that_goes_away_does_not_hold_up_the_others(
    backend: Any, tmp_path: Path, make_record: MakeRecord
) -> None:
    async def run() -> None:
        writer = backend.writer(tmp_path)
        gone = [asyncio.ensure_future(writer.append(make_record(b"gone"))) for _ in range(20)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        assert await writer.append(make_record(b"here")) > 0
        await writer.close()

    asyncio.run(run())


def test_an_append_after_close_is_refused(backend: Any, tmp_path: Path, make_record: MakeRecord) -> None:
    async def run() -> None:
        writer = backend.writer(tmp_path)
        await writer.close()
        await writer.close()
        with pytest.raises(Exception, match="stopping"):
            await writer.append(make_record(b"late"))

    asyncio.run(run())
