"""What comes in whole chunks is handed on without the parser: nothing else may become of it for that."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.backends.upstream.http.connection import Connection
from roadworthy.contracts.upstream import UpstreamFailed, Waits
from roadworthy.domain.typed_failure import FailureCode

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
BODIES = st.binary(min_size=1, max_size=40)
SIZES = (b"%x", b"%X", b"0%x", b"%x;name=value", b"0x%x", b"+%x", b" %x", b"%x ", b"%x_")
CHUNKS = st.one_of(
    BODIES.map(lambda body: _chunk(b"%x", body)),
    st.tuples(st.sampled_from(SIZES), BODIES).map(lambda told: _chunk(*told)),
    st.sampled_from(
        (b"", b"0\r\n\r\n", b"\r\n", b"5\r\nabc\r\n", b"2\r\nabc\r\n", b"x\r\nabc\r\n", b"3\r\nabc")
    ),
)


def _chunk(told: bytes, body: bytes) -> bytes:
    return told % len(body) + b"\r\n" + body + b"\r\n"


class _Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True

    def is_reading(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0


async def _poured(pieces: list[bytes], *, stops: frozenset[int] = frozenset()) -> tuple[bytes, str, bool]:
    """The body, how it ended, and whether the connection was given back; `stops` are the pieces that their
    taker wants no more after."""
    loop = asyncio.get_running_loop()
    connection, wire, free = Connection(loop), _Wire(), list[object]()
    connection.on_free = free.append
    connection.connection_made(wire)
    answer = connection.begin(b"", b"", waits=Waits(), max_bytes=None, bodiless=False, total_by=float("inf"))
    connection.data_received(HEAD)
    await answer.head()
    got: list[bytes] = []

    def take(data: bytes) -> bool:
        got.append(data)
        return len(got) not in stops

    async def read() -> str:
        try:
            while not await answer.pour(take):
                pass
        except UpstreamFailed as failed:
            return failed.code.value
        return "whole"

    reading = asyncio.create_task(read())
    for piece in pieces:
        await asyncio.sleep(0)
        if wire.aborted:
            break
        connection.data_received(piece)
    await asyncio.sleep(0)
    connection.connection_lost(None)
    return b"".join(got), await reading, bool(free)


@given(st.lists(CHUNKS, max_size=8), st.frozensets(st.integers(1, 8), max_size=3))
@settings(max_examples=300, deadline=None)
def test_whole_chunks_are_what_the_parser_would_have_made_of_them(
    chunks: list[bytes], stops: frozenset[int]
) -> None:
    chunks = [*chunks, b"0\r\n\r\n"]
    byte_by_byte = [bytes([one]) for one in b"".join(chunks)]
    assert asyncio.run(_poured(chunks, stops=stops)) == asyncio.run(_poured(byte_by_byte))


def test_a_stream_of_whole_chunks_may_last_and_fails_once_it_falls_silent() -> None:
    async def test() -> None:
        loop, skew = asyncio.get_running_loop(), 0.0
        real = loop.time
        loop.time = lambda: real() + skew  # type: ignore[method-assign]
        connection = Connection(loop)
        connection.connection_made(_Wire())
        answer = connection.begin(
            b"", b"", waits=Waits(between_s=60), max_bytes=None, bodiless=False, total_by=float("inf")
        )
        connection.data_received(HEAD + _chunk(b"%x", b"data: 1\n\n"))
        await answer.head()
        reading = asyncio.ensure_future(answer.pour(lambda _: True))
        for _ in range(5):
            await asyncio.sleep(0)
            skew += 40
            connection.data_received(_chunk(b"%x", b"data: 2\n\n"))
            await asyncio.sleep(0)
            assert not reading.done()
        skew += 61
        with pytest.raises(UpstreamFailed) as failed:
            await reading
        assert failed.value.code is FailureCode.TIMEOUT

    asyncio.run(test())
