"""AutoGen: {"type": "TextMessage" | "UserMessage" | …, "source": agent, "content": text, calls or results}.

Source: autogen_core.models and autogen_agentchat.messages
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.blocks import add_block
from roadworthy.features.ingest.messages.draft import Draft, Reader, text, tool_call

ROLES = {"SystemMessage": "system", "UserMessage": "user", "AssistantMessage": "assistant"}


def read_message(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """One message of a team, or of a model's context."""
    source, kind = value.get("source"), value.get("type")
    if "content" not in value or not (isinstance(source, str) or kind in ROLES or _is_results(kind)):
        return None
    content = value["content"]
    role = ROLES.get(str(kind)) or ("user" if source == "user" else "assistant")
    draft = Draft(role)
    draft.name = source if isinstance(source, str) and source != role else ""
    if isinstance(content, list) and content and all(isinstance(item, dict) for item in content):
        for item in content:
            _add(draft, item)
        return draft.done(keep_empty=False)
    read.content(draft, content)
    thought = value.get("thought")
    if isinstance(thought, str) and thought:
        add_block(draft, {"type": "reasoning", "text": thought})
    return draft.done()


def _is_results(kind: object) -> bool:
    return kind == "FunctionExecutionResultMessage"


def _add(draft: Draft, item: dict[str, Any]) -> None:
    """A FunctionCall ({"id", "name", "arguments"}) or its result ({"call_id", "name", "content"})."""
    if "call_id" in item and "content" in item:
        draft.add_result(item["content"], call_id=text(item["call_id"]), name=text(item.get("name")))
        return
    call = tool_call(item) if "arguments" in item else None
    if call is not None:
        draft.calls.append(call)
    else:
        add_block(draft, item)
