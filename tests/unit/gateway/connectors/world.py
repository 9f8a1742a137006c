"""Connectors opened as the gateway opens them, and a real HTTP server that answers as it is told."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.tool_system import ToolCallContext, ToolSystem
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.opening import open_system
from roadworthy.features.gateway.tools.opening import mcp_opener

CONTEXT = ToolCallContext(project="default", agent="support")


def a_connector(kind: ConnectorKind, settings: dict[str, Any], **changes: Any) -> Connector:
    given = {"allow_private": True, "sealed": {}, **changes}
    return Connector(project="default", name="crm", kind=kind, settings=settings, **given)


def with_system(
    connector: Connector,
    folder: Path,
    work: Callable[[ToolSystem], Coroutine[Any, Any, Any]],
    loop: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run,
    **parts: Any,
) -> Any:
    async def run() -> Any:
        transport = HttpTransport()
        seals = {"unseal": lambda text: text, "seal": lambda text: text}
        made = Parts(transport=transport, folder=folder, **{**seals, **parts})
        system = open_system(connector, made, more={ConnectorKind.MCP: mcp_opener(lambda *_: None)})
        try:
            return await work(system)
        finally:
            await system.close()
            await transport.close()

    return loop(run())


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """`answer(asked)` gives (status, headers, body); None closes the connection without a word."""

    url: str = ""
    answer: Callable[[Asked], tuple[int, dict[str, str], bytes] | None] = lambda _: (200, {}, b"{}")
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serving(*, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            server.asked.append(asked)
            answer = server.answer(asked)
            if answer is None:
                self.close_connection = True
                return
            status, more, body = answer
            self.send_response(status)
            for name, value in {"content-type": "application/json", **more}.items():
                self.send_header(name, value)
            if "content-length" not in more:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _do

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.handle_error = lambda *_: None  # type: ignore[method-assign] # handshakes that fail on purpose
    if tls is not None:
        # Each connection shakes hands in a thread of its own.
        httpd.socket = tls.wrap_socket(httpd.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{httpd.server_address[1]}"
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
