"""Any provider's or framework's chat value as canonical messages, and canonical messages as stored text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from roadworthy.domain.message import Message, Part, ToolCall
from roadworthy.features.ingest.messages import otel_parts, shapes

MAX_DEPTH = 12
"""Chats nest five deep at most where they were seen; deeper values are hostile or not a chat."""


def parse_messages(value: str | object, *, default_role: str) -> tuple[Message, ...]:
    """The messages of a chat value: a list of messages, a request, a response or a stream, a single message.

    A string is read as JSON, JSON lines or server-sent events, bytes as those or as an AWS event stream.
    () where the value is not a chat. `default_role` is the role of messages that name none: "user" for
    inputs, "assistant" for outputs. Never raises, whatever the value.
    """
    try:
        return tuple(shapes.ChatReader(default_role, MAX_DEPTH).messages(value))
    except Exception:  # noqa: BLE001 - protects the hot path: a shape nobody foresaw is shown as it came
        return ()


def chat_text(value: str | object, *, default_role: str) -> str:
    """`value` in the stored form, "" where it is not a chat."""
    if isinstance(value, str) and (stored := otel_parts.stored_text(value)) is not None:
        return stored
    messages = parse_messages(value, default_role=default_role)
    return dump_messages(messages) if messages else ""


def dump_messages(messages: Iterable[Message]) -> str:
    """The stored form: a JSON array of objects with the keys of `Message`, empty ones left out."""
    return orjson.dumps([_message_fields(message) for message in messages]).decode()


def load_messages(text: str) -> tuple[Message, ...]:
    """What `dump_messages` wrote. Raises ValueError on anything else."""
    loaded = orjson.loads(text)
    if not isinstance(loaded, list):
        raise ValueError("stored messages: expected a JSON array")
    try:
        return tuple(_stored_message(fields) for fields in loaded)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"stored messages: expected objects with the fields of Message ({error})") from error


def plain_text(messages: Iterable[Message]) -> str:
    """What was said, without roles: contents, and the text of refusals where there is no content."""
    return "\n".join(text for message in messages if (text := _said(message)))


def _said(message: Message) -> str:
    return message.content or "\n".join(p.text for p in message.parts if p.type in ("refusal", "json"))


def _message_fields(message: Message) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": message.role}
    if message.content:
        fields["content"] = message.content
    if message.tool_calls:
        fields["tool_calls"] = [_call_fields(call) for call in message.tool_calls]
    if message.tool_call_id:
        fields["tool_call_id"] = message.tool_call_id
    if message.name:
        fields["name"] = message.name
    if message.parts:
        fields["parts"] = [_part_fields(part) for part in message.parts]
    if message.finish_reason:
        fields["finish_reason"] = message.finish_reason
    return fields


def _call_fields(call: ToolCall) -> dict[str, str]:
    fields = {"name": call.name}
    if call.id:
        fields["id"] = call.id
    if call.arguments:
        fields["arguments"] = call.arguments
    return fields


def _part_fields(part: Part) -> dict[str, str]:
    fields = {"type": part.type}
    if part.text:
        fields["text"] = part.text
    if part.mime_type:
        fields["mime_type"] = part.mime_type
    if part.uri:
        fields["uri"] = part.uri
    return fields


def _stored_message(fields: dict[str, Any]) -> Message:
    calls = fields.pop("tool_calls", ())
    parts = fields.pop("parts", ())
    return Message(
        **fields, tool_calls=tuple(ToolCall(**c) for c in calls), parts=tuple(Part(**p) for p in parts)
    )
