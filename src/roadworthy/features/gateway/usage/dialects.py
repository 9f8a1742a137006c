"""The events and answers of each dialect: where usage, model and id stand, and what an end looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import orjson

from roadworthy.domain.exchange import Dialect, Tokens
from roadworthy.features.gateway.usage.counts import anthropic_tokens, gemini_tokens, openai_tokens


@dataclass(slots=True, kw_only=True)
class EventReading:
    """Filled in while events pass."""

    tokens: Tokens | None = None
    answered: str = ""
    response_id: str = ""
    ended: bool = False
    final: bool = False
    """The usage is that of the whole answer, though its end did not come."""
    failed: bool = False


class EventReader(Protocol):
    def take(self, data: bytes) -> None:
        """What stands behind `data:` of one event."""
        ...

    def tells_nothing(self, chunk: bytes) -> bool:
        """Whether these events, each of them whole, hold but text: they need not be taken one by one."""
        ...

    def carries_text(self, line: bytes) -> bool:
        """Whether text of the answer stands in it that stood in none before."""
        ...

    def reading(self) -> EventReading: ...


def read_whole(dialect: Dialect, said: object) -> EventReading:
    """Of an answer that is one JSON document; Gemini streams a list of them unless asked for events."""
    if isinstance(said, list):
        found = EventReading()
        for one in said:
            found = _joined(found, read_whole(dialect, one))
        return found
    if not isinstance(said, dict):
        return EventReading()
    tokens = _tokens(dialect, said)
    return EventReading(
        tokens=tokens,
        answered=_text(said.get("modelVersion" if dialect is Dialect.GEMINI else "model")),
        response_id=_text(said.get("responseId" if dialect is Dialect.GEMINI else "id")),
        ended=True,
        failed=bool(said.get("error")),
    )


def _tokens(dialect: Dialect, said: Mapping[str, Any]) -> Tokens | None:
    usage = said.get("usageMetadata" if dialect is Dialect.GEMINI else "usage")
    if not isinstance(usage, dict):
        return None
    if dialect is Dialect.GEMINI:
        return gemini_tokens(usage)
    return anthropic_tokens(usage) if dialect is Dialect.ANTHROPIC_MESSAGES else openai_tokens(usage)


def _joined(first: EventReading, second: EventReading) -> EventReading:
    return EventReading(
        tokens=second.tokens or first.tokens,
        answered=second.answered or first.answered,
        response_id=second.response_id or first.response_id,
        ended=second.ended,
        failed=first.failed or second.failed,
    )


def _text(value: object) -> str:
    return value[:300] if isinstance(value, str) else ""


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _llama_cpp_tokens(timings: object) -> Tokens | None:
    """What its server counted: the prompt's tokens less those it had cached, those, and the answer's."""
    if not isinstance(timings, dict):
        return None
    prompt, cached, made = (timings.get(name) for name in ("prompt_n", "cache_n", "predicted_n"))
    if not isinstance(prompt, int) or not isinstance(made, int):
        return None
    cached = cached if isinstance(cached, int) else 0
    return Tokens(input=prompt + cached, output=made, cache_read=cached or None)


class _Chat:
    """OpenAI chat: usage in the last chunk where `stream_options.include_usage` asked for it; llama.cpp says
    without being asked what it counted, as timings."""

    def __init__(self) -> None:
        self._read = EventReading()

    def take(self, data: bytes) -> None:
        if data == b"[DONE]":
            self._read.ended = True
            return
        named = bool(self._read.answered)
        silent = (b'"usage"' not in data or b'"usage":null' in data) and b'"timings"' not in data
        if named and silent and not data.startswith(b'{"error"'):
            return
        said = _parsed(data)
        usage = said.get("usage")
        groq = said.get("x_groq")
        if not isinstance(usage, dict) and isinstance(groq, dict):
            usage = groq.get("usage")
        if isinstance(usage, dict) and usage:
            self._read.tokens, self._read.final = openai_tokens(usage), True
        elif not self._read.final and (counted := _llama_cpp_tokens(said.get("timings"))):
            self._read.tokens, self._read.final = counted, True
        if not named:
            self._read.answered, self._read.response_id = _text(said.get("model")), _text(said.get("id"))
        if said.get("error"):
            self._read.failed = True

    def tells_nothing(self, chunk: bytes) -> bool:
        return (
            bool(self._read.answered)
            and chunk.count(b'"usage"') == chunk.count(b'"usage":null')
            and b"[DONE]" not in chunk
            and b'"timings"' not in chunk
            and b'"error"' not in chunk
        )

    def carries_text(self, line: bytes) -> bool:
        return True

    def reading(self) -> EventReading:
        return self._read


class _Responses:
    """OpenAI responses: the whole response stands in its first and last events."""

    _LAST = (b'"response.completed"', b'"response.incomplete"', b'"response.failed"')

    def __init__(self) -> None:
        self._read = EventReading()

    def take(self, data: bytes) -> None:
        last = any(mark in data for mark in self._LAST)
        if self._read.answered and not last and b'"error"' not in data[:60]:
            return
        said = _parsed(data)
        kind = said.get("type")
        response = said.get("response")
        if isinstance(response, dict):
            found = read_whole(Dialect.OPENAI_RESPONSES, response)
            self._read.tokens = found.tokens or self._read.tokens
            self._read.answered = found.answered or self._read.answered
            self._read.response_id = found.response_id or self._read.response_id
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            self._read.ended, self._read.failed = True, kind == "response.failed"
        elif kind == "error":
            self._read.failed = True

    def tells_nothing(self, chunk: bytes) -> bool:
        return (
            bool(self._read.answered)
            and chunk.count(b"data:") == chunk.count(b'data: {"type":"response.output_text.delta"')
            and b'"error"' not in chunk
        )

    def carries_text(self, line: bytes) -> bool:
        return b'.delta"' in line

    def reading(self) -> EventReading:
        return self._read


class _Messages:
    """Anthropic: input in message_start, output (cumulative) in message_delta."""

    def __init__(self) -> None:
        self._usage: dict[str, Any] = {}
        self._read = EventReading()

    def take(self, data: bytes) -> None:
        if b"message_" not in data and b'"error"' not in data[:60]:
            return
        said = _parsed(data)
        kind = said.get("type")
        message = said.get("message") if kind == "message_start" else None
        if isinstance(message, dict):
            self._add(message.get("usage"))
            self._read.answered = _text(message.get("model"))
            self._read.response_id = _text(message.get("id"))
        elif kind == "message_delta":
            self._add(said.get("usage"))
            self._read.final = True
        elif kind == "message_stop":
            self._read.ended = True
        elif kind == "error":
            self._read.failed = True

    def _add(self, usage: object) -> None:
        if isinstance(usage, dict):
            self._usage |= {name: value for name, value in usage.items() if value is not None}

    def tells_nothing(self, chunk: bytes) -> bool:
        return b"message_" not in chunk and b'"error"' not in chunk

    def carries_text(self, line: bytes) -> bool:
        return b"content_block_delta" in line

    def reading(self) -> EventReading:
        self._read.tokens = anthropic_tokens(self._usage) if self._usage else None
        return self._read


class _Gemini:
    """Each event may carry the usage so far; the last one holds. There is no end but `finishReason`."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}
        self._read = EventReading()

    def take(self, data: bytes) -> None:
        named, usage, finished = (
            bool(self._read.answered),
            b'"usageMetadata"' in data,
            b'"finishReason"' in data,
        )
        if named and not usage and not finished and not data.startswith(b'{"error"'):
            return
        said = _parsed(data)
        found = read_whole(Dialect.GEMINI, said)
        candidates = said.get("candidates")
        done = isinstance(candidates, list) and any(
            isinstance(one, dict) and one.get("finishReason") for one in candidates
        )
        blocked = isinstance(said.get("promptFeedback"), dict) and bool(
            said["promptFeedback"].get("blockReason")
        )
        self._read = EventReading(
            tokens=_merged(self._read.tokens, found.tokens),
            answered=found.answered or self._read.answered,
            response_id=found.response_id or self._read.response_id,
            ended=self._read.ended or done or blocked,
            failed=self._read.failed or found.failed,
        )

    def tells_nothing(self, chunk: bytes) -> bool:
        return (
            bool(self._read.answered)
            and b'"usageMetadata"' not in chunk
            and b'"finishReason"' not in chunk
            and b'"error"' not in chunk
        )

    def carries_text(self, line: bytes) -> bool:
        return True

    def reading(self) -> EventReading:
        return self._read


def _merged(first: Tokens | None, second: Tokens | None) -> Tokens | None:
    if first is None or second is None:
        return second or first
    known = {
        field.name: value
        for field in fields(Tokens)
        if (value := getattr(second, field.name)) is not None and field.name != "estimated"
    }
    return replace(first, **known)


EVENT_READERS: Mapping[Dialect, Callable[[], EventReader]] = {
    Dialect.OPENAI_CHAT: _Chat,
    Dialect.OPENAI_EMBEDDINGS: _Chat,
    Dialect.OPENAI_RESPONSES: _Responses,
    Dialect.ANTHROPIC_MESSAGES: _Messages,
    Dialect.GEMINI: _Gemini,
}
