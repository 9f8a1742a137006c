"""Power cuts, as far as they can be had without pulling a plug.

What was synced stays; of the rest any pages may. While senders write, the disk's state is imagined at random
moments between a write and its sync: each file is as it was last synced, with some pages of what was written
since; the durable mark is as it is now or as it was some time ago. From each such state the log must open
with everything acknowledged until then.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.positions import datasync
from roadworthy.backends.intake.file.reader import FileIntakeReader
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.contracts.intake import IntakeRecord

LIMITS = IntakeLimits(segment_bytes=48 << 10, free_bytes_floor=0)
PAGE = 4096


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What a disk holds after a power cut, and what had been acknowledged by then."""

    files: dict[str, bytes]
    acknowledged: frozenset[bytes]


@dataclass
class Disk:
    folder: Path
    rng: random.Random
    acknowledged: set[bytes] = field(default_factory=set)
    cuts: list[Cut] = field(default_factory=list)
    _synced: dict[str, bytes] = field(default_factory=dict)
    _marks: list[bytes] = field(default_factory=list)

    def sync(self, fd: int) -> None:
        """Stands where the writer syncs a segment, and does it."""
        self._marks.append((self.folder / "durable").read_bytes())
        if self.rng.random() < 0.3:
            self.cuts.append(self._cut())
        datasync(fd)
        path = Path(f"/proc/self/fd/{fd}").readlink()
        self._synced[path.name] = path.read_bytes()

    def _cut(self) -> Cut:
        acknowledged = frozenset(self.acknowledged)
        files = {"durable": self.rng.choice([self._marks[-1], self._marks[0], self.rng.choice(self._marks)])}
        for path in self.folder.glob("*.segment"):
            before = self._synced.get(path.name)
            if before is None and self.rng.random() < 0.5:
                continue  # not even its name was synced
            files[path.name] = self._torn(before or b"", path.read_bytes())
        return Cut(files=files, acknowledged=acknowledged)

    def _torn(self, before: bytes, now: bytes) -> bytes:
        size = max(len(before), len(now))
        before, now = before.ljust(size, b"\0"), now.ljust(size, b"\0")
        pages = (self.rng.choice([before, now])[at : at + PAGE] for at in range(0, size, PAGE))
        return b"".join(pages)


def read(folder: Path) -> list[bytes]:
    reader = FileIntakeReader(folder)
    try:
        return [e.record.body for e in reader.read(after=0, max_bytes=1 << 30, max_records=10**6)]
    finally:
        reader.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to see which file is synced")
@pytest.mark.parametrize("seed", range(5))
def test_everything_acknowledged_survives_a_power_cut_at_any_moment(
    tmp_path: Path, make_record: Callable[..., IntakeRecord], seed: int
) -> None:
    disk = Disk(folder=tmp_path / "log", rng=random.Random(seed))
    sent: set[bytes] = set()

    async def sender(writer: FileIntakeWriter, name: int) -> None:
        rng = random.Random(seed * 100 + name)
        for number in range(40):
            body = b"%d.%d." % (name, number) + rng.randbytes(rng.choice([10, 500, 6_000, 20_000]))
            sent.add(body)
            await writer.append(make_record(body))
            disk.acknowledged.add(body)

    async def run() -> None:
        writer = FileIntakeWriter(disk.folder, limits=LIMITS, sync=disk.sync)
        await asyncio.gather(*(sender(writer, n) for n in range(5)))
        await writer.close()

    asyncio.run(run())
    assert len(disk.cuts) > 10
    for number, cut in enumerate(disk.cuts):
        after = tmp_path / f"cut-{number}"
        after.mkdir()
        for name, content in cut.files.items():
            (after / name).write_bytes(content)
        asyncio.run(open_and_close(after))
        found = Counter(read(after))
        assert cut.acknowledged <= set(found), "acknowledged and lost"
        assert set(found) <= sent, "never sent"
        assert max(found.values(), default=1) == 1, "kept twice"


async def open_and_close(folder: Path) -> None:
    await FileIntakeWriter(folder, limits=LIMITS).close()
