"""One port, one base URL: which path goes to whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import orjson

from roadworthy.doors.gateway.connection import Handler
from roadworthy.doors.gateway.failures import JSON
from roadworthy.doors.gateway.refusing import refuse
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest

_TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")


class FrontDesk:
    """`rooms` are handlers by the first part of the path (`/mcp`, `/connect`); `otherwise` gets the rest.

    `health` gives what `/readyz` tells: 200 where `ready` is true in it. `may_look` says who may read
    `/metrics`.
    """

    def __init__(
        self,
        *,
        otherwise: Handler,
        health: Callable[[], Mapping[str, object]],
        metrics: Callable[[], bytes],
        may_look: Callable[[GatewayRequest], bool],
        rooms: Mapping[str, Handler] | None = None,
    ) -> None:
        self._otherwise = otherwise
        self._health = health
        self._metrics = metrics
        self._may_look = may_look
        self._rooms = dict(rooms or {})

    def __call__(self, request: GatewayRequest, reply: Reply) -> Awaitable[None]:
        path = request.path
        end = path.find("/", 1)
        first = path if end < 0 else path[:end]
        room = self._rooms.get(first)
        if room is not None:
            return room(request, reply)
        if first in ("/healthz", "/readyz", "/metrics") and request.method in ("GET", "HEAD"):
            return self._look(first, request, reply)
        return self._otherwise(request, reply)

    async def _look(self, what: str, request: GatewayRequest, reply: Reply) -> None:
        if what == "/healthz":
            reply.send(200, [_TEXT], b"ok\n")
        elif what == "/readyz":
            told = self._health()
            reply.send(200 if told.get("ready") else 503, [JSON], orjson.dumps(told))
        elif self._may_look(request):
            reply.send(200, [_TEXT], self._metrics())
        else:
            refuse(reply, path=request.path, status=401, message="/metrics wants a live gateway key here.")
