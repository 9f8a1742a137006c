"""When the doors give memory back, told by the bodies they hold."""

from __future__ import annotations

import asyncio

import pytest

from roadworthy.doors.otlp import budget as budget_module
from roadworthy.doors.otlp.budget import BodyBudget, tidy_memory

MIB = 1 << 20
EVERY = 0.01


class Tidied:
    """A budget, and how often its memory was given back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.budget = BodyBudget(limit=1000 * MIB)
        self.times = 0
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []
        monkeypatch.setattr(budget_module, "give_back", self._give_back)
        self.task = asyncio.create_task(tidy_memory(self.budget, every=EVERY))

    def _give_back(self) -> None:  # in a thread
        self._loop.call_soon_threadsafe(self._given_back)

    def _given_back(self) -> None:
        self.times += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.set_result(None)

    async def once_more(self) -> None:
        self._waiting.append(self._loop.create_future())
        await asyncio.wait_for(self._waiting[-1], 30)


def test_nothing_is_done_for_small_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> int:
        tidied = Tidied(monkeypatch)
        with tidied.budget.claim() as body:
            body.take(MIB)
        await asyncio.sleep(20 * EVERY)
        tidied.task.cancel()
        return tidied.times

    assert asyncio.run(run()) == 0


def test_memory_is_given_back_until_the_last_body_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits for its check is freed long after it came: what was given back before does not count."""

    async def run() -> bool:
        tidied = Tidied(monkeypatch)
        with tidied.budget.claim() as body:
            body.take(100 * MIB)
            for _ in range(4):
                await tidied.once_more()
        await tidied.once_more()
        await asyncio.sleep(10 * EVERY)  # what had begun before the body was gone is done once more
        before = tidied.times
        await asyncio.sleep(20 * EVERY)
        tidied.task.cancel()
        return tidied.times == before

    assert asyncio.run(run())
