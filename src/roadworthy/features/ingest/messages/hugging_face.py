"""Hugging Face text generation: {"inputs": text, "parameters"} in, {"generated_text": text} out.

Source: https://huggingface.co/docs/api-inference/tasks/text-generation
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Reader


def read_request(value: dict[str, Any], read: Reader) -> list[Message] | None:
    found = value["inputs"]
    if isinstance(found, str) and "parameters" in value:
        return [Message(role="user", content=found)]
    return None


def read_response(value: dict[str, Any], read: Reader) -> list[Message] | None:
    found = value["generated_text"]
    if isinstance(found, list):
        return read.messages(found)
    return [Message(role="assistant", content=found)] if isinstance(found, str) else None
