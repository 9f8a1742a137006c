"""The doors of tools on a real socket, over real transports; what the snapshot says comes from records."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvloop

from roadworthy.app import gateway_tools
from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.metadata import Record
from roadworthy.contracts.recorder import Recorder
from roadworthy.contracts.records import as_record
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.model_route import GatewayKey, KeySecret
from roadworthy.domain.tool_contract import ContractMode, ContractVersion, ToolContract, ToolTerms
from roadworthy.domain.tool_grant import ToolGrant
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.front_desk import FrontDesk
from roadworthy.doors.gateway.presented import key_of
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.serve import gateway_door
from roadworthy.doors.gateway.tool_story import ToolFaults
from roadworthy.features.gateway.contracts.book import CONTRACT, GRANT
from roadworthy.features.gateway.keys.caller import Caller, caller_of
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot
from roadworthy.features.gateway.tools.rules import CONNECTOR
from roadworthy.kit.secrets import NewSecret, new_api_key
from tests.unit.doors.gateway.house import Answer, Client, Recorded

MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


@dataclass
class ToolHouse:
    """`put` changes what the snapshot says, as a person does."""

    port: int
    recorded: Recorded
    tools: gateway_tools.GatewayTools
    records: dict[tuple[str, str], Record]
    secrets: dict[tuple[str, str], NewSecret]
    rebuild: Callable[[], None]
    number: int = 0

    @property
    def listening(self) -> int:
        """Clients that are told when their tools change."""
        return self.tools.bell.ears

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def put(self, *things: Connector | ToolContract | ToolGrant) -> None:
        for thing in things:
            kind, record_id = _kind(thing)
            at_ns = time.time_ns()
            self.records[kind, record_id] = as_record(
                thing, project=thing.project, kind=kind, record_id=record_id, at_ns=at_ns
            )
        self.rebuild()

    def remove(self, kind: str, record_id: str) -> None:
        del self.records[kind, record_id]
        self.rebuild()

    def key(self, agent: str = "support", *, release: str = "") -> str:
        if (agent, release) not in self.secrets:
            self.secrets[agent, release] = new_api_key()
            self.rebuild()
        return self.secrets[agent, release].text

    def headers(self, agent: str = "support", **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key(agent)}", **more}

    async def rpc(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        agent: str = "support",
        modern: bool = True,
    ) -> dict[str, Any]:
        """One request as curl would send it; the whole message back."""
        self.number += 1
        sent: dict[str, Any] = {"jsonrpc": "2.0", "id": self.number, "method": method}
        headers = self.headers(agent)
        if modern:
            sent["params"] = {**(params or {}), "_meta": ENVELOPE}
            headers |= {"mcp-protocol-version": MODERN, "mcp-method": method}
            if params and "name" in params:
                headers["mcp-name"] = str(params["name"])
        elif params is not None:
            sent["params"] = params
        answer = await self.ask("POST", "/mcp", orjson.dumps(sent), headers)
        found: dict[str, Any] = orjson.loads(answer.body)
        assert found["id"] == self.number
        return found

    async def call(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        agent: str = "support",
        modern: bool = True,
    ) -> dict[str, Any]:
        said = await self.rpc(
            "tools/call", {"name": name, "arguments": arguments or {}}, agent=agent, modern=modern
        )
        result: dict[str, Any] = said["result"]
        return result

    async def names(self, agent: str = "support") -> list[str]:
        return [one["name"] for one in (await self.rpc("tools/list", agent=agent))["result"]["tools"]]

    async def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 26)
        client = Client(reader, writer)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nhost: gateway\r\n{lines}content-length: {len(body)}\r\n\r\n"
        try:
            writer.write(head.encode() + body)
            return await client.answer()
        finally:
            client.close()


def looped(test: Callable[[Path], Awaitable[None]]) -> Callable[[Path], None]:
    """A test that runs in an event loop of its own; what hangs ends."""

    def ran(tmp_path: Path) -> None:
        async def within() -> None:
            async with asyncio.timeout(60):
                await test(tmp_path)

        uvloop.run(within())

    ran.__name__, ran.__doc__ = test.__name__, test.__doc__
    return ran


def failure(result: Mapping[str, Any]) -> dict[str, Any]:
    """The typed failure of a result; it must be one."""
    assert result["isError"] is True, result
    found: dict[str, Any] = result["structuredContent"]["roadworthy_failure"]
    return found


@contextlib.asynccontextmanager
async def tool_house(
    folder: Path,
    *,
    recorder: Recorder | None = None,
    faults: ToolFaults | None = None,
    grace_seconds: float = 1.0,
) -> AsyncIterator[ToolHouse]:
    records: dict[tuple[str, str], Record] = {}
    secrets: dict[tuple[str, str], NewSecret] = {}
    readers = gateway_tools.readers()
    held = GatewaySnapshot()

    def rebuild() -> None:
        nonlocal held
        by_kind: dict[tuple[str, str], tuple[Record, ...]] = {}
        for one in records.values():
            by_kind[one.project, one.kind] = (*by_kind.get((one.project, one.kind), ()), one)
        held = GatewaySnapshot(
            keys={made.id: _key(made, agent, release) for (agent, release), made in secrets.items()},
            records=by_kind,
            parts={name: read(by_kind, lambda sealed: sealed) for name, read in readers.items()},
        )

    def caller(request: GatewayRequest) -> Caller | TypedFailure:
        release = (request.header(b"x-roadworthy-release") or b"").decode()
        return caller_of(held, key_of(request), now_ns=time.time_ns(), release=release)

    transport = HttpTransport()
    recorded = Recorded()
    tools = gateway_tools.GatewayTools(
        lambda: held,
        transport=transport,
        unseal=lambda sealed: sealed,
        folder=folder,
        connectors=folder / "connectors",
        callers=caller,
        recorder=recorder or recorded,
        faults=faults,
    )

    async def nothing(request: GatewayRequest, reply: Reply) -> None:
        reply.send(404, [], b"")

    desk = FrontDesk(
        otherwise=nothing, health=dict, metrics=bytes, may_look=lambda _: False, rooms=tools.rooms
    )
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        async with gateway_door(desk, sock=sock, grace_seconds=grace_seconds):
            house = ToolHouse(
                port=sock.getsockname()[1],
                recorded=recorded,
                tools=tools,
                records=records,
                secrets=secrets,
                rebuild=rebuild,
            )
            try:
                yield house
            finally:
                await tools.close()
                await transport.close()


def connector(name: str, *, url: str = "", command: str = "", **changes: Any) -> Connector:
    settings: dict[str, Any] = {"url": url} if url else {"command": command}
    settings |= changes.pop("settings", {})
    return Connector(
        project="default",
        name=name,
        kind=ConnectorKind.MCP,
        settings=settings,
        allow_private=True,
        updated_ns=time.time_ns(),
        **({"timeout_s": 15.0} | changes),
    )


def grant(pattern: str, *, agent: str = "support", release: str = "") -> ToolGrant:
    return ToolGrant(
        project="default", id=f"{agent}{release}{pattern}", agent=agent, release=release, pattern=pattern
    )


def contract(
    target: str,
    *,
    mode: ContractMode = ContractMode.ENFORCE,
    version: ContractVersion | None = None,
    **terms: Any,
) -> ToolContract:
    name, _, tool = target.partition(".")
    return ToolContract(
        project="default",
        connector=name,
        tool=tool,
        mode=mode,
        terms=ToolTerms(**terms),
        versions=(version,) if version else (),
    )


Says = Callable[[dict[str, Any]], "Awaitable[Reaction] | Reaction"]


@dataclass
class Reaction:
    """What a scripted MCP server does with one message. `raw` is written as it is, in place of all else."""

    result: Any = None
    error: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    raw: bytes | None = None
    then: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None
    """After what was written: more bytes, or silence."""


@dataclass
class ScriptedServer:
    """`asked` are the messages that came, `seen` their HTTP headers."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)

    def methods(self) -> list[str]:
        return [str(one.get("method", one.get("_http"))) for one in self.asked]


