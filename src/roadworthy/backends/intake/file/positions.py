"""Two numbers kept in small files beside the segments: how far the log is durable, how far it was read.

Both files are laid out once and then overwritten in place, so that they can still be written when the disk is
full: committing is what frees space.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

from roadworthy.backends.intake.file.segments import sync_folder

DURABLE_FILE = "durable"
COMMITTED_FILE = "committed"
_ALL_ONES = (1 << 64) - 1


class DurableMark:
    """Where the durable part of the log ends: written by the writer after each fsync, read by the reader.

    Not synced itself: after a power cut it may lie behind the truth, never ahead of it. Readers in other
    processes see a new value at once. The value is stored with its complement, so that a reader that catches
    half of a write notices and looks again.
    """

    _PAIR = struct.Struct("<QQ")

    def __init__(self, folder: Path, *, writable: bool) -> None:
        path = folder / DURABLE_FILE
        if writable:
            _lay_out(path, content=bytes(4096))
        self._fd = os.open(path, os.O_RDWR if writable else os.O_RDONLY)

    def load(self) -> int:
        """0 where nothing was ever durable."""
        for _ in range(1000):
            value, complement = self._PAIR.unpack(os.pread(self._fd, self._PAIR.size, 0))
            if value ^ complement == _ALL_ONES:
                return int(value)
            if value == complement == 0:
                return 0
        raise OSError(f"{DURABLE_FILE}: its two copies never agree; the file is damaged")

    def store(self, offset: int) -> None:
        os.pwrite(self._fd, self._PAIR.pack(offset, offset ^ _ALL_ONES), 0)

    def close(self) -> None:
        os.close(self._fd)


class CommittedPosition:
    """Where the reader's next pass starts; durable when `store` returns.

    Two slots in turn, each with a checksum and a rising number: a crash in the middle of a write leaves the
    other slot whole.
    """

    _SLOT = struct.Struct("<QQI")
    _SLOT_AT = (0, 4096)
    """Apart, so that no disk tears both with one failed write."""

    def __init__(self, folder: Path, *, writable: bool) -> None:
        path = folder / COMMITTED_FILE
        if writable:
            _lay_out(path, content=bytes(8192))
        self._fd = os.open(path, os.O_RDWR if writable else os.O_RDONLY)

    def load(self) -> int:
        """0 where nothing was ever committed."""
        return self._newest()[1]

    def store(self, offset: int) -> None:
        turn = self._newest()[0] + 1
        checked = struct.pack("<QQ", turn, offset)
        slot = checked + struct.pack("<I", zlib.crc32(checked))
        os.pwrite(self._fd, slot, self._SLOT_AT[turn % 2])
        datasync(self._fd)

    def close(self) -> None:
        os.close(self._fd)

    def _newest(self) -> tuple[int, int]:
        found = (0, 0)
        for at in self._SLOT_AT:
            slot = os.pread(self._fd, self._SLOT.size, at)
            if len(slot) < self._SLOT.size:
                continue
            turn, offset, crc = self._SLOT.unpack(slot)
            if zlib.crc32(slot[:16]) == crc:
                found = max(found, (turn, offset))
        return found


def datasync(fd: int) -> None:
    """The content of a file, and what is needed to read it, to the disk."""
    getattr(os, "fdatasync", os.fsync)(fd)


def _lay_out(path: Path, *, content: bytes) -> None:
    """Create the file with its content, or leave the one that is there. Linking makes that one step."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync_folder(path.parent)
