"""Callers that send what is no request, too much of it, or nothing at all."""

from __future__ import annotations

import asyncio

import pytest

from roadworthy.doors.gateway.limits import GatewayLimits
from tests.contract.upstream.upstreams import Caller, always, plain
from tests.unit.doors.gateway.house import KEY, Client, house, run

SMALL = GatewayLimits(
    body_bytes=1000,
    inflight_bytes=3000,
    header_seconds=0.3,
    header_bytes=4096,
    body_seconds=0.3,
    keep_alive_seconds=0.3,
    connections=3,
)
HEAD = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n".encode()
BODY = b'{"model":"planner"}'
WHOLE = HEAD + b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)


async def _said(client: Client, *parts: bytes) -> int:
    for part in parts:
        client.writer.write(part)
    return (await client.answer()).status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad line\r\n\r\n", 400),
        (HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (HEAD + b"content-length: 2000\r\n\r\n", 413),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000, 413),
        (HEAD + b"x-long: " + b"y" * 9000, 431),
        (HEAD + b"content-length: 10\r\n\r\nhalf", 408),
        (b"POST /v1/mess", 408),
        # As Java's client offers HTTP/2: answered without it.
        (HEAD + b"upgrade: h2c\r\nconnection: upgrade\r\ncontent-length: 19\r\n\r\n" + BODY, 200),
    ],
)
def test_what_is_no_request(sent: bytes, status: int) -> None:
    async def test() -> None:
        async with house(always(plain(b"{}")), limits=SMALL) as here:
            client = await here.open()
            assert await _said(client, sent) == status
            assert await client.closed()
            assert here.desk.body_bytes == 0
            good = await here.ask({"model": "planner"})
            assert good.status == 200

    run(test)


def test_silence_is_ended() -> None:
    async def test() -> None:
        async with house(always(plain(b"{}")), limits=SMALL) as here:
            silent = await here.open()
            assert await silent.closed()
            kept = await here.open()
            assert await _said(kept, WHOLE) == 200
            assert await kept.closed(), "after its keep-alive"

    run(test)


def test_more_connections_than_there_may_be() -> None:
    async def test() -> None:
        async with house(always(plain(b"{}")), limits=SMALL) as here:
            held = [await here.open() for _ in range(3)]
            while len(here.desk.connections) < 3:  # noqa: ASYNC110 - the accept is not ours to hear of
                await asyncio.sleep(0.01)
            more = await here.open()
            assert (await more.answer()).status == 503
            for one in held:
                one.close()

    run(test)


def test_requests_one_behind_the_other() -> None:
    """Pipelining: answered in order."""
    bodies = [b'{"model":"planner","n":%d}' % number for number in range(4)]

    async def script(caller: Caller) -> None:
        while request := await caller.request():
            await caller.say(plain(request.partition(b"\r\n\r\n")[2]))

    async def test() -> None:
        async with house(script) as here:
            client = await here.open()
            sent = [HEAD + b"content-length: %d\r\n\r\n%b" % (len(one), one) for one in bodies]
            client.writer.write(b"".join(sent))
            text = await client.until(b'"n":3}')
            assert [text.index(b'"n":%d}' % number) for number in range(4)] == sorted(
                text.index(b'"n":%d}' % number) for number in range(4)
            )
            client.close()

    run(test)


def test_a_body_in_pieces_and_one_that_waits_to_be_asked_for() -> None:
    async def script(caller: Caller) -> None:
        while request := await caller.request():
            await caller.say(plain(request.partition(b"\r\n\r\n")[2]))

    async def test() -> None:
        async with house(script) as here:
            client = await here.open()
            client.writer.write(HEAD + b"expect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n")
            await client.until(b"HTTP/1.1 100 Continue\r\n\r\n")
            for byte in BODY:
                client.writer.write(b"1\r\n%c\r\n" % byte)
            client.writer.write(b"0\r\n\r\n")
            answer = await client.answer()
            assert answer.body == BODY.replace(b"planner", b"gpt-5")
            client.close()

    run(test)


def test_the_old_protocol() -> None:
    async def test() -> None:
        async with house(always(plain(b"{}"))) as here:
            client = await here.open()
            client.writer.write(WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"))
            answer = await client.answer()
            assert (answer.status, answer.body) == (200, b"{}")
            assert await client.closed()

    run(test)


def test_too_much_at_once_is_refused_and_what_is_in_goes_on() -> None:
    async def test() -> None:
        begun, on = asyncio.Event(), asyncio.Event()

        async def script(caller: Caller) -> None:
            await caller.request()
            begun.set()
            await on.wait()
            await caller.say(plain(b"{}"))

        limits = GatewayLimits(body_bytes=1000, inflight_bytes=1200)
        async with house(script, limits=limits) as here:
            body = b'{"model":"planner","x":"%b"}' % (b"y" * 800)
            sent = HEAD + b"content-length: %d\r\n\r\n%b" % (len(body), body)
            first, second = await here.open(), await here.open()
            first.writer.write(sent)
            await begun.wait()
            assert await _said(second, sent) == 503
            on.set()
            assert (await first.answer()).status == 200
            assert here.desk.body_bytes == 0
            first.close()

    run(test)


def test_a_mistake_of_ours_is_told_without_its_words() -> None:
    def faults(*_: object) -> None:
        raise RuntimeError("a secret inside")

    async def test() -> None:
        async with house(always(plain(b"{}")), faults=faults) as here:
            answer = await here.ask({"model": "planner"})
            assert answer.status == 500
            assert b"secret" not in answer.body
            assert answer.json()["error"]["code"] == "gateway_error"  # type: ignore[index]

    run(test)
