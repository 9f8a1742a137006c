"""The answer to one request, written as it comes, no faster than the client takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus

from roadworthy.doors.gateway.request import GatewayRequest

_REASONS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_FRAMING = frozenset({b"connection", b"transfer-encoding", b"keep-alive", b"content-length"})


class ClientGone(Exception):  # noqa: N818 (a condition, not a bug)
    """Nobody takes the answer any more."""


class Reply:
    """`start`, then `write` any number of times, then `end`; or `send` for all at once.

    `write` raises ClientGone where the client went or took nothing for too long. What ends without `end`
    tells the client that it was cut off.
    """

    __slots__ = (
        "_chunked",
        "_close",
        "_keep_alive",
        "_left",
        "_loop",
        "_on_end",
        "_request",
        "_stall_seconds",
        "_transport",
        "_unblocked",
        "ended",
        "gone",
        "head",
        "on_leave",
        "started",
        "status",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        request: GatewayRequest,
        *,
        loop: asyncio.AbstractEventLoop,
        stall_seconds: float,
        on_end: Callable[[], None] = lambda: None,
        close: Callable[[], None] | None = None,
    ) -> None:
        """`on_end` is called once, when the connection may serve the next request or is closed; `close` where
        it is to be closed, in place of closing it at once."""
        self._transport = transport
        self._request = request
        self._loop = loop
        self._stall_seconds = stall_seconds
        self._on_end = on_end
        self._close = close or transport.close
        self._unblocked: asyncio.Future[None] | None = None
        self._chunked = False
        self._left: int | None = None
        self._keep_alive = request.keep_alive
        self.on_leave: Callable[[], None] = lambda: None
        """Called where the gateway stops: an answer that lasts is to be ended."""
        self.status = 0
        self.head = b""
        """As it was sent."""
        self.started = False
        self.ended = False
        self.gone = False

    def start(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], *, length: int | None = None
    ) -> None:
        """`length` of the body; None where it is not known. Lengths and framing in `headers` are left out.
        Raises ClientGone."""
        self._there()
        head = self._head(status, headers, length=length)
        self._transport.write(head)

    def send(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        self._there()
        head = self._head(status, headers, length=len(body))
        self._transport.write(head + body if self._bodied() else head)
        self._left = 0
        self.end()

    async def write(self, data: bytes) -> None:
        self.put(data)
        if self._unblocked is not None:
            await self._drained()

    def put(self, data: bytes) -> bool:
        """Write without waiting; False where the client takes less than comes: `drained` waits until it does
        again. Raises ClientGone."""
        if self.gone or self._transport.is_closing():
            self.gone = True
            raise ClientGone
        if self._chunked:
            if data:
                self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
            return self._unblocked is None
        if not data or not self._bodied():
            return True
        if self._left is not None:
            # More than was announced would be read as the next answer.
            data = data[: self._left]
            self._left -= len(data)
        self._transport.write(data)
        return self._unblocked is None

    @property
    def blocked(self) -> bool:
        """Whether the client takes less than comes."""
        return self._unblocked is not None

    async def drained(self) -> None:
        """Raises ClientGone."""
        if self.gone:
            raise ClientGone
        if self._unblocked is not None:
            await self._drained()

    def end(self) -> None:
        """Everything was written. A body shorter than it was announced breaks the connection."""
        if self.ended:
            return
        self.ended = True
        if self.gone:
            pass
        elif self._left and self._bodied():
            self._transport.abort()
        else:
            if self._chunked:
                self._transport.write(b"0\r\n\r\n")
            if not self._keep_alive:
                self._close()
        self._on_end()

    def break_off(self) -> None:
        """Close the connection so that the client cannot take what it has for the whole."""
        self.ended = True
        self._keep_alive = False
        self._transport.abort()
        self._on_end()

    def close_after(self) -> None:
        """Let the connection serve no further request."""
        self._keep_alive = False
        self.on_leave()

    # What the connection calls.

    def block(self) -> None:
        if self._unblocked is None:
            self._unblocked = self._loop.create_future()

    def unblock(self) -> None:
        unblocked, self._unblocked = self._unblocked, None
        if unblocked is not None and not unblocked.done():
            unblocked.set_result(None)

    def lost(self) -> None:
        self.gone = True
        self.unblock()

    async def _drained(self) -> None:
        unblocked = self._unblocked
        if unblocked is None:
            return
        try:
            async with asyncio.timeout(self._stall_seconds):
                await asyncio.shield(unblocked)
        except TimeoutError:
            self.gone = True
            self._transport.abort()
        if self.gone:
            raise ClientGone

    def _there(self) -> None:
        if self.gone or self._transport.is_closing():
            self.gone = True
            raise ClientGone

    def _bodied(self) -> bool:
        return self._request.method != "HEAD" and self.status not in (204, 304)

    def _head(self, status: int, headers: Iterable[tuple[bytes, bytes]], *, length: int | None) -> bytes:
        self.status = status
        self.started = True
        self._left = length
        parts = [_REASONS.get(status) or b"HTTP/1.1 %d \r\n" % status]
        for name, value in headers:
            if name in _FRAMING:
                continue
            if b"\n" in value or b"\r" in value or b"\0" in value:
                continue
            parts.append(b"%b: %b\r\n" % (name, value))
        if status not in (204, 304):
            if length is not None:
                parts.append(b"content-length: %d\r\n" % length)
            elif self._request.chunked:
                self._chunked = self._bodied()
                parts.append(b"transfer-encoding: chunked\r\n")
            else:
                self._keep_alive = False
        if not self._keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        self.head = b"".join(parts)
        return self.head
