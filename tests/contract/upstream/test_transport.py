"""What every transport promises (`contracts.upstream`), held against upstreams over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.upstream import Poured, Transport, UpstreamAnswer, UpstreamFailed, Waits
from roadworthy.domain.typed_failure import FailureCode
from tests.contract.upstream.upstreams import (
    CHUNKED,
    END,
    IMPATIENT,
    Caller,
    Script,
    always,
    chunk,
    plain,
    upstream,
)

Using = Callable[[Transport], Awaitable[None]]
LOOPS = {"asyncio": asyncio.run, "uvloop": uvloop.run}


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Callable[[Using], None]:
    """Runs a test with a transport, on each loop it may be used with."""

    def runner(test: Using) -> None:
        async def whole() -> None:
            transport = HttpTransport()
            try:
                async with asyncio.timeout(60):
                    await test(transport)
            finally:
                await transport.close()

        LOOPS[request.param](whole())

    return runner


async def read(answer: UpstreamAnswer) -> bytes:
    parts = []
    while part := await answer.read():
        parts.append(part)
    return b"".join(parts)


async def failure_of(transport: Transport, script: Script, **asked: object) -> UpstreamFailed:
    async with upstream(script) as there:
        with pytest.raises(UpstreamFailed) as failed:
            await read(await transport.send(there.request(**asked)))  # type: ignore[arg-type]
    return failed.value


def test_bytes_go_both_ways_as_they_are(run: Callable[[Using], None]) -> None:
    seen: list[bytes] = []

    async def script(caller: Caller) -> None:
        seen.append(await caller.request())
        await caller.say(plain(b'{"a" : 1}', extra=b"X-One: 1\r\nx-one: 2\r\n"))

    async def test(transport: Transport) -> None:
        async with upstream(script) as there:
            request = there.request(
                path="/v1/x?a=1", headers=[(b"x-key", b"secret"), (b"accept", b"*/*")], body=b'{ "b":2}'
            )
            answer = await transport.send(request)
            assert (answer.status, await read(answer)) == (200, b'{"a" : 1}')
            assert [pair for pair in answer.headers if pair[0] == b"x-one"] == [
                (b"x-one", b"1"),
                (b"x-one", b"2"),
            ]
            assert await answer.read() == b""
            await answer.abort()
        assert seen[0].startswith(b"POST /v1/x?a=1 HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % there.port)
        assert b"x-key: secret\r\naccept: */*\r\n" in seen[0]
        assert seen[0].endswith(b'content-length: 8\r\n\r\n{ "b":2}')

    run(test)


def test_a_connection_is_used_again(run: Callable[[Using], None]) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(plain())) as there:
            for _ in range(5):
                assert await read(await transport.send(there.request())) == b'{"ok":true}'
            assert there.connections == 1
            many = await asyncio.gather(*(transport.send(there.request()) for _ in range(5)))
            assert [await read(one) for one in many] == [b'{"ok":true}'] * 5
            assert there.connections == 5

    run(test)


def test_a_stream_is_handed_on_as_it_comes(run: Callable[[Using], None]) -> None:
    heard = asyncio.Event()

    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b"data: 1\n\n"))
        await heard.wait()
        await caller.say(chunk(b"data: 2\n\n"), END)

    async def test(transport: Transport) -> None:
        async with upstream(script) as there:
            answer = await transport.send(there.request())
            assert await answer.read() == b"data: 1\n\n"
            heard.set()
            assert await read(answer) == b"data: 2\n\n"

    run(test)


def test_a_stream_is_poured_as_it_comes_and_stops_when_it_is_told(run: Callable[[Using], None]) -> None:
    heard = asyncio.Event()

    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b"1"))
        await heard.wait()
        await caller.say(chunk(b"2" * 70_000), chunk(b"3"), END)

    async def cut(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b"1"))

    async def stalls(caller: Caller) -> None:
        await caller.request()
        for number in range(4):
            await caller.say(*([CHUNKED] if not number else []), chunk(b"1"))
            await asyncio.sleep(0.1)
        await caller.closed()

    async def test(transport: Transport) -> None:
        taken: list[bytes] = []

        def take(data: bytes) -> bool:
            taken.append(data)
            heard.set()
            return len(taken) != 2

        async with upstream(script) as there:
            answer = await transport.send(there.request())
            assert isinstance(answer, Poured)
            assert await answer.pour(take) is False
            assert len(taken) == 2
            assert await answer.pour(take) is True
            assert b"".join(taken) == b"1" + b"2" * 70_000 + b"3"
            assert await answer.read() == b""
            assert there.connections == 1
        for ends, code in ((cut, FailureCode.INVALID_ANSWER), (stalls, FailureCode.TIMEOUT)):
            async with upstream(ends) as there:
                taken.clear()
                answer = await transport.send(there.request(waits=IMPATIENT))
                assert isinstance(answer, Poured)
                with pytest.raises(UpstreamFailed) as failed:
                    while not await answer.pour(take):
                        pass
                assert failed.value.code is code
                assert b"".join(taken) == (b"1" if ends is cut else b"1111")

    run(test)


def test_an_upstream_is_read_no_faster_than_its_reader(run: Callable[[Using], None]) -> None:
    sent = 0

    async def script(caller: Caller) -> None:
        nonlocal sent
        await caller.request()
        await caller.say(CHUNKED)
        for _ in range(400):
            await caller.say(chunk(b"x" * 65536))
            sent += 1
        await caller.say(END)

    async def test(transport: Transport) -> None:
        async with upstream(script) as there:
            answer = await transport.send(there.request())
            before = -1
            while sent != before:  # until the sender is held up
                before = sent
                await asyncio.sleep(0.2)
            assert sent < 400
            assert len(await read(answer)) == 400 * 65536

    run(test)


@pytest.mark.parametrize(
    "says",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header line\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-a: b\rset-cookie: c\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx\x00y: 1\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nhe",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"zz\r\nhello\r\n",
        CHUNKED + b"-1\r\nhello\r\n",
        CHUNKED + b"ffffffffffffffffff\r\nhello\r\n",
        CHUNKED + b"5\r\nhelloXX\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    ],
)
def test_what_is_no_http_is_no_answer(run: Callable[[Using], None], says: bytes) -> None:
    async def test(transport: Transport) -> None:
        failed = await failure_of(transport, always(says))
        assert (failed.code, failed.sent) == (FailureCode.INVALID_ANSWER, True)

    run(test)


@pytest.mark.parametrize(
    "says",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nshort",
        CHUNKED + chunk(b"data: 1\n\n"),
        CHUNKED + b"40\r\nhalf a chunk",
    ],
)
def test_what_is_cut_off_is_no_end(run: Callable[[Using], None], says: bytes) -> None:
    async def test(transport: Transport) -> None:
        failed = await failure_of(transport, always(says, close=True))
        assert (failed.code, failed.sent) == (FailureCode.INVALID_ANSWER, True)

    run(test)


def test_headers_without_an_end(run: Callable[[Using], None]) -> None:
    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(b"HTTP/1.1 200 OK\r\n")
        while True:
            await caller.say(b"x-more: %b\r\n" % (b"y" * 1000))

    async def interim(caller: Caller) -> None:
        await caller.request()
        while True:
            await caller.say(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 10)

    async def test(transport: Transport) -> None:
        assert (await failure_of(transport, script)).code is FailureCode.INVALID_ANSWER
        assert (await failure_of(transport, interim)).code is FailureCode.INVALID_ANSWER

    run(test)


def test_chunks_that_are_no_body(run: Callable[[Using], None]) -> None:
    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, b"5")
        while True:
            await caller.say(b";extension=" + b"y" * 10_000)

    async def test(transport: Transport) -> None:
        assert (await failure_of(transport, script)).code is FailureCode.INVALID_ANSWER

    run(test)


def test_interim_answers_are_passed_over(run: Callable[[Using], None]) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"

    async def test(transport: Transport) -> None:
        async with upstream(always(interim, plain())) as there:
            answer = await transport.send(there.request())
            assert (answer.status, await read(answer)) == (200, b'{"ok":true}')
            assert all(name != b"link" for name, _ in answer.headers)

    run(test)


def test_redirects_are_answers(run: Callable[[Using], None]) -> None:
    says = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n"

    async def test(transport: Transport) -> None:
        async with upstream(always(says)) as there:
            answer = await transport.send(there.request())
            assert (answer.status, await read(answer)) == (302, b"")
            assert there.connections == 1

    run(test)


def test_every_wait_ends(run: Callable[[Using], None]) -> None:
    async def silent(caller: Caller) -> None:
        await caller.request()
        await caller.closed()

    async def only_headers(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED)
        await caller.closed()

    async def stalls(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b"data: 1\n\n"))
        await caller.closed()

    async def drips(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED)
        while True:
            await caller.say(chunk(b": still here\n\n"))
            await asyncio.sleep(0.05)

    async def test(transport: Transport) -> None:
        for script in (silent, only_headers, stalls):
            failed = await failure_of(transport, script, waits=IMPATIENT)
            assert (failed.code, failed.sent) == (FailureCode.TIMEOUT, True)
        short = Waits(connect_s=15, first_byte_s=15, between_s=15, total_s=0.3)
        assert (await failure_of(transport, drips, waits=short)).code is FailureCode.TIMEOUT

    run(test)


def test_an_upstream_that_takes_nothing(run: Callable[[Using], None]) -> None:
    async def script(caller: Caller) -> None:
        await asyncio.Event().wait()

    async def test(transport: Transport) -> None:
        failed = await failure_of(transport, script, waits=IMPATIENT, body=b"x" * (32 << 20))
        assert failed.code is FailureCode.TIMEOUT

    run(test)


def test_nobody_there(run: Callable[[Using], None]) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(plain())) as there:
            request = there.request()
        with pytest.raises(UpstreamFailed) as failed:
            await transport.send(request)
        assert (failed.value.code, failed.value.sent) == (FailureCode.UNREACHABLE, False)

    run(test)


def test_a_reset_in_the_middle(run: Callable[[Using], None]) -> None:
    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b"data: 1\n\n"))
        caller.writer.transport.abort()

    async def test(transport: Transport) -> None:
        assert (await failure_of(transport, script)).code is FailureCode.INVALID_ANSWER

    run(test)


def test_an_answer_that_is_too_long_and_one_that_may_be(run: Callable[[Using], None]) -> None:
    async def endless(caller: Caller) -> None:
        await caller.request()
        await caller.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await caller.say(b"x" * 65536)

    async def test(transport: Transport) -> None:
        failed = await failure_of(transport, endless, max_answer_bytes=1 << 20)
        assert failed.code is FailureCode.TOO_LARGE
        big = b"x" * (12 << 20)
        async with upstream(always(plain(big))) as there:
            assert await read(await transport.send(there.request())) == big

    run(test)


def test_a_body_that_ends_with_the_connection(run: Callable[[Using], None]) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(b"HTTP/1.0 200 OK\r\n\r\n", b"all of it", close=True)) as there:
            assert await read(await transport.send(there.request())) == b"all of it"
            assert await read(await transport.send(there.request())) == b"all of it"
            assert there.connections == 2

    run(test)


def test_an_answer_that_nobody_asked_for_is_nobodys(run: Callable[[Using], None]) -> None:
    """A second answer behind the first would be taken for that of the next call: somebody else's."""

    async def test(transport: Transport) -> None:
        async with upstream(always(plain(b"mine"), plain(b"not yours"))) as there:
            for _ in range(3):
                assert await read(await transport.send(there.request())) == b"mine"
        async with upstream(always(plain(b"mine") + plain(b"not yours"))) as there:
            for _ in range(3):
                assert await read(await transport.send(there.request())) == b"mine"

    run(test)


