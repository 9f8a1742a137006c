"""Anthropic messages: docs.anthropic.com/en/api/messages, and its streaming events."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.dialects.asked import Asked, Kind, Said, event
from roadworthy.domain.dialects.openai_chat import pieces


def error(status: int, message: str) -> bytes:
    kind = "rate_limit_error" if status == 429 else "api_error"
    return orjson.dumps({"type": "error", "error": {"type": kind, "message": message}})


def whole(asked: Asked, said: Said) -> bytes:
    content: list[dict[str, Any]] = [{"type": "text", "text": said.text}] if _speaks(said) else []
    content += [{**_tool_use(said, at), "input": one.arguments} for at, one in enumerate(said.tools)]
    return orjson.dumps(_message(said, content, stop=_stop(said), written=9))


def stream(asked: Asked, said: Said) -> list[bytes]:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": _message(said, [], stop=None, written=1)}
    ]
    if _speaks(said):
        events.append(
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        )
        events += [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": one}}
            for one in pieces(said.text)
        ]
        events.append({"type": "content_block_stop", "index": 0})
    for at, one in enumerate(said.tools):
        place = at + _speaks(said)
        given = {"type": "input_json_delta", "partial_json": orjson.dumps(one.arguments).decode()}
        block = {**_tool_use(said, at), "input": {}}
        events += [
            {"type": "content_block_start", "index": place, "content_block": block},
            {"type": "content_block_delta", "index": place, "delta": given},
            {"type": "content_block_stop", "index": place},
        ]
    ended = {"stop_reason": _stop(said), "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return [event(one, name=one["type"]) for one in events]


def _stop(said: Said) -> str:
    if said.tools:
        return "tool_use"
    return "refusal" if said.kind is Kind.REFUSAL else "end_turn"


def _speaks(said: Said) -> bool:
    return said.kind is not Kind.EMPTY and not (said.tools and not said.text)


def _tool_use(said: Said, at: int) -> dict[str, Any]:
    return {"type": "tool_use", "id": said.tool_id("toolu_", at), "name": said.tools[at].name}


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
