"""Haystack: replies of a generator, and messages whose pieces are told apart by their one key.

Source: haystack/dataclasses/chat_message.py (`to_dict`; OpenInference records them as Python prints them).
"""

from __future__ import annotations

import ast
import re
from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Draft, Reader, text

PRINTED = "ChatMessage("
_ROLE = re.compile(r"\A(ChatMessage\(_?role=)<ChatRole\.[A-Z]+: ('[a-z]+')>")
_MOST_PRINTED = 1_000_000
"""Characters of one printed message that are read: parsing takes a hundred times its size in memory."""
_PIECES = {
    "TextContent": lambda told: {"text": told.get("text")},
    "ToolCall": lambda told: {"tool_call": told},
    "ToolCallResult": lambda told: {"tool_call_result": told | {"origin": told["origin"]["tool_call"]}},
    "ReasoningContent": lambda told: {"reasoning": told},
}


def read_printed(value: str) -> dict[str, Any] | None:
    """The `to_dict` form of "ChatMessage(_role=<ChatRole.USER: 'user'>, _content=[TextContent(text=...)])".

    None for anything else. Nothing of it is executed: calls are read as the names and values they are.
    """
    if len(value) > _MOST_PRINTED:
        return None
    try:
        told = _value(ast.parse(_ROLE.sub(r"\1\2", value), mode="eval").body)
    except (SyntaxError, ValueError, KeyError, TypeError, RecursionError, MemoryError):
        return None
    return {name.lstrip("_"): held for name, held in told.items()} if isinstance(told, dict) else None


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        told = {given.arg: _value(given.value) for given in node.keywords if given.arg}
        return _PIECES.get(node.func.id, dict)(told)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {_value(k): _value(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
    return ast.literal_eval(node)


def read_dumped(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"_role", "_content": [{"text"} | {"tool_name", "arguments", "id"} | {"result", "origin"}]}: the fields
    of a ChatMessage one by one, as OpenLLMetry writes them."""
    content = value["_content"]
    if not isinstance(content, list):
        return None
    plain = {name.lstrip("_"): held for name, held in value.items()}
    return read.messages([plain | {"content": [_piece(item) for item in content]}]) or None


def _piece(item: Any) -> Any:
    if isinstance(item, dict) and "tool_name" in item:
        return {"tool_call": item}
    if isinstance(item, dict) and "origin" in item:
        return {"tool_call_result": item}
    return item


def read_replies(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"replies": [message], …}"""
    return read.messages(value["replies"]) or None


def add_result(draft: Draft, block: dict[str, Any]) -> None:
    """{"tool_call_result": {"result", "origin": {"tool_name", "arguments", "id"}, "error"}}"""
    told = block["tool_call_result"]
    origin = told.get("origin") if isinstance(told, dict) else None
    if not isinstance(origin, dict):
        draft.add_result(told)
        return
    draft.add_result(told.get("result"), call_id=text(origin.get("id")), name=text(origin.get("tool_name")))
