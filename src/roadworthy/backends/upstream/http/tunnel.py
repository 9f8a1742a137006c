"""A way through an HTTP proxy: CONNECT (RFC 9110, 9.3.6), then TLS inside."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence

from roadworthy.backends.upstream.http.connection import Connection
from roadworthy.contracts.upstream import Unreached

_HEAD_BYTES = 16 << 10


class ProxyFailed(OSError):  # noqa: N818 (a condition, not a bug)
    """The way ends at the proxy. `reason` None: what it said makes no sense."""

    def __init__(self, message: str, *, reason: Unreached | None) -> None:
        super().__init__(0, message)
        self.reason = reason


async def open_tunnel(
    addresses: Sequence[str],
    *,
    port: int,
    to: str,
    credentials: bytes,
    context: ssl.SSLContext | None,
    host: str,
    make: Callable[[asyncio.AbstractEventLoop], Connection],
) -> Connection:
    """A connection to `to` (`host:port`). Raises ProxyFailed and OSError; the caller bounds the time."""
    loop = asyncio.get_running_loop()
    transport, asking = await _reach(addresses, port=port)
    try:
        head = [f"CONNECT {to} HTTP/1.1", f"host: {to}"]
        if credentials:
            head.append(f"proxy-authorization: Basic {credentials.decode()}")
        transport.write("\r\n".join([*head, "", ""]).encode())
        status = await asking.status
        if not 200 <= status < 300:
            raise ProxyFailed(f"the proxy answered {status}", reason=_meant_by(status))
        connection = make(loop)
        if context is None:
            transport.set_protocol(connection)
            connection.connection_made(transport)
            return connection
        secured = await loop.start_tls(transport, connection, context, server_hostname=host)
        if secured is None:
            raise ProxyFailed("the proxy closed the connection", reason=None)
        connection.connection_made(secured)
    except BaseException:
        transport.abort()
        raise
    return connection


def _meant_by(status: int) -> Unreached:
    if status == 407:
        return Unreached.PROXY_CREDENTIALS
    return Unreached.PROXY_CANNOT_REACH if status >= 500 else Unreached.PROXY_REFUSED


async def _reach(addresses: Sequence[str], *, port: int) -> tuple[asyncio.Transport, _Asking]:
    loop = asyncio.get_running_loop()
    why = "it has no address"
    for address in addresses:
        try:
            return await loop.create_connection(lambda: _Asking(loop), address, port)
        except OSError as odd:
            why = odd.strerror or type(odd).__name__
    raise ProxyFailed(f"the proxy cannot be reached: {why}", reason=Unreached.PROXY_UNREACHABLE)


class _Asking(asyncio.Protocol):
    """Reads the status of the proxy's answer, and nothing behind its headers."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.status: asyncio.Future[int] = loop.create_future()
        self._read = b""

    def data_received(self, data: bytes) -> None:
        if self.status.done():
            return
        self._read += data
        head, end, rest = self._read.partition(b"\r\n\r\n")
        if not end:
            if len(self._read) > _HEAD_BYTES:
                self._odd()
            return
        words = head.split(b"\r\n", 1)[0].split(b" ", 2)
        told = len(words) > 1 and words[0].startswith(b"HTTP/1.") and words[1].isdigit()
        if not told or rest:
            # Who speaks first inside is not the upstream: it waits for us.
            self._odd()
        else:
            self.status.set_result(int(words[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.status.done():
            self.status.set_exception(ProxyFailed("the proxy closed the connection", reason=None))

    def _odd(self) -> None:
        self.status.set_exception(ProxyFailed("the proxy's answer is no HTTP", reason=None))
