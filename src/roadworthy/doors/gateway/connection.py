"""HTTP/1.1 connections of callers: parsed, bounded, one request after the other.

By hand rather than behind an application server: on the path of every call each layer costs as much as all
that is done there (docs/reference/benchmarks.md).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httptools

from roadworthy.doors.gateway.limits import GatewayLimits
from roadworthy.doors.gateway.refusing import refuse
from roadworthy.doors.gateway.reply import ClientGone, Reply
from roadworthy.doors.gateway.request import GatewayRequest

log = logging.getLogger(__name__)

Handler = Callable[[GatewayRequest, Reply], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Desk:
    """What all connections share."""

    handler: Handler
    limits: GatewayLimits
    loop: asyncio.AbstractEventLoop
    connections: set[CallerConnection] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    body_bytes: int = 0
    stopping: bool = False


class CallerConnection(asyncio.Protocol):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._limits = desk.limits
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport = None  # type: ignore[assignment] # from connection_made on
        self._client = ""
        self._blocked = False
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._reply: Reply | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[GatewayRequest] = deque()
        self._refused = False
        self._head_bytes = 0
        self._fresh()

    def _fresh(self) -> None:
        self._reading = False
        self._headed = False
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._held = 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._transport.set_write_buffer_limits(high=self._limits.buffered_bytes)
        peer = transport.get_extra_info("peername")
        self._client = str(peer[0]) if peer else ""
        self._desk.connections.add(self)
        if len(self._desk.connections) > self._limits.connections:
            self._refuse(503, "Too many connections are open.")
            return
        self._await(self._limits.header_seconds)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if not self._headed:
            self._head_bytes += len(data)
            if b"h2c" in data:
                data = _without_offer(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400, "The gateway speaks HTTP/1.1 and changes to no other protocol.")
        except httptools.HttpParserError:
            if not self._refused:
                self._refuse(400, "What was sent is no HTTP/1.1 request.")
        if not self._headed and self._head_bytes > self._limits.header_bytes:
            self._refuse(431, f"The headers are longer than {self._limits.header_bytes} bytes.")
        if self._waiting and not self._transport.is_closing():
            # Whoever sends ahead waits; else a connection is read so that its end is seen.
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._desk.connections.discard(self)
        self._stop_timer()
        self._give_back()
        for request in self._waiting:
            self._desk.body_bytes -= len(request.body)
        self._waiting.clear()
        if self._reply is not None and not self._reply.ended:
            self._reply.lost()
            if self._task is not None:
                # The caller is gone: whatever is done for it is done for nobody.
                self._task.cancel()

    def pause_writing(self) -> None:
        self._blocked = True
        if self._reply is not None:
            self._reply.block()

    def resume_writing(self) -> None:
        self._blocked = False
        if self._reply is not None:
            self._reply.unblock()

    # The parser's

    def on_message_begin(self) -> None:
        self._fresh()
        self._reading = True
        self._await(self._limits.header_seconds)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._headed:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._headed = True
        self._head_bytes = 0
        length = 0
        for name, value in self._headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"expect" and value.lower() == b"100-continue" and self._task is None:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if length > self._limits.body_bytes:
            self._refuse(413, f"The body is longer than {self._limits.body_bytes} bytes.")
        self._await(self._limits.body_seconds)

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        self._held += len(body)
        self._desk.body_bytes += len(body)
        if self._held > self._limits.body_bytes:
            self._refuse(413, f"The body is longer than {self._limits.body_bytes} bytes.")
        elif self._desk.body_bytes > self._limits.inflight_bytes and self._desk.body_bytes > self._held:
            self._refuse(503, "Too much is being received at once.")
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self._refused:
            return
        try:
            request = self._request()
        except (httptools.HttpParserInvalidURLError, UnicodeError):
            self._refuse(400, "The request line's URL cannot be read.")
            return
        self._reading = False
        self._held = 0
        self._body = []
        if self._task is None:
            self._serve(request)
        elif len(self._waiting) < self._limits.waiting_requests:
            self._waiting.append(request)
        else:
            self._transport.abort()

    # Inside

    def _request(self) -> GatewayRequest:
        url = httptools.parse_url(self._url)
        version = self._parser.get_http_version()
        body = self._body
        return GatewayRequest(
            method=self._parser.get_method().decode("ascii"),
            path=(url.path or b"/").decode("ascii"),
            query=(url.query or b"").decode("ascii"),
            headers=self._headers,
            body=body[0] if len(body) == 1 else b"".join(body),
            keep_alive=self._parser.should_keep_alive() and not self._desk.stopping,
            chunked=version != "1.0",
            client=self._client,
        )

    def _serve(self, request: GatewayRequest) -> None:
        self._deadline = 0.0
        reply = self._reply = Reply(
            self._transport,
            request,
            loop=self._desk.loop,
            stall_seconds=self._limits.stall_seconds,
            on_end=self._next,
        )
        if self._blocked:
            reply.block()
        task = self._task = self._desk.loop.create_task(self._handle(request, reply))
        self._desk.tasks.add(task)
        task.add_done_callback(self._desk.tasks.discard)

    async def _handle(self, request: GatewayRequest, reply: Reply) -> None:
        try:
            await self._desk.handler(request, reply)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            if not reply.gone:
                raise
        except Exception:
            # One call's fault must not end the connection of others, nor be told to a caller.
            log.exception("a call failed in the gateway itself")
            if not reply.started and not reply.gone and not self._transport.is_closing():
                refuse(reply, path=request.path, status=500, message="The gateway failed.")
        finally:
            self._desk.body_bytes -= len(request.body)
            if not reply.ended:
                reply.break_off()

    def _next(self) -> None:
        """The answer is out; what its call still has to do goes on beside the next one."""
        self._task = None
        if self._transport.is_closing():
            return
        if self._waiting:
            self._serve(self._waiting.popleft())
            if not self._waiting:
                self._transport.resume_reading()
        else:
            self._await(self._limits.body_seconds if self._reading else self._limits.keep_alive_seconds)

    def _refuse(self, status: int, message: str) -> None:
        """Answer what cannot be served, and close. What is still being sent is not read."""
        if self._refused:
            return
        self._refused = True
        self._give_back()
        if self._task is not None:
            # An answer is under way on this connection: another in between would be taken for its body.
            self._transport.abort()
            return
        if self._transport.is_closing():
            return
        path = self._url.split(b"?", 1)[0].decode("ascii", "replace")
        request = GatewayRequest(
            method="POST", path=path, query="", headers=(), body=b"", keep_alive=False, client=self._client
        )
        reply = Reply(self._transport, request, loop=self._desk.loop, stall_seconds=1.0, close=self._linger)
        refuse(reply, path=path, status=status, message=message)

    def _linger(self) -> None:
        """Let the caller get to the answer: closing while it sends would take it away from it (TCP reset)."""
        if self._transport.is_closing():
            return
        self._transport.write_eof()
        self._stop_timer()
        self._timer = self._desk.loop.call_later(self._limits.linger_seconds, self._transport.close)

    def _give_back(self) -> None:
        self._desk.body_bytes -= self._held
        self._held = 0
        self._body = []

    def _await(self, seconds: float) -> None:
        """Close the connection unless the next thing is there within `seconds`. One timer serves them all."""
        if self._task is not None:
            return
        self._deadline = self._desk.loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            self._stop_timer()
            self._timer = self._desk.loop.call_at(self._deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self._deadline or self._task is not None:
            return
        if self._desk.loop.time() < self._deadline - 0.001:
            self._timer = self._desk.loop.call_at(self._deadline, self._tick)
        elif self._reading:
            self._refuse(408, "The request did not come in time.")
        else:
            self._transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stop(self) -> None:
        """Serve no further request; what is under way goes on."""
        if self._task is None:
            self._transport.close()
        elif self._reply is not None:
            self._reply.close_after()


_OFFER = re.compile(rb"(?i)\r\nupgrade:([ \t]*h2c[ \t]*\r\n)")


def _without_offer(data: bytes) -> bytes:
    """A request that offers HTTP/2 (as Java's client does) is answered without it (RFC 9110, 7.8), but the
    parser would take what follows for the other protocol."""
    head, end, rest = data.partition(b"\r\n\r\n")
    return _OFFER.sub(rb"\r\nx-offer:\1", head + b"\r\n")[:-2] + end + rest
