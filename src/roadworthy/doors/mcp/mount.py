"""MCP over streamable HTTP, mounted beside the REST API it asks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import httpx2 as httpx
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from roadworthy.doors.mcp.rest import Params, Refused, credentials, query, refusal

_TIMEOUT_S = 120


class InProcessRest:
    """Asks the REST app in this process, with the caller's own credentials."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async def ask(
        self, path: str, params: Params, *, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Any:
        async with httpx.AsyncClient(
            transport=self._transport, base_url="http://127.0.0.1", timeout=_TIMEOUT_S, headers=dict(headers)
        ) as client:
            answer = await client.request(
                "GET" if body is None else "POST", f"/api/v1{path}", params=query(params), json=body
            )
            if not answer.is_success:
                raise refusal(answer.status_code, answer.json())
            return answer.json()


class McpMount:
    """An ASGI app for one path of the REST app (`scope["app"]`), whose guard and keys it stands behind.

    The MCP machinery is loaded and started with the first request: most servers never get one, and it takes
    some 40 MB. `close` ends it.
    """

    def __init__(self) -> None:
        self._starting = asyncio.Lock()  # protects the start against two first requests
        self._stop = asyncio.Event()
        self._handler: ASGIApp | None = None
        self._rest: InProcessRest | None = None
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rest, handler = await self._started(scope["app"])
        headers = credentials(Request(scope).headers)
        try:
            await rest.ask("/me", {}, headers=headers)
        except Refused as refused:
            # Before any MCP: clients look for credentials when they see 401, not when a tool fails.
            asked = {"WWW-Authenticate": "Bearer"}
            answer = JSONResponse(refused.problem, refused.status, asked, "application/problem+json")
            await answer(scope, receive, send)
            return
        await handler(scope, receive, send)

    async def close(self) -> None:
        self._stop.set()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _started(self, app: ASGIApp) -> tuple[InProcessRest, ASGIApp]:
        async with self._starting:
            if self._handler is None or self._rest is None:
                self._rest = InProcessRest(app)
                self._handler = await self._start(self._rest)
            return self._rest, self._handler

    async def _start(self, rest: InProcessRest) -> ASGIApp:
        from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
        from mcp.server.transport_security import TransportSecuritySettings

        from roadworthy.doors.mcp.tools import build_server

        # It says every request, and there is one for each tool call.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        server = build_server(rest, version=version("roadworthy"))
        # Stateless: nothing is pushed to clients, so nothing is kept for them between requests.
        # Host and Origin: the guard in front has looked at them.
        trusted = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(stateless_http=True, json_response=True, transport_security=trusted)
        manager: StreamableHTTPSessionManager = server.session_manager
        running = asyncio.Event()

        async def hold() -> None:
            async with manager.run():
                running.set()
                await self._stop.wait()

        self._task = asyncio.create_task(hold())
        await running.wait()
        return StreamableHTTPASGIApp(manager)
