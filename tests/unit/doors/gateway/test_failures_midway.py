"""Upstreams that break off, clients that go: what each side sees, and that nothing is left open."""

from __future__ import annotations

import asyncio
import time

import orjson
import pytest

from roadworthy.domain.exchange import Ending
from roadworthy.domain.model_route import RouteWaits
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.doors.gateway.held_bytes import HeldBytes
from roadworthy.doors.gateway.limits import GatewayLimits
from tests.contract.upstream.upstreams import CHUNKED, END, Caller, always, chunk, plain
from tests.unit.doors.gateway.house import house, run

SHORT = RouteWaits(connect_s=15, first_byte_s=0.3, between_s=0.3, total_s=60)
PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/planner:streamGenerateContent?alt=sse",
}
BEGUN = b'data: {"id":"r-1","choices":[{"delta":{"content":"a"}}]}\n\n'


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("how", ["ends", "breaks", "stalls", "lies", "half"])
def test_a_stream_that_breaks_off_ends_with_an_error_of_its_dialect(path: str, how: str) -> None:
    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(BEGUN))
        if how == "stalls":
            await caller.closed()
        elif how == "breaks":
            caller.writer.transport.abort()
        elif how == "lies":
            await caller.say(b"zz\r\nno chunk\r\n")
        elif how == "half":
            await caller.say(chunk(b'data: {"half an ev'))
            caller.writer.transport.abort()
        else:
            await caller.say(END)  # without saying that it was done

    async def test() -> None:
        async with house(script, waits=SHORT) as here:
            answer = await here.ask({"model": "planner", "stream": True}, path=path)
            assert answer.status == 200
            assert answer.body.startswith(BEGUN)
            assert answer.whole
            last = answer.body[len(BEGUN) :]
            assert b"half an ev" not in last
            data = orjson.loads(last.partition(b"data: ")[2])
            code = "timeout" if how == "stalls" else "invalid_answer"
            assert _code(data, path) == code
            exchange = (await here.recorded.one()).exchange
            assert exchange.ending is Ending.CUT_OFF
            assert exchange.failure is not None
            assert exchange.failure.code.value == code
            assert how == "ends" or here.connections() == 0

    run(test)


def _code(data: dict[str, dict[str, object]], path: str) -> object:
    error = data["error"]
    if "v1beta" in path:
        return str(error["details"][0]["reason"]).lower()  # type: ignore[index]
    return error["code"]


@pytest.mark.parametrize(
    "says",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunk(b'{"half'),
    ],
)
def test_an_answer_that_breaks_off_is_a_failure_and_no_answer(says: bytes) -> None:
    async def test() -> None:
        async with house(always(says, close=True)) as here:
            answer = await here.ask({"model": "planner"})
            assert (answer.status, answer.whole) == (502, True)
            assert answer.json()["error"]["code"] == "invalid_answer"  # type: ignore[index]
            assert answer.headers[b"x-should-retry"] == b"true"
            assert (await here.recorded.one()).exchange.ending is Ending.CUT_OFF

    run(test)


def test_a_long_answer_that_breaks_off_breaks_the_connection() -> None:
    says = b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n" + b"x" * (4 << 20)

    async def test() -> None:
        async with house(always(says, close=True)) as here:
            answer = await here.ask({"model": "planner"})
            assert (answer.status, answer.whole) == (200, False)
            assert (await here.recorded.one()).exchange.ending is Ending.CUT_OFF

    run(test)


def test_twelve_megabytes_pass_through_whole() -> None:
    big = b'"' + b"x" * (12 << 20) + b'"'

    async def test() -> None:
        async with house(always(plain(big))) as here:
            answer = await here.ask({"model": "planner"})
            assert answer.whole
            assert answer.body == big

    run(test)


@pytest.mark.parametrize("moment", ["before the answer", "in the stream"])
def test_a_client_that_goes_ends_the_call_upstream(moment: str) -> None:
    async def test() -> None:
        heard, ended = asyncio.Event(), asyncio.Event()

        async def script(caller: Caller) -> None:
            await caller.request()
            if moment == "in the stream":
                await caller.say(CHUNKED, chunk(BEGUN))
            heard.set()
            if await caller.closed():
                ended.set()

        async with house(script) as here:
            client = await here.open()
            client.send({"model": "planner", "stream": True})
            await heard.wait()
            if moment == "in the stream":
                await client.until(b'"a"')
            client.vanish()
            await ended.wait()
            exchange = (await here.recorded.one()).exchange
            assert exchange.ending is Ending.ABORTED
            assert exchange.tokens is not None and exchange.tokens.input and exchange.tokens.estimated
            assert here.connections() == 0
            assert not here.desk.tasks

    run(test)


