"""What a call asks for, as far as a made-up answer has to fit it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

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
class ToolAsked:
    """A call that a made-up answer asks for."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a made-up answer says, and as whom. `seed` and `by` make its ids."""

    kind: Kind
    text: str
    model: str
    seed: int
    tools: tuple[ToolAsked, ...] = ()
    by: str = "drill"

    def id(self, prefix: str) -> str:
        return f"{prefix}{self.by}{self.seed:08x}"

    def tool_id(self, prefix: str, at: int) -> str:
        """Of the tool call at this place."""
        return f"{prefix}{self.by}{self.seed:08x}{at:02d}"


def asked_of(*, url: str, body: bytes) -> Asked:
    """A body that is no JSON asks for nothing in particular. Of `url` the path and the query count."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        given = {}
    if not isinstance(given, dict):
        given = {}
    found = _GEMINI.search(url)
    if found:
        streamed = found[2].startswith("stream")
        return Asked(model=found[1], streamed=streamed, server_sent="alt=sse" in url, body=given)
    return Asked(
        model=str(given.get("model") or ""),
        streamed=given.get("stream") is True,
        server_sent=True,
        body=given,
    )


def event(data: object, *, name: str = "", end: bytes = b"\n\n") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(data) + end
