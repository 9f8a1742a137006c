"""Tools as plain HTTP: `POST /connect/{connector}/{tool}` with JSON arguments; `GET /connect` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from roadworthy.domain.exchange import Dialect
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.failures import status_of
from roadworthy.doors.gateway.refusing import refuse
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.room import Done, Room
from roadworthy.features.gateway.tools.failure_shapes import KEY, failure_json

_JSON = [(b"content-type", b"application/json")]
_WRONG_ARGUMENTS = 422


class ConnectDoor:
    """A `Handler` for `/connect`."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __call__(self, request: GatewayRequest, reply: Reply) -> None:
        caller = self._room.caller(request, reply)
        if caller is None:
            return
        parts = [unquote(one) for one in request.path.split("/")[2:] if one]
        if request.method == "GET" and len(parts) < 2:
            await self._list(reply, caller, connector=parts[0] if parts else "")
        elif len(parts) != 2:
            refuse(reply, path=request.path, status=404, message="Expected /connect/{connector}/{tool}.")
        elif request.method != "POST":
            refuse(reply, path=request.path, status=405, message=f"{request.path[:200]} takes POST alone.")
        else:
            await self._call(request, reply, caller, name=f"{parts[0]}.{parts[1]}")

    async def _call(self, request: GatewayRequest, reply: Reply, caller: Any, *, name: str) -> None:
        try:
            arguments: Any = orjson.loads(request.body) if request.body.strip() else {}
        except orjson.JSONDecodeError:
            arguments = None
        if not isinstance(arguments, Mapping):
            refuse(reply, path=request.path, status=400, message="body: expected a JSON object of arguments.")
            return
        await self._room.call(
            request, reply, caller, name=name, arguments=arguments, dialect=Dialect.HTTP, shape=_plain
        )

    async def _list(self, reply: Reply, caller: Any, *, connector: str) -> None:
        shown = [
            one for one in await self._room.paths(caller) if not connector or one["connector"] == connector
        ]
        reply.send(200, _JSON, orjson.dumps({"tools": shown}, default=str))


def status_of_plain(code: FailureCode) -> int:
    """As everywhere, but for wrong arguments, which are 422."""
    failure = TypedFailure(code=code, what="", retry=Retry.NEVER, do_not_conclude="")
    return _WRONG_ARGUMENTS if code is FailureCode.CONTRACT_REFUSED else status_of(failure)


def _plain(done: Done) -> tuple[int, bytes]:
    """The value itself; a failure has a status of its own and is never the value."""
    if done.told:
        return done.told_status, done.told
    if done.failure is not None or done.result is None:
        assert done.failure is not None  # noqa: S101 - one of the two is there
        told: dict[str, Any] = {KEY: failure_json(done.failure)}
        if done.result is not None:
            told["said_by_the_tool"] = list(done.result.content)
        return status_of_plain(done.failure.code), orjson.dumps(told, default=str)
    result = done.result
    if result.structured is not None:
        return 200, orjson.dumps(result.structured, default=str)
    if len(result.content) == 1 and result.content[0].get("type") == "text":
        text = str(result.content[0].get("text", ""))
        raw = text.encode("utf-8", "replace")
        try:
            orjson.loads(raw)
        except orjson.JSONDecodeError:
            return 200, orjson.dumps(raw.decode())
        return 200, raw
    return 200, orjson.dumps({"content": list(result.content)}, default=str)
