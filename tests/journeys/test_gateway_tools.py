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
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.contract.upstream.certificates import Authority
from tests.journeys.gateway_setup import key_for
from tests.product import Answer, Product, http, kill_process, product_in, running, wait_until
from tests.unit.gateway.connectors.proxy import Proxy, proxying
from tests.unit.gateway.connectors.rotating import Rotating, refresh_auth
from tests.unit.gateway.connectors.world import Server, serving


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


def _called(product: Product, key: str, *numbers: int, tool: str = "crm__order") -> list[Any]:
    """With the SDK, unmodified."""

    async def calls() -> list[Any]:
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {key}"}, timeout=30) as sender,
            Client(streamable_http_client(f"{product.gateway_url}/mcp", http_client=sender)) as client,
        ):
            return [await client.call_tool(tool, {"id": number}) for number in numbers]

    return asyncio.run(calls())


def _put(product: Product, path: str, body: dict[str, Any]) -> Answer:
    answer = http(
        f"{product.url}{path}",
        method="PUT",
        body=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status in (200, 201), answer.body
    return answer


def _contract(product: Product) -> dict[str, Any]:
    found: dict[str, Any] = {}
    answer = product.get("/api/v1/contracts/crm/order")
    if answer.status == 200:
        found = answer.json()
    return found


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(product_in(tmp_path_factory.mktemp("tools"))) as started:
        yield started


def test_a_tool_that_breaks_its_contract_is_a_failure_and_an_incident(product: Product) -> None:
    with _crm() as crm:
        body = {"kind": "mcp", "settings": {"url": crm.url}, "allow_private": True}
        _put(product, "/api/v1/connectors/crm", body)
        key = _granted(product, "crm.*")
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


_VAULT = """
connector: vault
kind: http
allow_private: true
settings:
  url: {url}
  proxy: {{secret: proxy}}
  tls: {{authority: {authority}, certificate: {{secret: cert}}, key: {{secret: key}}}}
  operations: {{find: {{path: "/customers/{{id}}", arguments: {{id: {{type: integer}}}}}}}}
"""


def _plain(product: Product, key: str, connector: str) -> Answer:
    return http(
        f"{product.gateway_url}/connect/{connector}/find",
        method="POST",
        body=b'{"id": 7}',
        headers={"authorization": f"Bearer {key}"},
    )


def _connect_vault(product: Product, vault: Server, proxy: Proxy, authority: Authority) -> str:
    """From YAML, with three secrets by name; the private key."""
    yaml = _VAULT.format(url=vault.url, authority=json.dumps(authority.pem))
    applied = product.post("/api/v1/connector-file", {"yaml": yaml})
    assert applied.status == 200, applied.body
    ours = authority.issue("gateway")
    secrets = {"cert": ours.certificate, "key": ours.key, "proxy": f"http://me:s3cret@127.0.0.1:{proxy.port}"}
    for name, value in secrets.items():
        _put(product, f"/api/v1/connectors/vault/secrets/{name}", {"value": value})
    # The same from REST, whose proxy knows another password.
    settings = product.json("/api/v1/connectors/vault")["settings"]
    for name in ("other", "bare"):
        tls = settings["tls"] if name == "other" else {"authority": authority.pem}
        body = {"kind": "http", "settings": {**settings, "tls": tls}, "allow_private": True}
        _put(product, f"/api/v1/connectors/{name}", body)
        for secret, value in secrets.items():
            value = value.replace("s3cret", "wrong-one") if name == "other" else value
            _put(product, f"/api/v1/connectors/{name}/secrets/{secret}", {"value": value})
    return ours.key


def test_a_system_behind_a_certificate_and_a_proxy(tmp_path: Path, product: Product) -> None:
    authority = Authority()
    here = authority.issue("localhost", addresses=("127.0.0.1",))
    wanted = authority.server(tmp_path, here, wants_client=True)
    with serving(tls=wanted) as vault, proxying(user_password="me:s3cret") as proxy:
        key_pem = _connect_vault(product, vault, proxy, authority)
        key = _granted(product, "vault.*", "other.*", "bare.*")
        vault.answer = lambda _: (200, {}, b'{"name": "Ada"}')
        assert _plain(product, key, "vault").json() == {"name": "Ada"}
        assert _called(product, key, 7, tool="vault__find")[0].structured_content == {"name": "Ada"}
        assert product.post("/api/v1/connectors/vault/test", {}).json()["ok"]
        assert {one.path for one in vault.asked} == {"/customers/7", "/"}
        assert len(proxy.asked) >= 2
        for connector, reason, words in (
            ("other", "proxy_credentials", "the proxy wants other credentials"),
            ("bare", "client_certificate_refused", "does not take our client certificate"),
        ):
            failure = _plain(product, key, connector).json()["roadworthy_failure"]
            assert (failure["code"], failure["facts"]["reason"]) == ("unreachable", reason)
            assert words in product.post(f"/api/v1/connectors/{connector}/test", {}).json()["said"]
    wait_until(lambda: sum(b"Ada" in one for one in _told(product)) >= 2, seconds=30, what="recordings")
    told = [*_told(product), product.log.read_bytes()]
    told += [file.read_bytes() for file in product.data.rglob("*") if file.is_file()]
    for secret in (key_pem.splitlines()[1].encode(), b"s3cret", b"wrong-one"):
        assert not any(secret in one for one in told)


def test_a_refresh_token_that_rotates_outlives_the_gateway(product: Product) -> None:
    tokens = Rotating()
    with serving() as server:
        server.answer = tokens.answer
        operations = {"find": {"path": "/customers/{id}"}}
        settings = {"url": server.url, "auth": refresh_auth(server.url), "operations": operations}
        _put(product, "/api/v1/connectors/erp", {"kind": "http", "settings": settings, "allow_private": True})
        _put(product, "/api/v1/connectors/erp/secrets/r", {"value": "r0"})
        key = _granted(product, "erp.*")
        assert _plain(product, key, "erp").status == 200
        # The core asks as well, with what the gateway was granted.
        assert product.post("/api/v1/connectors/erp/test", {}).json()["ok"]
        assert tokens.rotations == 1
        before = product.gateway()
        kill_process(before)
        tokens.revoke_access()
        wait_until(lambda: _answers(product, key, "erp"), seconds=30, what="a gateway that renews its token")
        assert (tokens.rotations, tokens.stolen) == (2, False)


def _granted(product: Product, *patterns: str) -> str:
    for pattern in patterns:
        answer = product.post("/api/v1/tool-grants", {"agent": "support", "pattern": pattern})
        assert answer.status == 201, answer.body
    return str(key_for(product, agent="support")["secret"])


def _answers(product: Product, key: str, connector: str) -> bool:
    try:
        return _plain(product, key, connector).status == 200
    except OSError:
        return False


def _told(product: Product) -> list[bytes]:
    """What REST tells of connectors and recordings."""
    exchanges = product.json("/api/v1/exchanges")["items"]
    paths = [f"/api/v1/exchanges/{one['id']}/recording" for one in exchanges]
    return [product.get(path).body for path in ("/api/v1/connectors", "/api/v1/connector-file", *paths)]
