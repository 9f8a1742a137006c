"""When two calls are the same call: what replay answers from a recording by.

Measured on OpenAI Agents, LangGraph and Pydantic AI: between independent runs only ids of tool calls and
items differ. So the path and the body are compared, ids by where they first stand, and what is only about
the caller is left out. The n-th call with a key is answered by the n-th recording with it. Pure.

Both sides are to be masked (`kit.masking.mask_text`) before they get here: a recording holds no secrets.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

ABOUT_THE_CALLER = frozenset({"metadata", "user", "prompt_cache_key", "safety_identifier"})
"""Top-level fields that change nothing in the answer."""
_SECRET_QUERY = frozenset({"key", "api_key", "apikey", "access_token", "token", "sig", "signature"})
_IDS = re.compile(
    r"\b(?:"
    # Ids of calls, items and answers, as providers and frameworks make them. With a digit: words stay.
    r"(?:call|toolu|srvtoolu|fc|fco|ctc|msg|rs|resp|item|ws|fs|ci|ig|cu|mcp|mcpr|mcpl|lsh|chatcmpl|chatcmpl-tool|tool"
    r"|run|lc_run|pyd_ai|ag|at|oaw|th|thread|toolcall)[-_]+(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{8,}"
    # One in seventy of OpenAI's has no digit; words in camel case have no two capitals beside each other.
    r"|(?:call|toolu|fc|msg|rs|resp|chatcmpl)[-_](?=[A-Za-z]*[A-Z]{2})(?=[A-Za-z]*[a-z])[A-Za-z]{20,}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[0-9a-f]{32}"
    r")",
    re.ASCII,
)
_BOUNDARY = re.compile(r"--([^\r\n]{8,70})\r?\n", re.ASCII)


def match_key(*, path: str, body: bytes) -> str:
    """32 hex digits. `path` as asked for, its query included. Of bodies that are no JSON the text counts."""
    return hashlib.sha256(normalised(path=path, body=body).encode("utf-8", "surrogateescape")).hexdigest()[
        :32
    ]


def normalised(*, path: str, body: bytes) -> str:
    """What the key is made of, for showing how two calls differ: the path, a line break, the body."""
    try:
        value = orjson.loads(body) if body else ""
    except orjson.JSONDecodeError:
        text = _without_boundary(body.decode("utf-8", "surrogateescape"))
    else:
        text = _text(_without_caller(value))
    return f"{_path(path)}\n{with_ordinals(text)}"


def with_ordinals(text: str) -> str:
    """Each id as the place it first stands at among the ids of the text: `<id 1>`, `<id 2>` …"""
    seen: dict[str, str] = {}

    def ordinal(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"<id {len(seen) + 1}>")

    return _IDS.sub(ordinal, text)


def _path(path: str) -> str:
    bare, _, query = path.partition("?")
    kept = sorted((k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k not in _SECRET_QUERY)
    return f"{bare}?{urlencode(kept)}" if kept else bare


def _without_caller(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "jsonrpc" in value:
        # JSON-RPC numbers its requests as they come, and MCP says in `_meta` whose they are.
        params = value.get("params")
        kept = {k: v for k, v in value.items() if k != "id"}
        if isinstance(params, dict):
            kept["params"] = {k: v for k, v in params.items() if k != "_meta"}
        return kept
    return {k: v for k, v in value.items() if k not in ABOUT_THE_CALLER}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _without_boundary(text: str) -> str:
    """The boundary of a multipart body is made at random."""
    found = _BOUNDARY.match(text)
    return text.replace(found[1], "<boundary>") if found else text
