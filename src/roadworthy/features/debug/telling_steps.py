"""What a recorded call asked and was answered, in a few words: for lists of steps."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.tape.reading import value_of
from roadworthy.features.debug.tape.tape import TapeCall

MOST = 2_000
"""Characters of a text."""
_SPOKEN = (
    "text",
    "content",
    "parts",
    "message",
    "output",
    "result",
    "structuredContent",
    "arguments",
    "input",
)


def asked_of(call: TapeCall) -> str:
    """Of a model, the last message it was sent; of a tool, its arguments."""
    if call.request is None:
        return ""
    value = value_of(call.request, kind=call.exchange.kind, asked=True)
    if call.exchange.kind is ExchangeKind.TOOL:
        return _cut(_json(_arguments(value)))
    if isinstance(value, dict):
        for name in ("messages", "contents", "input"):
            if value.get(name):
                messages = value[name]
                return _cut(_words(messages[-1] if isinstance(messages, list) else messages))
    return _cut(_json(value))


def answered_of(call: TapeCall) -> str:
    """What was said, or the calls of tools that were asked for."""
    if call.answer is None:
        return ""
    value = value_of(call.answer, kind=call.exchange.kind, asked=False)
    if isinstance(value, dict):
        for name in ("choices", "candidates", "content", "output", "result", "error"):
            if value.get(name):
                found = value[name]
                first = found[0] if name in ("choices", "candidates") and isinstance(found, list) else found
                return _cut(_words(first) or _json(first))
    return _cut(value if isinstance(value, str) else _json(value))


def _arguments(value: Any) -> Any:
    params = value.get("params") if isinstance(value, dict) else None
    return params.get("arguments", params) if isinstance(params, dict) else value


def _words(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > 6:
        return ""
    if isinstance(value, list):
        return "\n".join(words for one in value if (words := _words(one, depth + 1)))
    if not isinstance(value, dict):
        return "" if value is None else _json(value)
    called = value.get("tool_calls") or value.get("functionCall")
    if called:
        return _called(called)
    if value.get("type") in ("function_call", "tool_use"):
        return _called([value])
    if isinstance(value.get("function"), dict):
        return _called([value])
    return next((words for name in _SPOKEN if (words := _words(value.get(name), depth + 1))), "")


def _called(calls: Any) -> str:
    told = []
    for one in calls if isinstance(calls, list) else [calls]:
        inner = one.get("function", one) if isinstance(one, dict) else {}
        given = inner.get("arguments", inner.get("input", inner.get("args", {})))
        told.append(f"{inner.get('name', 'a tool')}({given if isinstance(given, str) else _json(given)})")
    return "\n".join(told)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}…"
