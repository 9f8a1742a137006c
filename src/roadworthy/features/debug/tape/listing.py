"""The tools an agent is shown in a rerun: those it was shown in the run, or what can be known of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.tape.tape import Tape

_MODERN_FIELDS = {"resultType": "complete", "ttlMs": 30_000, "cacheScope": "private"}
_BETWEEN = "__"
MADE_UP = (
    "what the agent was shown of its tools was not recorded then: they are listed as its model was told of "
    "them, in that order"
)


def listing_of(tape: Tape, *, modern: bool) -> tuple[bytes, str]:
    """(the result of `tools/list`, a note where it had to be made up)."""
    kept = dict(tape.listings)
    told = kept.get("modern" if modern else "older")
    if told is not None:
        return told, ""
    other = next(iter(kept.values()), None)
    if other is not None:
        return _other_generation(orjson.loads(other), modern=modern), ""
    result: dict[str, Any] = {"tools": list(_known_tools(tape))}
    return orjson.dumps(result | _MODERN_FIELDS if modern else result), MADE_UP


def _other_generation(result: dict[str, Any], *, modern: bool) -> bytes:
    if modern:
        return orjson.dumps(result | _MODERN_FIELDS)
    older = {key: value for key, value in result.items() if key not in _MODERN_FIELDS}
    for tool in older.get("tools", []):
        # Older clients know results that are objects only.
        if isinstance(tool, dict) and tool.get("outputSchema", {}).get("type", "object") != "object":
            del tool["outputSchema"]
    return orjson.dumps(older)


def _known_tools(tape: Tape) -> Iterator[dict[str, Any]]:
    """Of the tools that models were told of: those that were called through the gateway, or are named as it
    names tools (`connector__tool`). Of those called, also what no model was told."""
    called = {
        one.exchange.asked
        for one in tape.calls
        if one.exchange.kind is ExchangeKind.TOOL and one.exchange.asked
    }
    seen: set[str] = set()
    for call in tape.calls:
        if call.exchange.kind is not ExchangeKind.MODEL or not call.body:
            continue
        for tool in _told_tools(call.body):
            name = tool["name"]
            if name not in seen and (name in called or _BETWEEN in name):
                seen.add(name)
                yield tool
    for name in sorted(called - seen):
        yield {"name": name.replace(".", _BETWEEN, 1), "description": "", "inputSchema": {"type": "object"}}


def _told_tools(body: bytes) -> Iterator[dict[str, Any]]:
    """Of a request in any dialect."""
    try:
        asked: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    listed = asked.get("tools") if isinstance(asked, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            continue
        declared = (
            one.get("functionDeclarations") or one.get("function_declarations") or [one.get("function", one)]
        )
        for tool in declared if isinstance(declared, list) else ():
            if isinstance(tool, dict) and isinstance(tool.get("name"), str):
                schema = (
                    tool.get("parameters") or tool.get("input_schema") or tool.get("parametersJsonSchema")
                )
                yield {
                    "name": tool["name"],
                    "description": str(tool.get("description") or ""),
                    "inputSchema": schema if isinstance(schema, dict) else {"type": "object"},
                }
