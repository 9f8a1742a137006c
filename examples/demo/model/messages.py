"""Anthropic messages: POST /v1/messages, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from examples.demo.model.ids import Ids, tokens
from examples.demo.model.script import Conversation, Turn

Json = dict[str, Any]


def read(request: Json) -> Conversation:
    talk = Conversation(tools=[tool["name"] for tool in request.get("tools") or []])
    names: dict[str, str] = {}
    for message in request["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks:
            talk.characters += len(str(block.get("text") or block.get("content") or ""))
            if message["role"] == "user" and "Ticket" in str(block.get("text", "")):
                talk.user, talk.called, talk.results = block["text"], [], []
            if block["type"] == "tool_use":
                names[block["id"]] = block["name"]
            if block["type"] == "tool_result":
                talk.called.append(names.get(block["tool_use_id"], ""))
                talk.results.append(str(block.get("content") or ""))
    return talk


def whole(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Json:
    return {
        "id": ids.make("msg_"),
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": _blocks(turn, ids),
        "stop_reason": "tool_use" if turn.calls else "end_turn",
        "stop_sequence": None,
        "usage": _usage(talk, turn),
    }


def _blocks(turn: Turn, ids: Ids) -> list[Json]:
    if turn.calls:
        return [
            {"type": "tool_use", "id": ids.make("toolu_"), "name": call.tool, "input": call.arguments}
            for call in turn.calls
        ]
    return [{"type": "text", "text": turn.text}]


def _usage(talk: Conversation, turn: Turn) -> Json:
    # Anthropic counts what came from its cache beside the input tokens, not among them.
    used = tokens(talk)
    return {
        "input_tokens": used - used // 2,
        "cache_read_input_tokens": used // 2,
        "cache_creation_input_tokens": 0,
        "output_tokens": tokens(turn),
    }


def events(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Iterator[str]:
    message = whole(request, talk, turn, ids)

    def line(kind: str, **data: object) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"

    yield line("message_start", message={**message, "content": [], "stop_reason": None})
    for index, block in enumerate(message["content"]):
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        yield line("content_block_start", index=index, content_block=empty)
        if block["type"] == "text":
            for word in turn.text.split(" "):
                yield line(
                    "content_block_delta", index=index, delta={"type": "text_delta", "text": word + " "}
                )
        else:
            part = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            yield line("content_block_delta", index=index, delta=part)
        yield line("content_block_stop", index=index)
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield line("message_delta", delta=ended, usage=message["usage"])
    yield line("message_stop")
