"""OpenAI chat completions: platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.dialects.asked import Asked, Kind, Said, event

_USAGE = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
_CREATED = 1_700_000_000


def error(status: int, message: str) -> bytes:
    kind = "rate_limit_exceeded" if status == 429 else "server_error"
    return orjson.dumps({"error": {"message": message, "type": kind, "param": None, "code": kind}})


def whole(asked: Asked, said: Said) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if said.kind is Kind.REFUSAL:
        message["refusal"] = said.text
    else:
        message["content"] = said.text if said.kind is Kind.TEXT else ""
    if said.tools:
        message["content"] = said.text or None
        message["tool_calls"] = _tool_calls(said)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(said)}
    return orjson.dumps(
        {
            "id": said.id("chatcmpl-"),
            "object": "chat.completion",
            "created": _CREATED,
            "model": said.model,
            "choices": [choice],
            "usage": _USAGE,
        }
    )


def stream(asked: Asked, said: Said) -> list[bytes]:
    base = {
        "id": said.id("chatcmpl-"),
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": said.model,
    }

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    field = "refusal" if said.kind is Kind.REFUSAL else "content"
    words = [] if said.kind is Kind.EMPTY else [chunk({field: one}) for one in pieces(said.text)]
    words += [chunk({"tool_calls": [{"index": at, **one}]}) for at, one in enumerate(_tool_calls(said))]
    usage = [event({**base, "choices": [], "usage": _USAGE})] if _wants_usage(asked) else []
    first = {"role": "assistant", "content": None if field == "refusal" else ""}
    return [chunk(first), *words, chunk({}, _finish(said)), *usage, b"data: [DONE]\n\n"]


def _finish(said: Said) -> str:
    return "tool_calls" if said.tools else "stop"


def _tool_calls(said: Said) -> list[dict[str, Any]]:
    return [
        {
            "id": said.tool_id("call_", at),
            "type": "function",
            "function": {"name": one.name, "arguments": orjson.dumps(one.arguments).decode()},
        }
        for at, one in enumerate(said.tools)
    ]


def pieces(text: str) -> list[str]:
    """As a model would stream it: word by word, joined they are the text."""
    if not text:
        return []
    words = text.split(" ")
    return [f"{word} " for word in words[:-1]] + words[-1:]


def _wants_usage(asked: Asked) -> bool:
    options = asked.body.get("stream_options")
    return isinstance(options, dict) and bool(options.get("include_usage"))
