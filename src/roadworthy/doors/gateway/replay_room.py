"""Tools of a rerun: listed and answered as they were recorded, by the doors of MCP and of plain HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolResult
from roadworthy.domain.exchange import Dialect, Ending, ExchangeKind
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.connection import Handler
from roadworthy.doors.gateway.failures import JSON
from roadworthy.doors.gateway.refusing import refuse
from roadworthy.doors.gateway.replay_live import pass_on
from roadworthy.doors.gateway.replay_seat import PlayedCall, ReplaySeat
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.room import Changes, Notes, Shape
from roadworthy.features.debug.tape.asked import Asked, How, Played
from roadworthy.features.debug.tape.listing import listing_of
from roadworthy.features.debug.tape.missing import not_recorded

_RESULT = b'"result":'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A `room.Done`."""

    failure: TypedFailure | None = None
    told: bytes = b""
    told_status: int = 200
    result: ToolResult | None = None


class ReplayRoom:
    """A `room.Room` for one request of a rerun. `usual` answers what goes on live; None where nothing may."""

    tells_changes = False

    def __init__(self, seat: ReplaySeat, *, usual: Handler | None) -> None:
        self._seat = seat
        self._usual = usual

    def caller(self, request: GatewayRequest, reply: Reply, *, agent: str = "") -> ReplaySeat | None:
        if not agent or agent == self._seat.agent:
            return self._seat
        message = f"This key belongs to {self._seat.agent}, not to {agent[:100]}."
        refuse(reply, path=request.path, status=403, message=message)
        return None

    def changes(self, request: GatewayRequest, caller: ReplaySeat) -> Changes | None:
        return None

    async def listed(self, caller: ReplaySeat, *, modern: bool) -> bytes:
        told, note = listing_of(caller.player.tape, modern=modern)
        if note and note not in caller.notes:
            caller.notes.append(note)
        return told

    async def paths(self, caller: ReplaySeat) -> Sequence[Mapping[str, Any]]:
        tape = caller.player.tape
        targets = {one.exchange.asked: one.exchange.target for one in tape.calls}
        shown = []
        for tool in orjson.loads(listing_of(tape, modern=True)[0])["tools"]:
            target = targets.get(tool["name"], tool["name"].replace("__", ".", 1))
            connector, _, name = target.partition(".")
            shown.append({"path": f"/connect/{connector}/{name}", "connector": connector, **tool})
        return shown

    async def call(
        self,
        request: GatewayRequest,
        reply: Reply,
        caller: ReplaySeat,
        *,
        name: str,
        arguments: Mapping[str, Any],
        dialect: Dialect,
        shape: Shape,
        traceparent: str = "",
        notes: Notes | None = None,
    ) -> None:
        body = request.body
        if body.lstrip()[:1] == b"[":
            # One of a batch (2025-03-26), as if it had come alone.
            number = orjson.loads(shape(_Told(told=b"null"))[1])["id"]
            params = {"name": name, "arguments": arguments}
            body = orjson.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
        asked = Asked(kind=ExchangeKind.TOOL, path=request.path, body=body, dialect=dialect)
        call = PlayedCall(caller, request, asked)
        played = call.played
        if played.how is How.LIVE:
            await pass_on(call, request, reply, asked=asked, usual=self._usual)
            return
        done = _done(played, dialect)
        status, told = shape(done)
        recorded = played.exchange if done.told else None
        failure = done.failure or (recorded.failure if recorded is not None else None)
        headers = [JSON, *call.headers()]
        if failure is not None:
            headers.append((b"x-roadworthy-failure", failure.code.value.encode()))
        reply.send(status, headers, told)
        ended = Ending.FAILED if failure is not None else Ending.COMPLETE
        ending = recorded.ending if recorded is not None and failure is recorded.failure else ended
        call.told(status=status, headers=(JSON,), chunks=(told,), ending=ending, failure=failure)


def _done(played: Played, dialect: Dialect) -> _Told:
    if played.failure is not None or played.answer is None:
        return _Told(failure=played.failure or not_recorded("The answer was not recorded."))
    body = played.answer.body
    if dialect is Dialect.HTTP:
        return _Told(told=body or b"null", told_status=int(played.answer.head))
    start = body.find(_RESULT)
    if start < 0 or not body.endswith(b"}"):
        recorded = played.exchange.failure if played.exchange is not None else None
        return _Told(failure=recorded or _no_result(played.step))
    return _Told(told=body[start + len(_RESULT) : -1])


def _no_result(step: int | None) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.NOT_RECORDED,
        what=f"Step {step} cannot be answered from the recording: what was recorded is no result of a tool.",
        retry=Retry.NEVER,
        do_not_conclude="Nobody was asked: this says nothing about what the answer would have been.",
    )
