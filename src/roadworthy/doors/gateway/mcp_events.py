"""Answers of the MCP endpoint that come in events: a call that tells how far it is, and lists that change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from roadworthy.contracts.tool_system import Progress
from roadworthy.contracts.upstream import Headers
from roadworthy.doors.gateway.reply import ClientGone, Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.room import Changes
from roadworthy.features.gateway.tools.protocol import SUBSCRIPTION_KEY

MOST_TOLD = 1_000
"""Notes of progress of one call: more are dropped."""
_LONGEST_NOTE = 1_000
_EVENTS = ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"))
_STILL_HERE = b": still here\n\n"


def takes_events(request: GatewayRequest) -> bool:
    return b"text/event-stream" in (request.header(b"accept") or b"")


def event(message: bytes) -> bytes:
    return b"event: message\ndata: %b\n\n" % message


class ProgressNotes:
    """Of one call whose client asked for them by `token`. The answer is a stream from the first note on; a
    call that tells nothing is answered plainly. `headers` are those of the answer."""

    def __init__(self, reply: Reply, token: str | int) -> None:
        self._reply = reply
        self._token = token
        self._last: float | None = None
        self._told = 0
        self.headers: Headers = ()

    def tell(self, progress: Progress) -> None:
        """Never raises. Dropped where the client takes less than comes, or it does not go forward."""
        forward = self._last is None or progress.progress > self._last
        if not forward or self._told >= MOST_TOLD or self._reply.blocked:
            return
        self._last, self._told = progress.progress, self._told + 1
        params: dict[str, Any] = {"progressToken": self._token, "progress": progress.progress}
        if progress.total is not None:
            params["total"] = progress.total
        if progress.message:
            params["message"] = progress.message[:_LONGEST_NOTE]
        try:
            if not self._reply.started:
                self._reply.start(200, [*_EVENTS, *self.headers])
            self._reply.put(event(_notification("notifications/progress", params)))
        except ClientGone:
            return  # Whoever serves the connection ends the call.

    def end(self, answer: bytes) -> bool:
        """Whether the answer went as the last event: else it is to be sent as usual."""
        if not self._reply.started:
            return False
        self._reply.put(event(answer))
        self._reply.end()
        return True


async def tell_changes(
    reply: Reply, changes: Changes, *, number: str | int | float | None = None, wanted: bool = True
) -> None:
    """Until the client goes, its key is no longer good, or the gateway stops. `number`: of the request of the
    stateless revision, which says what is `wanted`; None for the stream that older clients GET. Raises
    ClientGone."""
    meta = {"_meta": {SUBSCRIPTION_KEY: number}} if number is not None else {}
    reply.on_leave = changes.leave
    try:
        reply.start(200, _EVENTS)
        if number is not None:
            agreed = {"notifications": {"toolsListChanged": True} if wanted else {}, **meta}
            await reply.write(event(_notification("notifications/subscriptions/acknowledged", agreed)))
        else:
            await reply.write(_STILL_HERE)
        async for changed in changes:
            note = _notification("notifications/tools/list_changed", meta)
            await reply.write(event(note) if changed and wanted else _STILL_HERE)
        if number is not None:
            result = {"jsonrpc": "2.0", "id": number, "result": {"resultType": "complete", **meta}}
            await reply.write(event(orjson.dumps(result)))
        reply.end()
    finally:
        changes.close()


def _notification(method: str, params: Mapping[str, Any]) -> bytes:
    told = {"jsonrpc": "2.0", "method": method}
    return orjson.dumps({**told, "params": params} if params else told)
