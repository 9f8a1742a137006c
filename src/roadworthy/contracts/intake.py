"""What an intake log promises: what was acknowledged is never lost, in the order it was accepted.

Promises
- `append` returns an offset only when the record is on disk (fsync), however the process or the machine ends
  afterwards. Appends from many callers share one fsync (group commit).
- Offsets are positive and rise strictly; a reader sees records in that order, each exactly once for each
  pass, and never one that was not durable.
- Before memory or disk runs out, `append` raises `IntakeBusy` (the queue is full: Retry-After seconds) or
  `IntakeFull` (the disk is full, or the folder read-only); nothing of the record is then kept.
- A record torn by a crash at the end of the log is cut off when the log is opened: it was never
  acknowledged. Damage anywhere else is reported, skipped and counted, never silently.
- One process writes; a second that opens the same folder for writing gets `IntakeLocked`.
- The reader owns its position: `commit` makes it durable, and what lies before it may be deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Signal(IntEnum):
    TRACES = 1
    LOGS = 2
    METRICS = 3
    REJECTION = 4
    """Body is the JSON of a `domain.rejection.Rejection`."""
    COMMAND = 5
    """Body is JSON {"kind", ...}: scores and outcomes said over REST, imports."""


class Encoding(IntEnum):
    """How the body is to be decoded; it is stored uncompressed or as received, never re-encoded."""

    PROTOBUF = 1
    JSON = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRecord:
    project: str
    signal: Signal
    encoding: Encoding
    received_ns: int
    body: bytes
    """After decompression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeEntry:
    offset: int
    next_offset: int
    """Where the record after it starts: what to commit once this one is done."""
    record: IntakeRecord


class IntakeWriter(Protocol):
    async def append(self, record: IntakeRecord) -> int:
        """The record's offset, once durable. Raises IntakeBusy or IntakeFull."""
        ...

    async def close(self) -> None:
        """Everything appended is durable afterwards."""
        ...


class IntakeReader(Protocol):
    def read(self, *, after: int, max_bytes: int, max_records: int) -> Sequence[IntakeEntry]:
        """Durable records from offset `after` on (0 = the oldest kept), at least one if there is one."""
        ...

    def committed(self) -> int:
        """The offset the next pass starts from."""
        ...

    def commit(self, offset: int) -> None:
        """Durable on return."""
        ...

    def unread_bytes(self, *, after: int) -> int:
        """Bytes that are durable from offset `after` on (0 = the oldest kept)."""
        ...

    def close(self) -> None: ...


class IntakeBusy(Exception):  # noqa: N818
    """Too much is waiting; `retry_after` is seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class IntakeFull(Exception):  # noqa: N818
    """The disk is full or cannot be written; `retry_after` is seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class IntakeLocked(Exception):  # noqa: N818
    """Another process writes this log."""