def test_a_connection_that_went_stale(run: Callable[[Using], None]) -> None:
    """What is safe to do twice is done again; of the rest the caller hears that it may have been done."""

    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(plain())
        await caller.request()  # takes the second one, and goes

    async def test(transport: Transport) -> None:
        async with upstream(script) as there:
            await read(await transport.send(there.request(method="GET", body=b"")))
            answer = await transport.send(there.request(method="GET", body=b""))
            assert await read(answer) == b'{"ok":true}'
            assert there.connections == 2
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(method="POST"))
            assert (failed.value.code, failed.value.sent) == (FailureCode.UNREACHABLE, True)

    run(test)


def test_a_connection_closed_while_idle_is_not_used(run: Callable[[Using], None]) -> None:
    gone = asyncio.Event()

    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(plain())
        caller.writer.close()
        await caller.writer.wait_closed()
        gone.set()

    async def test(transport: Transport) -> None:
        async with upstream(script) as there:
            for _ in range(3):
                gone.clear()
                assert await read(await transport.send(there.request())) == b'{"ok":true}'
                await gone.wait()
                await asyncio.sleep(0.05)
            assert there.connections == 3

    run(test)


def test_abort_and_cancel_close_the_connection(run: Callable[[Using], None]) -> None:
    heard, ended = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b"data: 1\n\n"))
        if await caller.closed():
            ended.release()

    async def silent(caller: Caller) -> None:
        await caller.request()
        heard.release()
        if await caller.closed():
            ended.release()

    async def test(transport: Transport) -> None:
        async with upstream(script) as there:
            answer = await transport.send(there.request())
            await answer.read()
            await answer.abort()
            await answer.abort()
            await ended.acquire()
            with pytest.raises(UpstreamFailed):
                await answer.read()
            reading = await transport.send(there.request())
            await reading.read()
            task = asyncio.ensure_future(reading.read())
            await asyncio.sleep(0)
            task.cancel()
            await ended.acquire()
        async with upstream(silent) as there:
            sending = asyncio.ensure_future(transport.send(there.request()))
            await heard.acquire()
            sending.cancel()
            await ended.acquire()

    run(test)


