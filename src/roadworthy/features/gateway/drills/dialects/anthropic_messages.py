"""Anthropic messages: docs.anthropic.com/en/api/messages, and its streaming events."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.features.gateway.drills.dialects.asked import Asked, Kind, Said, event
from roadworthy.features.gateway.drills.dialects.openai_chat import pieces


def error(status: int, message: str) -> bytes:
    kind = "rate_limit_error" if status == 429 else "api_error"
    return orjson.dumps({"type": "error", "error": {"type": kind, "message": message}})


def whole(asked: Asked, said: Said) -> bytes:
    content = [] if said.kind is Kind.EMPTY else [{"type": "text", "text": said.text}]
    return orjson.dumps(_message(said, content, stop=_stop(said), written=9))


def stream(asked: Asked, said: Said) -> list[bytes]:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": _message(said, [], stop=None, written=1)}
    ]
    if said.kind is not Kind.EMPTY:
        events.append(
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        )
        events += [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": one}}
            for one in pieces(said.text)
        ]
        events.append({"type": "content_block_stop", "index": 0})
    ended = {"stop_reason": _stop(said), "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return [event(one, name=one["type"]) for one in events]


def _stop(said: Said) -> str:
    return "refusal" if said.kind is Kind.REFUSAL else "end_turn"


def _message(said: Said, content: list[dict[str, Any]], *, stop: str | None, written: int) -> dict[str, Any]:
    return {
        "id": said.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": said.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": written},
    }
