"""One answer while it comes: parsed, counted and handed on, with a bound on every wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import httptools

from roadworthy.contracts.upstream import Headers, Unreached, UpstreamFailed, Waits
from roadworthy.domain.typed_failure import FailureCode

HEAD_BYTES = 128 << 10
"""Status line and headers, those of interim answers (1xx) included."""
SILENT_BYTES = 1 << 20
"""What an upstream may send in a row that is no body: chunk extensions, trailers."""
HIGH_WATER = 256 << 10
"""Bytes that wait for the reader; beyond them the upstream is not read."""


class Line(Protocol):
    """The connection that an answer comes over."""

    loop: asyncio.AbstractEventLoop
    poisoned: bool
    sink: Callable[[bytes], bool] | None
    """Takes the body of each whole chunk that comes, in place of `feed`."""
    heard_at: float
    """When `sink` was last given something in this exchange, 0.0 for never."""

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def abort(self) -> None: ...
    def unsent(self) -> int: ...
    def finished(self, answer: HttpAnswer, *, reusable: bool) -> None: ...


class HttpAnswer:
    """See `contracts.upstream.UpstreamAnswer`. Made by a connection for one request; ends with it."""

    __slots__ = (
        "_between",
        "_chunks",
        "_complete",
        "_connection",
        "_deadline",
        "_error",
        "_final",
        "_first_by",
        "_framed",
        "_got_body",
        "_headless",
        "_heads",
        "_home",
        "_loop",
        "_max_bytes",
        "_parser",
        "_seen",
        "_silent",
        "_sink",
        "_stopped",
        "_timer",
        "_total_by",
        "_unsent",
        "_waiter",
        "_waiting",
        "_waits",
        "headers",
        "started",
        "status",
    )

    def __init__(
        self, connection: Line, *, waits: Waits, max_bytes: int | None, bodiless: bool, total_by: float
    ) -> None:
        loop = connection.loop
        now = loop.time()
        self.status = 0
        self.headers: Headers = ()
        self._heads: list[tuple[bytes, bytes]] = []
        self.started = False
        """Whether any byte of an answer came."""
        self._home = connection
        self._connection: Line | None = connection
        """None from the end on: then it may serve another exchange."""
        self._loop = loop
        self._waits = waits
        self._max_bytes = max_bytes
        self._headless = bodiless
        self._parser = httptools.HttpResponseParser(self)
        self._chunks: list[bytes] = []
        self._waiting = 0
        self._seen = 0
        self._silent = 0
        self._final = False
        self._framed = False
        self._got_body = False
        self._complete = False
        self._error: UpstreamFailed | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._total_by = total_by
        self._first_by = now + waits.first_byte_s
        self._deadline = 0.0
        self._unsent = 0
        self._sink: Callable[[bytes], bool] | None = None
        self._stopped = False
        self._between = False
        """The parser stands between two chunks of a body (RFC 9112, 7.1)."""

    # What the reader calls.

    async def head(self) -> None:
        """Until status and headers are there. Raises UpstreamFailed; cancelled, it closes the connection."""
        try:
            while not self._final:
                if self._error is not None:
                    raise self._error
                await self._wait()
        except asyncio.CancelledError:
            self._drop()
            raise

    async def read(self) -> bytes:
        while True:
            if self._chunks:
                return self._take()
            if self._error is not None:
                raise self._error
            if self._complete:
                return b""
            try:
                await self._wait()
            except asyncio.CancelledError:
                self._drop()
                raise

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        """See `contracts.upstream.Poured`."""
        while True:
            if self._chunks and not take(self._take()):
                return False
            if self._error is not None:
                raise self._error
            if self._complete:
                return True
            self._sink = take
            self._shorten()
            try:
                await self._wait()
            except asyncio.CancelledError:
                self._drop()
                raise
            finally:
                self._sink = None
                self._shorten()
            if self._stopped:
                self._stopped = False
                return False

    async def abort(self) -> None:
        self._drop()

    # What the connection calls.

    def feed(self, data: bytes) -> None:
        self.started = True
        before = self._seen
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.fail(FailureCode.INVALID_ANSWER, "the upstream changed to another protocol")
            return
        except httptools.HttpParserError as odd:
            self.fail(FailureCode.INVALID_ANSWER, f"what the upstream sent is no HTTP: {type(odd).__name__}")
            return
        # Behind a chunk's end, the begin of the next one's head would be no such line.
        self._between = self._between and data.endswith(b"\r\n")
        if self._error is None and self._seen == before and not self._complete:
            self._silent += len(data)
            if self._silent > (SILENT_BYTES if self._final else HEAD_BYTES):
                self.fail(FailureCode.INVALID_ANSWER, "the upstream's headers have no end")
        elif self._sink is not None and self._chunks:
            self._sink_it(self._sink)
            self._shorten()
        elif self._waiting > HIGH_WATER and self._connection is not None:
            self._connection.pause()

    def eof(self) -> None:
        """The upstream closed the connection."""
        if self._complete or self._error is not None:
            return
        if self._final and not self._framed:
            self._end(reusable=False)
            return
        what = "in the middle of its answer" if self.started else "without an answer"
        code = FailureCode.INVALID_ANSWER if self._final else FailureCode.UNREACHABLE
        self.fail(code, f"the upstream closed the connection {what}")

    def fail(self, code: FailureCode, message: str) -> None:
        self._fail(UpstreamFailed(code, message, sent=True))

    def refuse(self) -> None:
        """The upstream did not take the connection."""
        self._fail(not_taken())

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._final:
            # A second answer to one request: what comes is not to be trusted any more.
            self._home.poisoned = True
            return
        self._heads = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._final:
            self._heads.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._final:
            return
        status = self._parser.get_status_code()
        if status < 200:
            return
        self.status = status
        self.headers = self._heads
        self._final = True
        self._silent = 0
        self._framed = _framed(self._heads, status)
        if self._headless:
            # The parser would wait for a body that an answer to HEAD announces but does not have.
            self._end(reusable=False)
        self._wake()

    def on_body(self, body: bytes) -> None:
        if self._complete or not self._final:
            return
        self._got_body = True
        self._silent = 0
        self._seen += len(body)
        if self._max_bytes is not None and self._seen > self._max_bytes:
            message = f"the upstream's answer is longer than {self._max_bytes} bytes"
            self.fail(FailureCode.TOO_LARGE, message)
            return
        self._chunks.append(body)
        self._waiting += len(body)
        if self._sink is None:
            self._wake()

    def on_chunk_header(self) -> None:
        self._between = False

    def on_chunk_complete(self) -> None:
        self._between = True

    def on_message_complete(self) -> None:
        if self._final and not self._complete and self._error is None:
            self._end(reusable=self._parser.should_keep_alive())

    # Inside.

    def _fail(self, error: UpstreamFailed) -> None:
        if self._complete or self._error is not None:
            return
        self._error = error
        self._drop()
        self._wake()

    def _sink_it(self, take: Callable[[bytes], bool]) -> None:
        self._deadline = min(self._loop.time() + self._waits.between_s, self._total_by)
        if not take(self._take()):
            self.stop_pouring()

    def stop_pouring(self) -> None:
        self._sink = None
        self._stopped = True
        self._shorten()
        self._wake()

    def _shorten(self) -> None:
        """Between two chunks the connection may give whole ones to whom they are poured into: what a stream
        mostly is. The parser sees the rest."""
        if self._connection is not None:
            short = self._between and self._max_bytes is None
            self._connection.sink = self._sink if short else None

    def _take(self) -> bytes:
        chunks = self._chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        if self._waiting > HIGH_WATER and self._connection is not None:
            self._connection.resume()
        self._waiting = 0
        return data

    def _end(self, *, reusable: bool) -> None:
        self._complete = True
        connection, self._connection = self._connection, None
        self._stop_timer()
        if connection is not None:
            connection.sink = None
            connection.finished(self, reusable=reusable)
        self._wake()

    def _drop(self) -> None:
        """Close the connection at once; what came and was not read goes with it."""
        connection, self._connection = self._connection, None
        self._stop_timer()
        if connection is not None:
            connection.abort()
        if not self._complete and self._error is None:
            self._error = UpstreamFailed(FailureCode.INVALID_ANSWER, "the exchange was aborted", sent=True)

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    async def _wait(self) -> None:
        now = self._loop.time()
        by = now + self._waits.between_s if self._got_body else self._first_by
        self._deadline = min(by, self._total_by)
        if self._timer is None or self._timer.when() > self._deadline:
            self._stop_timer()
            self._timer = self._loop.call_at(self._deadline, self._tick)
        waiter = self._waiter = self._loop.create_future()
        await waiter

    def _tick(self) -> None:
        """One timer for many waits: it looks at where the deadline is by now."""
        self._timer = None
        if self._waiter is None:
            return
        now = self._loop.time()
        heard_at = self._home.heard_at
        if heard_at:
            self._deadline = max(self._deadline, min(heard_at + self._waits.between_s, self._total_by))
        if now < self._deadline - 0.001:
            self._timer = self._loop.call_at(self._deadline, self._tick)
            return
        unsent = self._connection.unsent() if self._connection is not None else 0
        if unsent and unsent != self._unsent and now < self._total_by:
            # The clock of the first byte starts when the request is out, and it still goes out.
            self._unsent = unsent
            self._first_by = self._deadline = min(now + self._waits.first_byte_s, self._total_by)
            self._timer = self._loop.call_at(self._deadline, self._tick)
            return
        self.fail(FailureCode.TIMEOUT, self._late(now))

    def _late(self, now: float) -> str:
        if now >= self._total_by:
            return f"the upstream was not done within {self._waits.total_s:g} s"
        if self._got_body:
            return f"the upstream sent nothing for {self._waits.between_s:g} s in the middle of its answer"
        return f"the upstream sent nothing within {self._waits.first_byte_s:g} s"

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def not_taken() -> UpstreamFailed:
    """It ended the handshake, so it never got the request."""
    message = "the upstream does not take our certificate, or wants one"
    reason = Unreached.CLIENT_CERTIFICATE_REFUSED
    return UpstreamFailed(FailureCode.UNREACHABLE, message, sent=False, reason=reason)


def _framed(headers: list[tuple[bytes, bytes]], status: int) -> bool:
    """Whether the end of the body is told, and is not just the end of the connection (RFC 9112, 6.3)."""
    if status in (204, 304):
        return True
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in headers)
