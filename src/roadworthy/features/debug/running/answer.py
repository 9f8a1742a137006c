"""The agent's answer, out of what it printed or sent back."""

from __future__ import annotations

from typing import Any

import orjson

_USUAL = ("answer", "final_answer", "output", "result", "text", "message", "content", "response")


def answer_of(text: str, *, field: str = "") -> str:
    """Of standard output, or of a body. Where it is JSON (or its last line is), what stands in `field`
    (`result.text`), or in one of the usual places; else all of it."""
    whole = text.strip()
    for candidate in (whole, whole.rpartition("\n")[2]):
        value = _json(candidate)
        if value is not None:
            found = _at(value, field.split(".")) if field else _usual(value)
            if found is not None:
                return found
    return "" if field else whole


def _json(text: str) -> Any:
    if not text.startswith(("{", "[", '"')):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _at(value: Any, path: list[str]) -> str | None:
    for step in path:
        if isinstance(value, list) and step.lstrip("-").isdigit() and -len(value) <= int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _usual(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for name in _USUAL:
            if isinstance(value.get(name), str):
                return str(value[name])
    return None
