"""Google Gemini and Vertex AI, and ADK on top of them: `contents` in, `candidates` out.

Source: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.anthropic import system_messages
from roadworthy.features.ingest.messages.draft import Draft, Reader, text

HISTORY = "automatic_function_calling_history"
"""In an answer of google-genai: the question, and the calls the SDK made by itself, with their results."""


def read_request(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"contents": text, parts or messages, "systemInstruction" | "config": {"system_instruction"}}"""
    contents = value["contents"]
    if isinstance(contents, str):
        found = [Message(role="user", content=contents)]
    else:
        found = read.messages(contents if isinstance(contents, list) else [contents])
    if not found and isinstance(contents, list) and all(isinstance(item, str) for item in contents):
        found = [Message(role="user", content="\n".join(contents))] if contents else []
    if not found:
        return None
    config = value.get("config") or value.get("generation_config")
    system = system_messages(value, read)
    if not system and isinstance(config, dict):
        system = system_messages(config, read)
    return system + found


def read_response(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"candidates": [{"content": {"parts", "role"}, "finishReason"}]}"""
    candidates = value["candidates"]
    if not isinstance(candidates, list):
        return None
    found: list[Message] = []
    for candidate in candidates:
        if isinstance(candidate, dict):
            draft = Draft("assistant")
            read.content(draft, candidate.get("content"))
            draft.finish = text(candidate.get("finishReason") or candidate.get("finish_reason"))
            found += draft.done()
    return found


def read_content(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"content": {"parts", "role"}}: what ADK records of a model's answer."""
    inner = value["content"]
    if not (isinstance(inner, dict) and "parts" in inner):
        return None
    found = read.message(inner, default_role="assistant")
    if not found:
        draft = Draft("assistant")
        read.content(draft, inner)
        found = draft.done()
    return found


def read_invocation(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"new_message": {"role", "parts"}}: what an ADK agent was asked."""
    return read.message(value["new_message"])
