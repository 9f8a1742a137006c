"""Upstreams that misbehave on purpose: a script for each connection, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from roadworthy.contracts.upstream import Headers, Identity, UpstreamRequest, Waits

SOON = Waits(connect_s=15, first_byte_s=15, between_s=15, total_s=60)
IMPATIENT = Waits(connect_s=15, first_byte_s=0.2, between_s=0.2, total_s=60)


@dataclass
class Caller:
    """One connection, as the upstream sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """The next request, whole; b"" where the caller closed."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return head + await self.reader.readexactly(length)

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def closed(self) -> bool:
        """Whether the caller closed the connection within 30 s."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(30):
                while await self.reader.read(65536):
                    pass
        return True


Script = Callable[[Caller], Awaitable[None]]


@dataclass
class Upstream:
    port: int
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    encrypted: bool = False

    def url(self, path: str = "/v1/chat/completions", *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.encrypted else 'http'}://{host}:{self.port}{path}"

    def request(
        self,
        *,
        path: str = "/v1/chat/completions",
        host: str = "127.0.0.1",
        method: str = "POST",
        headers: Headers = (),
        body: bytes = b"{}",
        waits: Waits = SOON,
        identity: Identity | None = None,
        allow_private: bool = True,
        max_answer_bytes: int | None = None,
    ) -> UpstreamRequest:
        return UpstreamRequest(
            method=method,
            url=self.url(path, host=host),
            headers=headers,
            body=body,
            waits=waits,
            allow_private=allow_private,
            identity=identity,
            max_answer_bytes=max_answer_bytes,
        )


@contextlib.asynccontextmanager
async def upstream(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Upstream]:
    """`script` is run for each connection, which is closed behind it."""
    told = Upstream(port=0, encrypted=tls is not None)
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.connections += 1
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await script(Caller(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.sleep(0)


def plain(body: bytes = b'{"ok":true}', *, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n%b" % (
        extra,
        len(body),
        body,
    )


CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def always(*parts: bytes, close: bool = False) -> Script:
    """Says the same to each request."""

    async def script(caller: Caller) -> None:
        while await caller.request():
            await caller.say(*parts)
            if close:
                return

    return script
