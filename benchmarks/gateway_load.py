"""Calls a gateway as an SDK does, with as little of its own as can be: keep-alive, one call after the other
on each of `concurrency` connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httptools
import uvloop

_PROMPT = "What must be done before this order can be shipped? " * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where calls go, and what they carry."""

    port: int
    path: str = "/v1/chat/completions"
    model: str = "planner"
    headers: Mapping[str, str]

    def request(self, *, streamed: bool, held: bool = False) -> bytes:
        content = "HELD" if held else _PROMPT
        told: dict[str, object] = {
            "model": self.model,
            "messages": [{"role": "user", "content": content}],
        }
        if streamed:
            told |= {"stream": True, "stream_options": {"include_usage": True}}
        body = json.dumps(told).encode()
        headers = {
            "host": "127.0.0.1",
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "content-type": "application/json",
            "user-agent": "OpenAI/Python 3.54.0",
            "x-stainless-lang": "python",
            "content-length": str(len(body)),
            **self.headers,
        }
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Milliseconds of each call, sorted."""

    whole: list[float]
    first: list[float]
    """To the first byte of the body."""
    seconds: float


class CallFailed(Exception):  # noqa: N818
    """The answer was no 200."""


class _Caller(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.began = self.first = 0.0
        self.done: asyncio.Future[None] | None = None
        self.begun: asyncio.Future[None] | None = None
        self.said = b""

    def call(self, request: bytes) -> asyncio.Future[None]:
        self._parser = httptools.HttpResponseParser(self)
        self.done = asyncio.get_running_loop().create_future()
        self.first = 0.0
        self.began = time.perf_counter()
        self.transport.write(request)
        return self.done

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if not self.first:
            self.first = time.perf_counter()
            self.said = body
            if self.begun is not None and not self.begun.done():
                self.begun.set_result(None)

    def on_message_complete(self) -> None:
        assert self.done is not None
        if self._parser.get_status_code() == 200:
            self.done.set_result(None)
        else:
            self.done.set_exception(CallFailed(f"{self._parser.get_status_code()}: {self.said[:300]!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_exception(CallFailed("the connection was closed"))


def call(door: Door, *, streamed: bool, calls: int, concurrency: int) -> Timed:
    """Raises CallFailed."""
    return uvloop.run(_call(door, door.request(streamed=streamed), calls=calls, concurrency=concurrency))


async def _call(door: Door, request: bytes, *, calls: int, concurrency: int) -> Timed:
    loop = asyncio.get_running_loop()
    whole: list[float] = []
    first: list[float] = []
    left = calls

    async def worker() -> None:
        nonlocal left
        _, caller = await loop.create_connection(_Caller, "127.0.0.1", door.port)
        while left > 0:
            left -= 1
            await caller.call(request)
            whole.append((time.perf_counter() - caller.began) * 1000)
            first.append((caller.first - caller.began) * 1000)
        caller.transport.close()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return Timed(whole=sorted(whole), first=sorted(first), seconds=time.perf_counter() - began)


class Held:
    """Streams that stay open: `opened` of them, all begun, until `close`. In a loop of its own."""

    def __init__(self, door: Door) -> None:
        self._request = door.request(streamed=True, held=True)
        self._port = door.port
        self._callers: list[_Caller] = []

    async def open(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, caller = await loop.create_connection(_Caller, "127.0.0.1", self._port)
            caller.begun = loop.create_future()
            caller.call(self._request).add_done_callback(lambda one: one.cancelled() or one.exception())
            await caller.begun
            self._callers.append(caller)

    def close(self) -> None:
        for caller in self._callers:
            caller.transport.abort()
