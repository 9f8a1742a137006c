"""Sends what is in the outbox: each channel at its own pace, so that one that hangs holds up no other."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from roadworthy.contracts.metadata import MetadataUnavailable, Record
from roadworthy.contracts.notifier import NotSent, Receipt, SettingInvalid
from roadworthy.domain.notification import (
    Attempt,
    Channel,
    Delivery,
    DeliveryState,
    Happening,
)
from roadworthy.features.watch.notifying.channel_book import ChannelBook
from roadworthy.features.watch.notifying.outbox import Outbox
from roadworthy.features.watch.notifying.pauses import GIVEN_UP_AFTER_S, pause
from roadworthy.features.watch.notifying.turns import Rate, turn
from roadworthy.kit.sealing import CannotOpen

log = logging.getLogger(__name__)

_SECOND = 1_000_000_000
_ATTEMPTS_KEPT = 10
_AT_ONCE = 64
"""Channels that are sent to at the same time."""
_AGAIN_S = 5.0
"""After a fault of our own store."""


class Told(Protocol):
    def __call__(self, delivery: Delivery, /, *, first: bool) -> list[Record]:
        """What else is to be written. `first`: it went well, failed for the first time, or was given up."""
        ...


@dataclass
class _Line:
    """One channel. Touched by the loop's thread alone."""

    rate: Rate
    failures: int = 0
    not_before_ns: int = 0
    look_ns: int = 0


