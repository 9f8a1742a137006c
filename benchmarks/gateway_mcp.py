"""What a tool call through the gateway costs: CPU of the gateway for each call, beside FastMCP's proxy.

The server behind is the protocol's own SDK with one tool; its own CPU is "direct". All take turns (A B C A B
C), one call after the other over one connection, each answer checked. Ours is `roadworthy up` with a contract
enforced on the tool and every exchange recorded.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figure, Options, at_most, folder_of, median, run
from benchmarks.gateway_servers import OurGateway
from benchmarks.machine import cpu_ms
from benchmarks.servers import PEERS, REPO, NotMeasured, Server

MUST_MS = 3.0
_CALLS = {"quick": 30, "full": 400}
_SLOWER = 8
"""So many times fewer calls of a peer: it takes so many times longer, and more."""
_MODERN = "2026-07-28"
_PROXY = """
import sys, uvicorn
from fastmcp.server import create_proxy
from starlette.responses import PlainTextResponse

proxy = create_proxy(sys.argv[2], name="proxy")

@proxy.custom_route("/ready", methods=["GET"])
async def ready(_request):
    return PlainTextResponse("ok")

app = proxy.http_app(path="/mcp", stateless_http=True, json_response=True)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""
"""Runs in the peer's own environment."""


@dataclass(kw_only=True)
class Upstream(Server):
    name: str = "direct"
    tool: str = "find"

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ready"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "benchmarks.gateway_mcp_server", str(self.port)]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(REPO)}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"


@dataclass(kw_only=True)
class FastMcpProxy(Upstream):
    name: str = "FastMCP proxy"
    behind: str

    def command(self) -> list[str]:
        python = PEERS / "fastmcp/bin/python"
        if not python.exists():
            raise NotMeasured(f"FastMCP is not in {python}: python -m benchmarks.servers install")
        return [str(python), "-c", _PROXY, str(self.port), self.behind]


@dataclass
class Tried:
    """One way to the tool: where, which process's CPU, and what it cost in each round."""

    name: str
    port: int
    pids: list[int]
    tool: str
    key: str = ""
    cpu_ms: list[float] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)


