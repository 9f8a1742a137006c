"""Anthropic messages, and the plain {"messages": […]} request that most providers share.

Responses are messages themselves ({"role", "content": [blocks], "stop_reason"}). In requests the system
prompt stands beside the messages. Source: https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Draft, Reader, first

SYSTEM_KEYS = (
    "system",
    "system_prompt",
    "system_instruction",
    "systemInstruction",
    "preamble",
    "instructions",
)


def read_request(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"messages": […], "system": text or blocks}"""
    inner = value["messages"]
    found = read.messages(inner)
    if not found and isinstance(inner, dict):
        found = read.message(inner)
    return system_messages(value, read) + found if found else None


def system_messages(value: dict[str, Any], read: Reader) -> list[Message]:
    """The system prompt that stands beside the messages, as a message; [] where there is none."""
    system = first(value, *SYSTEM_KEYS)
    if not system:
        return []
    draft = Draft("system")
    read.content(draft, system)
    return draft.done(keep_empty=False)
