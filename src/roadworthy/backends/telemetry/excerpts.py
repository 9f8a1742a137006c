"""What a search hit shows: the words round the match as they were said, not as they are stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from roadworthy.backends.telemetry.words import position
from roadworthy.contracts.telemetry import Excerpt
from roadworthy.domain.span import ContentFormat, Span

LONGEST = 240
_BEFORE = LONGEST // 3
_AT_WORDS = 16
"""How far a cut moves so that it does not go through a word."""
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saying:
    text: str
    role: str
    place: Literal["input", "output"]


def excerpt(asked: list[str], span: Span) -> Excerpt:
    """At most LONGEST characters round the first match in the saying that holds the most of the words.

    Of several, the one said last: a model is given the whole conversation anew at every call, and what it
    is told about itself (role system) says least about the case. Where a word stands in no saying (but in a
    key of the stored JSON) the beginning of what was said last.
    """
    best: _Saying | None = None
    most, at = -1, 0
    for saying in _sayings(span):
        places = [place for word in asked if (place := position(word, saying.text)) is not None]
        if len(places) > most:
            best, most, at = saying, len(places), min(places, default=0)
        if most == len(asked):
            break
    if best is None:
        return Excerpt(text="", role="", place="input")
    return Excerpt(text=_cut(best.text, at), role=best.role, place=best.place)


def _sayings(span: Span) -> Iterator[_Saying]:
    """Last said first; what role system says at the end."""
    told = [
        *_of_content(span.input, span.input_format, "input"),
        *_of_content(span.output, span.output_format, "output"),
    ]
    told = [saying for saying in told if saying.text]
    yield from (saying for saying in reversed(told) if saying.role != "system")
    yield from (saying for saying in told if saying.role == "system")


def _of_content(raw: str, form: ContentFormat, place: Literal["input", "output"]) -> Iterator[_Saying]:
    if not raw:
        return
    if form in (ContentFormat.MESSAGES, ContentFormat.JSON):
        try:
            value = orjson.loads(raw)
        except ValueError:
            value = raw
    else:
        value = raw
    if form is ContentFormat.MESSAGES and isinstance(value, list):
        for message in value:
            known = isinstance(message, dict)
            role = str(message.get("role") or "") if known else ""
            for text in _of_message(message) if known else (_plain(message),):
                yield _Saying(text=text, role=role, place=place)
        return
    yield _Saying(text=_plain(value), role="", place=place)


def _of_message(message: dict[str, Any]) -> Iterator[str]:
    yield _plain(message.get("content") or "")
    for part in message.get("parts") or ():
        if isinstance(part, dict):
            yield _plain(part.get("text") or part.get("uri") or "")
    for call in message.get("tool_calls") or ():
        if isinstance(call, dict):
            yield f"{call.get('name', '')}({_plain(call.get('arguments') or '')})"


def _plain(value: object) -> str:
    """JSON without its punctuation: `order_id: A-17, status: delivered`. JSON inside a text too."""
    if isinstance(value, str):
        if value[:1] not in "{[":
            return value
        try:
            value = orjson.loads(value)
        except ValueError:
            return str(value)
    return ", ".join(_leaves(value))


def _leaves(value: object) -> Iterable[str]:
    """Texts in the order they are written, each after its key. Not recursive: depth is the sender's."""
    stack: list[tuple[str, object]] = [("", value)]
    while stack:
        key, one = stack.pop()
        if isinstance(one, dict):
            stack += reversed([(str(name), each) for name, each in one.items()])
        elif isinstance(one, list):
            stack += reversed([(key, each) for each in one])
        elif one is not None and one != "":
            said = one if isinstance(one, str) else orjson.dumps(one).decode()
            yield f"{key}: {said}" if key else said


def _cut(text: str, at: int) -> str:
    """Between words where it can, on one line."""
    start = max(0, min(at, len(text)) - _BEFORE)
    if start:
        blank = _BLANKS.search(text, start, min(start + _AT_WORDS, at))
        start = blank.end() if blank else start
    end = min(len(text), start + LONGEST)
    if end < len(text):
        blanks = list(_BLANKS.finditer(text, max(at, end - _AT_WORDS), end))
        end = blanks[-1].start() if blanks else end
    inside = _BLANKS.sub(" ", text[start:end]).strip()
    return ("… " if start else "") + inside + (" …" if end < len(text) else "")
