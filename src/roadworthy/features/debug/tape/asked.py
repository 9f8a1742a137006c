"""A call as a player is asked it, and what it says to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

import orjson

from roadworthy.domain.exchange import Dialect, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.debug.tape.match_key import normalised
from roadworthy.kit.masked_address import masked_head
from roadworthy.kit.masking import mask_text

_GEMINI_MODEL = "/models/"


class How(StrEnum):
    """What answered a call."""

    RECORDED = "recorded"
    DATED = "dated"
    """As recorded, but for dates and times in what was asked."""
    GOOD = "good"
    """As the good run was answered."""
    CHANGED = "changed"
    """By a change of the plan."""
    LIVE = "live"
    """Nobody here: it goes on as usual."""
    MISS = "miss"
    """It was not recorded."""
    HOLE = "hole"
    """It was asked, but its recording is not there or not whole."""
    LOST = "lost"
    """The gateway restarted in the middle of the rerun: nothing more is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`path` as asked for, its query included; `body` unpacked. `dialect` None is found out by the path of
    recorded calls. `target` is the tool (`connector.tool`) where whoever asks knows it."""

    kind: ExchangeKind
    path: str
    body: bytes
    dialect: Dialect | None = None
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """`answer` as it was recorded (through MCP with the recorded JSON-RPC id), or as a change made it.

    `failure` instead where the call is to fail: a miss, a hole, a change. With `how` LIVE the call goes on,
    as `ask` says: with the plan's model, prompt and parameters in it.
    """

    step: int | None
    how: How
    answer: RecordedMessage | None = None
    note: str = ""
    diff: str = ""
    exchange: Exchange | None = None
    """What was recorded of the call, where it is answered from a tape: how it ended, with which failure."""
    failure: TypedFailure | None = None
    ask: Asked | None = None
    response_id: str = ""
    """Of the answer, where it has one: not the recorded one, so that no two runs have it."""


def text_of(kind: ExchangeKind, path: str, body: bytes) -> str:
    """What is compared: masked as recordings are, ids by their places."""
    if kind is ExchangeKind.TOOL and (path == "/mcp" or path.startswith(("/mcp/", "/mcp?"))):
        # The endpoint may name the agent.
        path = "/mcp"
    plain = body.decode("utf-8", "surrogateescape")
    masked = mask_text(plain).text
    return normalised(
        path=masked_head(path),
        body=body if masked == plain else masked.encode("utf-8", "surrogateescape"),
    )


def name_of(kind: ExchangeKind, path: str, body: bytes) -> str:
    """The model or the tool that is asked for, as the agent names it; "" where nothing is."""
    bare = path.partition("?")[0]
    if kind is ExchangeKind.TOOL and bare.startswith("/connect/"):
        return ".".join(unquote(one) for one in bare.split("/")[2:4])
    if _GEMINI_MODEL in bare:
        return bare.partition(_GEMINI_MODEL)[2].partition(":")[0]
    try:
        given: Any = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(given, dict):
        return ""
    if kind is ExchangeKind.TOOL:
        params = given.get("params")
        given = params if isinstance(params, dict) else {}
    found = given.get("name" if kind is ExchangeKind.TOOL else "model")
    return found if isinstance(found, str) else ""
