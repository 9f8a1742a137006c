"""Who waits for tools to change: a bell that rings for all, and an ear for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Bell:
    """For one event loop."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()

    def ring(self) -> None:
        for ear in tuple(self._ears):
            ear.ring()

    def ear(self) -> Ear:
        """To be closed by whoever takes it."""
        made = Ear(self._ears.discard)
        self._ears.add(made)
        return made

    @property
    def ears(self) -> int:
        return len(self._ears)


class Ear:
    """What rings while nobody listens is heard the next time, once."""

    def __init__(self, closed: Callable[[Ear], None]) -> None:
        self._closed = closed
        self._rung = asyncio.Event()
        self.leaving = False

    def ring(self) -> None:
        self._rung.set()

    def leave(self) -> None:
        """Whoever listens is to stop."""
        self.leaving = True
        self._rung.set()

    async def listen(self, *, seconds: float) -> None:
        """Until it rings, or so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()

    def close(self) -> None:
        self._closed(self)
