"""A small call to each target of a route, so that people see at once whether it answers and as whom."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.contracts.upstream import Transport, UpstreamFailed, Waits
from roadworthy.domain.exchange import Dialect, Tokens
from roadworthy.domain.model_route import FAMILY_OF, Family, ModelRoute, Provider, RouteTarget
from roadworthy.features.gateway.routes.answer import reader_of
from roadworthy.features.gateway.routes.call import PlannedTarget
from roadworthy.features.gateway.routes.forwarding import upstream_request
from roadworthy.features.gateway.routes.request_body import read_call
from roadworthy.features.gateway.routes.unpacking import RequestInvalid
from roadworthy.features.gateway.snapshot.model import OpenProvider

SAY = "Say OK."
_MOST_BYTES = 1 << 20
_EXCERPT = 500
_WAITS = Waits(connect_s=5, first_byte_s=30, between_s=15, total_s=45)
_DIALECTS = {
    Family.OPENAI: Dialect.OPENAI_CHAT,
    Family.ANTHROPIC: Dialect.ANTHROPIC_MESSAGES,
    Family.GEMINI: Dialect.GEMINI,
}
_PATHS = {
    Dialect.OPENAI_CHAT: "/v1/chat/completions",
    Dialect.OPENAI_RESPONSES: "/v1/responses",
    Dialect.OPENAI_EMBEDDINGS: "/v1/embeddings",
    Dialect.ANTHROPIC_MESSAGES: "/v1/messages",
    Dialect.GEMINI: "/v1beta/models/test:generateContent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTest:
    upstream: str
    ok: bool
    status: int | None = None
    elapsed_ms: float = 0.0
    answered: str = ""
    tokens: Tokens | None = None
    said: str = ""
    """What went wrong, or the beginning of what the upstream answered."""


def dialect_for(provider: Provider) -> Dialect:
    """The one a test speaks, where none is named."""
    return next(_DIALECTS[family] for family in _DIALECTS if family in provider.bases)


def tested_targets(route: ModelRoute) -> list[RouteTarget]:
    """Those with a provider; other routes are tested by themselves."""
    return [one for one in route.targets if one.provider]


async def try_target(
    target: RouteTarget, held: OpenProvider, *, transport: Transport, model: str, dialect: Dialect | None
) -> TargetTest:
    """Raises nothing."""
    upstream = f"{target.provider}/{model}"
    if held.problem:
        return TargetTest(upstream=upstream, ok=False, said=held.problem)
    spoken = dialect or dialect_for(held.provider)
    if FAMILY_OF[spoken] not in held.provider.bases:
        family = FAMILY_OF[spoken].value
        return TargetTest(upstream=upstream, ok=False, said=f"the provider has no base URL for {family}")
    began = time.monotonic()
    try:
        call = read_call(
            spoken,
            _PATHS[spoken],
            headers=[(b"content-type", b"application/json"), (b"anthropic-version", b"2023-06-01")],
            body=orjson.dumps(_request(spoken)),
        )
        planned = PlannedTarget(upstream=upstream, provider=held, target=target, pinned=model)
        answer = await transport.send(upstream_request(call, planned, waits=_WAITS))
        try:
            body = bytearray()
            while (chunk := await answer.read()) and len(body) < _MOST_BYTES:
                body += chunk
        finally:
            await answer.abort()
    except (UpstreamFailed, RequestInvalid) as fault:
        return TargetTest(upstream=upstream, ok=False, elapsed_ms=_ms(began), said=str(fault)[:_EXCERPT])
    usage = reader_of(spoken, answer.headers)
    usage.feed(bytes(body))
    read = usage.close(request_bytes=len(call.body))
    return TargetTest(
        upstream=upstream,
        ok=answer.status < 300 and read.ended,
        status=answer.status,
        elapsed_ms=_ms(began),
        answered=read.answered,
        tokens=read.tokens,
        said=_without(held.key, body.decode("utf-8", "replace"))[:_EXCERPT],
    )


def _without(key: str, text: str) -> str:
    """Some servers say the key they were shown."""
    return text.replace(key, "***") if key else text


def _ms(began: float) -> float:
    return (time.monotonic() - began) * 1000


def _request(dialect: Dialect) -> dict[str, Any]:
    match dialect:
        case Dialect.OPENAI_RESPONSES:
            return {"model": "test", "input": SAY, "max_output_tokens": 64}
        case Dialect.OPENAI_EMBEDDINGS:
            return {"model": "test", "input": SAY}
        case Dialect.GEMINI:
            return {"contents": [{"role": "user", "parts": [{"text": SAY}]}]}
        case Dialect.ANTHROPIC_MESSAGES:
            return {"model": "test", "max_tokens": 64, "messages": [{"role": "user", "content": SAY}]}
        case _:
            # No bound on tokens: its name differs between models, and OK is short.
            return {"model": "test", "messages": [{"role": "user", "content": SAY}]}
