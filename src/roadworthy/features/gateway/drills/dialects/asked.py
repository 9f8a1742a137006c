"""What a call asks for, as far as a made-up answer has to fit it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from roadworthy.contracts.upstream import UpstreamRequest

_GEMINI = re.compile(r"/models/([^/:?]+):(\w+)")


class Kind(StrEnum):
    TEXT = "text"
    REFUSAL = "refusal"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    model: str
    streamed: bool
    server_sent: bool
    """Whether a stream comes as server-sent events; Gemini's may come as a JSON array."""
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a made-up answer says, and as whom. `seed` makes its ids."""

    kind: Kind
    text: str
    model: str
    seed: int

    def id(self, prefix: str) -> str:
        return f"{prefix}drill{self.seed:08x}"


def asked_of(request: UpstreamRequest) -> Asked:
    """A body that is no JSON asks for nothing in particular."""
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    found = _GEMINI.search(request.url)
    if found:
        streamed = found[2].startswith("stream")
        return Asked(model=found[1], streamed=streamed, server_sent="alt=sse" in request.url, body=body)
    return Asked(
        model=str(body.get("model") or ""), streamed=body.get("stream") is True, server_sent=True, body=body
    )


def event(data: object, *, name: str = "", end: bytes = b"\n\n") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(data) + end
