"""How many calls an upstream gets at once; the others wait in turn, agent by agent.

The queue is fair among agents: one that sends a thousand calls waits behind its own, not in front of others.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque


class QueueFull(Exception):  # noqa: N818 (a condition, not a bug)
    """No place now, and no room to wait."""


class WaitedTooLong(Exception):  # noqa: N818
    """No place within the time it may wait."""


class Places:
    """Used by one event loop. `take` and `give` in pairs. Bounds come with each call, as they change while
    calls are in flight; at_once 0 is no bound."""

    def __init__(self) -> None:
        self.taken = 0
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        return self._waiting

    async def take(self, agent: str, *, at_once: int, queue: int, wait_s: float) -> None:
        """Raises QueueFull or WaitedTooLong. Cancelled, it holds no place."""
        if at_once <= 0 or (self.taken < at_once and not self._waiting):
            self.taken += 1
            return
        if self._waiting >= queue or wait_s <= 0:
            raise QueueFull
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(agent, deque()).append(turn)
        self._waiting += 1
        self._admit(at_once)
        try:
            async with asyncio.timeout(wait_s):
                await turn
        except BaseException as ended:
            if turn.done() and not turn.cancelled():
                # Its turn came in the same moment: the place goes on to the next.
                self.taken -= 1
                self._admit(at_once)
            else:
                self._leave(agent, turn)
            if isinstance(ended, TimeoutError):
                raise WaitedTooLong from None
            raise

    def give(self, *, at_once: int) -> None:
        self.taken -= 1
        self._admit(at_once)

    def _admit(self, at_once: int) -> None:
        while self._waiting and (at_once <= 0 or self.taken < at_once):
            agent, line = self._lines.popitem(last=False)
            turn = line.popleft()
            if line:
                self._lines[agent] = line  # to the end: one of each agent in turn
            self._waiting -= 1
            if turn.done():
                continue
            self.taken += 1
            turn.set_result(None)

    def _leave(self, agent: str, turn: asyncio.Future[None]) -> None:
        line = self._lines.get(agent)
        if line is None or turn not in line:
            return
        line.remove(turn)
        self._waiting -= 1
        if not line:
            del self._lines[agent]
