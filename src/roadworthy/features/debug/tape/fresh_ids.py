"""New ids in recorded answers, of the same shape.

A rerun's telemetry carries the ids of the answers it got, and by them runs are told apart (a provider's id is
drawn at random): a rerun with the recorded ones would become part of the recorded run. So each rerun gets ids
of its own, made of its id and the recorded one, of the same length and letters, where answers have ids by
their dialect. Texts, arguments and results stay as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from roadworthy.domain.exchange import Dialect
from roadworthy.domain.recording import RecordedMessage

_LEAST = 8
"""Characters behind the prefix: a shorter id was not drawn at random, and ties nothing to anything."""
_LEAST_LETTERS = 16
"""Of one without a digit."""
_PREFIX = re.compile(r"(?:[A-Za-z]{1,16}[-_])*")
_DATA = re.compile(rb"^data: ?(.+?)\r?$", re.MULTILINE)


class FreshIds:
    """For one rerun: `salt` is its id; "" leaves ids as they are."""

    def __init__(self, salt: str) -> None:
        self._salt = salt.encode()
        self._made: dict[str, str] = {}

    def of(self, ident: str) -> str:
        """The id in place of a recorded one."""
        return self._made.get(ident, ident)

    def answer(self, answer: RecordedMessage, dialect: Dialect) -> RecordedMessage:
        """Borders and times of chunks stay."""
        if not self._salt:
            return answer
        body = answer.body
        for ident in _ids_in(body, dialect):
            self._make(ident)
        changed = _replaced(body, self._made)
        if changed == body:
            return answer
        chunks: list[tuple[float, bytes]] = []
        at = 0
        for ms, chunk in answer.chunks:
            chunks.append((ms, changed[at : at + len(chunk)]))
            at += len(chunk)
        return RecordedMessage(head=answer.head, headers=answer.headers, chunks=chunks)

    def recorded(self, body: bytes) -> bytes:
        """A request as it would be with the recorded ids: by those it is found, and a provider that is asked
        for real knows those alone (`previous_response_id`)."""
        if not self._made:
            return body
        return _replaced(body, {made: ident for ident, made in self._made.items()})

    def _make(self, ident: str) -> None:
        if ident in self._made:
            return
        found = _PREFIX.match(ident)
        start = found.end() if found else 0
        rest = ident[start:]
        varied = any(one.isdigit() for one in rest) or (
            len(rest) >= _LEAST_LETTERS and rest.lower() != rest != rest.upper()
        )
        if len(rest) < _LEAST or len(ident) > 200 or not varied:
            return
        drawn = hashlib.shake_256(self._salt + b"\0" + ident.encode()).digest(len(rest))
        self._made[ident] = ident[:start] + "".join(
            _like(one, byte) for one, byte in zip(rest, drawn, strict=True)
        )


def _like(one: str, byte: int) -> str:
    """A character of the same kind."""
    if one.isdigit():
        return "0123456789"[byte % 10]
    if "a" <= one <= "f":
        return "abcdef"[byte % 6]
    if "g" <= one <= "z":
        return "ghijklmnopqrstuvwxyz"[byte % 20]
    if "A" <= one <= "Z":
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[byte % 26]
    return one


def _replaced(body: bytes, instead: Mapping[str, str]) -> bytes:
    """In quotes alone: an id inside a longer text is part of that text."""
    for ident, other in instead.items():
        body = body.replace(b'"%b"' % ident.encode(), b'"%b"' % other.encode())
    return body


def _ids_in(body: bytes, dialect: Dialect) -> Iterator[str]:
    find = _FINDERS.get(dialect)
    if find is None:
        return
    for value in _values(body):
        if isinstance(value, dict):
            yield from (one for one in find(value) if isinstance(one, str) and one)


def _values(body: bytes) -> Iterator[Any]:
    """The answer, or each event of its stream."""
    pieces = [body] if body.lstrip()[:1] in (b"{", b"[") else _DATA.findall(body)
    for piece in pieces:
        try:
            value = orjson.loads(piece)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _dicts(value: Any, *path: str) -> Iterator[dict[str, Any]]:
    """What lies at the path, each of a list."""
    if isinstance(value, list):
        for one in value:
            yield from _dicts(one, *path)
    elif isinstance(value, dict):
        if not path:
            yield value
        else:
            yield from _dicts(value.get(path[0]), *path[1:])


def _of_chat(value: dict[str, Any]) -> Iterator[Any]:
    yield value.get("id")
    for part in ("message", "delta"):
        yield from (one.get("id") for one in _dicts(value, "choices", part, "tool_calls"))


def _of_responses(value: dict[str, Any]) -> Iterator[Any]:
    for place in ((), ("response",), ("output",), ("response", "output"), ("item",)):
        for one in _dicts(value, *place):
            yield from (
                one.get("id"),
                one.get("call_id"),
                one.get("item_id"),
                one.get("previous_response_id"),
            )


def _of_messages(value: dict[str, Any]) -> Iterator[Any]:
    for place in ((), ("message",), ("content",), ("message", "content"), ("content_block",)):
        yield from (one.get("id") for one in _dicts(value, *place))


def _of_gemini(value: dict[str, Any]) -> Iterator[Any]:
    yield value.get("responseId")
    parts = _dicts(value, "candidates", "content", "parts", "functionCall")
    yield from (one.get("id") for one in parts)


_FINDERS = {
    Dialect.OPENAI_CHAT: _of_chat,
    Dialect.OPENAI_RESPONSES: _of_responses,
    Dialect.ANTHROPIC_MESSAGES: _of_messages,
    Dialect.GEMINI: _of_gemini,
}
