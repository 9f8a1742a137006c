"""Ended spans on their way out: a bounded queue, emptied by one background thread.

The host's thread only appends. Memory is bounded by spans and by bytes; what does not fit is dropped,
counted and told to the log. After a fork the child starts with an empty queue and a thread of its own.
"""

from __future__ import annotations

import multiprocessing.util
import os
import random
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from roadworthy.sdk import faults
from roadworthy.sdk.post import Answer, Post, Verdict
from roadworthy.sdk.settings import Settings

_POST_SPANS = 1_024
_POST_BYTES = 4 * 1024 * 1024
_CHUNK_SPANS = 16
_SPAN_OVERHEAD_BYTES = 1_500
"""What a span weighs in memory beside its texts, roughly."""
_FIRST_BACKOFF_S, _MAX_BACKOFF_S = 0.5, 30.0

_SUPPRESS_KEYS = tuple(
    key
    for name in ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY")
    if (key := getattr(otel_context, name, None))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStats:
    """Counts of spans since `init`. Every ended span is in exactly one of them."""

    sent: int
    dropped: int
    """No room, no server at the end of the process, or the post was refused."""
    rejected: int
    """Refused by the server one by one (partial success)."""
    waiting: int


class SpanQueue(SpanProcessor):
    """`on_start` stamps what the surroundings say about a span, `on_end` takes it into the queue."""

    def __init__(
        self, settings: Settings, *, stamp: Callable[[Span, Context | None], None] | None = None
    ) -> None:
        self._settings = settings
        self._max_spans, self._max_bytes = settings.max_queue_spans, settings.max_queue_bytes
        self._stamp = stamp
        self._post = Post(settings)
        self._closed = False
        self._reset()
        reset = weakref.WeakMethod(self._reset)
        os.register_at_fork(after_in_child=lambda: (call := reset()) and call())
        multiprocessing.util.register_after_fork(self, SpanQueue._flush_when_child_ends)

    def _reset(self) -> None:
        faults.forget()
        # Re-entrant: a generator closed by the garbage collector ends its span in the middle of an append.
        self._lock = threading.RLock()
        self._changed = threading.Condition(threading.Lock())
        self._wake = threading.Event()
        self._queue: deque[tuple[ReadableSpan, int]] = deque()
        self._bytes = self._batch_bytes = 0
        self._accepted = self._sent = self._dropped = self._rejected = 0
        self._queued = self._delivered = 0
        self._sending = False
        self._thread: threading.Thread | None = None
        self._deadline: float | None = None
        self._impatient = False

    @staticmethod
    def _flush_when_child_ends(queue: SpanQueue) -> None:
        # Children of multiprocessing skip atexit; their finalizers are its stand-in.
        multiprocessing.util.Finalize(None, queue.force_flush, args=(2_000,), exitpriority=100)

    # --- called by the host's threads

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if self._stamp is not None:
            try:
                self._stamp(span, parent_context)
            except Exception as error:  # noqa: BLE001
                faults.absorb("stamping a span", error)

    def on_end(self, span: ReadableSpan) -> None:
        try:
            self._take(span)
        except Exception as error:  # noqa: BLE001
            faults.absorb("queueing a span", error)

    def _take(self, span: ReadableSpan) -> None:
        context = span.context
        if self._closed or context is None or not context.trace_flags.sampled:
            return
        size = _weight(span)
        with self._lock:
            self._accepted += 1
            full = self._queued - self._delivered >= self._max_spans or self._bytes + size > self._max_bytes
            if full:
                self._dropped += 1
            else:
                self._queue.append((span, size))
                self._queued += 1
                self._bytes += size
        if full:
            faults.warn(
                "queue full",
                f"the queue is full, {self._dropped:,} spans dropped so far: more is recorded than "
                f"{self._settings.traces_url} takes",
            )
        elif self._thread is None:
            self._start_thread()
        elif len(self._queue) >= self._max_spans // 2 and not self._sending:
            self._wake.set()

    def _start_thread(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="roadworthy-export", daemon=True)
                self._thread.start()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until what has ended by now is settled; False where that took longer."""
        target = self._queued
        if self._delivered >= target:
            return True
        self._impatient = True
        self._wake.set()
        with self._changed:
            return self._changed.wait_for(lambda: self._delivered >= target, timeout_millis / 1_000)

    def shutdown(self) -> None:
        """Send what is left, for at most `exit_timeout_s`; takes nothing any more afterwards."""
        if self._closed:
            return
        self._deadline = time.monotonic() + self._settings.exit_timeout_s
        waiting, arrived = self.stats().waiting, self._sent + self._rejected
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(self._settings.exit_timeout_s)
        lost = waiting - (self._sent + self._rejected - arrived)
        if lost > 0:
            faults.warn("lost at exit", f"{lost:,} spans could not be sent before the process ended")

    def stats(self) -> ExportStats:
        return ExportStats(
            sent=self._sent,
            dropped=self._dropped,
            rejected=self._rejected,
            waiting=max(0, self._accepted - self._settled()),
        )

    def _settled(self) -> int:
        return self._sent + self._dropped + self._rejected

    # --- called by the background thread

    def _run(self) -> None:
        quiet: Mapping[str, object] = dict.fromkeys(_SUPPRESS_KEYS, True)
        otel_context.attach(Context(dict(quiet)))
        while True:
            self._wake.wait(self._settings.interval_s)
            self._wake.clear()
            self._sending = True
            try:
                while self._queue:
                    self._deliver(self._next_batch())
            except Exception as error:  # noqa: BLE001 (the thread must outlive every fault, or the queue fills)
                faults.warn(f"export:{type(error).__name__}", f"sending spans failed: {error}")
            self._sending = self._impatient = False
            if self._closed:
                return

    def _next_batch(self) -> list[ReadableSpan]:
        batch: list[ReadableSpan] = []
        total = 0
        while self._queue and len(batch) < _POST_SPANS and total < _POST_BYTES:
            span, size = self._queue.popleft()
            batch.append(span)
            total += size
        self._batch_bytes = total
        return batch

    def _deliver(self, batch: list[ReadableSpan]) -> None:
        taken = rejected = 0
        try:
            body, encoded = _encode(batch)
            answer = (
                self._send(body)
                if body
                else Answer(verdict=Verdict.REFUSED, reason="nothing could be encoded")
            )
            if answer.verdict is Verdict.TAKEN:
                rejected = min(answer.rejected, encoded)
                taken = encoded - rejected
            if answer.reason:
                faults.warn(f"answer:{answer.reason[:40]}", answer.reason)
        finally:
            with self._lock:
                self._sent += taken
                self._rejected += rejected
                self._dropped += len(batch) - taken - rejected
                self._bytes -= self._batch_bytes  # until now they took memory
            with self._changed:
                self._delivered += len(batch)
                self._changed.notify_all()

    def _send(self, body: bytes) -> Answer:
        """Post until the server has decided, or the process ends."""
        backoff = _FIRST_BACKOFF_S
        while True:
            timeout = self._settings.timeout_s
            if self._deadline is not None:
                timeout = min(timeout, self._deadline - time.monotonic())
                if timeout <= 0:
                    return Answer(verdict=Verdict.REFUSED)
            answer = self._post.send(body, timeout_s=timeout)
            if answer.verdict is not Verdict.LATER:
                return answer
            faults.warn(f"retry:{answer.reason[:40]}", f"{answer.reason}; spans are kept and sent later")
            if self._closed:
                return Answer(verdict=Verdict.REFUSED)
            jittered = backoff * random.uniform(0.7, 1.3)  # noqa: S311 (no secret)
            backoff = min(backoff * 2, _MAX_BACKOFF_S)
            self._pause(jittered if answer.retry_after_s is None else answer.retry_after_s)

    def _pause(self, seconds: float) -> None:
        """Wait, but no longer than until somebody asks for a flush or the process ends."""
        if self._impatient:
            seconds = min(seconds, _FIRST_BACKOFF_S)
        until = time.monotonic() + seconds
        while not self._closed and (left := until - time.monotonic()) > 0:
            self._wake.wait(left)
            self._wake.clear()
            if self._impatient:
                until = min(until, time.monotonic() + _FIRST_BACKOFF_S)


def _weight(span: ReadableSpan) -> int:
    size = _SPAN_OVERHEAD_BYTES + _texts(span.attributes)
    # `span.events` copies a list that is nearly always empty; its length tells that for a tenth of the time.
    if len(getattr(span, "_events", "unknown")):
        for event in span.events:
            size += 300 + _texts(event.attributes)
    return size


def _texts(attributes: Mapping[str, Any] | None) -> int:
    if not attributes:
        return 0
    copy = getattr(
        attributes, "copy", None
    )  # a plain dict is walked five times faster than OpenTelemetry's own
    size = 0
    for value in (copy() if copy is not None else attributes).values():
        kind = type(value)
        if kind is str or kind is bytes:
            size += len(value)
        elif kind is tuple or kind is dict:
            size += 64 * len(value)
    return size


def _encode(batch: list[ReadableSpan]) -> tuple[bytes, int]:
    """The request's bytes, and how many spans are in it.

    In small pieces, with a breath between them, so that the host's threads get the interpreter: protobuf
    messages are concatenated by concatenating their bytes (protobuf encoding, "Last One Wins" and
    "repeated fields").
    """
    pieces: list[bytes] = []
    encoded = 0
    for at in range(0, len(batch), _CHUNK_SPANS):
        chunk = batch[at : at + _CHUNK_SPANS]
        try:
            pieces.append(encode_spans(chunk).SerializeToString())
            encoded += len(chunk)
        except Exception:  # noqa: BLE001 (one span with a value protobuf cannot hold must not take others along)
            encoded += _encode_one_by_one(chunk, pieces)
        time.sleep(0.0001)
    return b"".join(pieces), encoded


def _encode_one_by_one(chunk: list[ReadableSpan], pieces: list[bytes]) -> int:
    encoded = 0
    for span in chunk:
        try:
            pieces.append(encode_spans([span]).SerializeToString())
            encoded += 1
        except Exception as error:  # noqa: BLE001
            faults.warn("encode", f"span {span.name!r} cannot be encoded and is dropped: {error}")
    return encoded
