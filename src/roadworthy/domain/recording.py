"""A recording: what was asked and answered in one exchange, and how it is told as bytes.

One line of JSON, then the bodies (docs/reference/recordings.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

FORMAT = "roadworthy.recording"
VERSION = 1


class BadRecording(ValueError):  # noqa: N818 (a condition)
    """It is not of a format this version reads; the message says what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMessage:
    """One direction. `head` is `POST /v1/chat/completions` or `200`; `chunks` are (milliseconds since the
    exchange began, bytes), as they came: joined they are the body."""

    head: str
    headers: Sequence[tuple[bytes, bytes]] = ()
    chunks: Sequence[tuple[float, bytes]] = ()

    @property
    def body(self) -> bytes:
        return b"".join([chunk for _, chunk in self.chunks])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`notes` say in plain words what is missing or was changed, beyond masks."""

    exchange_id: str
    request: RecordedMessage | None = None
    answer: RecordedMessage | None = None
    masked: int = 0
    """How many secrets were masked."""
    notes: tuple[str, ...] = ()


def encode(recording: Recording) -> bytes:
    head = {
        "format": FORMAT,
        "version": VERSION,
        "exchange": recording.exchange_id,
        "request": _head(recording.request),
        "answer": _head(recording.answer),
        "masked": recording.masked,
        "notes": recording.notes,
    }
    return b"".join((orjson.dumps(head), b"\n", *_body(recording.request), *_body(recording.answer)))


def decode(data: bytes) -> Recording:
    """Raises BadRecording."""
    line, _, bodies = data.partition(b"\n")
    try:
        head: dict[str, Any] = orjson.loads(line)
        if head.get("format") != FORMAT:
            raise BadRecording(f"format: {head.get('format')!r}; expected {FORMAT!r}")
        if head.get("version") != VERSION:
            raise BadRecording(f"version: {head.get('version')!r}; this Roadworthy reads {VERSION}")
        request, rest = _message(head["request"], bodies)
        answer, rest = _message(head["answer"], rest)
        if rest:
            raise BadRecording(f"{len(rest)} bytes behind its bodies")
        return Recording(
            exchange_id=head["exchange"],
            request=request,
            answer=answer,
            masked=head["masked"],
            notes=tuple(head["notes"]),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, UnicodeError) as fault:
        raise BadRecording(f"its head cannot be read: {fault!r}") from fault


def _head(message: RecordedMessage | None) -> dict[str, object] | None:
    if message is None:
        return None
    return {
        "head": message.head,
        "headers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers],
        "chunks": [(round(at, 3), len(chunk)) for at, chunk in message.chunks],
    }


def _body(message: RecordedMessage | None) -> Sequence[bytes]:
    return () if message is None else [chunk for _, chunk in message.chunks]


def _message(head: dict[str, Any] | None, bodies: bytes) -> tuple[RecordedMessage | None, bytes]:
    if head is None:
        return None, bodies
    chunks: list[tuple[float, bytes]] = []
    done = 0
    for at, length in head["chunks"]:
        if length < 0 or done + length > len(bodies):
            raise BadRecording(f"it ends {done + length - len(bodies)} bytes too early")
        chunks.append((float(at), bodies[done : done + length]))
        done += length
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in head["headers"])
    return RecordedMessage(head=str(head["head"]), headers=headers, chunks=chunks), bodies[done:]