@contextlib.asynccontextmanager
async def scripted(says: Says) -> AsyncIterator[ScriptedServer]:
    """An MCP server that is what `says` is: honest, slow, lying."""
    made = ScriptedServer(url="")
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (one.partition(":") for one in lines if one)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                message = orjson.loads(body) if body else {"_http": first.split(" ")[0]}
                made.asked.append(message)
                made.seen.append(headers)
                said = says(message)
                reaction = said if isinstance(said, Reaction) else await said
                writer.write(_written(reaction, message))
                await writer.drain()
                if reaction.then is not None:
                    await reaction.then(writer)
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # The gateway closed it, or the test is over.
        finally:
            with contextlib.suppress(ConnectionError):
                writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    try:
        yield made
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


def honest(
    tools: list[dict[str, Any]], calls: Callable[[dict[str, Any]], Any], *, modern: bool = True
) -> Says:
    """A whole server of either age; `calls` gives the result of tools/call, or a Reaction."""

    def says(message: dict[str, Any]) -> Any:
        match message.get("method"):
            case "server/discover" if modern:
                return Reaction(
                    result={
                        "supportedVersions": [MODERN],
                        "capabilities": {"tools": {}},
                        "resultType": "complete",
                        "ttlMs": 0,
                        "cacheScope": "public",
                    }
                )
            case "initialize" if not modern:
                return Reaction(
                    result={
                        "protocolVersion": "2025-06-18",
                        "capabilities": {"tools": {}},
                        "serverInfo": {"name": "old", "version": "1"},
                    },
                    headers={"mcp-session-id": "s-1"},
                )
            case "tools/list":
                return Reaction(result={"tools": tools})
            case "tools/call":
                found = calls(message["params"])
                return found if isinstance(found, Reaction) else Reaction(result=found)
            case method if method is None or "id" not in message:
                return Reaction(status=202, body=b"")
        return Reaction(error={"code": -32601, "message": "Method not found"}, status=404 if modern else 200)

    return says


def a_tool(name: str, description: str = "A tool.", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": description, "inputSchema": {"type": "object"}, **more}


def text(said: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}], **more}


def _written(reaction: Reaction, message: dict[str, Any]) -> bytes:
    if reaction.raw is not None:
        return reaction.raw
    body = reaction.body
    if body is None:
        said = {"error": reaction.error} if reaction.error is not None else {"result": reaction.result}
        body = orjson.dumps({"jsonrpc": "2.0", "id": message.get("id"), **said})
    told = {"content-type": "application/json", "content-length": str(len(body)), **reaction.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {reaction.status} X\r\n{lines}\r\n".encode() + body


def _key(made: NewSecret, agent: str, release: str) -> tuple[GatewayKey, KeySecret]:
    secret = KeySecret(public_id=made.id, hash=made.hash, created_ns=1)
    key = GatewayKey(
        project="default",
        id=f"k-{made.id}",
        name="test",
        agent=agent,
        release=release,
        secrets=(secret,),
        created_ns=1,
    )
    return key, secret


def _kind(thing: Connector | ToolContract | ToolGrant) -> tuple[str, str]:
    if isinstance(thing, Connector):
        return CONNECTOR, thing.name
    return (GRANT, thing.id) if isinstance(thing, ToolGrant) else (CONTRACT, thing.name)
