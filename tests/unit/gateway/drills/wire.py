"""Upstreams from memory, and calls to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from roadworthy.contracts.upstream import Headers, UpstreamRequest, Waits
from roadworthy.domain.exchange import Dialect, ExchangeKind
from roadworthy.features.gateway.drills.fault import PlannedFault

PATHS = {
    Dialect.OPENAI_CHAT: "/v1/chat/completions",
    Dialect.OPENAI_RESPONSES: "/v1/responses",
    Dialect.OPENAI_EMBEDDINGS: "/v1/embeddings",
    Dialect.ANTHROPIC_MESSAGES: "/v1/messages",
    Dialect.GEMINI: "/v1beta/models/gemini-3:generateContent",
}
STREAMED = [one for one in PATHS if one is not Dialect.OPENAI_EMBEDDINGS]


class Told:
    """An answer in pieces."""

    def __init__(self, status: int, chunks: Sequence[bytes], headers: Headers) -> None:
        self.status, self.headers = status, headers
        self._left = list(chunks)
        self.aborted = False

    async def read(self) -> bytes:
        return self._left.pop(0) if self._left else b""

    async def abort(self) -> None:
        self.aborted = True


class Upstream:
    def __init__(self, *chunks: bytes, status: int = 200, headers: Headers = ()) -> None:
        self.chunks, self.status, self.headers = chunks, status, headers
        self.asked: list[UpstreamRequest] = []
        self.answers: list[Told] = []

    async def send(self, request: UpstreamRequest) -> Told:
        self.asked.append(request)
        self.answers.append(Told(self.status, self.chunks, self.headers))
        return self.answers[-1]

    async def close(self) -> None:
        raise AssertionError("the transport belongs to others")


def request(
    dialect: Dialect, *, streamed: bool = False, waits: Waits | None = None, **body: Any
) -> UpstreamRequest:
    url = "https://models.test" + PATHS[dialect]
    if dialect is Dialect.GEMINI:
        said = body
        url = url.replace(":generateContent", ":streamGenerateContent?alt=sse") if streamed else url
    else:
        said = {"model": "pinned-1", "stream": streamed, **body}
    return UpstreamRequest(
        method="POST", url=url, headers=(), body=json.dumps(said).encode(), waits=waits or Waits()
    )


def fault(
    name: str, *, kind: ExchangeKind = ExchangeKind.MODEL, seed: int = 7, **settings: float
) -> PlannedFault:
    return PlannedFault(fault=name, kind=kind, seed=seed, settings=tuple(settings.items()))


class Clock:
    """Sleeps take no time and are noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
