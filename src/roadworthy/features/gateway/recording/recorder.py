"""The recorder: takes exchanges on the hot path, masks and writes them in a thread behind it.

`offer` appends to a deque and counts: about 3 µs. What is counted in bytes and does not fit is dropped,
counted, and the call goes on. The thread works on a few exchanges at a time and lets the event loop have
the interpreter between them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from roadworthy.contracts.blobs import Blob, BlobStore, BlobTooLarge
from roadworthy.contracts.exchange_log import ExchangeLog
from roadworthy.contracts.recorder import RecorderCounts
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import RecordedMessage, Recording, encode
from roadworthy.features.gateway.recording.masking import masked_message
from roadworthy.features.gateway.recording.orders import Order, OrderFolder, OrderKind
from roadworthy.features.gateway.recording.policy import KEEP_ALL, RecordingPolicy, keeps

log = logging.getLogger(__name__)

MIB = 1 << 20
_ROW_BYTES = 2048
"""What an exchange without its bodies is counted as."""
_GROUP = 512
_GROUP_BYTES = 4 * MIB
_GATHER_SECONDS = 0.4
_BREATH_SECONDS = 20e-6
_BREATH_EVERY = 8
"""A breath costs 70 µs of CPU; in between the interpreter changes hands at its switch interval."""
_ORDERS_SECONDS = 1.0
_FORGOTTEN_SECONDS = 10.0
"""What of a deleted project is still on its way is not written behind its deletion."""
_SAY_AGAIN_SECONDS = 60.0

PolicyOf = Callable[[Exchange], RecordingPolicy]


@dataclass(frozen=True, slots=True)
class _Offered:
    exchange: Exchange
    request: RecordedMessage | None
    answer: RecordedMessage | None
    size: int


class StoringRecorder:
    """See the contract. `offer` from one thread; `start` and `stop` once each."""

    def __init__(
        self,
        log_of_exchanges: ExchangeLog,
        blobs: BlobStore,
        *,
        policy_of: PolicyOf = lambda _: KEEP_ALL,
        orders: Path | None = None,
        queue_bytes: int = 64 * MIB,
    ) -> None:
        self._log = log_of_exchanges
        self._blobs = blobs
        self._policy_of = policy_of
        self._orders = OrderFolder(orders) if orders else None
        self._most = queue_bytes
        self._queue: deque[_Offered] = deque()
        # Each counter has one thread that writes it, so none needs a lock.
        self._offered_bytes = self._taken_bytes = 0
        self._refused = self._lost = self._kept = 0
        self._forgotten: dict[str, float] = {}
        self._said_at = -_SAY_AGAIN_SECONDS
        self._orders_at = 0.0
        self._wake = threading.Event()
        self._stopping = False
        self._idle = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="record", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        """What waits is written, as far as the time allows."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout)

    def offer(
        self, exchange: Exchange, *, request: RecordedMessage | None, answer: RecordedMessage | None
    ) -> bool:
        size = _ROW_BYTES
        for message in (request, answer):
            if message is not None:
                size += sum([len(chunk) for _, chunk in message.chunks])
        waiting = self._offered_bytes - self._taken_bytes
        if waiting + size > self._most:
            self._refused += 1
            return False
        self._offered_bytes += size
        self._queue.append(_Offered(exchange, request, answer, size))
        if waiting > self._most // 4:
            self._wake.set()
        return True

    def counts(self) -> RecorderCounts:
        return RecorderCounts(
            kept=self._kept,
            dropped=self._refused + self._lost,
            waiting_bytes=self._offered_bytes - self._taken_bytes,
        )

    def flush(self, *, timeout: float) -> bool:
        """Wait until all that was offered is written or dropped; whether it is."""
        deadline = time.monotonic() + timeout
        while self._offered_bytes != self._taken_bytes and time.monotonic() < deadline:
            self._wake.set()
            time.sleep(0.005)
        return self._offered_bytes == self._taken_bytes

    def _loop(self) -> None:
        while True:
            stopping = self._stopping
            try:
                self._obey()
                while self._turn():
                    pass
            except Exception:
                # Protects the thread: without it nothing would be recorded any more.
                log.exception("recording failed")
            if stopping:
                return
            self._wake.wait(_GATHER_SECONDS)
            self._wake.clear()

    def _turn(self) -> bool:
        """Whether a group was written."""
        group, size = self._take()
        if not group:
            return False
        try:
            written = self._write(group)
            self._kept += written
            self._lost += len(group) - written
        except (StoreFull, StoreUnavailable) as fault:
            self._lost += len(group)
            self._say("exchanges are not recorded, calls go on: %s", fault)
        except Exception:
            self._lost += len(group)
            raise
        finally:
            self._taken_bytes += size
        return True

    def _take(self) -> tuple[list[_Offered], int]:
        group: list[_Offered] = []
        size = 0
        while self._queue and len(group) < _GROUP and size < _GROUP_BYTES:
            one = self._queue.popleft()
            group.append(one)
            size += one.size
        return group, size

    def _write(self, group: Sequence[_Offered]) -> int:
        """Recordings first, then the rows that name them; how many rows."""
        exchanges: list[Exchange] = []
        blobs: list[Blob] = []
        places: list[int] = []
        for one in group:
            if one.exchange.project in self._forgotten:
                continue
            data = self._recording(one)
            if data is not None:
                places.append(len(exchanges))
                blobs.append(
                    Blob(project=one.exchange.project, day=day_of(one.exchange.started_ns), data=data)
                )
            exchanges.append(one.exchange)
            if len(exchanges) % _BREATH_EVERY == 0:
                time.sleep(_BREATH_SECONDS)
        for place, digest in zip(places, self._put(blobs), strict=True):
            exchanges[place] = _recorded_as(exchanges[place], digest)
        if exchanges:
            self._log.append(exchanges)
        return len(exchanges)

    def _recording(self, one: _Offered) -> bytes | None:
        """None where the policy keeps none, or it cannot be made: the row is written all the same."""
        if one.request is None and one.answer is None:
            return None
        try:
            if not keeps(self._policy_of(one.exchange), one.exchange):
                return None
            return _encoded(one)
        except Exception:
            log.exception("exchange %s cannot be recorded", one.exchange.id)
            return None

    def _put(self, blobs: Sequence[Blob]) -> list[str]:
        """Digests, "" for what could not be kept."""
        if not blobs:
            return []
        try:
            return self._blobs.put(blobs)
        except BlobTooLarge as fault:
            if len(blobs) == 1:
                self._say("a recording was left out: %s", fault)
                return [""]
            return [digest for blob in blobs for digest in self._put([blob])]
        except (StoreFull, StoreUnavailable) as fault:
            self._say("recordings are left out, exchanges are still listed: %s", fault)
            return [""] * len(blobs)

    def _obey(self) -> None:
        now = time.monotonic()
        if self._orders is None or now < self._orders_at:
            return
        self._orders_at = now + _ORDERS_SECONDS
        self._forgotten = {one: until for one, until in self._forgotten.items() if until > now}
        for path, order in self._orders.waiting():
            try:
                self._carry_out(order)
            except (StoreFull, StoreUnavailable) as fault:
                self._say("recordings are not deleted yet: %s", fault)
                continue
            self._orders.done(path)

    def _carry_out(self, order: Order) -> None:
        match order.kind:
            case OrderKind.FORGET_PROJECT:
                self._forgotten[order.project] = time.monotonic() + _FORGOTTEN_SECONDS
                self._log.delete_project(order.project)
                self._blobs.delete_project(order.project)
            case OrderKind.DROP_BEFORE:
                day = datetime.fromisoformat(order.day).replace(tzinfo=UTC)
                self._log.drop_before(order.project, int(day.timestamp()) * 1_000_000_000)
                self._blobs.drop_days_before(order.project, order.day)
            case OrderKind.FORGET_EXCHANGE:
                gone = self._log.delete(order.project, order.exchange_id)
                if gone is not None and gone.recording:
                    self._blobs.delete(order.project, gone.recording, day=day_of(gone.started_ns))

    def _say(self, message: str, fault: Exception) -> None:
        """At most once a minute: it is called for every group while a disk is full."""
        if time.monotonic() - self._said_at >= _SAY_AGAIN_SECONDS:
            self._said_at = time.monotonic()
            log.warning(message, fault)


def day_of(at_ns: int) -> str:
    """The UTC day, as blobs are laid away by."""
    return datetime.fromtimestamp(at_ns // 1_000_000_000, tz=UTC).strftime("%Y-%m-%d")


_FIELDS = tuple(field.name for field in fields(Exchange))


def _recorded_as(exchange: Exchange, digest: str) -> Exchange:
    """What `dataclasses.replace` does, in a quarter of its time."""
    made = object.__new__(Exchange)
    for name in _FIELDS:
        object.__setattr__(made, name, getattr(exchange, name))
    object.__setattr__(made, "recording", digest)
    return made


def _encoded(one: _Offered) -> bytes:
    request = masked_message(one.request) if one.request else None
    answer = masked_message(one.answer) if one.answer else None
    notes = [
        f"{part}: {done.note}"
        for part, done in (("request", request), ("answer", answer))
        if done is not None and done.note
    ]
    return encode(
        Recording(
            exchange_id=one.exchange.id,
            request=request.message if request else None,
            answer=answer.message if answer else None,
            masked=sum(done.masked for done in (request, answer) if done),
            notes=tuple(notes),
        )
    )
