"""Haystack: replies of a generator, and messages whose pieces are told apart by their one key.

Source: haystack/dataclasses/chat_message.py (`to_dict`).
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Draft, Reader, text


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