def measure(options: Options) -> list[Figure]:
    calls = _CALLS["quick" if options.quick else "full"]
    with folder_of(options, "gateway_mcp") as folder, ExitStack() as stack:
        upstream = Upstream(folder=_made(folder / "direct"))
        upstream.start()
        stack.callback(upstream.kill)
        ways = [Tried(upstream.name, upstream.port, [upstream.pid], upstream.tool)]
        ours = OurGateway(folder=_made(folder / "roadworthy"), upstream_port=upstream.port)
        stack.callback(ours.kill)
        ours.product.start()
        ours.process = ours.product.process
        ways.append(
            Tried(
                "Roadworthy", ours.port, ours.pids(), "crm__find", _planted(ours.product.data, upstream.url)
            )
        )
        missing = ""
        if options.peers:
            peer = FastMcpProxy(folder=_made(folder / "fastmcp"), behind=upstream.url)
            try:
                peer.start()
                stack.callback(peer.kill)
                ways.append(Tried(peer.name, peer.port, [peer.pid], peer.tool))
            except NotMeasured as why:
                missing = str(why)
        for way in ways:
            _wait(way)
            _calls(way, 20)
        for _ in range(options.rounds):
            for place, way in enumerate(ways):
                _one(way, calls if place < 2 else calls // _SLOWER)
    return _figures(ways, missing)


def _one(way: Tried, calls: int) -> None:
    before = cpu_ms(way.pids)
    began = time.perf_counter()
    _calls(way, calls)
    way.took_ms.append((time.perf_counter() - began) * 1000 / calls)
    time.sleep(0.5)  # what is written behind the calls counts, too
    way.cpu_ms.append((cpu_ms(way.pids) - before) / calls)


def _calls(way: Tried, calls: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", way.port, timeout=30)
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": _MODERN,
        "mcp-method": "tools/call",
        "mcp-name": way.tool,
    }
    if way.key:
        headers["authorization"] = f"Bearer {way.key}"
    envelope = {
        "io.modelcontextprotocol/protocolVersion": _MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    for number in range(calls):
        params = {"name": way.tool, "arguments": {"customer": number}, "_meta": envelope}
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
        connection.request("POST", "/mcp", body=body, headers=headers)
        answer = connection.getresponse().read()
        try:
            right = json.loads(answer)["result"]["structuredContent"]["id"] == number
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            raise NotMeasured(f"{way.name} answered {answer[:300]!r}")
    connection.close()


def _wait(way: Tried) -> None:
    """Until the key and the connector are known."""
    for _ in range(200):
        try:
            _calls(way, 1)
        except (NotMeasured, OSError) as why:
            last = why
            time.sleep(0.1)
        else:
            return
    raise NotMeasured(f"{way.name} never answered rightly: {last}")


def _figures(ways: list[Tried], missing: str) -> list[Figure]:
    direct, ours, *peers = ways
    cpu = median(ours.cpu_ms)
    beside: dict[str, float | str] = {
        "direct (the server itself)": median(direct.cpu_ms) or 0.0,
        **{one.name: median(one.cpu_ms) or 0.0 for one in peers},
    }
    if missing:
        beside["FastMCP proxy"] = missing
    added = (median(ours.took_ms) or 0.0) - (median(direct.took_ms) or 0.0)
    return [
        Figure(
            what="CPU of an MCP tool call through the gateway",
            unit="ms",
            ours=cpu,
            rounds=ours.cpu_ms,
            must=f"<= {MUST_MS:g}",
            met=at_most(cpu, MUST_MS),
            beside=beside,
            note="contract enforced, every exchange recorded; one call after the other",
        ),
        Figure(
            what="time an MCP tool call takes longer through the gateway",
            unit="ms",
            ours=added,
            must="shown",
            met=None,
            beside={
                one.name: (median(one.took_ms) or 0.0) - (median(direct.took_ms) or 0.0) for one in peers
            },
            note=f"a call of the server itself takes {median(direct.took_ms) or 0.0:.1f} ms",
        ),
    ]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _planted(data: Path, url: str) -> str:
    """A connector, a grant, an enforced contract and a key; the key's text."""
    from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
    from roadworthy.contracts.records import as_record
    from roadworthy.domain.connector import Connector, ConnectorKind
    from roadworthy.domain.model_route import GatewayKey, KeySecret
    from roadworthy.domain.tool_contract import ContractMode, ContractVersion
    from roadworthy.features.gateway.contracts.book import ContractBook
    from roadworthy.features.gateway.snapshot import records
    from roadworthy.features.gateway.tools.rules import CONNECTOR
    from roadworthy.kit.secrets import new_api_key

    secret, now = new_api_key(), time.time_ns()
    key = GatewayKey(
        project="default",
        id="bench",
        name="bench",
        agent="bench",
        secrets=(KeySecret(public_id=secret.id, hash=secret.hash, created_ns=now),),
        created_ns=now,
    )
    connector = Connector(
        project="default",
        name="crm",
        kind=ConnectorKind.MCP,
        settings={"url": url},
        allow_private=True,
        updated_ns=now,
    )
    result = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 0}}}
    store = SqliteMetadataStore(data / "roadworthy.db")
    things = ((key, records.KEY, "bench"), (connector, CONNECTOR, "crm"))
    store.save_records(
        [
            as_record(one, project="default", kind=kind, record_id=name, at_ns=now)
            for one, kind, name in things
        ]
    )
    book = ContractBook(store)
    book.grant("default", agent="bench", pattern="crm.*", by="bench")
    version = ContractVersion(number=0, result=result, pinned_ns=0, by="bench")
    book.pin("default", connector="crm", tool="find", version=version, by="bench", mode=ContractMode.ENFORCE)
    store.close()
    return secret.text


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0, rounds=5)
