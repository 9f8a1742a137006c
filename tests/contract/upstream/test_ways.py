"""How an upstream is reached: addresses that may not be, TLS, client certificates, proxies."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from roadworthy.backends.upstream.http import dialing
from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.upstream import Identity, Transport, UpstreamFailed
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.kit.addresses import addresses_of
from tests.contract.upstream.certificates import Authority
from tests.contract.upstream.upstreams import Caller, always, plain, upstream

Test = Callable[[Transport], Awaitable[None]]


def run(test: Test) -> None:
    async def whole() -> None:
        transport = HttpTransport()
        try:
            async with asyncio.timeout(60):
                await test(transport)
        finally:
            await transport.close()

    uvloop.run(whole())


async def body_of(transport: Transport, request: object) -> bytes:
    answer = await transport.send(request)  # type: ignore[arg-type]
    return await answer.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_a_private_address_is_refused_unless_it_is_allowed(host: str) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(plain())) as there:
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(host=host, allow_private=False))
            assert (failed.value.code, failed.value.sent) == (FailureCode.UNREACHABLE, False)
            assert there.connections == 0

    run(test)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[fe80::1]"])
def test_where_clouds_tell_secrets_is_never_asked(host: str) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(plain())) as there:
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(host=host))
            assert "nobody is to be sent to" in str(failed.value)

    run(test)


def test_a_name_that_leads_elsewhere_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what is connected to is what was checked, and every new connection is checked anew."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("169.254.169.254",)

    monkeypatch.setattr(dialing, "addresses_of", rebinding)

    async def test(transport: Transport) -> None:
        async with upstream(always(plain(), close=True)) as there:
            assert await body_of(transport, there.request(host="rebinds.example")) == b'{"ok":true}'
            assert asked == ["rebinds.example"]
            with pytest.raises(UpstreamFailed):
                while True:  # until the connection is known to be closed and another one is made
                    await body_of(transport, there.request(host="rebinds.example"))
            assert there.connections == 1

    run(test)
    assert addresses_of is not rebinding


def test_a_name_nobody_has() -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(plain())) as there:
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(host="nobody.invalid"))
            assert (failed.value.code, failed.value.sent) == (FailureCode.UNREACHABLE, False)

    run(test)


def test_an_upstream_of_an_authority_we_do_not_know(tmp_path: Path) -> None:
    authority = Authority()
    server = authority.server(tmp_path, authority.issue("localhost", addresses=("127.0.0.1",)))

    async def test(transport: Transport) -> None:
        async with upstream(always(plain()), tls=server) as there:
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request())
            assert (failed.value.code, failed.value.sent) == (FailureCode.UNREACHABLE, False)
            assert "not trusted" in str(failed.value)
            known = Identity(authority=authority.pem)
            assert await body_of(transport, there.request(identity=known)) == b'{"ok":true}'

    run(test)


def test_a_certificate_of_another_name(tmp_path: Path) -> None:
    authority = Authority()
    server = authority.server(tmp_path, authority.issue("elsewhere.example"))

    async def test(transport: Transport) -> None:
        async with upstream(always(plain()), tls=server) as there:
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(identity=Identity(authority=authority.pem)))
            assert "not trusted" in str(failed.value)

    run(test)


def test_client_certificates_are_shown_and_not_shared(tmp_path: Path) -> None:
    authority = Authority()
    server = authority.server(
        tmp_path, authority.issue("localhost", addresses=("127.0.0.1",)), wants_client=True
    )
    ours = authority.issue("gateway")
    known = Identity(authority=authority.pem, client_certificate=ours.certificate, client_key=ours.key)

    async def test(transport: Transport) -> None:
        async with upstream(always(plain()), tls=server) as there:
            assert await body_of(transport, there.request(identity=known)) == b'{"ok":true}'
            # A connection opened with a certificate must not serve whoever has none.
            with pytest.raises(UpstreamFailed):
                await body_of(transport, there.request(identity=Identity(authority=authority.pem)))
            broken = Identity(client_certificate="no certificate", client_key="no key")
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(identity=broken))
            assert "cannot be used" in str(failed.value)

    run(test)


class Proxy:
    """An HTTP proxy that connects to what it is asked for."""

    def __init__(self, *, says: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.says = says
        self.asked: list[bytes] = []

    async def __call__(self, caller: Caller) -> None:
        head = await caller.request()
        self.asked.append(head)
        await caller.say(self.says)
        if b" 200 " not in self.says:
            return
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        await asyncio.gather(_pour(caller.reader, writer), _pour(reader, caller.writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def test_through_a_proxy(tmp_path: Path) -> None:
    authority = Authority()
    server = authority.server(tmp_path, authority.issue("localhost", addresses=("127.0.0.1",)))
    proxy = Proxy()

    async def test(transport: Transport) -> None:
        async with upstream(proxy) as between, upstream(always(plain()), tls=server) as there:
            way = Identity(authority=authority.pem, proxy=f"http://me:s%40y@127.0.0.1:{between.port}")
            for _ in range(2):
                assert await body_of(transport, there.request(identity=way)) == b'{"ok":true}'
            assert between.connections == 1
            head = proxy.asked[0]
            assert head.startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % there.port)
            assert base64.b64encode(b"me:s@y") in head
        async with upstream(proxy) as between, upstream(always(plain())) as clear:
            way = Identity(proxy=f"http://127.0.0.1:{between.port}")
            assert await body_of(transport, clear.request(identity=way)) == b'{"ok":true}'

    run(test)


@pytest.mark.parametrize(
    "says",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"what?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        b"",
    ],
)
def test_a_proxy_that_does_not_let_us_through(says: bytes) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(Proxy(says=says)) as between, upstream(always(plain())) as there:
            way = Identity(proxy=f"http://127.0.0.1:{between.port}")
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(identity=way))
            assert (failed.value.code, failed.value.sent) == (FailureCode.UNREACHABLE, False)
            assert there.connections == 0

    run(test)


def test_a_proxy_leads_to_no_address_that_is_refused() -> None:
    async def test(transport: Transport) -> None:
        async with upstream(Proxy()) as between, upstream(always(plain())) as there:
            way = Identity(proxy=f"http://127.0.0.1:{between.port}")
            with pytest.raises(UpstreamFailed):
                await transport.send(there.request(host="169.254.169.254", identity=way))
            assert between.connections == 0

    run(test)


def test_an_upstream_that_never_finishes_its_handshake(tmp_path: Path) -> None:
    async def silent(caller: Caller) -> None:
        await caller.closed()

    async def test(transport: Transport) -> None:
        async with upstream(silent) as there:
            there.encrypted = True
            request = there.request()
            short = type(request)(
                method="POST",
                url=request.url,
                headers=(),
                body=b"",
                waits=type(request.waits)(connect_s=0.3),
                allow_private=True,
            )
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(short)
            assert (failed.value.code, failed.value.sent) == (FailureCode.TIMEOUT, False)

    run(test)
