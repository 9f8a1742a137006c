"""A connection to an upstream: one exchange at a time, kept open in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from roadworthy.backends.upstream.http.answer import HttpAnswer
from roadworthy.backends.upstream.http.tls import refuses_us
from roadworthy.contracts.upstream import Waits
from roadworthy.domain.typed_failure import FailureCode

_HEX = frozenset(b"0123456789abcdefABCDEF")


class Connection(asyncio.Protocol):
    """`on_free` is called when an exchange ended and another may follow; `on_closed` once, at the end."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, on_closed: Callable[[Connection], None] | None = None
    ) -> None:
        self.loop = loop
        self.poisoned = False
        """What it sends cannot be told apart any more: never used again."""
        self.open = False
        self.refused = False
        """Whether it was ended because of the certificate we showed, or did not show."""
        self.idle_since = 0.0
        self.on_free: Callable[[Connection], None] | None = None
        self._on_closed = on_closed
        self._transport: asyncio.Transport | None = None
        self._answer: HttpAnswer | None = None
        self._freeing = False
        self.sink: Callable[[bytes], bool] | None = None
        self.heard_at = 0.0

    def begin(
        self,
        head: bytes,
        body: bytes,
        *,
        waits: Waits,
        max_bytes: int | None,
        bodiless: bool,
        total_by: float,
    ) -> HttpAnswer:
        """Send a request; its answer, of which nothing has come yet."""
        assert self._transport is not None  # noqa: S101 (only open connections are given out)
        self.sink, self.heard_at = None, 0.0
        answer = self._answer = HttpAnswer(
            self, waits=waits, max_bytes=max_bytes, bodiless=bodiless, total_by=total_by
        )
        self._transport.write(head + body if len(body) < 65536 else head)
        if len(body) >= 65536:
            self._transport.write(body)
        return answer

    def finished(self, answer: HttpAnswer, *, reusable: bool) -> None:
        if self._answer is answer:
            self._answer = None
            self.resume()
        if not reusable or self.poisoned or not self.open or self.unsent():
            self.abort()
        else:
            # Not before the parser is done with the bytes at hand: they may hold more than one answer.
            self._freeing = True

    def _free(self) -> None:
        self._freeing = False
        if self.open and not self.poisoned and self.on_free is not None:
            self.idle_since = self.loop.time()
            self.on_free(self)
        else:
            self.abort()

    def abort(self) -> None:
        self.open = False
        self._answer = None
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and self.open and not self._transport.is_reading():
            self._transport.resume_reading()

    def unsent(self) -> int:
        """Bytes of the request that the kernel has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.open = True

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if self.sink is not None and answer is not None and data.endswith(b"\r\n"):
            # One whole chunk without extensions, but not the last (RFC 9112, 7.1). On the path of each event
            # of a stream: a call or two more would cost as much as all that is done here.
            at = data.find(b"\r\n", 0, 10)
            told, size = data[:at], len(data) - at - 4
            if at > 0 and size > 0 and _HEX.issuperset(told) and int(told, 16) == size:
                self.heard_at = self.loop.time()
                if not self.sink(data[at + 2 : -2]):
                    answer.stop_pouring()
                return
        if answer is not None:
            answer.feed(data)
            if self._freeing:
                self._free()
        else:
            # Nobody asked: an answer to a request that was never made.
            self.poisoned = True
            self.abort()

    def eof_received(self) -> bool:
        self.open = False
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.eof()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self.refused = refuses_us(exc)
        answer, self._answer = self._answer, None
        if answer is not None:
            if exc is None:
                answer.eof()
            elif self.refused and not answer.started:
                # With TLS 1.3 it says so after our request went out, and before it reads it.
                answer.refuse()
            else:
                code = FailureCode.INVALID_ANSWER if answer.status else FailureCode.UNREACHABLE
                answer.fail(code, f"the connection to the upstream broke: {type(exc).__name__}")
        if self._on_closed is not None:
            self._on_closed(self)
