"""OpenAI's Responses API: requests (`input`, `instructions`), responses (`output`) and their items.

Source: https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.blocks import add_block
from roadworthy.features.ingest.messages.draft import Draft, Reader, json_text, text

ITEM_CALLS = frozenset({"function_call", "custom_tool_call", "mcp_call", "local_shell_call"})
ITEM_RESULTS = frozenset({"function_call_output", "custom_tool_call_output", "local_shell_call_output"})


def read_request(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"input": text or items, "instructions": text}"""
    items = value["input"]
    if isinstance(items, str):
        if not ("model" in value or "instructions" in value):
            return None
        found = [Message(role="user", content=items)]
    elif isinstance(items, list):
        found = read.messages(items)
    else:
        return None
    instructions = value.get("instructions")
    if found and isinstance(instructions, str) and instructions:
        return [Message(role="system", content=instructions), *found]
    return found


def read_response(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"output": [items]}: reasoning, messages and calls of one turn become one assistant message."""
    items = value["output"]
    if not isinstance(items, list):
        return None
    return merge_turn(read.messages(items))


def merge_turn(messages: list[Message]) -> list[Message]:
    """Neighbouring pieces of one assistant turn as one message."""
    merged: list[Message] = []
    for message in messages:
        last = merged[-1] if merged else None
        if (
            last is not None
            and last.role == "assistant" == message.role
            and not (last.content and message.content)
        ):
            merged[-1] = Message(
                role="assistant",
                content=last.content or message.content,
                tool_calls=last.tool_calls + message.tool_calls,
                name=last.name or message.name,
                parts=last.parts + message.parts,
                finish_reason=message.finish_reason or last.finish_reason,
            )
        else:
            merged.append(message)
    return merged


def read_item(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"type": "function_call" | "function_call_output" | "reasoning" | "message" | "…_call"}"""
    kind = value["type"]
    if not isinstance(kind, str):
        return None
    if kind in ITEM_CALLS and isinstance(value.get("name"), str):
        draft = Draft("assistant")
        add_block(draft, {**value, "type": "function_call", "id": value.get("call_id") or value.get("id")})
        result = value.get("output")  # mcp_call carries its result
        if result is not None:
            called = draft.done()
            draft = Draft("tool")
            draft.add_result(result, call_id=text(value.get("id")), name=text(value.get("name")))
            return called + draft.results
        return draft.done()
    if kind in ITEM_RESULTS:
        draft = Draft("tool")
        add_block(draft, {**value, "type": "function_call_output"})
        return draft.results
    if kind == "reasoning" and "role" not in value:
        draft = Draft("assistant")
        add_block(draft, value)
        return draft.done(keep_empty=False)
    if kind == "message" and "content" in value:
        draft = Draft(read.default_role)
        read.content(draft, value["content"])
        return draft.done()
    if (
        kind.endswith("_call") and "id" in value and kind != "tool_call"
    ):  # web_search_call, file_search_call ...
        draft = Draft("assistant")
        arguments = {k: v for k, v in value.items() if k not in ("id", "type", "status")}
        add_block(
            draft,
            {
                "type": "function_call",
                "id": value["id"],
                "name": kind[:-5],
                "arguments": json_text(arguments),
            },
        )
        return draft.done()
    return None
