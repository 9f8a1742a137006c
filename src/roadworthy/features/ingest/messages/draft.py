"""A message being put together from whatever pieces a provider sent, and the words providers use for them."""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from roadworthy.domain.message import Message, Part, ToolCall

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "aimessagechunk": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "tool": "tool",
    "function": "tool",
    "ipython": "tool",
    "environment": "tool",
    "tool-call": "assistant",
    "tool-response": "tool",
    "tool_call": "assistant",
    "tool_response": "tool",
}

CALL_IDS = ("id", "call_id", "tool_call_id", "toolCallId", "toolUseId", "tool_id", "tool_use_id")


class Reader(Protocol):
    """What a shape calls back for the values nested in its own. Too deep reads as nothing."""

    default_role: str

    def messages(self, value: object) -> list[Message]:
        """Messages of any chat value; [] where it is none."""
        ...

    def message(self, value: object, *, default_role: str = "") -> list[Message]:
        """Messages of one message-like object (several where tool results ride in it)."""
        ...

    def content(self, draft: Draft, value: object) -> None:
        """Put text, parts, calls and results of a content value into the draft."""
        ...


class Draft:
    """One message being put together. Tool results in it become messages of their own."""

    __slots__ = ("call_id", "calls", "finish", "name", "parts", "results", "role", "texts")

    def __init__(self, role: str) -> None:
        self.role = role
        self.texts: list[str] = []
        self.calls: list[ToolCall] = []
        self.parts: list[Part] = []
        self.results: list[Message] = []
        self.name = ""
        self.call_id = ""
        self.finish = ""

    def add_result(self, content: object, *, call_id: str = "", name: str = "") -> None:
        self.results.append(
            Message(role="tool", content=result_text(content), tool_call_id=call_id, name=name)
        )

    def done(self, *, keep_empty: bool = True) -> list[Message]:
        """Its messages: tool results first, as providers send them before the words of the same turn."""
        if self.texts or self.calls or self.parts or (keep_empty and not self.results):
            texts = self.texts
            message = Message(
                role=self.role,
                content=texts[0] if len(texts) == 1 else "\n".join(texts),
                tool_calls=tuple(self.calls),
                tool_call_id=self.call_id,
                name=self.name,
                parts=tuple(self.parts),
                finish_reason=self.finish,
            )
            return [*self.results, message] if self.results else [message]
        return self.results


def role_of(value: object, default: str) -> str:
    """The canonical role for a provider's word ("developer", "MessageRole.USER"); else the default."""
    if not isinstance(value, str):
        return default
    role = ROLES.get(value)
    if role is None:
        role = ROLES.get(value.lower().rpartition(".")[2], default)
    return role


def text(value: object) -> str:
    """A string as it is, None as "", anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json_text(value)


def json_text(value: object) -> str:
    """Compact JSON, keys in the order sent; what JSON cannot hold is written as text."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (orjson.JSONEncodeError, ValueError):
        return str(value)


def result_text(value: object) -> str:
    """Text of a tool result: the text of text blocks where it is made of them, else JSON."""
    if isinstance(value, list) and value:
        texts = [block_text(item) for item in value]
        if all(t is not None for t in texts):
            return "\n".join(t for t in texts if t is not None)
    return text(value)


def block_text(value: object) -> str | None:
    """Text of a block that holds nothing but text, or nothing but a value (Bedrock's `json`); or None."""
    if isinstance(value, dict) and value.keys() == {"json"}:
        return text(value["json"])
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        kind = value.get("type", "text")
        if kind in ("text", "input_text", "output_text"):
            return str(value["text"])
    return None


def first(value: dict[str, Any], *keys: str) -> Any:
    """The value of the first key that is there and not None."""
    for key in keys:
        found = value.get(key)
        if found is not None:
            return found
    return None


def tool_call(value: object) -> ToolCall | None:
    """A tool call in any of the known spellings, or None where nothing names a tool."""
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    name = inner.get("name") if isinstance(inner, dict) else None
    if isinstance(inner, dict) and isinstance(name, str):  # OpenAI's spelling, by far the commonest
        call_id, arguments = value.get("id"), inner.get("arguments")
        if isinstance(call_id, str) and isinstance(arguments, str):
            return ToolCall(id=call_id, name=name, arguments=arguments)
    elif inner is None and "arguments" in value:  # OpenTelemetry's
        name, call_id = value.get("name"), value.get("id")
        if isinstance(name, str) and isinstance(call_id, str):
            return ToolCall(id=call_id, name=name, arguments=text(value["arguments"]))
    inner = first(value, "function", "tool_call")
    source: dict[str, Any] = inner if isinstance(inner, dict) else value
    if isinstance(source.get("function"), dict):  # OpenInference: {"tool_call": {"id", "function": {…}}}
        value, source = source, source["function"]
    name = first(source, "name", "tool_name", "toolName", "recipient_name")
    if not isinstance(name, str) or ("parameters" in source and "description" in source):
        return None  # the second is the definition of a tool
    call_id = first(value, *CALL_IDS, "ref")
    if call_id is None:
        call_id = source.get("id")
    arguments = first(
        source, "arguments", "args", "input", "parameters", "tool_kwargs", "tool_args", "rawInput"
    )
    return ToolCall(id=text(call_id), name=name, arguments=text(arguments))
