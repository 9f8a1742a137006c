"""Exchanges and messages for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from roadworthy.domain.exchange import (
    Attempt,
    Binding,
    Dialect,
    Ending,
    Exchange,
    ExchangeKind,
    Tokens,
)
from roadworthy.domain.recording import RecordedMessage

AT_NS = 1_795_000_000_000_000_000
"""2026-11-18."""
DAY = "2026-11-18"


def exchange(number: int = 1, **changes: Any) -> Exchange:
    """Of project p, agent planner, a second after the one before."""
    made = Exchange(
        project="p",
        id=f"{number:032x}",
        kind=ExchangeKind.MODEL,
        dialect=Dialect.OPENAI_CHAT,
        agent="planner",
        target="executor",
        asked="executor",
        pinned="gpt-4o-2024-08-06",
        answered="gpt-4o-2024-08-06",
        upstream="openai/gpt-4o-2024-08-06",
        started_ns=AT_NS + number * 1_000_000_000,
        first_byte_ms=210.5,
        elapsed_ms=1234.5,
        streamed=True,
        status=200,
        ending=Ending.COMPLETE,
        attempts=(
            Attempt(upstream="openai/gpt-4o-2024-08-06", started_ns=AT_NS, elapsed_ms=1230, status=200),
        ),
        tokens=Tokens(input=12, output=34),
        cost_usd=0.0021,
        response_id=f"chatcmpl-{number}",
        binding=Binding(trace_id=f"{number:032x}", span_id="b" * 16, by="traceparent"),
    )
    return replace(made, **changes)


def request(body: bytes, *, path: str = "/v1/chat/completions", headers: Any = ()) -> RecordedMessage:
    return RecordedMessage(
        head=f"POST {path}",
        headers=((b"content-type", b"application/json"), *headers),
        chunks=[(0.0, body)] if body else [],
    )


def answer(
    chunks: Sequence[bytes], *, kind: bytes = b"application/json", headers: Any = ()
) -> RecordedMessage:
    return RecordedMessage(
        head="200",
        headers=((b"content-type", kind), *headers),
        chunks=[(200.0 + 10 * n, chunk) for n, chunk in enumerate(chunks)],
    )


def said(*words: str) -> list[bytes]:
    """A stream of OpenAI's chat dialect, an event for each word."""
    events = [
        b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % word.encode()
        for word in words
    ]
    return [*events, b"data: [DONE]\n\n"]
