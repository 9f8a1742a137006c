"""OTLP/JSON to the protobuf messages of the same request.

The rules are those of the OTLP specification ("JSON Protobuf Encoding"), which differ from protobuf's own
JSON mapping: trace and span ids are hex, enums are integers (names are accepted too), unknown fields are
ignored; 64-bit integers come as strings or numbers; keys may be lowerCamelCase or the original snake_case.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor

MAX_DEPTH = 64
"""Of AnyValues within each other; deeper ones become text."""

_HEX_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_INT_TYPES = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)
_UNSIGNED = frozenset({FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64})
_WIDE = frozenset({FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64})
_FLOAT_TYPES = frozenset({FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT})
_SURROGATES = re.compile("[\ud800-\udfff]")


class BadJson(ValueError):  # noqa: N818 (what was sent, not a fault of ours)
    """Names the field and what was expected."""


def read_json(body: bytes, request: Any) -> None:
    """Fill `request`, an empty request message. Raises `BadJson`, and nothing else, on any bytes."""
    loaded = _load(body)
    if not isinstance(loaded, dict):
        raise BadJson("The body must be a JSON object")
    _fill(request, loaded, "", 0)


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError as error:
        reason = error
    try:
        # Slow path: invalid UTF-8 and lone surrogates are replaced, as the protobuf side does.
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise BadJson(f"The body is not JSON: {reason}") from reason


_tables: dict[str, dict[str, FieldDescriptor]] = {}


def _fields(descriptor: Descriptor) -> dict[str, FieldDescriptor]:
    """By both spellings of their names. Kept for the life of the process: there are some thirty messages."""
    table = _tables.get(descriptor.full_name)
    if table is None:
        table = {field.name: field for field in descriptor.fields}
        table.update({field.json_name: field for field in descriptor.fields})
        _tables[descriptor.full_name] = table
    return table


def _fill(message: Any, loaded: dict[str, Any], path: str, depth: int) -> None:
    table = _fields(message.DESCRIPTOR)
    for key, value in loaded.items():
        field = table.get(key)
        if field is None or value is None:
            continue
        where = f"{path}.{key}" if path else key
        if field.is_repeated:
            _fill_repeated(message, field, value, where, depth)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            _fill_message(getattr(message, field.name), value, where, depth)
        else:
            _set(message, field, value, where)


def _set(message: Any, field: FieldDescriptor, value: Any, where: str) -> None:
    try:
        setattr(message, field.name, _scalar(field, value, where))
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, BadJson):
            raise
        raise BadJson(f"{where}: {error}") from error


def _fill_message(message: Any, value: Any, where: str, depth: int) -> None:
    if not isinstance(value, dict):
        raise BadJson(f"{where} must be an object")
    message.SetInParent()
    if message.DESCRIPTOR.name in ("ArrayValue", "KeyValueList") and depth >= MAX_DEPTH:
        return
    _fill(message, value, where, depth + 1)


def _fill_repeated(message: Any, field: FieldDescriptor, value: Any, where: str, depth: int) -> None:
    if not isinstance(value, list):
        raise BadJson(f"{where} must be a list")
    items = getattr(message, field.name)
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        for number, item in enumerate(value):
            if item is None:
                items.add()
                continue
            _fill_message(items.add(), item, f"{where}[{number}]", depth)
    else:
        for number, item in enumerate(value):
            try:
                items.append(_scalar(field, item, f"{where}[{number}]"))
            except (TypeError, OverflowError) as error:
                raise BadJson(f"{where}[{number}]: {error}") from error


def _scalar(field: FieldDescriptor, value: Any, where: str) -> Any:
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return (
            _bytes(field, value, where) if field.type == FieldDescriptor.TYPE_BYTES else _text(value, where)
        )
    if kind in _INT_TYPES:
        return _integer(value, where, wide=kind in _WIDE, unsigned=kind in _UNSIGNED)
    if kind in _FLOAT_TYPES:
        return _number(value, where)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise BadJson(f"{where} must be true or false")
    return _enum(field, value, where)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise BadJson(f"{where} must be a string")
    return value if value.isascii() else _SURROGATES.sub("�", value)


def _bytes(field: FieldDescriptor, value: Any, where: str) -> bytes:
    if not isinstance(value, str):
        raise BadJson(f"{where} must be a string")
    if field.name in _HEX_FIELDS:
        # An id that is no hex is refused span by span, not with the whole body: keep it recognisably bad.
        try:
            return bytes.fromhex(value)
        except ValueError:
            return b"?"
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_" if "-" in value else None)
    except (binascii.Error, ValueError) as error:
        raise BadJson(f"{where} must be base64") from error


def _integer(value: Any, where: str, *, wide: bool, unsigned: bool) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise BadJson(f"{where} must be an integer")
    number: int
    try:
        number = int(value)
    except (ValueError, OverflowError) as error:
        raise BadJson(f"{where} must be an integer") from error
    bits = 64 if wide else 32
    low: int = 0 if unsigned else -(2 ** (bits - 1))
    high: int = 2 ** (bits if unsigned else bits - 1) - 1
    # Out of range is a clock or a counter gone wrong, not a reason to refuse the rest of the batch.
    return min(max(number, low), high)


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise BadJson(f"{where} must be a number")
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise BadJson(f"{where} must be a number") from error


def _names(field: FieldDescriptor) -> dict[str, int]:
    return {value.name: value.number for value in field.enum_type.values} if field.enum_type else {}


def _enum(field: FieldDescriptor, value: Any, where: str) -> int:
    if isinstance(value, str):
        named = _names(field).get(value)
        if named is not None:
            return named
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise BadJson(f"{where} must be an integer or one of {', '.join(_names(field))}") from error
    return min(max(number, -(2**31)), 2**31 - 1)
