"""OTLP AnyValues to plain values, and plain values to the strings an attribute map holds."""

from __future__ import annotations

import base64
from typing import Any

import orjson

MAX_DEPTH = 32
"""Deeper lists and maps are kept as text: a hostile value must not exhaust the stack of whoever reads it."""

Attributes = dict[str, Any]
"""Values are str, int, float, bool, bytes as base64 text, None, lists and dicts of them."""


def read_attributes(pairs: Any) -> Attributes:
    """KeyValues of protobuf to a dict; of two values of one key the last wins, as SDKs have it."""
    attributes: Attributes = {}
    for pair in pairs:
        value = pair.value
        # Most values are non-empty strings, then numbers: this spares them the question which field is set.
        attributes[pair.key] = value.string_value or value.int_value or _read(value, 0)
    return attributes


def read_value(value: Any) -> Any:
    """One protobuf AnyValue."""
    return value.string_value or _read(value, 0)


def _read(value: Any, depth: int) -> Any:
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        if depth >= MAX_DEPTH:
            return _too_deep(value)
        return [_read(item, depth + 1) for item in value.array_value.values]
    if which == "kvlist_value":
        if depth >= MAX_DEPTH:
            return _too_deep(value)
        return {pair.key: _read(pair.value, depth + 1) for pair in value.kvlist_value.values}
    if which == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, which)


def _too_deep(value: Any) -> str:
    return f"(nested deeper than {MAX_DEPTH}: {value.ByteSize()} bytes left out)"


def as_text(value: Any) -> str:
    """A string as sent, any other value as JSON, None as ""."""
    if value.__class__ is str:
        return value
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        # Integers beyond 64 bits and lone surrogates cannot be dumped.
        return str(value).encode("utf-8", "replace").decode()


def as_int(value: Any) -> int | None:
    """Whole numbers, also where they were sent as text or as a float; None where it is none."""
    if value.__class__ is int:
        return value
    if value.__class__ is float:
        return int(value) if value == value and abs(value) < 2**62 else None
    if value.__class__ is str:
        try:
            return int(value)
        except ValueError:
            return None
    return None


_JSON_STARTS = ("{", "[", '"')


def as_json(value: Any) -> Any:
    """The value itself, or what its text holds as a JSON object, list or string; None where it holds none."""
    if value.__class__ is not str:
        return value
    if value[:1] not in _JSON_STARTS:
        return None
    try:
        return orjson.loads(value)
    except ValueError:
        return None


def unquoted(value: Any) -> Any:
    """The text of a JSON string, for those who write every value as JSON; anything else as it came."""
    if value.__class__ is not str or value[:1] != '"':
        return value
    loaded = as_json(value)
    return value if loaded is None else loaded
