"""Answers senders at the pace the core works at, so that what is acknowledged is soon visible.

The intake log takes bodies several times faster than they can be decoded. Senders that wait for each answer
would build up minutes of backlog; a later answer slows them down and costs them nothing. Durability is not
touched: a body is on disk before its sender waits here, and nobody waits long.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable

from roadworthy.contracts.intake import IntakeRecord, IntakeWriter

_AHEAD_SECONDS = 1.1
"""How much work, in seconds of the core's own pace, may lie in the log before senders wait."""
_LEAST_BYTES = 8 << 20
_LONGEST_WAIT = 2.0
"""Well under the 10 s after which exporters give up."""
_TICK = 0.05
_WINDOW = 4.0
_STALLED = 3.0
"""Without progress for so long the core is down: taking bodies in is then worth more than pace."""


class PacedWriter:
    """An `IntakeWriter` around another. `backlog` says how many bytes are durable and not yet worked off."""

    def __init__(self, writer: IntakeWriter, *, backlog: Callable[[], int]) -> None:
        self._writer = writer
        self._backlog = backlog
        self._appended = 0
        self._drained: deque[tuple[float, int]] = deque()
        self._open = asyncio.Event()
        self._open.set()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def slowing(self) -> bool:
        """Whether senders wait now."""
        return not self._open.is_set()

    async def append(self, record: IntakeRecord) -> int:
        offset = await self._writer.append(record)
        self._appended += len(record.body)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        if not self._open.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._open.wait(), _LONGEST_WAIT)
        return offset

    async def close(self) -> None:
        self._open.set()
        if self._watcher is not None:
            self._watcher.cancel()
        await self._writer.close()

    async def _watch(self) -> None:
        """While there is a backlog: compare it with the pace. Ends when all is worked off."""
        idle_since = time.monotonic()
        while time.monotonic() - idle_since < 1.0:
            backlog = self._backlog()
            if backlog:
                idle_since = time.monotonic()
            self._note(self._appended - backlog)
            if backlog <= self._allowed() or self._stalled():
                self._open.set()
            else:
                self._open.clear()
            await asyncio.sleep(_TICK)
        self._open.set()

    def _note(self, drained: int) -> None:
        now = time.monotonic()
        self._drained.append((now, drained))
        while now - self._drained[0][0] > _WINDOW:
            self._drained.popleft()

    def _allowed(self) -> float:
        (first, before), (last, after) = self._drained[0], self._drained[-1]
        pace = (after - before) / (last - first) if last > first else 0.0
        return max(float(_LEAST_BYTES), pace * _AHEAD_SECONDS)

    def _stalled(self) -> bool:
        last, after = self._drained[-1]
        since = next((at for at, drained in self._drained if drained == after), last)
        return last - since > _STALLED
