"""OpenAI chat completions, and everything that speaks its shape (Mistral, Groq, LiteLLM, vLLM, Together ...).

Requests need nothing of their own: {"messages": [{"role", "content", "tool_calls"}]}. Responses put each
message in a choice. Source: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Reader


def read_response(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"choices": [{"message" | "delta" | "text", "finish_reason"}]}"""
    choices = value["choices"]
    if not isinstance(choices, list):
        return None
    return [message for choice in choices for message in read_choice(choice, read)]


def read_choice(choice: object, read: Reader) -> list[Message]:
    """One choice; it is also what the OpenTelemetry event gen_ai.choice carries."""
    if not isinstance(choice, dict):
        return []
    inner = choice.get("message") or choice.get("messages") or choice.get("delta")
    finish = choice.get("finish_reason")
    if isinstance(inner, dict):
        found = read.message(inner, default_role="assistant") or read.messages([inner])
    elif isinstance(inner, list):
        found = read.messages(inner)
    elif isinstance(choice.get("text"), str):  # the older completions API
        found = [Message(role="assistant", content=choice["text"])]
    elif isinstance(finish, str):  # a content filter left nothing
        found = [Message(role="assistant")]
    else:
        return []
    if found and isinstance(finish, str) and not found[-1].finish_reason:
        found[-1] = replace(found[-1], finish_reason=finish)
    return found


def read_text_answer(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"text", "finish_reason"}: an answer that an instrumentation took out of its choice."""
    text = value.get("text")
    if not isinstance(text, str):
        return None
    finish = value["finish_reason"]
    return [Message(role="assistant", content=text, finish_reason=finish if isinstance(finish, str) else "")]
