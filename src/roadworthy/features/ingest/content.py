"""What went into a step and came out of it: chats where they are chats, else JSON or text."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.message import Message
from roadworthy.domain.span import ContentFormat, Span
from roadworthy.features.ingest.any_value import as_json, as_text
from roadworthy.features.ingest.messages.parse import chat_text, dump_messages

_NONE, _TEXT, _JSON, _MESSAGES = (
    ContentFormat.NONE,
    ContentFormat.TEXT,
    ContentFormat.JSON,
    ContentFormat.MESSAGES,
)


def put_input(span: Span, value: Any, *, chat: bool = False) -> bool:
    """Set the span's input unless it has one. Whether `value` is now held by the span and by nothing else."""
    if span.input or value is None or value == "":
        return False
    if chat and (text := chat_text(value, default_role="user")):
        span.input, span.input_format = text, _MESSAGES
        return True
    span.input, span.input_format = text_or_json(value)
    return True


def put_output(span: Span, value: Any, *, chat: bool = False) -> bool:
    """As `put_input`."""
    if span.output or value is None or value == "":
        return False
    if chat and (text := chat_text(value, default_role="assistant")):
        span.output, span.output_format = text, _MESSAGES
        return True
    span.output, span.output_format = text_or_json(value)
    return True


def put_messages(
    span: Span, *, given: list[Message] | None = None, said: list[Message] | None = None
) -> None:
    """Messages already read; they win over what was there before."""
    if given:
        span.input, span.input_format = dump_messages(given), _MESSAGES
    if said:
        span.output, span.output_format = dump_messages(said), _MESSAGES


def text_or_json(value: Any) -> tuple[str, ContentFormat]:
    """A string that looks like a JSON object or list is shown as JSON; nobody is stopped if it is none."""
    if value.__class__ is not str:
        return as_text(value), _TEXT if isinstance(value, (int, float, bool)) else _JSON
    text: str = value
    if text[:1] in ("{", "[") and text[-1:] in ("}", "]"):
        return text, _JSON
    return text, _TEXT if text else _NONE


def system_messages(value: Any) -> list[Message]:
    """System instructions (a text, or parts as in `gen_ai.system_instructions`) as one system message."""
    loaded = as_json(value)
    if loaded is None:
        return [Message(role="system", content=value)] if isinstance(value, str) and value else []
    parts = loaded if isinstance(loaded, list) else [loaded]
    texts = [text for part in parts if (text := _part_text(part))]
    return [Message(role="system", content="\n".join(texts))] if texts else []


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        text = part.get("content", part.get("text", ""))
        return text if isinstance(text, str) else ""
    return ""


def put_tool_definitions(span: Span, value: Any) -> bool:
    """A list of tools, or its JSON, or a list of JSON texts. Whether it is now held by the span."""
    if span.tool_definitions or not value:
        return False
    if isinstance(value, str):
        span.tool_definitions = value
    elif isinstance(value, list):
        span.tool_definitions = "[" + ",".join(_tool(item) for item in value) + "]"
    else:
        span.tool_definitions = as_text(value)
    return True


def _tool(item: Any) -> str:
    return item if isinstance(item, str) and item[:1] == "{" else orjson.dumps(item).decode()
