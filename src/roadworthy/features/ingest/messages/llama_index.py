"""LlamaIndex: messages made of `blocks`, calls in `additional_kwargs`.

Source: llama_index.core.base.llms.types
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Draft, Reader, role_of, text, tool_call


def read_message(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"role", "blocks": [{"block_type": "text", "text"}], "additional_kwargs": {"tool_calls"}}"""
    blocks = value["blocks"]
    if not isinstance(blocks, list):
        return None
    draft = Draft(role_of(value.get("role"), read.default_role))
    read.content(draft, blocks)
    extra = value.get("additional_kwargs")
    if isinstance(extra, dict):
        calls = extra.get("tool_calls")
        calls = calls if isinstance(calls, list) else []
        found = [call for item in calls if (call := tool_call(item)) is not None]
        if found:
            draft.calls[:] = found
        draft.call_id = text(extra.get("tool_call_id")) if draft.role == "tool" else ""
        draft.name = text(extra.get("name"))
    return draft.done()
