"""The MCP endpoint of each agent (`/mcp`): the stateless revision, and those that shake hands.

JSON-RPC by hand: a proxy made of a whole SDK costs some fifty milliseconds of CPU a call. Without sessions:
an old client is given an id and may send what it likes, nothing is kept of it, so that any gateway process
can answer.
Source: modelcontextprotocol.io/specification, 2025-03-26 to 2026-07-28.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from roadworthy.domain.exchange import Dialect
from roadworthy.doors.gateway.mcp_events import ProgressNotes, takes_events, tell_changes
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.room import Done, Room
from roadworthy.features.gateway.tools import protocol
from roadworthy.features.gateway.tools.failure_shapes import failure_result
from roadworthy.features.gateway.tools.protocol import (
    CAPABILITIES_KEY,
    HANDSHAKE,
    HEADER_MISMATCH,
    IMPLEMENTATION,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MODERN,
    PARSE_ERROR,
    SERVER_KEY,
    STATUS_OF_ERROR,
    UNSUPPORTED_VERSION,
    VERSION_KEY,
)

MOST_IN_A_BATCH = 50
INSTRUCTIONS = (
    "Tools of this agent, through the Roadworthy gateway. A result with isError whose structuredContent "
    "holds roadworthy_failure is no data: read do_not_conclude, and say what you could not find out."
)
_JSON = [(b"content-type", b"application/json")]
_NAMES_OF = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class McpDoor:
    """A `Handler` for `/mcp` and `/mcp/{agent}`."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __call__(self, request: GatewayRequest, reply: Reply) -> None:
        agent = request.path.removeprefix("/mcp").strip("/")
        caller = self._room.caller(request, reply, agent=unquote(agent))
        if caller is None:
            return
        if request.method == "GET" and takes_events(request):
            changes = self._room.changes(request, caller)
            if changes is not None:
                await tell_changes(reply, changes)
                return
        if request.method != "POST":
            reply.send(405, [(b"allow", b"POST"), *_JSON], _error(None, INVALID_REQUEST, "POST alone"))
            return
        version = (request.header(b"mcp-protocol-version") or b"").decode("latin-1").strip()
        try:
            message = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            reply.send(400, _JSON, _error(None, PARSE_ERROR, "Parse error: expected JSON"))
            return
        if isinstance(message, list):
            await self._batch(message, version, request, reply, caller)
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            reply.send(400, _JSON, _error(None, INVALID_REQUEST, "Expected one JSON-RPC 2.0 message"))
            return
        await self._one(message, version, request, reply, caller)

    async def _one(
        self, message: dict[str, Any], version: str, request: GatewayRequest, reply: Reply, caller: Any
    ) -> None:
        method = message.get("method")
        if not isinstance(method, str) or "id" not in message:
            # Notifications, and answers to what was never asked: nothing is kept, so nothing is to be done.
            reply.send(202, [], b"")
            return
        number = message["id"]
        if isinstance(number, bool) or not isinstance(number, str | int | float):
            reply.send(400, _JSON, _error(None, INVALID_REQUEST, "id: expected a text or a number"))
            return
        params = message.get("params")
        if params is not None and not isinstance(params, dict):
            reply.send(400, _JSON, _error(number, INVALID_PARAMS, "params: expected an object"))
            return
        params = params or {}
        modern = version != "" and version not in HANDSHAKE
        if modern and (wrong := _mismatch(request, method, params, version)) is not None:
            reply.send(400, _JSON, _error(number, *wrong))
            return
        if method == "tools/call":
            await self._call(number, params, request, reply, caller, modern=modern)
            return
        if method == "subscriptions/listen" and modern:
            changes = self._room.changes(request, caller)
            if changes is not None:
                wish = params.get("notifications")
                wanted = isinstance(wish, dict) and wish.get("toolsListChanged") is True
                await tell_changes(reply, changes, number=number, wanted=wanted)
                return
        result = await self._result(method, params, caller, modern=modern)
        if result is not None and method == "initialize" and self._room.tells_changes:
            # Clients that are given a session open the stream that tells of changes. Nothing is kept of it.
            session = [*_JSON, (b"mcp-session-id", secrets.token_hex(16).encode())]
            reply.send(200, session, _answer(number, result))
        elif result is None:
            status = STATUS_OF_ERROR[METHOD_NOT_FOUND] if modern else 200
            reply.send(status, _JSON, _error(number, METHOD_NOT_FOUND, "Method not found"))
        else:
            reply.send(200, _JSON, _answer(number, result))

    async def _result(
        self, method: str, params: Mapping[str, Any], caller: Any, *, modern: bool
    ) -> bytes | None:
        """The result as JSON; None for a method that is not offered."""
        capabilities = {"tools": {"listChanged": True} if self._room.tells_changes else {}}
        if method == "tools/list":
            return await self._room.listed(caller, modern=modern)
        if method == "ping":
            return b"{}"
        if method == "server/discover" and modern:
            return orjson.dumps(
                {
                    "resultType": "complete",
                    "supportedVersions": [MODERN, *HANDSHAKE],
                    "capabilities": capabilities,
                    "instructions": INSTRUCTIONS,
                    "ttlMs": 3_600_000,
                    "cacheScope": "private",
                    "_meta": {SERVER_KEY: IMPLEMENTATION},
                }
            )
        if method == "initialize" and not modern:
            wanted = params.get("protocolVersion")
            return orjson.dumps(
                {
                    "protocolVersion": wanted if wanted in HANDSHAKE else HANDSHAKE[0],
                    "capabilities": capabilities,
                    "serverInfo": IMPLEMENTATION,
                    "instructions": INSTRUCTIONS,
                }
            )
        return None

    async def _call(
        self,
        number: Any,
        params: Mapping[str, Any],
        request: GatewayRequest,
        reply: Reply,
        caller: Any,
        *,
        modern: bool,
    ) -> None:
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str) or not isinstance(arguments, dict | None):
            wrong = "params.name: expected a text; params.arguments: expected an object"
            reply.send(400 if modern else 200, _JSON, _error(number, INVALID_PARAMS, wrong))
            return
        meta = params.get("_meta")
        said = meta.get("traceparent") if isinstance(meta, dict) else None
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        asked = isinstance(token, str | int) and isinstance(reply, Reply) and takes_events(request)
        await self._room.call(
            request,
            reply,
            caller,
            name=name,
            arguments=arguments or {},
            dialect=Dialect.MCP,
            shape=lambda done: (200, _answer(number, _result_json(done, modern=modern))),
            traceparent=said if isinstance(said, str) else "",
            notes=ProgressNotes(reply, token) if asked and token is not None else None,
        )

    async def _batch(
        self, messages: list[Any], version: str, request: GatewayRequest, reply: Reply, caller: Any
    ) -> None:
        """Of 2025-03-26. Each is answered as if it had come alone, one after the other."""
        if not messages or len(messages) > MOST_IN_A_BATCH or version not in ("", "2025-03-26"):
            reply.send(400, _JSON, _error(None, INVALID_REQUEST, "Expected one JSON-RPC 2.0 message"))
            return
        answers = []
        for message in messages:
            caught = _Caught()
            if isinstance(message, dict) and message.get("jsonrpc") == "2.0":
                # Its `send` is all that is used of a reply.
                await self._one(message, version, request, caught, caller)  # type: ignore[arg-type]
            else:
                caught.body = _error(None, INVALID_REQUEST, "Expected a JSON-RPC 2.0 message")
            if caught.body:
                answers.append(caught.body)
        if answers:
            reply.send(200, _JSON, b"[" + b",".join(answers) + b"]")
        else:
            reply.send(202, [], b"")


