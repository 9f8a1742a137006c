"""Cohere's first chat API: the new message beside the history. (Its second is OpenAI's shape.)

Source: https://docs.cohere.com/v1/reference/chat
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.anthropic import system_messages
from roadworthy.features.ingest.messages.draft import Draft, Reader, role_of, text, tool_call


def read_v1(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """Request {"message", "chat_history"} or response {"text", "chat_history", "tool_calls"}."""
    if isinstance(value.get("text"), str):  # the response repeats the history it was sent
        return _answer(value)
    history = value["chat_history"]
    found = system_messages(value, read)
    for turn in history if isinstance(history, list) else ():
        found += _turn(turn)
    if isinstance(value.get("message"), str) and value["message"]:
        found.append(Message(role="user", content=value["message"]))
    return found


def _turn(turn: object) -> list[Message]:
    if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
        return []
    draft = Draft(role_of(turn["role"], "user"))
    draft.texts.append(text(turn.get("message")))
    return draft.done()


def _answer(value: dict[str, Any]) -> list[Message]:
    draft = Draft("assistant")
    draft.texts.append(value["text"])
    calls = value.get("tool_calls")
    draft.calls.extend(c for item in (calls or ()) if (c := tool_call(item)) is not None)
    draft.finish = text(value.get("finish_reason"))
    return draft.done()
