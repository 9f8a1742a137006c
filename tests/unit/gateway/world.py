"""A gateway's gate with scripted upstreams and a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from roadworthy.contracts.upstream import Headers, UpstreamFailed, UpstreamRequest
from roadworthy.domain.exchange import Dialect, Tokens
from roadworthy.domain.model_route import (
    CallLimit,
    Family,
    GatewayKey,
    KeyHeader,
    KeySecret,
    ModelRoute,
    Provider,
    RouteTarget,
    SpendBudget,
)
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.budget.ledger import SpendLedger
from roadworthy.features.gateway.routes.call import ModelCall
from roadworthy.features.gateway.routes.request_body import read_call
from roadworthy.features.gateway.routes.serving import RouteGate
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot, OpenProvider, ProjectPart
from roadworthy.features.gateway.snapshot.route_table import RouteTable
from roadworthy.kit.secrets import new_api_key

NOON_NS = 1_790_000_000_000_000_000
JSON: Headers = [(b"content-type", b"application/json")]
EVENTS: Headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
SECRET = new_api_key()


@dataclass
class Say:
    """What an upstream does with one call."""

    status: int = 200
    chunks: Sequence[bytes] = (
        b'{"id":"r1","model":"gpt-5-2026-01-01","usage":{"prompt_tokens":10,"completion_tokens":5}}',
    )
    headers: Headers = field(default_factory=lambda: list(JSON))
    fails: FailureCode | None = None
    fails_after: int | None = None
    """Chunks that come before the stream breaks."""
    holds: asyncio.Event | None = None
    """Answers when it is set."""


class Answer:
    def __init__(self, say: Say) -> None:
        self.status = say.status
        self.headers = say.headers
        self._say = say
        self._at = 0
        self.aborted = False

    async def read(self) -> bytes:
        if self._say.fails_after is not None and self._at >= self._say.fails_after:
            raise UpstreamFailed(FailureCode.INVALID_ANSWER, "cut off", sent=True)
        if self._at >= len(self._say.chunks):
            return b""
        self._at += 1
        return self._say.chunks[self._at - 1]

    async def abort(self) -> None:
        self.aborted = True


class ScriptedTransport:
    """By host: what it says to one call after the other; the last is said again and again."""

    def __init__(self, script: Mapping[str, Sequence[Say]]) -> None:
        self.script = {host: list(said) for host, said in script.items()}
        self.requests: list[UpstreamRequest] = []
        self.answers: list[Answer] = []
        self.cancelled = 0

    async def send(self, request: UpstreamRequest) -> Answer:
        self.requests.append(request)
        host = request.url.split("/")[2]
        said = self.script[host]
        say = said.pop(0) if len(said) > 1 else said[0]
        if say.holds is not None:
            try:
                await say.holds.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        if say.fails is not None:
            raise UpstreamFailed(say.fails, "scripted", sent=True)
        answer = Answer(say)
        self.answers.append(answer)
        return answer

    async def close(self) -> None:
        pass


def provider(name: str, **more: Any) -> Provider:
    families = {Family.OPENAI: "/v1", Family.ANTHROPIC: "", Family.GEMINI: ""}
    told = {
        "bases": {family: f"https://{name}{path}" for family, path in families.items()},
        "key_header": {
            Family.OPENAI: KeyHeader.BEARER,
            Family.ANTHROPIC: KeyHeader.X_API_KEY,
            Family.GEMINI: KeyHeader.X_GOOG_API_KEY,
        },
        **more,
    }
    return Provider(project="default", name=name, **told)


def route(name: str = "planner", *targets: RouteTarget, **more: Any) -> ModelRoute:
    chosen = targets or (RouteTarget(provider="one", model="gpt-5"),)
    told = {"id": more.pop("id", name), "project": "default", "name": name, "targets": chosen, **more}
    return ModelRoute(**told)


def key(**more: Any) -> GatewayKey:
    told = {
        "project": "default",
        "id": "key1",
        "name": "support",
        "agent": "support",
        "created_ns": 1,
        "secrets": (KeySecret(public_id=SECRET.id, hash=SECRET.hash, created_ns=1),),
        **more,
    }
    return GatewayKey(**told)


class Clock:
    def __init__(self) -> None:
        self.s = 1_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.s

    def now_ns(self) -> int:
        return NOON_NS + int((self.s - 1_000) * 1e9)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.s += seconds
        await asyncio.sleep(0)


class World:
    def __init__(
        self,
        script: Mapping[str, Sequence[Say]],
        *,
        routes: Sequence[ModelRoute] = (),
        providers: Sequence[Provider] = (),
        keys: Sequence[GatewayKey] = (),
        budgets: Sequence[SpendBudget] = (),
        limits: Sequence[CallLimit] = (),
        usd_per_token: float | None = 0.001,
    ) -> None:
        self.clock = Clock()
        self.transport = ScriptedTransport(script)
        self.ledger = SpendLedger()
        held = providers or [provider(name) for name in script]
        part = ProjectPart(
            project="default",
            routes=RouteTable(routes or [route()]),
            providers={one.name: OpenProvider(provider=one, key=f"sk-{one.name}") for one in held},
            budgets=tuple(budgets),
            limits=tuple(limits),
        )
        self.snapshot = GatewaySnapshot(
            keys={one.public_id: (owner, one) for owner in (keys or [key()]) for one in owner.secrets},
            projects={"default": part},
        )

        def price(_project: str, _provider: str, _model: str, tokens: Tokens) -> float | None:
            if usd_per_token is None:
                return None
            return usd_per_token * ((tokens.input or 0) + (tokens.output or 0))

        self.gate = RouteGate(
            lambda: self.snapshot,
            transport=self.transport,
            ledger=self.ledger,
            price=price,
            now=self.clock.now,
            now_ns=self.clock.now_ns,
            sleep=self.clock.sleep,
        )


def chat(model: str = "planner", *, headers: Headers = (), **more: Any) -> ModelCall:
    body = orjson.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}], **more})
    return read_call(Dialect.OPENAI_CHAT, "/v1/chat/completions", headers=list(headers), body=body)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(bounded())
