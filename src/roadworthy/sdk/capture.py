"""Arguments and results as text: a snapshot taken at once, of bounded size, that runs no code of the host.

Values change after the call, so nothing is kept by reference. Objects that are not plain data, dataclasses
or pydantic models are named by their type only: a repr may query a database or print a password.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

CONTENT_LIMIT = 65_536
"""Characters of one captured attribute."""
_MAX_NODES = 2_000
_MAX_DEPTH = 12
_PLAIN_ITEMS = 32

_encoder = json.JSONEncoder(ensure_ascii=False, check_circular=False)


def _quick_encode() -> Callable[[object], str]:
    """`_encoder.encode`, without its building a C encoder anew for each call (1 µs of 2)."""
    make = getattr(json.encoder, "c_make_encoder", None)
    flags = (False, False, True)  # sort_keys, skipkeys, allow_nan
    try:
        chunks = make(None, _encoder.default, json.encoder.encode_basestring, None, ": ", ", ", *flags)  # type: ignore[misc]
        join = "".join
        assert join(chunks({"a": [1, "é", None]}, 0)) == '{"a": [1, "é", null]}'  # noqa: S101
    except Exception:  # noqa: BLE001 (another Python's private matter; slower is fine)
        return _encoder.encode
    return lambda value: join(chunks(value, 0))


_encode = _quick_encode()
_SCALARS = frozenset({int, float, bool, type(None)})
_SAID_BY_STR = (datetime, date, time, timedelta, Decimal, UUID, PurePath)


def as_text(value: object) -> str:
    """A string as it is, anything else as JSON; at most about `CONTENT_LIMIT` characters."""
    if type(value) is str:
        return _sound(value if len(value) <= CONTENT_LIMIT else _cut(value, CONTENT_LIMIT))
    return as_json(value)


def as_json_text(text: str) -> str:
    """A JSON string of the text, cut like `as_text`."""
    return json.encoder.encode_basestring(as_text(text))


def as_json(value: object) -> str:
    """JSON of the value, always valid: what is too large is cut inside, and says so."""
    if _is_plain(value, 3):
        try:
            return _sound(_encode(value))
        except ValueError:
            pass  # an integer of more digits than Python prints
    return _sound(_encode(_Snapshot().of(value, 0)))


def _is_plain(value: object, depth: int) -> bool:
    """Whether this is small, acyclic JSON data as it stands: the usual case, answered without copying."""
    kind = type(value)
    if kind is str:
        return len(value) <= 4_096  # type: ignore[arg-type]
    if kind in _SCALARS:
        return True
    if depth == 0:
        return False
    if kind is dict:
        if len(value) > _PLAIN_ITEMS:  # type: ignore[arg-type]
            return False
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not str or len(key) > 256:
                return False
            # Said here too, as a call for each scalar would cost more than the check.
            if type(item) not in _SCALARS and not _is_plain(item, depth - 1):
                return False
        return True
    if kind is list or kind is tuple:
        return len(value) <= _PLAIN_ITEMS and all(  # type: ignore[arg-type]
            _is_plain(item, depth - 1)
            for item in value  # type: ignore[attr-defined]
        )
    return False


class _Snapshot:
    """Copies plain data until its allowance of characters and nodes is spent."""

    def __init__(self) -> None:
        self.chars = CONTENT_LIMIT
        self.nodes = _MAX_NODES

    def of(self, value: Any, depth: int) -> object:
        self.nodes -= 1
        if self.nodes < 0 or self.chars <= 0 or depth > _MAX_DEPTH:
            return "…"
        if value is None or isinstance(value, bool | float):
            self.chars -= 8
            return value
        if isinstance(value, Enum):
            return self.of(value.value, depth + 1)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        if isinstance(value, _SAID_BY_STR):
            return self._text(str(value))
        return self._container(value, depth)

    def _integer(self, value: int) -> object:
        # Python refuses to print integers of more than 4,300 digits, and quadratic time is spent below that.
        if value.bit_length() > 4_096:
            return f"<integer of {value.bit_length()} bits>"
        self.chars -= 8
        return int(value)

    def _text(self, value: str) -> str:
        if len(value) > self.chars:
            value = _cut(value, self.chars)
        self.chars -= len(value)
        return value

    def _container(self, value: Any, depth: int) -> object:
        if isinstance(value, Mapping) and type(value).__module__ in ("builtins", "collections", "types"):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple | AbstractSet):
            return self._sequence(value, depth)
        fields = _fields_of(value)
        if fields is not None:
            return self._mapping(fields, depth)
        return f"<{_type_name(value)}>"

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> object:
        copied: dict[str, object] = {}
        total = len(value)
        for key, item in list(value.items())[:_MAX_NODES]:
            if self.nodes <= 0 or self.chars <= 0:
                break
            name = key if type(key) is str else str(self.of(key, depth + 1))
            copied[self._text(name)] = self.of(item, depth + 1)
        if len(copied) < total:
            copied["…"] = f"{total - len(copied)} more"
        return copied

    def _sequence(self, value: Any, depth: int) -> object:
        copied: list[object] = []
        for item in value:
            if self.nodes <= 0 or self.chars <= 0:
                copied.append(f"… {len(value) - len(copied)} more")
                break
            copied.append(self.of(item, depth + 1))
        return copied


def _fields_of(value: object) -> Mapping[str, object] | None:
    """The fields of a dataclass or pydantic model, read without running any of its code."""
    kind = type(value)
    if is_dataclass(kind):
        names = kind.__dataclass_fields__
        found = getattr(value, "__dict__", None)
        if found is not None:
            return {name: found[name] for name in names if name in found}
        return {name: object.__getattribute__(value, name) for name in names if hasattr(kind, name)}
    if "__pydantic_fields__" in kind.__dict__ or any(
        "__pydantic_fields__" in base.__dict__ for base in kind.__mro__
    ):
        found = getattr(value, "__dict__", None)
        return dict(found) if isinstance(found, dict) else None
    return None


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _cut(text: str, length: int) -> str:
    return f"{text[: max(0, length)]}… [cut, {len(text):,} characters in all]"


def _sound(text: str) -> str:
    """Without lone surrogates, which no protobuf can carry."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
