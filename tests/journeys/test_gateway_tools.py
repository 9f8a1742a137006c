"""An agent calls a tool that keeps its promise, then breaks it; the gateway is killed in between."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.journeys.gateway_setup import key_for
from tests.product import Product, http, kill_process, product_in, running, wait_until


class _Crm(ThreadingHTTPServer):
    """An MCP server of the handshake that answers in two shapes."""

    daemon_threads = True
    prices_are_text = False
    description = "Finds an order."

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/mcp"


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Crm

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        asked = json.loads(body)
        if "id" not in asked:
            return self._send(202, b"")
        found: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
        result = self._result(asked)
        found |= {"result": result} if result is not None else {"error": {"code": -32601, "message": "?"}}
        return self._send(200, json.dumps(found).encode())

    def _result(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        if asked["method"] == "initialize":
            return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {}}
        if asked["method"] == "tools/list":
            schema = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
            hints = {"readOnlyHint": True}
            told = self.server.description
            return {
                "tools": [{"name": "order", "description": told, "inputSchema": schema, "annotations": hints}]
            }
        if asked["method"] == "tools/call":
            number = asked["params"]["arguments"]["id"]
            price: Any = f"{number}.50 EUR" if self.server.prices_are_text else number + 0.5
            return {"content": [], "structuredContent": {"id": number, "price": price}}
        return None

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        return


@contextmanager
def _crm() -> Iterator[_Crm]:
    server = _Crm(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _called(product: Product, key: str, *numbers: int) -> list[Any]:
    """With the SDK, unmodified."""

    async def calls() -> list[Any]:
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {key}"}, timeout=30) as sender,
            Client(streamable_http_client(f"{product.gateway_url}/mcp", http_client=sender)) as client,
        ):
            return [await client.call_tool("crm__order", {"id": number}) for number in numbers]

    return asyncio.run(calls())


def _contract(product: Product) -> dict[str, Any]:
    found: dict[str, Any] = {}
    answer = product.get("/api/v1/contracts/crm/order")
    if answer.status == 200:
        found = answer.json()
    return found


def test_a_tool_that_breaks_its_contract_is_a_failure_and_an_incident(tmp_path: Path) -> None:
    with _crm() as crm, running(product_in(tmp_path)) as product:
        body = {"kind": "mcp", "settings": {"url": crm.url}, "allow_private": True}
        made = http(
            f"{product.url}/api/v1/connectors/crm",
            method="PUT",
            body=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        assert made.status in (200, 201), made.body
        assert product.post("/api/v1/tool-grants", {"agent": "support", "pattern": "crm.*"}).status == 201
        key = str(key_for(product, agent="support")["secret"])
        results = _called(product, key, *range(25))
        assert [one.structured_content["price"] for one in results[:2]] == [0.5, 1.5]

        wait_until(lambda: _contract(product).get("exchanges") == 25, seconds=60, what="25 calls learned")
        pinned = product.post("/api/v1/contracts/crm/order/pin", {"mode": "enforce", "reason": "agreed"})
        assert pinned.status == 201, pinned.body
        assert pinned.json()["version"]["result"]["required"] == ["id", "price"]

        before = product.gateway()
        kill_process(before)
        crm.prices_are_text = True

        def withheld() -> bool:
            # The SDK tells of a gateway that is not up again yet in groups of exceptions of many kinds.
            up = http(f"{product.gateway_url}/readyz").status == 200
            return up and bool(_called(product, key, 99)[0].is_error)

        wait_until(withheld, seconds=30, what="a gateway that knows the contract again")
        assert product.gateway() != before
        broken = _called(product, key, 99)[0]
        failure = broken.structured_content["roadworthy_failure"]
        assert (failure["code"], failure["facts"]["path"]) == ("contract_broken", "price")
        assert "EUR" not in str(broken)

        def alarmed() -> bool:
            drifts = _contract(product).get("drifts", [])
            return [one["kind"] for one in drifts] == ["result"]

        wait_until(alarmed, seconds=60, what="a drift")
        wait_until(
            lambda: "crm.order" in json.dumps(product.json("/api/v1/incidents")),
            seconds=30,
            what="an incident",
        )
        assert product.stop() == 0
