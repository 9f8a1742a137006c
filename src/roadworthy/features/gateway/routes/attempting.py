"""The tries of one call: again where that may help and may be paid for, hedged where asked, then elsewhere.

Never after the first bytes of an answer: what has begun is passed on.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from roadworthy.contracts.upstream import Waits
from roadworthy.domain.model_route import ModelRoute
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.routes.call import PlannedTarget
from roadworthy.features.gateway.routes.one_try import Opened, TryFailed, Trying
from roadworthy.features.gateway.routes.upstreams import Upstream, Upstreams

LONGEST_PAUSE_S = 8.0
FIRST_PAUSE_S = 0.25
MOST_ASKED_S = 10.0
"""An upstream that asks to be left alone for longer is left alone: the agent, or another target, decides."""

UNSTREAMED_S = 600.0
"""For the first byte of an answer that is no stream, where the route bounds no call as a whole."""


@dataclass(slots=True, kw_only=True)
class Attempting:
    """One for each call."""

    route: ModelRoute
    plan: tuple[PlannedTarget, ...]
    upstreams: Upstreams
    trying: Trying
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = field(default=random.random)
    _until: float | None = None

    async def run(self) -> Opened:
        """Raises TryFailed: the last of the last target, or the first that no other try would mend."""
        total = self.route.waits.total_s
        self._until = None if total is None else self.trying.now() + total
        last: TryFailed | None = None
        for planned in self.plan:
            try:
                return await self._at(planned)
            except TryFailed as failed:
                last = _telling(last, failed)
                if not failed.elsewhere or self._left() <= 0:
                    break
        assert last is not None  # noqa: S101 - a plan has a target
        raise last

    async def _at(self, planned: PlannedTarget) -> Opened:
        upstream = self.upstreams.of(planned)
        upstream.retries.called(self.route.retries.share)
        tried = 0
        while True:
            try:
                return await self._hedged(upstream, planned)
            except TryFailed as failed:
                pause_s = self._pause(failed, tried)
                if (
                    not failed.again
                    or tried >= self.route.retries.most
                    or pause_s is None
                    or not upstream.retries.take()
                ):
                    raise
                tried += 1
                await self.sleep(pause_s)

    def _pause(self, failed: TryFailed, tried: int) -> float | None:
        """Seconds until the next try; None where there is no time for one."""
        if failed.after_s is not None:
            pause_s = failed.after_s
            if pause_s > MOST_ASKED_S:
                return None
        else:
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**tried) * (0.5 + self.jitter() / 2)
        return pause_s if pause_s < self._left() else None

    def _left(self) -> float:
        return float("inf") if self._until is None else self._until - self.trying.now()

    def _waits(self) -> Waits:
        waits = self.route.waits
        left = self._left()
        if left <= 0:
            raise TryFailed(FailureCode.TIMEOUT, "no time is left", again=False, elsewhere=False)
        # An answer that is no stream has its first byte when all of it was made: minutes, for much thought.
        first_byte_s = waits.first_byte_s
        if not self.trying.call.streamed:
            first_byte_s = max(first_byte_s, waits.total_s or UNSTREAMED_S)
        return Waits(
            connect_s=min(waits.connect_s, left),
            first_byte_s=min(first_byte_s, left),
            between_s=waits.between_s,
            total_s=None if self._until is None else left,
        )

    def _hedged(self, upstream: Upstream, planned: PlannedTarget) -> Awaitable[Opened]:
        delay_s = self._hedge_delay(upstream)
        if delay_s is None:
            return self.trying.once(upstream, planned, waits=self._waits(), hedge=False)
        return self._race(upstream, planned, delay_s=delay_s)

    def _hedge_delay(self, upstream: Upstream) -> float | None:
        hedge = self.route.hedge
        if not hedge:
            return None
        if hedge != "p95":
            return float(hedge) / 1000
        return None if upstream.latency.p95_ms is None else upstream.latency.p95_ms / 1000

    async def _race(self, upstream: Upstream, planned: PlannedTarget, *, delay_s: float) -> Opened:
        tasks = [self._task(upstream, planned, hedge=False)]
        won: Opened | None = None
        try:
            done, _ = await asyncio.wait(tasks, timeout=delay_s)
            if not done and upstream.retries.take():
                tasks.append(self._task(upstream, planned, hedge=True))
            failed: TryFailed | None = None
            pending = set(tasks)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=tasks.index):
                    fault = task.exception()
                    if fault is None:
                        won = task.result()
                        return won
                    if not isinstance(fault, TryFailed):
                        raise fault
                    failed = _telling(failed, fault)
            assert failed is not None  # noqa: S101 - all of them are done and none answered
            raise failed
        finally:
            await _close_losers(tasks, won=won)

    def _task(self, upstream: Upstream, planned: PlannedTarget, *, hedge: bool) -> asyncio.Task[Opened]:
        return asyncio.create_task(self.trying.once(upstream, planned, waits=self._waits(), hedge=hedge))


async def _close_losers(tasks: list[asyncio.Task[Opened]], *, won: Opened | None) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        try:
            opened = await task
        except (asyncio.CancelledError, TryFailed):
            continue
        if opened is not won:
            await opened.drop()


def _telling(first: TryFailed | None, second: TryFailed) -> TryFailed:
    """The one that says more: what an upstream answered, rather than that a breaker is open."""
    if first is not None and first.error is not None and second.error is None:
        return first
    return second
