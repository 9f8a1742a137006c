"""The SDK of the protocol at both ends of a gateway."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import uvicorn
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import MCPServer

from tests.unit.doors.gateway.tool_house import ToolHouse


@contextlib.contextmanager
def sdk_server(server: MCPServer, *, stateless: bool = False) -> Iterator[str]:
    """Its URL."""
    app = server.streamable_http_app(stateless_http=stateless, json_response=False)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        served = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        while not served.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/mcp"
        served.should_exit = True
        thread.join(15)


@contextlib.asynccontextmanager
async def sdk_client(house: ToolHouse, *, mode: str, **more: Any) -> AsyncIterator[Client]:
    async with httpx2.AsyncClient(headers=house.headers(), timeout=30) as http:
        transport = streamable_http_client(house.url, http_client=http)
        async with Client(transport, mode=mode, **more) as client:
            yield client
