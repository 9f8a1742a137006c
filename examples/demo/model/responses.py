"""OpenAI responses: POST /v1/responses, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from examples.demo.model.ids import Ids, tokens
from examples.demo.model.script import Conversation, Turn

Json = dict[str, Any]


def read(request: Json) -> Conversation:
    talk = Conversation(tools=[tool["name"] for tool in request.get("tools") or [] if "name" in tool])
    names: dict[str, str] = {}
    items = request["input"]
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    for item in items:
        text = _text(item.get("content"))
        talk.characters += len(text) + len(str(item.get("output", "")))
        if item.get("role") == "user" and "Ticket" in text:
            talk.user, talk.called, talk.results = text, [], []
        if item.get("type") == "function_call":
            names[item["call_id"]] = item["name"]
        if item.get("type") == "function_call_output":
            talk.called.append(names.get(item["call_id"], ""))
            talk.results.append(_told(item["output"]))
    return talk


def _told(output: object) -> str:
    return output if isinstance(output, str) else _text(output)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def whole(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Json:
    used, said = tokens(talk), tokens(turn)
    return {
        "id": ids.make("resp_"),
        "object": "response",
        "created_at": ids.now(),
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "metadata": {},
        "model": request["model"],
        "output": _output(turn, ids),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": request.get("tool_choice") or "auto",
        "tools": request.get("tools") or [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": used,
            "input_tokens_details": {"cached_tokens": used // 2, "cache_write_tokens": 0},
            "output_tokens": said,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": used + said,
        },
    }


def _output(turn: Turn, ids: Ids) -> list[Json]:
    if turn.calls:
        return [
            {
                "type": "function_call",
                "id": ids.make("fc_"),
                "call_id": ids.make("call_"),
                "name": call.tool,
                "arguments": json.dumps(call.arguments),
                "status": "completed",
            }
            for call in turn.calls
        ]
    part = {"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}
    message = {"type": "message", "id": ids.make("msg_"), "role": "assistant", "status": "completed"}
    return [{**message, "content": [part]}]


def events(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Iterator[str]:
    response = whole(request, talk, turn, ids)
    number = iter(range(1_000_000))

    def line(kind: str, **data: object) -> str:
        return (
            f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': next(number), **data})}\n\n"
        )

    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    yield line("response.created", response=begun)
    for index, item in enumerate(response["output"]):
        at = {"output_index": index, "item_id": item["id"]}
        yield line("response.output_item.added", output_index=index, item=item)
        if item["type"] == "message":
            for word in turn.text.split(" "):
                delta = {"content_index": 0, "delta": word + " ", "logprobs": []}
                yield line("response.output_text.delta", **at, **delta)
        else:
            yield line("response.function_call_arguments.delta", **at, delta=item["arguments"])
            done = {"arguments": item["arguments"], "name": item["name"]}
            yield line("response.function_call_arguments.done", **at, **done)
        yield line("response.output_item.done", output_index=index, item=item)
    yield line("response.completed", response=response)