class _Caught:
    """Takes what would have been sent."""

    body = b""
    head = b""
    status = 0

    def send(self, _status: int, _headers: Any, body: bytes) -> None:
        self.body = body


def _result_json(done: Done, *, modern: bool) -> bytes:
    if done.told:
        return _as_spoken(done.told, modern=modern)
    if done.failure is not None or done.result is None:
        said = list(done.result.content) if done.result is not None else None
        assert done.failure is not None  # noqa: S101 - one of the two is there
        shown = failure_result(done.failure, said=said)
    else:
        result = done.result
        shown = {"content": list(result.content), "isError": False}
        structured = result.structured
        if structured is not None and (modern or isinstance(structured, dict)):
            shown["structuredContent"] = structured
        if structured is not None and not shown["content"]:
            text = orjson.dumps(structured, default=str).decode()
            shown["content"] = [{"type": "text", "text": text}]
    if modern:
        shown["resultType"] = "complete"
    return orjson.dumps(shown, default=str)


def _as_spoken(told: bytes, *, modern: bool) -> bytes:
    """A recorded result, which may have been told to a client of the other generation."""
    if (b'"resultType"' in told) is modern:
        return told
    result = orjson.loads(told)
    if not modern:
        result.pop("resultType", None)
        if not isinstance(result.get("structuredContent", {}), dict):
            del result["structuredContent"]
    elif "resultType" not in result:
        result["resultType"] = "complete"
    return orjson.dumps(result)


def _mismatch(
    request: GatewayRequest, method: str, params: Mapping[str, Any], version: str
) -> tuple[int, str, Any] | None:
    """What of a stateless request's headers and envelope does not fit: (code, message, data)."""
    for name in (b"mcp-protocol-version", b"mcp-method", b"mcp-name"):
        if sum(each == name for each, _ in request.headers) > 1:
            return HEADER_MISMATCH, f"{name.decode()} header appears more than once", None
    meta = params.get("_meta")
    if not isinstance(meta, dict) or VERSION_KEY not in meta or CAPABILITIES_KEY not in meta:
        return INVALID_PARAMS, f"params._meta: expected {VERSION_KEY} and {CAPABILITIES_KEY}", None
    if meta[VERSION_KEY] != version:
        return HEADER_MISMATCH, "mcp-protocol-version header does not match the envelope", None
    if (request.header(b"mcp-method") or b"").decode("latin-1").strip() != method:
        return HEADER_MISMATCH, "mcp-method header does not match the method", None
    named = _NAMES_OF.get(method)
    if named is not None and params.get(named) is not None:
        told = request.header(b"mcp-name")
        if told is None or protocol.read_header_value(told) != params[named]:
            return HEADER_MISMATCH, f"mcp-name header does not match params.{named}", None
    if version != MODERN:
        known = {"supported": [MODERN, *HANDSHAKE], "requested": version}
        return UNSUPPORTED_VERSION, "Unsupported protocol version", known
    return None


def _answer(number: Any, result: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (orjson.dumps(number), result)


def _error(number: Any, code: int, message: str, data: Any = None) -> bytes:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return orjson.dumps({"jsonrpc": "2.0", "id": number, "error": error})
