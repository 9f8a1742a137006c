"""Pydantic AI's own messages: {"kind": "request" | "response", "parts": [{"part_kind", …}]}.

A request mixes roles, so one such object becomes several messages. Source: pydantic_ai.messages
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.blocks import add_block
from roadworthy.features.ingest.messages.draft import Draft, Reader, text


def read_message(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """One request or response."""
    parts = value.get("parts")
    if not isinstance(parts, list):
        return None
    if value["kind"] == "response":
        return _response(value, parts, read)
    if value["kind"] != "request":
        return None
    found: list[Message] = []
    for part in parts:
        if isinstance(part, dict):
            found += _request_part(part, read)
    return found


def _request_part(part: dict[str, Any], read: Reader) -> list[Message]:
    kind = part.get("part_kind")
    if kind in ("tool-return", "retry-prompt") and part.get("tool_name"):
        draft = Draft("tool")
        draft.add_result(
            part.get("content"), call_id=text(part.get("tool_call_id")), name=text(part.get("tool_name"))
        )
        return draft.results
    draft = Draft("system" if kind == "system-prompt" else "user")
    read.content(draft, part.get("content"))
    return draft.done()


def _response(value: dict[str, Any], parts: list[Any], read: Reader) -> list[Message]:
    draft = Draft("assistant")
    for part in parts:
        if isinstance(part, dict):
            add_block(draft, part)
    draft.finish = text(value.get("finish_reason"))
    return draft.done()
