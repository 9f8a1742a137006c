"""HTTP/1.1 to upstreams by hand, because it is on the path of every call: a client library costs several
times what everything else here does (docs/reference/benchmarks.md)."""

from __future__ import annotations

import asyncio
from collections import deque

from roadworthy.backends.upstream.http.answer import HttpAnswer, not_taken
from roadworthy.backends.upstream.http.connection import Connection
from roadworthy.backends.upstream.http.dialing import Way, dial, is_refused
from roadworthy.backends.upstream.http.origin import place_of
from roadworthy.backends.upstream.http.wire import request_head
from roadworthy.contracts.upstream import UpstreamFailed, UpstreamRequest
from roadworthy.domain.typed_failure import FailureCode

IDLE_SECONDS = 30.0
"""How long a connection is kept that nobody uses."""
IDLE_EACH = 256
"""Connections kept for one upstream."""


class HttpTransport:
    """See `contracts.upstream.Transport`. For one event loop."""

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._idle: dict[Way, deque[Connection]] = {}
        self._open: set[Connection] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._closed = False

    async def send(self, request: UpstreamRequest) -> HttpAnswer:
        place = place_of(request.url)
        head = request_head(request, place)
        waits = request.waits
        way = Way(place.origin, request.allow_private, request.identity)
        loop = asyncio.get_running_loop()
        total_by = loop.time() + waits.total_s if waits.total_s is not None else float("inf")
        while True:
            connection = self._kept(way)
            reused = connection is not None
            if connection is None:
                connection = await self._dialled(way, seconds=min(waits.connect_s, total_by - loop.time()))
            answer = connection.begin(
                head,
                request.body,
                waits=waits,
                max_bytes=request.max_answer_bytes,
                bodiless=request.method == "HEAD",
                total_by=total_by,
            )
            try:
                await answer.head()
            except UpstreamFailed as failed:
                # A connection that was closed while it was idle tells so only when it is written to. What is
                # safe to do twice is done again; of the rest the caller must decide: it may have been done.
                stale = reused and failed.code is FailureCode.UNREACHABLE and not answer.started
                if stale and request.method in _SAFE:
                    continue
                cut_off = failed.code is FailureCode.UNREACHABLE and not answer.started and not failed.reason
                shown = way.identity is not None and way.origin.encrypted and not reused
                if cut_off and shown and await is_refused(way, seconds=waits.connect_s):
                    raise not_taken() from None
                raise
            return answer

    async def close(self) -> None:
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in tuple(self._open):
            connection.abort()
        self._idle.clear()

    @property
    def connections(self) -> int:
        """Open ones, idle or not."""
        return len(self._open)

    async def _dialled(self, way: Way, *, seconds: float) -> Connection:
        connection = await dial(way, seconds=seconds, on_closed=self._open.discard)
        self._open.add(connection)
        connection.on_free = lambda free: self._keep(way, free)
        if self._closed:
            connection.abort()
            raise UpstreamFailed(FailureCode.GATEWAY_ERROR, "the gateway is stopping", sent=False)
        return connection

    def _kept(self, way: Way) -> Connection | None:
        idle = self._idle.get(way)
        while idle:
            connection = idle.pop()
            if connection.open:
                return connection
        return None

    def _keep(self, way: Way, connection: Connection) -> None:
        idle = self._idle.setdefault(way, deque())
        idle.append(connection)
        if len(idle) > IDLE_EACH:
            idle.popleft().abort()
        if self._sweeping is None:
            self._sweeping = connection.loop.call_later(self._idle_seconds, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        loop = asyncio.get_running_loop()
        before = loop.time() - self._idle_seconds
        for way, idle in tuple(self._idle.items()):
            while idle and (idle[0].idle_since <= before or not idle[0].open):
                idle.popleft().abort()
            if not idle:
                del self._idle[way]
        if self._idle and not self._closed:
            self._sweeping = loop.call_later(self._idle_seconds, self._sweep)


_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Idempotent methods (RFC 9110, 9.2.2)."""
