"""An MCP server behind streamable HTTP as tools: the stateless revision, and those that shake hands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolCallContext, ToolFailed, ToolResult, ToolSpec
from roadworthy.contracts.upstream import Headers, Identity, Transport, UpstreamFailed
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.access.oauth import TokenFailed, TokenSource
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.connectors.reaching import not_reached
from roadworthy.features.gateway.tools.http_exchange import (
    LISTEN_SILENCE_S,
    HttpExchange,
    HttpStatus,
    SessionLost,
)
from roadworthy.features.gateway.tools.progress_book import ProgressBook
from roadworthy.features.gateway.tools.protocol import (
    CAPABILITIES_KEY,
    CLIENT_KEY,
    HANDSHAKE,
    IMPLEMENTATION,
    MODERN,
    UNSUPPORTED_VERSION,
    VERSION_KEY,
    header_value,
    parameter_headers,
)
from roadworthy.features.gateway.tools.reading import (
    NotAnAnswer,
    RpcFailed,
    invalid,
    read_call,
    read_tools,
    refused_by_rpc,
)

log = logging.getLogger(__name__)

MOST_PAGES = 50
LISTEN_PAUSES_S = (1.0, 1.0, 5.0, 30.0, 120.0)
LISTEN_STEADY_S = 60.0
"""A stream that lasted so long is begun again without a long pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpEndpoint:
    """`name` is the connector's. `tokens` gives a bearer token, where one is needed that changes."""

    name: str
    url: str
    headers: Headers = ()
    tokens: TokenSource | None = None
    identity: Identity | None = None
    allow_private: bool = False
    timeout_s: float = 30.0
    max_result_bytes: int = 1 << 20
    protocol: str = "auto"
    listen: bool = True
    """Whether to keep a stream open that says when the tools have changed."""