@pytest.mark.parametrize(
    "header",
    [
        (b"x-key", b"a\r\nx-admin: 1"),
        (b"x-key", b"a\nb"),
        (b"x-key\r\nx-admin", b"1"),
        (b"x-key", b"a\x00b"),
        (b"x-key", b"a\rb"),
    ],
)
def test_a_header_breaks_out_of_no_line(run: Callable[[Using], None], header: tuple[bytes, bytes]) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(plain())) as there:
            with pytest.raises(UpstreamFailed) as failed:
                await transport.send(there.request(headers=[header]))
            assert (failed.value.sent, there.connections) == (False, 0)

    run(test)


def test_framing_is_ours_to_say(run: Callable[[Using], None]) -> None:
    seen: list[bytes] = []

    async def script(caller: Caller) -> None:
        seen.append(await caller.request())
        await caller.say(plain())

    async def test(transport: Transport) -> None:
        said = [
            (b"content-length", b"999"),
            (b"transfer-encoding", b"chunked"),
            (b"host", b"elsewhere"),
            (b"connection", b"close"),
            (b"expect", b"100-continue"),
        ]
        async with upstream(script) as there:
            await read(await transport.send(there.request(headers=said)))
        head = seen[0].lower()
        assert head.count(b"content-length: 2\r\n") == 1
        for word in (b"999", b"chunked", b"elsewhere", b"expect", b"connection"):
            assert word not in head

    run(test)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/x",
        "http:///x",
        "http://user:pw@127.0.0.1/x",
        "http://127.0.0.1:99999/x",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nx-admin: 1",
        "http://127.0.0.1/ä",
    ],
)
def test_a_url_that_cannot_be(run: Callable[[Using], None], url: str) -> None:
    async def test(transport: Transport) -> None:
        async with upstream(always(plain())) as there:
            request = there.request()
        odd = type(request)(method="POST", url=url, headers=(), body=b"", waits=request.waits)
        with pytest.raises(UpstreamFailed) as failed:
            await transport.send(odd)
        assert failed.value.sent is False

    run(test)


def test_answers_without_a_body(run: Callable[[Using], None]) -> None:
    none = b"HTTP/1.1 204 No Content\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"

    async def test(transport: Transport) -> None:
        async with upstream(always(none)) as there:
            for _ in range(2):
                answer = await transport.send(there.request())
                assert (answer.status, await read(answer)) == (204, b"")
            assert there.connections == 1
        async with upstream(always(head)) as there:
            answer = await transport.send(there.request(method="HEAD", body=b""))
            assert (answer.status, await read(answer)) == (200, b"")

    run(test)


def test_many_streams_at_once(run: Callable[[Using], None]) -> None:
    together = asyncio.Barrier(201)

    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b"data: 1\n\n"))
        await together.wait()
        await caller.say(chunk(b"data: 2\n\n"), END)

    async def test(transport: Transport) -> None:
        async with upstream(script) as there:
            answers = await asyncio.gather(*(transport.send(there.request()) for _ in range(200)))
            await together.wait()
            bodies = await asyncio.gather(*(read(one) for one in answers))
            assert bodies == [b"data: 1\n\ndata: 2\n\n"] * 200

    run(test)
