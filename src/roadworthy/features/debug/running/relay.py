"""What an agent in a replay can reach: the gateway and this server's telemetry. The rest is refused and told.

Works on sockets that listen wherever they were made: in the agent's own network, or on loopback. A loop in a
thread of its own. Nothing of what passes through is looked at.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

_CHUNK = 65_536
_HEAD_BYTES = 65_536
_PATIENCE_S = 10.0
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address_of(url: str) -> Address:
    """Raises ValueError."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.scheme not in _PORTS:
        raise ValueError(f"{url!r} is no address; expected like http://127.0.0.1:8421")
    return Address(parts.hostname, parts.port or _PORTS[parts.scheme])


class Relay:
    """`report` is told of each attempt to reach something else, as `host:port` (or a bare name that was asked
    for); in the loop's thread. Close it when the agent is over."""

    def __init__(self, *, reachable: Sequence[Address], report: Callable[[str], None]) -> None:
        self._reachable = frozenset(reachable)
        self._report = report
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()

    def pipe(self, listener: socket.socket, to: Address) -> None:
        """Every connection goes to `to`, which is outside."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._joined(reader, writer, to, b"")

        self._serve(listener, serve)

    def proxy(self, listener: socket.socket) -> None:
        """For whoever reads HTTP_PROXY: passes on what may be reached, refuses and reports the rest."""
        self._serve(listener, self._proxied)

    def names(self, datagrams: socket.socket) -> None:
        """There are none (RCODE 3, RFC 1035 4.1.1); which was asked for is reported."""

        async def start() -> None:
            await self._loop.create_datagram_endpoint(lambda: _NoNames(self._report), sock=datagrams)

        self._run(start())

    def close(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for one in self._under_way:
            one.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _serve(
        self,
        listener: socket.socket,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
    ) -> None:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._under_way.add(task)
            try:
                # Either side may go away at any moment.
                with suppress(OSError, asyncio.CancelledError, TimeoutError):
                    await serve(reader, writer)
            finally:
                writer.close()
                if task is not None:
                    self._under_way.discard(task)

        async def start() -> None:
            self._servers.append(await asyncio.start_server(one, sock=listener, limit=_HEAD_BYTES))

        self._run(start())

    async def _proxied(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        target = rest.partition(" ")[0]
        try:
            to = address_of(f"https://{target}" if method == "CONNECT" else target)
        except ValueError:
            await _refuse(writer, f"expected a proxy's request, got {method} {target[:200]}", status=400)
            return
        if to not in self._reachable:
            self._report(str(to))
            await _refuse(writer, f"this is a replay: nothing leaves the machine, {to} is not reached")
        elif method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._joined(reader, writer, to, b"")
        else:
            await self._joined(reader, writer, to, head)

    async def _joined(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: Address, first: bytes
    ) -> None:
        out_reader, out_writer = await asyncio.wait_for(
            asyncio.open_connection(to.host, to.port), _PATIENCE_S
        )
        try:
            out_writer.write(first)
            await asyncio.gather(_copied(reader, out_writer), _copied(out_reader, writer))
        finally:
            out_writer.close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(_CHUNK):
        writer.write(part)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _refuse(writer: asyncio.StreamWriter, why: str, *, status: int = 403) -> None:
    body = f"roadworthy: {why}\n".encode()
    head = f"HTTP/1.1 {status} Refused\r\ncontent-type: text/plain\r\nconnection: close\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


class _NoNames(asyncio.DatagramProtocol):
    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Its class says so from Python 3.13 on.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        name, ends = _question(data)
        if not name or self._transport is None:
            return
        self._report(name)
        head = data[:2] + (0x8183).to_bytes(2, "big") + b"\0\1" + bytes(6)
        self._transport.sendto(head + data[12:ends], addr)


def _question(data: bytes) -> tuple[str, int]:
    """The name asked for, and where the question ends; "" where it is none (RFC 1035, 4.1.2)."""
    labels, at = [], 12
    while at < len(data) and data[at]:
        size = data[at]
        if size > 63 or at + size >= len(data):
            return "", 0
        labels.append(data[at + 1 : at + 1 + size].decode("latin-1"))
        at += 1 + size
    return (".".join(labels), at + 5) if labels and at + 5 <= len(data) else ("", 0)
