"""The writing side of the log on disk: one batch, one write, one sync. Blocking; for one thread at a time."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from roadworthy.backends.intake.file.frame import frame_bytes, pack_header
from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.positions import CommittedPosition, DurableMark, datasync
from roadworthy.backends.intake.file.recovery import recover
from roadworthy.backends.intake.file.segments import backlog_bytes, segment_path, sync_folder
from roadworthy.contracts.intake import IntakeBusy, IntakeFull, IntakeRecord

log = logging.getLogger(__name__)

_BUFFERS_A_WRITE = 512
"""Half of what Linux takes in one pwritev (IOV_MAX is 1024)."""
_LOOK_EVERY_S = 0.25
"""How long a look at free space and backlog holds. At 1 GB/s that is half of the default floor."""
_RETRY_FULL_S = 5.0
_RETRY_BACKLOG_S = 2.0
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class LogAppender:
    """Appends batches to the newest segment, begins new ones, and keeps within disk limits.

    After any error the log is as if the batch had never been given: what was written of it is cut off, or,
    where a sync failed, its segment is left behind and a fresh one begun, since nobody can know what of it
    reached the disk.
    """

    def __init__(self, folder: Path, *, limits: IntakeLimits, sync: Callable[[int], None] = datasync) -> None:
        self._folder = folder
        self._limits = limits
        self._sync = sync
        self._mark = DurableMark(folder, writable=True)
        self._committed = CommittedPosition(folder, writable=True)
        found = recover(folder, durable=self._mark.load(), committed=self._committed.load())
        self._end = found.end
        self._fd: int | None = None
        self._base = found.end
        self._looked_at = float("-inf")
        self._fault: IntakeBusy | IntakeFull | None = None
        if found.segment is not None:
            self._base = found.segment.base
            self._fd = os.open(found.segment.path, os.O_RDWR)
            # Space laid out in advance was cut off with the tail; get it back, or do without.
            with contextlib.suppress(OSError):
                os.posix_fallocate(self._fd, 0, limits.segment_bytes)
        self._mark.store(found.end)

    @property
    def end(self) -> int:
        """The offset the next record gets."""
        return self._end

    def backlog_bytes(self) -> int:
        """Durable, and not yet committed by the reader."""
        return backlog_bytes(self._folder, end=self._end, committed=self._committed.load())

    def append(self, records: Sequence[IntakeRecord]) -> list[int]:
        """The offsets of the records, all durable. Raises IntakeBusy or IntakeFull and keeps none of them."""
        size = sum(map(frame_bytes, records))
        offsets: list[int] = []
        buffers: list[bytes] = []
        position = self._end
        try:
            self._look()
            fd = self._segment_for(size)
            for record in records:
                offsets.append(position)
                buffers += (pack_header(record, offset=position), record.body)
                position += frame_bytes(record)
            self._write(fd, buffers)
        except OSError as error:
            self._cut_back()
            raise self._full(error) from error
        try:
            self._sync(fd)
            self._mark.store(position)
        except OSError as error:
            self._leave_segment()
            raise self._full(error) from error
        self._end = position
        return offsets

    def close(self) -> None:
        """Give back the space laid out in advance, and close the files."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._end - self._base)
                self._sync(self._fd)
            os.close(self._fd)
            self._fd = None
        self._mark.close()
        self._committed.close()

    def _look(self) -> None:
        """Refuse before the disk is exhausted: what stands in the way is asked for every quarter second."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY_S:
            self._looked_at = now
            self._fault = self._find_fault()
        if self._fault is not None:
            raise type(self._fault)(str(self._fault), retry_after=self._fault.retry_after)

    def _find_fault(self) -> IntakeBusy | IntakeFull | None:
        if self._fd is not None and os.fstat(self._fd).st_nlink == 0:
            self._leave_segment()  # somebody deleted the folder: what is written to this file would vanish
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        if free < self._limits.free_bytes_floor:
            return IntakeFull(
                f"The disk of {self._folder} has {free} bytes left; {self._limits.free_bytes_floor} are kept"
                " free. Make room, or lower the retention of a project.",
                retry_after=_RETRY_FULL_S,
            )
        backlog = self.backlog_bytes()
        if backlog > self._limits.backlog_bytes:
            return IntakeBusy(
                f"{backlog} bytes wait to be processed; at most {self._limits.backlog_bytes} may",
                retry_after=_RETRY_BACKLOG_S,
            )
        return None

    def _segment_for(self, size: int) -> int:
        """The file to write `size` bytes to: the current one while they fit, else a new one."""
        used = self._end - self._base
        if self._fd is not None and (used == 0 or used + size <= self._limits.segment_bytes):
            return self._fd
        if self._fd is not None:
            os.ftruncate(self._fd, used)
            self._sync(self._fd)
            os.close(self._fd)
            self._fd = None
        path = segment_path(self._folder, self._end)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(fd, 0, max(size, self._limits.segment_bytes))
            self._sync(fd)
            sync_folder(self._folder)
        except OSError:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        self._fd, self._base = fd, self._end
        return fd

    def _write(self, fd: int, buffers: list[bytes]) -> None:
        at = self._end - self._base
        for start in range(0, len(buffers), _BUFFERS_A_WRITE):
            at += _write_fully(fd, buffers[start : start + _BUFFERS_A_WRITE], at=at)

    def _cut_back(self) -> None:
        """Take back what was written of a batch that failed."""
        if self._fd is None:
            return
        try:
            os.ftruncate(self._fd, self._end - self._base)
        except OSError:
            self._leave_segment()

    def _leave_segment(self) -> None:
        """Go on in a fresh file: this one's end can no longer be trusted.

        The fresh one begins at the durable end, so what lies behind that in the old file is no part of the
        log any more.
        """
        if self._fd is None:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._end - self._base)
        with contextlib.suppress(OSError):
            os.close(self._fd)
        if self._end == self._base:
            with contextlib.suppress(OSError):
                segment_path(self._folder, self._base).unlink()
        self._fd = None

    def _full(self, error: OSError) -> IntakeFull:
        if error.errno in _NO_SPACE:
            why = "is full"
        elif error.errno in _READ_ONLY:
            why = "is read-only"
        else:
            why = f"cannot be written ({error.strerror})"
        log.error("intake log: the disk of %s %s; senders are told to try again", self._folder, why)
        fault = IntakeFull(f"The disk of {self._folder} {why}.", retry_after=_RETRY_FULL_S)
        # Asked again at the next look, not with each request: a full disk is slow to say so.
        self._fault, self._looked_at = fault, time.monotonic()
        return fault


def _write_fully(fd: int, buffers: list[bytes], *, at: int) -> int:
    """Write all buffers at position `at`; the bytes written. The system may take less than it is given."""
    total = sum(map(len, buffers))
    done = os.pwritev(fd, buffers, at)
    while done < total:
        rest = b"".join(buffers)[done:]
        written = os.pwrite(fd, rest, at + done)
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done += written
    return total