class Sender:
    """`start` and `stop` once each. What is under way at `stop` is sent again after the next start."""

    def __init__(
        self,
        outbox: Outbox,
        channels: ChannelBook,
        *,
        told: Told,
        clock: Callable[[], int] = time.time_ns,
        chance: random.Random | None = None,
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._told = told
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 (spreads tries, hides nothing)
        self._lines: dict[tuple[str, str], _Line] = {}
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self.sent = 0
        self.failed = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        self._stopping = True
        self.wake()
        self._thread.join(timeout)

    def wake(self) -> None:
        """There is something new. From any thread."""
        loop, event = self._loop, self._wake
        if loop is not None and event is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:
                # It closed in between: nothing is sent any more.
                return

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        await self._recall()
        while not self._stopping:
            self._wake.clear()
            next_ns = self._launch()
            left = None if next_ns is None else max(0.0, (next_ns - self._clock()) / _SECOND)
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                continue
        for task in self._busy.values():
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _recall(self) -> None:
        while not self._stopping:
            try:
                await asyncio.to_thread(self._outbox.recall)
                return
            except MetadataUnavailable as fault:
                log.warning("what is still to be sent cannot be read: %s", fault)
                await asyncio.sleep(1.0)

    def _launch(self) -> int | None:
        """Start what can start now; when to look again, None for not before something new comes."""
        now = self._clock()
        soonest: int | None = None
        grouped: dict[tuple[str, str], list[Delivery]] = {}
        for one in self._outbox.pending():
            grouped.setdefault((one.project, one.channel_id), []).append(one)
        for gone in self._lines.keys() - grouped.keys() - self._busy.keys():
            if self._lines[gone].not_before_ns < now:
                # The rate fills in a minute; a line that rests longer has nothing to remember.
                self._lines[gone].failures = 0
        for key, pending in grouped.items():
            if key in self._busy:
                continue
            line = self._lines.get(key)
            first = min(one.due_ns for one in pending)
            due = max(first, line.not_before_ns, line.look_ns) if line else first
            if due <= now and len(self._busy) < _AT_ONCE:
                task = asyncio.create_task(self._channel(key, pending))
                self._busy[key] = task
                task.add_done_callback(partial(self._free, key))
            else:
                soonest = due if soonest is None else min(soonest, due)
        return soonest

    def _free(self, key: tuple[str, str], _: object) -> None:
        self._busy.pop(key, None)
        self.wake()

    async def _channel(self, key: tuple[str, str], pending: Sequence[Delivery]) -> None:
        try:
            await self._take_turn(key, pending)
        except MetadataUnavailable as fault:
            log.warning("what was sent cannot be noted: %s", fault)
            self._line(key, per_minute=60).not_before_ns = self._clock() + int(_AGAIN_S * _SECOND)
        except Exception:
            # One channel that cannot be served must not end the serving of others.
            log.exception("channel %s of project %s cannot be served", key[1], key[0])
            self._line(key, per_minute=60).not_before_ns = self._clock() + int(60 * _SECOND)

    def _line(self, key: tuple[str, str], *, per_minute: int) -> _Line:
        line = self._lines.get(key)
        if line is None or line.rate.per_minute != per_minute:
            line = self._lines[key] = _Line(rate=Rate(per_minute, now_ns=self._clock()))
        return line

    async def _take_turn(self, key: tuple[str, str], pending: Sequence[Delivery]) -> None:
        channel = await asyncio.to_thread(self._channels.channel, *key)
        if channel is None or not channel.enabled:
            why = "the channel is switched off" if channel else "the channel is gone"
            await self._give_up(pending, why)
            return
        pending = await asyncio.to_thread(self._end_folded, pending)
        line = self._line(key, per_minute=channel.per_minute)
        now = self._clock()
        left = line.rate.left(now)
        planned = turn(channel, pending, left=left, next_ns=line.rate.next_ns(), now_ns=now)
        line.look_ns = planned.wait_ns
        if planned.settled or planned.digest:
            fresh = [planned.digest] if planned.digest else []
            # The digest and what it stands for, in one transaction.
            await asyncio.to_thread(self._outbox.settle, [*fresh, *planned.settled])
        for one in planned.send:
            if one.notification.happening is not Happening.TEST:
                line.rate.take(1)
            if not await self._send(channel, one, line) or self._stopping:
                break

    async def _send(self, channel: Channel, one: Delivery, line: _Line) -> bool:
        """Whether the channel is well."""
        began = time.monotonic()
        again, after_s = True, None
        try:
            receipt = await self._say(channel, one)
        except NotSent as fault:
            ok, said, again, after_s = False, str(fault), fault.again, fault.after_s
        else:
            ok, said = True, receipt.said
        now = self._clock()
        attempt = Attempt(at_ns=now, ok=ok, said=said[:500], seconds=round(time.monotonic() - began, 3))
        if ok:
            line.failures, line.not_before_ns = 0, 0
            self.sent += 1
            await self._note(replace(_tried(one, attempt), state=DeliveryState.DELIVERED), first=True)
            return True
        self.failed += 1
        late = now - one.created_ns > GIVEN_UP_AFTER_S * _SECOND
        if not again or late:
            await self._note(replace(_tried(one, attempt), state=DeliveryState.FAILED), first=True)
            return True
        line.failures += 1
        wait_ns = int(pause(line.failures, asked_s=after_s, chance=self._chance) * _SECOND)
        line.not_before_ns = now + wait_ns
        await self._note(replace(_tried(one, attempt), due_ns=now + wait_ns), first=one.tries == 0)
        return False

    async def _say(self, channel: Channel, one: Delivery) -> Receipt:
        try:
            notifier = await asyncio.to_thread(self._channels.open, channel)
            return await notifier.send(one.notification)
        except (SettingInvalid, CannotOpen) as fault:
            raise NotSent(f"the channel cannot be used as it is set up: {fault}") from None
        except NotSent:
            raise
        except Exception as fault:
            # A notifier's own bug is one try that failed, and is seen in the log of deliveries.
            log.exception("channel %s (%s)", channel.id, channel.kind.value)
            raise NotSent(f"{type(fault).__name__} in the notifier; the server's log says more") from None

    def _end_folded(self, pending: Sequence[Delivery]) -> list[Delivery]:
        """Where a digest told of beginnings, their ends need no telling one by one: the last one ends the
        digest. What is still to be said."""
        left: list[Delivery] = []
        folded: list[Delivery] = []
        ended: list[Delivery] = []
        standing: dict[str, set[str]] = {}
        now = self._clock()
        for one in pending:
            said = one.notification
            digest = self._outbox.folded_into(one.project, one.channel_id, said.key)
            if not digest or said.happening is not Happening.RESOLVE or said.digest:
                left.append(one)
                continue
            folded.append(replace(one, state=DeliveryState.FOLDED, folded_into=digest, updated_ns=now))
            keys = standing.setdefault(digest, self._outbox.folds(one.project, digest))
            keys.discard(said.key)
            if not keys:
                ended.append(_end_of(one, digest, now_ns=now))
        if folded:
            self._outbox.settle([*folded, *ended])
        return [*left, *ended]

    async def _note(self, one: Delivery, *, first: bool) -> None:
        changed = [one]
        if first and one.fallbacks and one.state in (DeliveryState.PENDING, DeliveryState.FAILED):
            follows = await asyncio.to_thread(self._fallback, one)
            if follows is not None:
                changed = [replace(one, fallbacks=()), follows]
        also = await asyncio.to_thread(self._told, one, first=first)
        await asyncio.to_thread(self._outbox.settle, changed, also=also)

    def _fallback(self, one: Delivery) -> Delivery | None:
        """The next channel of the same person, at once; the first one goes on being tried."""
        for place, channel_id in enumerate(one.fallbacks):
            channel = self._channels.channel(one.project, channel_id)
            if channel is None or not channel.enabled:
                continue
            now = self._clock()
            named = f"{one.id}>{channel_id}"
            return replace(
                one,
                id=named,
                channel_id=channel_id,
                channel_name=channel.name,
                notification=replace(one.notification, id=named),
                created_ns=now,
                due_ns=now,
                state=DeliveryState.PENDING,
                tries=0,
                attempts=(),
                fallbacks=one.fallbacks[place + 1 :],
                updated_ns=now,
            )
        return None

    async def _give_up(self, pending: Sequence[Delivery], why: str) -> None:
        now = self._clock()
        for one in pending:
            attempt = Attempt(at_ns=now, ok=False, said=why, seconds=0.0)
            await self._note(replace(_tried(one, attempt), state=DeliveryState.FAILED), first=True)


def _end_of(one: Delivery, digest: str, *, now_ns: int) -> Delivery:
    """The end of all that a digest told of."""
    named = f"{digest}-over"
    said = replace(
        one.notification,
        id=named,
        key=digest,
        title="All incidents of this message are resolved",
        text="",
        incident_id="",
        number=0,
    )
    whom = "the end of what one message told"
    return replace(one, id=named, notification=said, whom=whom, updated_ns=now_ns)


def _tried(one: Delivery, attempt: Attempt) -> Delivery:
    kept = (*one.attempts, attempt)
    if len(kept) > _ATTEMPTS_KEPT:
        kept = (kept[0], *kept[-(_ATTEMPTS_KEPT - 1) :])
    return replace(one, tries=one.tries + 1, attempts=kept, updated_ns=attempt.at_ns)
