"""One record as bytes on disk.

Little-endian: magic, CRC-32 of the rest of the header and the project, CRC-32 of the body, length of the
body, the record's own offset, time of receipt (Unix ns), signal, encoding, length of the project, four bytes
unused; then the project in UTF-8, then the body.

The header has a checksum of its own so that a damaged body costs one record and not its neighbours, and holds
its own offset so that bytes which merely look like a record (a body that contains one, an old copy) are never
taken for one when a reader searches for the next whole record after damage.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal

MAGIC = b"RWI1"
"""Its last character is the version of this layout."""
_HEADER = struct.Struct("<4sIIIqqBBHI")
_CHECKED = struct.Struct("<IIqqBBHI")
"""What the header's checksum covers: everything after it."""
HEADER_BYTES = _HEADER.size
MAX_PROJECT_BYTES = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header that was read and found whole."""

    offset: int
    received_ns: int
    signal: Signal
    encoding: Encoding
    project: str
    body_start: int
    """Bytes from the start of the frame to its body."""
    body_bytes: int
    body_crc: int

    @property
    def frame_bytes(self) -> int:
        return self.body_start + self.body_bytes


def frame_bytes(record: IntakeRecord) -> int:
    """Bytes the record takes on disk."""
    return HEADER_BYTES + len(record.project.encode()) + len(record.body)


def pack_header(record: IntakeRecord, *, offset: int) -> bytes:
    """Everything of the frame before its body: the body itself is written from where it is, uncopied."""
    project = record.project.encode()
    if len(project) > MAX_PROJECT_BYTES:
        raise ValueError(f"project: at most {MAX_PROJECT_BYTES} bytes, got {len(project)}")
    body_crc = zlib.crc32(record.body)
    rest = _CHECKED.pack(
        body_crc,
        len(record.body),
        offset,
        record.received_ns,
        record.signal,
        record.encoding,
        len(project),
        0,
    )
    crc = zlib.crc32(project, zlib.crc32(rest))
    return MAGIC + crc.to_bytes(4, "little") + rest + project


def parse_header(window: memoryview | bytes, *, offset: int) -> Header | None:
    """The header at the start of `window`, which lies at `offset` of the log; None unless it is whole.

    A window of HEADER_BYTES + MAX_PROJECT_BYTES is always long enough.
    """
    if len(window) < HEADER_BYTES or bytes(window[:4]) != MAGIC:
        return None
    _, crc, body_crc, body_bytes, own_offset, received_ns, signal, encoding, project_bytes, _ = (
        _HEADER.unpack_from(window)
    )
    body_start = HEADER_BYTES + project_bytes
    if own_offset != offset or len(window) < body_start:
        return None
    if zlib.crc32(window[8:body_start]) != crc:
        return None
    try:
        known_signal, known_encoding = Signal(signal), Encoding(encoding)
    except ValueError:  # written by a later version: whole, but nothing this one can read
        return None
    return Header(
        offset=offset,
        received_ns=received_ns,
        signal=known_signal,
        encoding=known_encoding,
        project=bytes(window[HEADER_BYTES:body_start]).decode(),
        body_start=body_start,
        body_bytes=body_bytes,
        body_crc=body_crc,
    )
