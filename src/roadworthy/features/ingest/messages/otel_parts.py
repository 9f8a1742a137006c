"""OpenTelemetry's GenAI messages: {"role", "parts": [{"type", …}], "finish_reason"}, the commonest of all.

The general reader understands them as well; here they are turned into the stored form in one pass without its
detours, at a fifth of the time. Whatever is not exactly as the convention says goes to the general reader.
Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/ (gen_ai.input.messages)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from roadworthy.domain.message import Message, ToolCall
from roadworthy.features.ingest.messages.draft import ROLES, json_text
from roadworthy.kit.compiled import COMPILED

Fields = dict[str, Any]
"""A message as `parse.dump_messages` stores it: role first, empty ones left out."""

KEYS = frozenset({"role", "parts", "finish_reason"})


_stored_chat: Callable[[str, Callable[[str], str]], str | None] | None
_stored_chat = getattr(COMPILED, "stored_chat", None)


def stored_text(text: str) -> str | None:
    """The stored form of a chat's JSON, the same as by way of `parse_messages`; None where some message of it
    needs the general reader."""
    if _stored_chat and (stored := _stored_chat(text, arguments_text)) is not None:
        return stored
    return stored_by_python(text)


def arguments_text(sent: str) -> str:
    """What is stored for arguments sent as JSON."""
    return json_text(orjson.loads(sent))


def stored_by_python(text: str) -> str | None:
    """What `native/chats.c` does for the chats it takes, and for the others."""
    try:
        loaded = orjson.loads(text)
    except ValueError:
        return None
    if loaded.__class__ is not list:
        return None
    found: list[Fields] = []
    for value in loaded:
        if value.__class__ is not dict or "parts" not in value or "role" not in value:
            return None
        messages = read_fields(value)
        if messages is None:
            return None
        found += messages
    return orjson.dumps(found).decode() if found else None


def read_message(value: dict[str, Any]) -> list[Message] | None:
    """As `read_fields`, as messages."""
    found = read_fields(value)
    return None if found is None else [_message(fields) for fields in found]


def read_fields(value: dict[str, Any]) -> list[Fields] | None:
    """The messages of one object with a role and parts; None where it holds more than text, tool calls and
    tool results."""
    given, parts = value["role"], value["parts"]
    role = ROLES.get(given) if given.__class__ is str else None
    if role is None or parts.__class__ is not list or (len(value) > 2 and not value.keys() <= KEYS):
        return None
    texts: list[str] = []
    calls: list[Fields] = []
    found: list[Fields] = []
    for part in parts:
        if part.__class__ is not dict:
            return None
        kind = part.get("type")
        if kind == "text":
            said = part.get("content")
            if said.__class__ is not str:
                return None
            texts.append(said)
        elif kind == "tool_call":
            call = _call(part)
            if call is None:
                return None
            calls.append(call)
        elif kind == "tool_call_response":
            result, ident = part.get("response"), part.get("id")
            if result.__class__ is not str or "name" in part or ident.__class__ is not str:
                return None
            told = {"role": "tool"}
            if result:
                told["content"] = result
            if ident:
                told["tool_call_id"] = ident
            found.append(told)
        else:
            return None
    if role == "tool" and (calls or not found):
        return None
    if texts or calls or not found:
        finish = value.get("finish_reason") or ""
        if finish.__class__ is not str:
            return None
        message: Fields = {"role": role}
        if content := texts[0] if len(texts) == 1 else "\n".join(texts):
            message["content"] = content
        if calls:
            message["tool_calls"] = calls
        if finish:
            message["finish_reason"] = finish
        found.append(message)
    return found


def _call(part: dict[str, Any]) -> Fields | None:
    name, ident, arguments = part.get("name"), part.get("id"), part.get("arguments")
    if name.__class__ is not str or ident.__class__ is not str or arguments is None:
        return None
    call = {"name": name}
    if ident:
        call["id"] = ident
    text = arguments if arguments.__class__ is str else json_text(arguments)
    if text:
        call["arguments"] = text
    return call


def _message(fields: Fields) -> Message:
    calls = fields.pop("tool_calls", ())
    return Message(**fields, tool_calls=tuple(ToolCall(**call) for call in calls))
