"""The scripted world on loopback, for agents that come through the product: a model and an order system."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks.scripted_world import Case, World

NUMBERS_OF_A_CASE = 10_000
"""Case 3 has the orders 30100 to 30899: the order system is not told whose call it is."""


class ScriptedServer(ThreadingHTTPServer):
    """Chat completions at /v1, orders at /orders, /archive and /totals; of all cases in `worlds`. The same
    orders as tools at /mcp, for an agent that comes without a gateway."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.worlds: dict[int, World] = {}
        self.lock = threading.Lock()
        self.answering_ms = 0.0
        """Of POSTs, so far."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def calls(self) -> int:
        """Of the model and the tools, by anybody."""
        return sum(one.asked + one.called for one in self.worlds.values())

    def plant(self, case: Case, world: World) -> None:
        with self.lock:
            self.worlds[case.orders[0] // NUMBERS_OF_A_CASE] = world

    def chat(self, body: dict[str, Any]) -> dict[str, Any]:
        task = next(one["content"] for one in body["messages"] if one["role"] == "user")
        first = re.search(r"orders (\d+)", task)
        assert first is not None, task
        return self.worlds[int(first[1]) // NUMBERS_OF_A_CASE].ask(body)

    def tool(self, name: str, number: int) -> dict[str, Any]:
        if name == "submit":
            return {"accepted": number}
        return self.worlds[number // NUMBERS_OF_A_CASE].call(name, number)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """Head and body leave together: the one waits for an acknowledgement of the other else, 40 ms a call."""
    server: ScriptedServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        began = time.perf_counter()
        with self.server.lock:
            if self.path.endswith("/chat/completions"):
                self._say(self.server.chat(body))
            elif self.path == "/mcp":
                params = body["params"]
                number = next(iter(params["arguments"].values()))
                result = self.server.tool(params["name"].partition("__")[2], int(number))
                told = {"content": [{"type": "text", "text": json.dumps(result)}]}
                self._say({"jsonrpc": "2.0", "id": body["id"], "result": told})
            else:
                self._say(self.server.tool("submit", int(body["total"])))
            self.server.answering_ms += (time.perf_counter() - began) * 1000

    def do_GET(self) -> None:
        kind, _, number = self.path.strip("/").partition("/")
        with self.server.lock:
            self._say(self.server.tool("find" if kind == "orders" else "find_archived", int(number)))

    def _say(self, value: dict[str, Any]) -> None:
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        """What failed is read, not every request."""


@contextmanager
def scripted() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
