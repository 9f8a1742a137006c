"""Reads what an answer came to while it streams through: tokens, the model that answered, the answer's id.

Nothing is changed, and no more than a line of a stream is held. What cannot be read leaves the figures
unknown and disturbs nobody.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import orjson

from roadworthy.domain.exchange import Dialect, Tokens
from roadworthy.features.gateway.usage.dialects import EVENT_READERS, EventReader, read_whole

MOST_HELD = 1 << 20
"""Bytes of a line, or of an answer that is no stream."""
_KEPT_END = 64 << 10
_MOST_PLAIN = 256 << 20
_LOOKED_AT = 3
"""Events that are looked at one by one; later ones only where they may tell something."""
_LAST = 3
"""Events at the end that tell something, at most: why it ended, what it took, that it did."""
BYTES_PER_TOKEN = 4
"""Of English text, about; for estimates."""
_TEXT = re.compile(
    rb'"(?:content|text|delta|partial_json|thinking|arguments|reasoning_content|reasoning|refusal)"'
    rb'\s*:\s*"((?:[^"\\]++|\\.)*+)"',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    tokens: Tokens | None = None
    answered: str = ""
    response_id: str = ""
    ended: bool = False
    """The answer came to the end that its dialect has."""
    failed: bool = False
    """The stream itself says that it failed."""


class UsageReader(Protocol):
    def feed(self, chunk: bytes) -> None: ...
    def feed_all(self, chunks: Sequence[bytes]) -> None:
        """In order; the same as `feed` of each."""
        ...

    def close(self, *, request_bytes: int) -> Reading:
        """At the end, however it came. `request_bytes` for an estimate where no usage came."""
        ...


def usage_reader(dialect: Dialect, *, content_type: str, content_encoding: str) -> UsageReader:
    streamed = content_type.partition(";")[0].strip().lower() == "text/event-stream"
    reader: _Stream | _Whole = _Stream(EVENT_READERS[dialect]()) if streamed else _Whole(dialect)
    encoding = content_encoding.strip().lower()
    if encoding in ("", "identity"):
        return reader
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Inflated(reader)
    return _Unread()


class _Unread:
    """An encoding we cannot read."""

    def feed(self, chunk: bytes) -> None:
        pass

    def feed_all(self, chunks: Sequence[bytes]) -> None:
        pass

    def close(self, *, request_bytes: int) -> Reading:
        return Reading(ended=True)


class _Inflated:
    """Reads a copy; what the agent gets stays compressed."""

    def __init__(self, inner: UsageReader) -> None:
        self._inner = inner
        self._inflate = zlib.decompressobj(47)
        self._left = _MOST_PLAIN

    def feed_all(self, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            self.feed(chunk)

    def feed(self, chunk: bytes) -> None:
        while chunk and self._left > 0:
            try:
                plain = self._inflate.decompress(chunk, 1 << 16)
            except zlib.error:
                self._left = 0
                return
            self._left -= len(plain)
            if plain:
                self._inner.feed(plain)
            chunk = self._inflate.unconsumed_tail

    def close(self, *, request_bytes: int) -> Reading:
        return self._inner.close(request_bytes=request_bytes)


class _Stream:
    """Server-sent events, line by line."""

    def __init__(self, events: EventReader) -> None:
        self._events = events
        self._line = bytearray()
        self._skipping = False
        """A line longer than may be held: until its end."""
        self._text_bytes = 0
        self._lines = 0
        self._around = 0
        """Bytes around the text in the last event that was looked at: they hardly differ in one stream."""
        self._passed_bytes = 0
        self._passed_events = 0

    def feed_all(self, chunks: Sequence[bytes]) -> None:
        """Those in the middle of an answer hold but text, mostly: they are looked at together."""
        at = max(0, _LOOKED_AT + 1 - self._lines)
        if len(chunks) > at + 2 * _LAST:
            for chunk in chunks[:at]:
                self.feed(chunk)
            self.feed(b"".join(chunks[at:-_LAST]))
            chunks = chunks[-_LAST:]
        for chunk in chunks:
            self.feed(chunk)

    def feed(self, chunk: bytes) -> None:
        if (
            self._lines > _LOOKED_AT
            and not self._line
            and chunk.endswith(b"\n")
            and self._events.tells_nothing(chunk)
        ):
            self._passed_bytes += len(chunk)
            self._passed_events += chunk.count(b"data:")
            return
        if b"\n" not in chunk and b"\r" not in chunk:
            self._hold(chunk)
            return
        lines = chunk.replace(b"\r", b"\n").split(b"\n")
        self._hold(lines[0])
        if self._line and not self._skipping:
            self._take(bytes(self._line))
        self._line.clear()
        self._skipping = False
        for line in lines[1:-1]:
            if line:
                self._take(line)
        self._hold(lines[-1])

    def _hold(self, part: bytes) -> None:
        if self._skipping:
            return
        self._line += part
        if len(self._line) > MOST_HELD:
            self._line.clear()
            self._skipping = True

    def _take(self, line: bytes) -> None:
        if not line.startswith(b"data:"):
            return
        self._lines += 1
        self._events.take(line[5:].strip())
        if self._events.carries_text(line):
            text_bytes = sum(len(found) for found in _TEXT.findall(line))
            if text_bytes:
                self._text_bytes += text_bytes
                self._around = len(line) + 2 - text_bytes

    def close(self, *, request_bytes: int) -> Reading:
        if self._line and not self._skipping:
            self._take(bytes(self._line))
            self._line.clear()
        read = self._events.reading()
        if read.tokens is not None and read.tokens.output is not None and (read.ended or read.final):
            tokens = read.tokens
        elif self._lines == 0:
            tokens = None
        else:
            passed = max(0, self._passed_bytes - self._passed_events * self._around)
            tokens = _estimated(
                read.tokens, request_bytes=request_bytes, text_bytes=self._text_bytes + passed
            )
        return Reading(
            tokens=tokens,
            answered=read.answered,
            response_id=read.response_id,
            ended=read.ended,
            failed=read.failed,
        )


def _estimated(known: Tokens | None, *, request_bytes: int, text_bytes: int) -> Tokens:
    known = known or Tokens()
    said = known.output or 0
    return replace(
        known,
        input=request_bytes // BYTES_PER_TOKEN if known.input is None else known.input,
        output=max(said, -(-text_bytes // BYTES_PER_TOKEN)),
        estimated=True,
    )


class _Whole:
    """One JSON document. Small ones are parsed; of larger ones (embeddings) the end and the beginning are."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._held = bytearray()
        self._begin = b""
        """Of one that is too large to hold."""

    def feed_all(self, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            self.feed(chunk)

    def feed(self, chunk: bytes) -> None:
        self._held += chunk
        if len(self._held) > MOST_HELD:
            self._begin = self._begin or bytes(self._held[:_KEPT_END])
            del self._held[:-_KEPT_END]

    def close(self, *, request_bytes: int) -> Reading:
        if self._begin:
            return _from_ends(self._dialect, self._begin, bytes(self._held))
        try:
            said = orjson.loads(self._held)
        except orjson.JSONDecodeError:
            # Cut off: what had come is counted from its text.
            return Reading(tokens=self._from_text(None, request_bytes=request_bytes))
        read = read_whole(self._dialect, said)
        tokens = read.tokens
        if tokens is None or tokens.output is None:
            tokens = self._from_text(tokens, request_bytes=request_bytes)
        return Reading(
            tokens=tokens,
            answered=read.answered,
            response_id=read.response_id,
            ended=True,
            failed=read.failed,
        )

    def _from_text(self, known: Tokens | None, *, request_bytes: int) -> Tokens | None:
        """An estimate, where an answer has text but does not say what it took."""
        text_bytes = sum(len(found) for found in _TEXT.findall(self._held))
        if not text_bytes:
            return known
        return _estimated(known, request_bytes=request_bytes, text_bytes=text_bytes)


_USAGE = re.compile(rb'"(?:usage|usageMetadata)"\s*:\s*(\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\})')
_WORD = re.compile(rb'"(id|responseId|model|modelVersion)"\s*:\s*"([^"\\]{1,300})"')


def _from_ends(dialect: Dialect, begin: bytes, end: bytes) -> Reading:
    """A tail that holds the usage, and ends with the document's end."""
    words: dict[bytes, str] = {}
    for name, value in _WORD.findall(begin + b" " + end):
        words.setdefault(name, value.decode("utf-8", "replace"))
    usages = _USAGE.findall(end) or _USAGE.findall(begin)
    said: dict[str, Any] = {}
    if usages:
        try:
            usage: Mapping[str, Any] = orjson.loads(usages[-1])
        except orjson.JSONDecodeError:
            usage = {}
        said = {"usage": usage, "usageMetadata": usage}
    read = read_whole(dialect, said)
    return Reading(
        tokens=read.tokens,
        answered=words.get(b"modelVersion") or words.get(b"model", ""),
        response_id=words.get(b"responseId") or words.get(b"id", ""),
        ended=end.rstrip()[-1:] in (b"}", b"]"),
    )