class McpHttpSystem:
    """See `contracts.tool_system.ToolSystem`. For one event loop. `on_changed` is called when the server says
    that its tools are others now."""

    def __init__(
        self, endpoint: McpEndpoint, transport: Transport, *, on_changed: Callable[[], None] | None = None
    ) -> None:
        self._endpoint = endpoint
        self._http = HttpExchange(endpoint, transport, on_notification=self._notified)
        self.on_changed = on_changed or (lambda: None)
        self._version = ""
        self._session = ""
        self._changes_told = False
        self._settling = asyncio.Lock()
        self._number = 0
        self._specs: dict[str, ToolSpec] = {}
        self._progress = ProgressBook()
        self._listening: asyncio.Task[None] | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    async def tools(self) -> Sequence[ToolSpec]:
        about = self._endpoint.name
        try:
            async with asyncio.timeout(self._endpoint.timeout_s):
                listed: list[Any] = []
                cursor: str | None = None
                for _ in range(MOST_PAGES):
                    params: dict[str, Any] = {"cursor": cursor} if cursor else {}
                    result = await self._asked("tools/list", params, about=about, may_repeat=True)
                    page = result.get("tools")
                    listed += page if isinstance(page, list) else []
                    after = result.get("nextCursor")
                    if not isinstance(after, str) or not after or after == cursor:
                        break
                    cursor = after
        except TimeoutError:
            raise self._too_late(about, self._endpoint.timeout_s, may_repeat=True) from None
        specs = read_tools(listed)
        self._specs = {one.name: one for one in specs}
        # Many a server with sessions tells of changes without having said that it would.
        if self._endpoint.listen and (self._changes_told or self._session) and self._listening is None:
            self._listening = asyncio.create_task(self._listen(), name=f"listen-{self._endpoint.name}")
        return specs

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        about = f"{self._endpoint.name}.{name}"
        spec = self._specs.get(name)
        may_repeat = spec is not None and spec.idempotent
        seconds = min(self._endpoint.timeout_s, context.deadline_s)
        params: dict[str, Any] = {"name": name, "arguments": arguments}
        if context.traceparent:
            params["_meta"] = {"traceparent": context.traceparent}
        try:
            async with asyncio.timeout(seconds):
                result = await self._asked(
                    "tools/call", params, about=about, may_repeat=may_repeat, context=context
                )
        except TimeoutError:
            raise self._too_late(about, seconds, may_repeat=may_repeat) from None
        return read_call(result, about=about)

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        if self._session:
            self._say_later("DELETE", b"")
        for task in tuple(self._farewells):
            try:
                await asyncio.wait_for(task, 2.0)
            except (TimeoutError, asyncio.CancelledError, UpstreamFailed):
                task.cancel()
        if self._endpoint.tokens is not None:
            await self._endpoint.tokens.close()

    # --- asking ------------------------------------------------------------------------------------------

    async def _asked(
        self,
        method: str,
        params: dict[str, Any],
        *,
        about: str,
        may_repeat: bool,
        context: ToolCallContext | None = None,
    ) -> dict[str, Any]:
        """One request, in the revision that was agreed; agreed anew once where the server has forgotten.
        Raises ToolFailed, and cancels what is asked when it is cancelled."""
        try:
            for last in (False, True):
                if not self._version:
                    await self._agree()
                try:
                    return await self._send(method, params, context=context)
                except SessionLost:
                    # The server says so before it does anything: nothing was carried out.
                    self._forget()
                    if last:
                        raise
                except RpcFailed as error:
                    if error.code != UNSUPPORTED_VERSION or last:
                        raise
                    self._forget()
        except RpcFailed as error:
            raise refused_by_rpc(error, about=about, may_repeat=may_repeat) from None
        except NotAnAnswer as odd:
            raise invalid(about, str(odd), may_repeat=may_repeat) from None
        except HttpStatus as status:
            raise status.failure(about, may_repeat=may_repeat) from None
        except SessionLost:
            what = f"{about} forgets who asks as soon as it is told"
            raise failed(FailureCode.UPSTREAM_ERROR, what, about=about, may_repeat=True) from None
        except TokenFailed as fault:
            raise failed(fault.code, f"{about} was not called: {fault}", about=about) from None
        except UpstreamFailed as fault:
            most = self._endpoint.max_result_bytes
            raise not_reached(fault, about=about, may_repeat=may_repeat, max_bytes=most) from None
        raise AssertionError("unreachable")

    async def _send(
        self,
        method: str,
        params: dict[str, Any],
        *,
        context: ToolCallContext | None = None,
        silence_s: float | None = None,
    ) -> dict[str, Any]:
        self._number += 1
        number = self._number
        headers = [(b"mcp-protocol-version", self._version.encode())]
        if self._version == MODERN:
            params = {**params, "_meta": {**params.get("_meta", {}), **_ENVELOPE}}
            headers.append((b"mcp-method", method.encode()))
            if method == "tools/call":
                headers.append((b"mcp-name", header_value(params["name"])))
                spec = self._specs.get(params["name"])
                if spec is not None:
                    headers += parameter_headers(spec.arguments, params["arguments"])
        elif self._session:
            headers.append((b"mcp-session-id", self._session.encode("latin-1")))
        if context is not None and context.traceparent:
            headers.append((b"traceparent", context.traceparent.encode("ascii", "ignore")))
        params = self._progress.asked(number, params, context.on_progress if context is not None else None)
        body = orjson.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        try:
            return await self._http.ask(body, headers, request_id=number, silence_s=silence_s)
        except asyncio.CancelledError:
            if self._version != MODERN and method == "tools/call":
                # The stateless revision cancels by closing; older servers want to be told.
                told = {
                    "jsonrpc": "2.0",
                    "method": "notifications/cancelled",
                    "params": {"requestId": number},
                }
                self._say_later("POST", orjson.dumps(told))
            raise
        finally:
            self._progress.over(number)

    # --- agreeing on a revision --------------------------------------------------------------------------

    async def _agree(self) -> None:
        async with self._settling:
            if self._version:
                return
            wanted = self._endpoint.protocol
            if wanted in ("auto", MODERN) and await self._discovered(must=wanted == MODERN):
                return
            await self._shaken(HANDSHAKE[0] if wanted == "auto" else wanted)

    async def _discovered(self, *, must: bool) -> bool:
        """Anything but a clear yes is a no: the server is older."""
        self._version = MODERN
        try:
            result = await self._send("server/discover", {})
        except (RpcFailed, HttpStatus, NotAnAnswer, SessionLost):
            self._version = ""
            if must:
                raise
            return False
        except BaseException:
            self._version = ""
            raise
        versions = result.get("supportedVersions")
        if not isinstance(versions, list) or MODERN not in versions:
            self._version = ""
            return False
        self._changes_told = _tells_changes(result)
        return True

    async def _shaken(self, wanted: str) -> None:
        self._number += 1
        params = {"protocolVersion": wanted, "capabilities": {}, "clientInfo": IMPLEMENTATION}
        asked = {"jsonrpc": "2.0", "id": self._number, "method": "initialize", "params": params}
        result = await self._http.ask(orjson.dumps(asked), [], request_id=self._number)
        agreed = result.get("protocolVersion")
        if agreed not in HANDSHAKE:
            raise NotAnAnswer("a handshake for a protocol that is not known here")
        self._session = self._http.session
        headers = [(b"mcp-protocol-version", agreed.encode())]
        if self._session:
            headers.append((b"mcp-session-id", self._session.encode("latin-1")))
        note = orjson.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
        await self._http.say("POST", note, headers)
        self._changes_told = _tells_changes(result)
        self._version = agreed

    def _forget(self) -> None:
        self._version = self._session = self._http.session = ""

    # --- changes -----------------------------------------------------------------------------------------

    def _notified(self, message: dict[str, Any]) -> None:
        """What a server says of itself and of our calls; its logs are nobody's business here."""
        if message.get("method") == "notifications/tools/list_changed":
            self.on_changed()
        elif self._progress.heard(message) or self._version == MODERN:
            return
        elif "id" in message and isinstance(message.get("method"), str):
            asked = message["id"]
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": asked}
            if message["method"] == "ping":
                answer["result"] = {}
            else:
                answer["error"] = {"code": -32601, "message": "Not offered"}
            self._say_later("POST", orjson.dumps(answer))

    async def _listen(self) -> None:
        """A stream that says when the tools have changed; begun again, with growing pauses, when it ends."""
        ended, began = 0, 0.0
        while True:
            if began and time.monotonic() - began > LISTEN_STEADY_S:
                ended = 0
            await asyncio.sleep(LISTEN_PAUSES_S[min(ended, len(LISTEN_PAUSES_S) - 1)] if began else 0)
            ended, began = ended + 1, time.monotonic()
            if not self._version:
                continue
            try:
                if self._version == MODERN:
                    wish = {"notifications": {"toolsListChanged": True}}
                    await self._send("subscriptions/listen", wish, silence_s=LISTEN_SILENCE_S)
                else:
                    headers = [(b"mcp-protocol-version", self._version.encode())]
                    if self._session:
                        headers.append((b"mcp-session-id", self._session.encode("latin-1")))
                    await self._http.listen(headers)
            except HttpStatus as refused:
                if refused.status in (400, 404, 405, 406, 501):
                    return  # It has none; the list is looked at from time to time anyway.
            except RpcFailed:
                return
            except (UpstreamFailed, NotAnAnswer, SessionLost, ToolFailed, TokenFailed):
                pass
            # While nobody listened it may have changed.
            self.on_changed()

    def _say_later(self, method: str, body: bytes) -> None:
        headers = [(b"mcp-protocol-version", self._version.encode())] if self._version else []
        if self._session:
            headers.append((b"mcp-session-id", self._session.encode("latin-1")))

        async def say() -> None:
            try:
                await self._http.say(method, body, headers)
            except (UpstreamFailed, HttpStatus, SessionLost, TokenFailed) as fault:
                log.debug("%s was not told: %s", self._endpoint.name, type(fault).__name__)

        task = asyncio.create_task(say())
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    # --- failures ----------------------------------------------------------------------------------------

    def _too_late(self, about: str, seconds: float, *, may_repeat: bool) -> ToolFailed:
        what = f"{about} did not answer within {seconds:.3g} s"
        return failed(FailureCode.TIMEOUT, what, about=about, may_repeat=may_repeat)


_ENVELOPE = {VERSION_KEY: MODERN, CLIENT_KEY: IMPLEMENTATION, CAPABILITIES_KEY: {}}


def _tells_changes(result: Mapping[str, Any]) -> bool:
    capabilities = result.get("capabilities")
    tools = capabilities.get("tools") if isinstance(capabilities, Mapping) else None
    return isinstance(tools, Mapping) and tools.get("listChanged") is True
