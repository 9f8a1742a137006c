"""Responses that hold one message: Ollama, Cohere's second API, LlamaIndex, the event gen_ai.choice.

Ollama's generate API answers {"response": text}. Source: https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Reader
from roadworthy.features.ingest.messages.openai_chat import read_choice


def read_message(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"message": {"role", "content", …}, "finish_reason" | "done_reason"}"""
    inner = value["message"]
    if isinstance(inner, str):
        return read_text_message(value)
    finish = value.get("finish_reason") or value.get("done_reason")
    return read_choice({"message": inner, "finish_reason": finish}, read)


def read_text_message(value: dict[str, Any]) -> list[Message] | None:
    """Cohere's request without history: {"message": text, "model" | "preamble"}."""
    if "model" in value or "preamble" in value:
        return [Message(role="user", content=value["message"])]
    return None


def read_generated(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"response": text, "done": true}"""
    if isinstance(value["response"], str) and "done" in value:
        return [Message(role="assistant", content=value["response"])]
    return None
