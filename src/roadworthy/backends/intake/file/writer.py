"""The writing side of the intake log: the process that answers senders."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from roadworthy.backends.intake.file.appender import LogAppender
from roadworthy.backends.intake.file.frame import MAX_PROJECT_BYTES, frame_bytes
from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.positions import datasync
from roadworthy.contracts.intake import IntakeBusy, IntakeFull, IntakeLocked, IntakeRecord

log = logging.getLogger(__name__)

LOCK_FILE = "lock"
_RETRY_QUEUE_S = 1.0
_DEFAULT_LIMITS = IntakeLimits()


@dataclass(slots=True)
class _Waiting:
    record: IntakeRecord
    bytes: int
    offset: asyncio.Future[int]


class FileIntakeWriter:
    """Fulfils `contracts.intake.IntakeWriter` with append-only files in `folder`, for one event loop.

    Opening it makes the folder where there is none, takes its lock (IntakeLocked where another process has
    it) and finds the end of the log (IntakeFull where the folder cannot be written: the message says why).
    `sync` is the system's fdatasync; tests give one that fails.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limits: IntakeLimits = _DEFAULT_LIMITS,
        sync: Callable[[int], None] = datasync,
    ) -> None:
        self._limits = limits
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _lock(folder)
            try:
                self._log = LogAppender(folder, limits=limits, sync=sync)
            except OSError:
                os.close(self._lock)
                raise
        except OSError as error:
            raise IntakeFull(
                f"The intake folder {folder} cannot be written: {error.strerror}."
                " Give its owner the right to write, or choose another folder.",
                retry_after=5.0,
            ) from error
        self._waiting: deque[_Waiting] = deque()
        self._queued_bytes = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intake")
        self._flusher: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def queued_bytes(self) -> int:
        """Waiting in memory for their sync."""
        return self._queued_bytes

    @property
    def end(self) -> int:
        """The offset after the last durable record."""
        return self._log.end

    def backlog_bytes(self) -> int:
        """Durable, and not yet committed by the reader. Looks at the folder: for a few calls a second."""
        return 0 if self._closed else self._log.backlog_bytes()

    async def append(self, record: IntakeRecord) -> int:
        """The record's offset, once durable. Raises IntakeBusy or IntakeFull.

        A caller that is cancelled meanwhile leaves its record in the queue: it may be kept or not.
        """
        if len(record.project.encode()) > MAX_PROJECT_BYTES:
            raise ValueError(f"project: at most {MAX_PROJECT_BYTES} bytes")
        if self._closed:
            raise IntakeFull("The server is stopping.", retry_after=_RETRY_QUEUE_S)
        size = frame_bytes(record)
        # A body larger than the whole queue still passes when it is alone.
        if self._waiting and self._queued_bytes + size > self._limits.queue_bytes:
            raise IntakeBusy(
                f"{self._queued_bytes} bytes wait for the disk; at most {self._limits.queue_bytes} may",
                retry_after=_RETRY_QUEUE_S,
            )
        loop = asyncio.get_running_loop()
        waiting = _Waiting(record=record, bytes=size, offset=loop.create_future())
        self._waiting.append(waiting)
        self._queued_bytes += size
        if self._flusher is None or self._flusher.done():
            self._flusher = loop.create_task(self._flush())
        return await waiting.offset

    async def close(self) -> None:
        """Everything appended is durable afterwards. Closing twice does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._flusher is not None:
            await asyncio.wait([self._flusher])
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._log.close)
        self._thread.shutdown()
        os.close(self._lock)

    async def _flush(self) -> None:
        """Batch after batch, until nothing waits: what arrives during one sync shares the next."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = self._take_batch()
            offsets: list[int] = []
            fault: Exception | None = None
            try:
                offsets = await loop.run_in_executor(
                    self._thread, self._log.append, [waiting.record for waiting in batch]
                )
            except (IntakeBusy, IntakeFull) as error:
                fault = error
            except Exception as error:  # or the senders of this batch would wait for ever
                log.exception("intake log: a batch failed")
                fault = IntakeFull(f"The intake log failed: {error}", retry_after=_RETRY_QUEUE_S)
            self._answer(batch, offsets=offsets, fault=fault)

    def _take_batch(self) -> list[_Waiting]:
        batch = [self._waiting.popleft()]
        size = batch[0].bytes
        while self._waiting and size + self._waiting[0].bytes <= self._limits.batch_bytes:
            size += self._waiting[0].bytes
            batch.append(self._waiting.popleft())
        return batch

    def _answer(self, batch: list[_Waiting], *, offsets: list[int], fault: Exception | None) -> None:
        for index, waiting in enumerate(batch):
            self._queued_bytes -= waiting.bytes
            if waiting.offset.done():  # its sender went away
                continue
            if fault is None:
                waiting.offset.set_result(offsets[index])
            elif isinstance(fault, IntakeBusy | IntakeFull):
                # One each: raising the same exception in many tasks would chain their tracebacks.
                waiting.offset.set_exception(type(fault)(str(fault), retry_after=fault.retry_after))


def _lock(folder: Path) -> int:
    """Hold the folder for this process. The system lets go of it however the process ends."""
    fd = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(fd, 20, 0).decode(errors="replace").strip() or "unknown"
        os.close(fd)
        raise IntakeLocked(
            f"Another process (id {holder}) writes to {folder}. Stop it, or choose another folder."
        ) from error
    with contextlib.suppress(OSError):  # on a full disk the lock holds all the same
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
    return fd