def test_an_answer_that_memory_has_no_room_for_is_listed_without_a_recording() -> None:
    held = HeldBytes(limit=1000)

    async def test() -> None:
        async with house(always(plain(b'"' + b"x" * 2000 + b'"')), held=held) as here:
            assert len((await here.ask({"model": "planner"})).body) == 2002
            told = await here.recorded.one()
            assert (told.request, told.answer, told.exchange.response_bytes) == (b"", b"", 2002)
            assert held.used == 0

        async with house(always(plain(b'{"a":1}')), held=held) as here:
            await here.ask({"model": "planner"})
            assert (await here.recorded.one()).answer == b'{"a":1}'
            assert held.used == 0

    run(test)


@pytest.mark.parametrize("jump_s", [-86_400, 86_400])
def test_a_clock_that_jumps_in_the_middle(jump_s: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time_ns

    async def test() -> None:
        async def script(caller: Caller) -> None:
            await caller.request()
            await caller.say(CHUNKED, chunk(BEGUN))
            monkeypatch.setattr(time, "time_ns", lambda: real() + jump_s * 1_000_000_000)
            monkeypatch.setattr(time, "time", lambda: (real() / 1e9) + jump_s)
            await caller.say(chunk(b"data: [DONE]\n\n"), END)

        async with house(script) as here:
            answer = await here.ask({"model": "planner", "stream": True})
            assert answer.body.endswith(b"[DONE]\n\n")
            exchange = (await here.recorded.one()).exchange
            assert 0 <= exchange.elapsed_ms < 60_000
            assert exchange.first_byte_ms is not None
            assert 0 <= exchange.first_byte_ms <= exchange.elapsed_ms
            again = await here.ask({"model": "planner", "stream": True})
            assert again.status == 200

    run(test)


def test_a_slow_client_holds_the_upstream_up() -> None:
    sent = 0

    async def script(caller: Caller) -> None:
        nonlocal sent
        await caller.request()
        await caller.say(CHUNKED)
        for _ in range(1000):
            await caller.say(chunk(b"data: %b\n\n" % (b"x" * 65536)))
            sent += 1

    async def test() -> None:
        limits = GatewayLimits(stall_seconds=2.0)
        async with house(script, limits=limits) as here:
            client = await here.open()
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            client.send({"model": "planner", "stream": True})
            exchange = (await here.recorded.one()).exchange
            assert sent < 1000
            assert exchange.ending is Ending.ABORTED
            assert here.connections() == 0
            client.vanish()

    run(test)


def test_a_stop_lets_calls_end() -> None:
    async def test() -> None:
        heard, on = asyncio.Event(), asyncio.Event()

        async def script(caller: Caller) -> None:
            await caller.request()
            await caller.say(CHUNKED, chunk(BEGUN))
            heard.set()
            await on.wait()
            await caller.say(chunk(b"data: [DONE]\n\n"), END)

        async with house(script) as here:
            client, idle = await here.open(), await here.open()
            client.send({"model": "planner", "stream": True})
            await heard.wait()
            for connection in tuple(here.desk.connections):
                connection.stop()
            assert await idle.closed()
            on.set()
            answer = await client.answer()
            assert answer.body.endswith(b"[DONE]\n\n")
            assert await client.closed()

    run(test)


def test_an_answer_that_is_no_stream_may_take_longer_than_a_first_token() -> None:
    """All of it is made before its first byte: minutes, for a model that thinks."""

    async def script(caller: Caller) -> None:
        await caller.request()
        await asyncio.sleep(1.0)  # longer than the route waits for a first token
        await caller.say(plain(b"{}"))

    async def test() -> None:
        async with house(script, waits=SHORT) as here:
            assert (await here.ask({"model": "planner"})).status == 200
            streamed = await here.ask({"model": "planner", "stream": True})
            assert (streamed.status, streamed.headers[b"x-roadworthy-failure"]) == (504, b"timeout")

    run(test)


def test_no_upstream_is_a_typed_failure() -> None:
    async def script(caller: Caller) -> None:
        caller.writer.transport.abort()

    async def test() -> None:
        async with house(script) as here:
            answer = await here.ask({"model": "planner", "stream": True})
            assert answer.status == 502
            exchange = (await here.recorded.one()).exchange
            assert exchange.failure is not None
            assert exchange.failure.code is FailureCode.UNREACHABLE
            assert (exchange.ending, exchange.status) == (Ending.FAILED, 502)

    run(test)
