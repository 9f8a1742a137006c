"""Opaque cursors: where the last page ended, in a form nobody should take apart."""

from __future__ import annotations

import base64
import binascii

import orjson

from roadworthy.doors.rest.problems import bad_field

_VERSION = 1


def write_cursor(*parts: int | str) -> str:
    raw = orjson.dumps([_VERSION, *parts])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str, types: tuple[type, ...]) -> list[int | str]:
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        parts = orjson.loads(raw)
    except (ValueError, binascii.Error):
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) != len(types) + 1
        or parts[0] != _VERSION
        or not all(type(part) is kind for part, kind in zip(parts[1:], types, strict=True))
    ):
        raise bad_field("query.cursor", "not a cursor of this list: give back next_cursor as it came")
    return parts[1:]


def read_pair(text: str | None) -> tuple[int, str] | None:
    """(ns, id) of a cursor of runs or sessions."""
    if not text:
        return None
    first, second = _read(text, (int, str))
    return int(first), str(second)


def read_triple(text: str | None) -> tuple[int, str, str] | None:
    """(start_ns, trace_id, span_id) of a cursor of spans."""
    if not text:
        return None
    first, second, third = _read(text, (int, str, str))
    return int(first), str(second), str(third)
