"""The gateway's door on a real socket, with the real gate and transport behind it and a scripted upstream."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httptools
import orjson
import uvloop

from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.recorder import RecorderCounts
from roadworthy.contracts.upstream import Transport
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.model_route import Family, ModelRoute, RouteRetries, RouteWaits
from roadworthy.domain.recording import RecordedMessage
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.connection import Desk
from roadworthy.doors.gateway.front_desk import FrontDesk
from roadworthy.doors.gateway.held_bytes import HeldBytes
from roadworthy.doors.gateway.limits import GatewayLimits
from roadworthy.doors.gateway.models import ModelDoor
from roadworthy.doors.gateway.presented import key_of
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.serve import gateway_door
from roadworthy.features.gateway.budget.ledger import SpendLedger
from roadworthy.features.gateway.keys.caller import Caller, caller_of
from roadworthy.features.gateway.routes.serving import RouteGate
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot, OpenProvider, ProjectPart
from roadworthy.features.gateway.snapshot.route_table import RouteTable
from tests.contract.upstream.upstreams import Script, upstream
from tests.unit.gateway.world import SECRET, key, provider, route

KEY = SECRET.text
QUICK = RouteWaits(connect_s=15, first_byte_s=15, between_s=15, total_s=60)


@dataclass(frozen=True, kw_only=True)
class Told:
    exchange: Exchange
    request: bytes
    answer: bytes


@dataclass
class Recorded:
    """A recorder that keeps what it is offered."""

    told: list[Told] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(
        self, exchange: Exchange, *, request: RecordedMessage | None, answer: RecordedMessage | None
    ) -> bool:
        self.told.append(Told(exchange=exchange, request=_joined(request), answer=_joined(answer)))
        self.came.set()
        return True

    def counts(self) -> RecorderCounts:
        return RecorderCounts(kept=len(self.told))

    async def one(self) -> Told:
        """The next that is told, or the last one."""
        await self.came.wait()
        self.came.clear()
        return self.told[-1]


def _joined(message: RecordedMessage | None) -> bytes:
    return b"".join(data for _, data in message.chunks) if message is not None else b""


@dataclass
class House:
    port: int
    recorded: Recorded
    upstream_port: int
    desk: Desk
    connections: Callable[[], int]
    """Open connections to upstreams."""
    snapshot: GatewaySnapshot

    async def open(self) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 26)
        return Client(reader, writer)

    async def ask(self, body: object, **more: object) -> Answer:
        client = await self.open()
        try:
            return await client.ask(body, **more)  # type: ignore[arg-type]
        finally:
            client.close()


@dataclass
class Answer:
    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = False
    """Whether it ended as HTTP ends an answer, and was not cut off."""

    def json(self) -> dict[str, object]:
        found: dict[str, object] = orjson.loads(self.body)
        return found


class _Parsed:
    def __init__(self) -> None:
        self.answer = Answer()
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.answer.status = self.parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.answer.body += body

    def on_message_complete(self) -> None:
        self.answer.whole = self.answer.status >= 200


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(
        self,
        body: object,
        *,
        path: str = "/v1/chat/completions",
        presented: str | None = KEY,
        headers: Sequence[tuple[str, str]] = (),
        method: str = "POST",
    ) -> Answer:
        self.send(body, path=path, presented=presented, headers=headers, method=method)
        return await self.answer()

    def send(
        self,
        body: object,
        *,
        path: str = "/v1/chat/completions",
        presented: str | None = KEY,
        headers: Sequence[tuple[str, str]] = (),
        method: str = "POST",
    ) -> None:
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        lines = [f"{method} {path} HTTP/1.1", "host: gateway", f"content-length: {len(data)}"]
        if presented is not None:
            lines.append(f"authorization: Bearer {presented}")
        lines += [f"{name}: {value}" for name, value in headers]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + data)

    async def answer(self) -> Answer:
        """The next one, as far as it comes."""
        parsed = _Parsed()
        while not parsed.answer.whole:
            data = await self.reader.read(65536)
            if not data:
                with contextlib.suppress(httptools.HttpParserError):
                    parsed.parser.feed_data(b"")
                break
            parsed.parser.feed_data(data)
        return parsed.answer

    async def until(self, text: bytes) -> bytes:
        return await self.reader.readuntil(text)

    async def closed(self) -> bool:
        """Whether the gateway closes the connection, whatever it says before."""
        async with asyncio.timeout(30):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65536):
                    pass
        return True

    def close(self) -> None:
        self.writer.close()

    def vanish(self) -> None:
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def house(
    script: Script,
    *,
    limits: GatewayLimits | None = None,
    waits: RouteWaits = QUICK,
    routes: Sequence[ModelRoute] = (),
    faults: Callable[..., Transport | None] | None = None,
    held: HeldBytes | None = None,
) -> AsyncIterator[House]:
    """One route `planner` to an upstream that does what `script` says; nothing is tried twice."""
    async with upstream(script) as there:
        base = f"http://127.0.0.1:{there.port}"
        one = provider(
            "one",
            bases={Family.OPENAI: f"{base}/v1", Family.ANTHROPIC: base, Family.GEMINI: base},
            allow_private=True,
        )
        default = route(waits=waits, retries=RouteRetries(most=0))
        snapshot = GatewaySnapshot(
            keys={SECRET.id: (key(), key().secrets[0])},
            projects={
                "default": ProjectPart(
                    project="default",
                    routes=RouteTable(routes or [default]),
                    providers={"one": OpenProvider(provider=one, key="sk-of-the-provider")},
                )
            },
        )
        transport = HttpTransport()
        gate = RouteGate(
            lambda: told.snapshot, transport=transport, ledger=SpendLedger(), price=lambda *_: None
        )

        def caller(request: GatewayRequest) -> Caller | TypedFailure:
            return caller_of(told.snapshot, key_of(request), now_ns=time.time_ns())

        recorded = Recorded()
        door = FrontDesk(
            otherwise=ModelDoor(gate, callers=caller, recorder=recorded, faults=faults, held=held),
            health=lambda: {"ready": True},
            metrics=lambda: b"one 1\n",
            may_look=lambda request: isinstance(caller(request), Caller),
        )
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setblocking(False)
        async with gateway_door(door, sock=sock, limits=limits, grace_seconds=1.0) as desk:
            told = House(
                port=sock.getsockname()[1],
                recorded=recorded,
                upstream_port=there.port,
                desk=desk,
                connections=lambda: transport.connections,
                snapshot=snapshot,
            )
            yield told
        sock.close()
        await transport.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    uvloop.run(bounded())
