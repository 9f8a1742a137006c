"""Protobuf bodies upb refuses although their meaning is clear: invalid UTF-8, values nested too deep.

Only runs after a refusal. It walks the wire format along the message descriptors (Protocol Buffers,
"Encoding") and copies it, with replacement characters for invalid UTF-8, and with lists and maps nested
deeper than upb's limit left out. Anything that is not well-formed raises ValueError.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

MAX_DEPTH = 64
"""Messages within each other; upb stops at 100."""

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5


def repair(body: bytes, descriptor: Any) -> bytes:
    """The body with its strings valid and its depth bounded. Raises ValueError where it is not protobuf."""
    return _message(body, descriptor, 0)


def _message(data: bytes, descriptor: Descriptor, depth: int) -> bytes:
    out = bytearray()
    fields = descriptor.fields_by_number
    at, end = 0, len(data)
    while at < end:
        start = at
        key, at = _varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            _, at = _varint(data, at)
        elif wire == _I64:
            at += 8
        elif wire == _I32:
            at += 4
        elif wire == _LEN:
            length, at = _varint(data, at)
            if at + length > end:
                raise ValueError("a field is cut off")
            header = data[start:at]
            value = data[at : at + length]
            at += length
            _field(out, header, key, value, fields.get(key >> 3), depth)
            continue
        else:
            raise ValueError(f"wire type {wire} is not used in OTLP")
        if at > end:
            raise ValueError("a field is cut off")
        out += data[start:at]
    return bytes(out)


def _field(
    out: bytearray, header: bytes, key: int, value: bytes, field: FieldDescriptor | None, depth: int
) -> None:
    if field is None or field.type == FieldDescriptor.TYPE_BYTES:
        out += header + value
    elif field.type == FieldDescriptor.TYPE_STRING:
        _append(out, key, value.decode("utf-8", "replace").encode())
    elif field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type is not None:
        if depth >= MAX_DEPTH:
            return
        _append(out, key, _message(value, field.message_type, depth + 1))
    else:
        out += header + value


def _append(out: bytearray, key: int, value: bytes) -> None:
    out += _as_varint(key) + _as_varint(len(value)) + value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number is cut off or too long")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
