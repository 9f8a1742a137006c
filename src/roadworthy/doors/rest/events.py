"""Live events: from the thread that writes to the browsers that look."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

_QUEUE = 256
_HISTORY = 512
_IDS_AN_EVENT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`number` rises by one with each event of the bus. `ids` are things of `topic` (runs, incidents ...)
    that are new or changed."""

    number: int
    project: str
    topic: str
    ids: tuple[str, ...]


class Subscription:
    """One listener. Its queue is bounded: the oldest goes first, and `dropped` says that some went."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, project: str) -> None:
        self.project = project
        self.dropped = False
        self.closed = False
        self._loop = loop
        self._queue: deque[Event] = deque(maxlen=_QUEUE)
        self._wake = asyncio.Event()

    def offer(self, event: Event) -> None:
        """From any thread."""
        if len(self._queue) == _QUEUE:
            self.dropped = True
        self._queue.append(event)
        self.wake()

    def wake(self) -> None:
        # A loop that has closed has no listeners left to tell.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def next(self, *, timeout: float) -> list[Event]:  # noqa: ASYNC109 (a quiet time, not an error)
        """What came since the last call; empty after `timeout` seconds without any."""
        deadline = self._loop.time() + timeout
        # Again where it woke for nothing: a wake-up may come after its event was already taken.
        while not self._queue and not self.closed:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), deadline - self._loop.time())
            except TimeoutError:
                break
        out: list[Event] = []
        while self._queue:
            out.append(self._queue.popleft())
        return out


class EventBus:
    """Publishers never wait: a slow listener loses its oldest events, nothing else."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        """Names this process's numbering: after a restart numbers start again."""
        self._lock = threading.Lock()  # protects all below: publishers and the event loop are other threads
        self._number = 0
        self._history: deque[Event] = deque(maxlen=_HISTORY)
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    def publish_runs(self, project: str, run_ids: Sequence[str]) -> None:
        """These runs are new or changed, and can be read. From any thread."""
        self.publish(project, "runs", run_ids)

    def publish_incidents(self, project: str, incident_ids: Sequence[str]) -> None:
        """These incidents are new or changed, or something was written into their timelines."""
        self.publish(project, "incidents", incident_ids)

    def publish_inquiries(self, project: str, inquiry_ids: Sequence[str]) -> None:
        """These inquiries are new, changed or gone, or one of their reruns is another."""
        self.publish(project, "inquiries", inquiry_ids)

    def publish_resamplings(self, project: str, run_ids: Sequence[str]) -> None:
        """The resamplings of these runs are new or changed."""
        self.publish(project, "resamplings", run_ids)

    def publish(self, project: str, topic: str, ids: Sequence[str]) -> None:
        """These things are new or changed, and can be read. From any thread."""
        for start in range(0, len(ids), _IDS_AN_EVENT):
            block = tuple(ids[start : start + _IDS_AN_EVENT])
            with self._lock:
                self._number += 1
                event = Event(number=self._number, project=project, topic=topic, ids=block)
                self._history.append(event)
                listeners = [s for s in self._subscriptions if s.project == project]
                for listener in listeners:
                    listener.offer(event)

    def subscribe(self, project: str, *, after: int | None) -> Subscription:
        """Call it in the listener's event loop. With `after` (a number of this epoch) what was missed comes
        first; `dropped` is set where some of that is gone."""
        subscription = Subscription(asyncio.get_running_loop(), project=project)
        with self._lock:
            if after is not None:
                oldest = self._history[0].number if self._history else self._number + 1
                for event in self._history:
                    if event.number > after and event.project == project:
                        subscription.offer(event)
                if not oldest <= after + 1 <= self._number + 1:
                    subscription.dropped = True
            subscription.closed = self._closed
            self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._subscriptions)

    def close(self) -> None:
        """Ends every stream, so that a server can stop; idempotent."""
        with self._lock:
            self._closed = True
            for subscription in self._subscriptions:
                subscription.closed = True
                subscription.wake()


async def lines(
    bus: EventBus, *, project: str, last_event_id: str | None, heartbeat_s: float = 15, gather_s: float = 0.25
) -> AsyncGenerator[bytes, None]:
    """A server-sent event stream (WHATWG HTML, "Server-sent events").

    `hello` on opening, then topics with {"ids"} as they change (gathered for `gather_s`), `resync` where
    events were lost and lists should be read anew, and a comment after `heartbeat_s` of silence.
    """
    epoch, _, number = (last_event_id or "").partition("-")
    known = epoch == bus.epoch and number.isdigit()
    subscription = bus.subscribe(project, after=int(number) if known else None)
    try:
        yield b"retry: 2000\n" + _event("hello", {})
        if last_event_id and not known:
            yield _event("resync", {})
        while not subscription.closed:
            events = await subscription.next(timeout=heartbeat_s)
            if not events:
                yield b": still here\n\n"
                continue
            await asyncio.sleep(gather_s)
            events += await subscription.next(timeout=0)
            if subscription.dropped:
                subscription.dropped = False
                yield _event("resync", {})
            gathered: dict[str, dict[str, None]] = {}
            for event in events:
                gathered.setdefault(event.topic, {}).update(dict.fromkeys(event.ids))
            for left, (topic, ids) in zip(range(len(gathered), 0, -1), gathered.items(), strict=True):
                # The number stands on the last one: who breaks off in between is told all of them again.
                event_id = f"{bus.epoch}-{events[-1].number}" if left == 1 else None
                yield _event(topic, {"ids": list(ids)}, event_id=event_id)
    finally:
        bus.unsubscribe(subscription)


def _event(name: str, data: dict[str, list[str]], *, event_id: str | None = None) -> bytes:
    identity = f"id: {event_id}\n" if event_id else ""
    return f"{identity}event: {name}\ndata: {json.dumps(data)}\n\n".encode()
