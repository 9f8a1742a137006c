"""OpenAI responses: platform.openai.com/docs/api-reference/responses, and its streaming events."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.dialects.asked import Asked, Kind, Said, event
from roadworthy.domain.dialects.openai_chat import error, pieces

__all__ = ["error", "stream", "whole"]

_USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 18,
}


def whole(asked: Asked, said: Said) -> bytes:
    return orjson.dumps(_response(said, "completed", _output(said)))


def stream(asked: Asked, said: Said) -> list[bytes]:
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": _response(said, "in_progress", [])},
        {"type": "response.in_progress", "response": _response(said, "in_progress", [])},
        *_item(said),
        {"type": "response.completed", "response": _response(said, "completed", _output(said))},
    ]
    return [event({**one, "sequence_number": at}, name=one["type"]) for at, one in enumerate(events)]


def _item(said: Said) -> list[dict[str, Any]]:
    return [*_words(said), *_calls(said)]


def _speaks(said: Said) -> bool:
    return said.kind is not Kind.EMPTY and not (said.tools and not said.text)


def _calls(said: Said) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for at, item in enumerate(_tool_items(said)):
        place = {"item_id": item["id"], "output_index": at + _speaks(said)}
        begun = {**item, "arguments": "", "status": "in_progress"}
        events += [
            {"type": "response.output_item.added", "output_index": place["output_index"], "item": begun},
            {"type": "response.function_call_arguments.delta", **place, "delta": item["arguments"]},
            {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]},
            {"type": "response.output_item.done", "output_index": place["output_index"], "item": item},
        ]
    return events


def _tool_items(said: Said) -> list[dict[str, Any]]:
    return [
        {
            "id": said.tool_id("fc_", at),
            "type": "function_call",
            "status": "completed",
            "call_id": said.tool_id("call_", at),
            "name": one.name,
            "arguments": orjson.dumps(one.arguments).decode(),
        }
        for at, one in enumerate(said.tools)
    ]


def _words(said: Said) -> list[dict[str, Any]]:
    if not _speaks(said):
        return []
    item_id, part = said.id("msg_"), _part(said)
    at = {"item_id": item_id, "output_index": 0, "content_index": 0}
    kind = "refusal" if said.kind is Kind.REFUSAL else "output_text"
    key = "refusal" if said.kind is Kind.REFUSAL else "text"
    started = {"id": item_id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    # A refusal's delta has no logprobs.
    more: dict[str, list[str]] = {} if key == "refusal" else {"logprobs": []}
    return [
        {"type": "response.output_item.added", "output_index": 0, "item": started},
        {"type": "response.content_part.added", **at, "part": {**part, key: ""}},
        *[{"type": f"response.{kind}.delta", **at, "delta": one, **more} for one in pieces(said.text)],
        {"type": f"response.{kind}.done", **at, key: said.text, **more},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": _output(said)[0]},
    ]


def _part(said: Said) -> dict[str, Any]:
    if said.kind is Kind.REFUSAL:
        return {"type": "refusal", "refusal": said.text}
    return {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}


def _output(said: Said) -> list[dict[str, Any]]:
    if not _speaks(said):
        return _tool_items(said)
    return [
        {
            "id": said.id("msg_"),
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [_part(said)],
        },
        *_tool_items(said),
    ]


def _response(said: Said, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": said.id("resp_"),
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": said.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": _USAGE if status == "completed" else None,
        "user": None,
        "metadata": {},
    }
