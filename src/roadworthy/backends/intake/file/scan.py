"""Reading records out of one segment file, and finding the next whole one after damage."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from roadworthy.backends.intake.file.frame import (
    HEADER_BYTES,
    MAGIC,
    MAX_PROJECT_BYTES,
    Header,
    parse_header,
)

_WINDOW_BYTES = 1 << 20
_LONGEST_HEADER = HEADER_BYTES + MAX_PROJECT_BYTES


class SegmentScan:
    """One segment, open for reading. Positions are offsets of the log, not of the file.

    `limit`, everywhere, is where the readable part ends: nothing at or beyond it is looked at.
    """

    def __init__(self, path: Path, *, base: int) -> None:
        self.base = base
        self._fd = os.open(path, os.O_RDONLY)
        self._window = b""
        self._window_at = 0

    def header(self, position: int, *, limit: int) -> Header | None:
        """The header of the record that starts here; None unless it is whole and its body fits."""
        found = parse_header(self._bytes(position, _LONGEST_HEADER, limit=limit), offset=position)
        if found is None or position + found.frame_bytes > limit:
            return None
        return found

    def body(self, header: Header) -> bytes | None:
        """The body of a record; None where it is damaged."""
        start = header.offset + header.body_start
        body = bytes(self._bytes(start, header.body_bytes, limit=start + header.body_bytes))
        if len(body) != header.body_bytes or zlib.crc32(body) != header.body_crc:
            return None
        return body

    def search(self, position: int, *, limit: int) -> int | None:
        """Where the next record with a whole header starts, from `position` on."""
        while position < limit:
            window = self._fresh(position, min(_WINDOW_BYTES, limit - position))
            if not window:
                return None
            at = window.find(MAGIC)
            while at >= 0:
                if self.header(position + at, limit=limit) is not None:
                    return position + at
                at = window.find(MAGIC, at + 1)
            # A magic may lie across two windows: let the next one begin before this one's end.
            position += max(1, len(window) - len(MAGIC) + 1)
        return None

    def close(self) -> None:
        os.close(self._fd)

    def forget(self) -> None:
        """Look at the disk again: what lay beyond the durable end may have been written anew since."""
        self._window = b""

    def _bytes(self, position: int, count: int, *, limit: int) -> memoryview:
        """Up to `count` bytes from `position`, out of the window where it holds them."""
        count = min(count, limit - position)
        start = position - self._window_at
        if not (start >= 0 and start + count <= len(self._window)):
            if count > _WINDOW_BYTES // 2:
                return memoryview(self._fresh(position, count))
            self._window = self._fresh(position, min(_WINDOW_BYTES, limit - position))
            self._window_at = position
            start = 0
        return memoryview(self._window)[start : start + count]

    def _fresh(self, position: int, count: int) -> bytes:
        return os.pread(self._fd, count, position - self.base)
