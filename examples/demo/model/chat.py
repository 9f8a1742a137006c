"""OpenAI chat completions: POST /v1/chat/completions, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from examples.demo.model.ids import Ids, tokens
from examples.demo.model.script import Conversation, Turn

Json = dict[str, Any]


def read(request: Json) -> Conversation:
    talk = Conversation(tools=[tool["function"]["name"] for tool in request.get("tools") or []])
    names: dict[str, str] = {}
    for message in request["messages"]:
        text = _text(message.get("content"))
        talk.characters += len(text)
        if message["role"] == "user" and "Ticket" in text:
            talk.user, talk.called, talk.results = text, [], []
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call["function"]["name"]
        if message["role"] == "tool":
            talk.called.append(names.get(message.get("tool_call_id", ""), ""))
            talk.results.append(text)
        if message["role"] == "user":  # smolagents tells of results in words
            talk.called += [""] * (text.count("Observation:\n") + text.count("Error:\n"))
    return talk


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def whole(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Json:
    message: Json = {"role": "assistant", "content": turn.text or None, "refusal": None}
    if turn.calls:
        message["tool_calls"] = _calls(turn, ids)
    return {
        "id": ids.make("chatcmpl-"),
        "object": "chat.completion",
        "created": ids.now(),
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(turn)}],
        "usage": _usage(talk, turn),
        "system_fingerprint": ids.make("fp_"),
    }


def events(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Iterator[str]:
    base = {
        "id": ids.make("chatcmpl-"),
        "object": "chat.completion.chunk",
        "created": ids.now(),
        "model": request["model"],
    }

    def chunk(delta: Json, finish: str | None = None) -> str:
        return _line({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for word in turn.text.split(" ") if turn.text else []:
        yield chunk({"content": word + " "})
    for index, call in enumerate(_calls(turn, ids)):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    yield chunk({}, _finish(turn))
    if (request.get("stream_options") or {}).get("include_usage"):
        yield _line({**base, "choices": [], "usage": _usage(talk, turn)})
    yield "data: [DONE]\n\n"


def _calls(turn: Turn, ids: Ids) -> list[Json]:
    return [
        {
            "id": ids.make("call_"),
            "type": "function",
            "function": {"name": call.tool, "arguments": json.dumps(call.arguments)},
        }
        for call in turn.calls
    ]


def _finish(turn: Turn) -> str:
    return "tool_calls" if turn.calls else "stop"


def _usage(talk: Conversation, turn: Turn) -> Json:
    used, said = tokens(talk), tokens(turn)
    return {
        "prompt_tokens": used,
        "completion_tokens": said,
        "total_tokens": used + said,
        "prompt_tokens_details": {"cached_tokens": used // 2},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _line(data: Json) -> str:
    return f"data: {json.dumps(data)}\n\n"
