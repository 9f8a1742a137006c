"""OpenTelemetry's GenAI messages: {"role", "parts": [{"type", …}], "finish_reason"}, the commonest of all.

The general reader understands them as well; here they are read in one pass without its detours, at a third
of the time. Whatever is not exactly as the convention says goes to the general reader.
Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/ (gen_ai.input.messages)
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message, ToolCall
from roadworthy.features.ingest.messages.draft import ROLES, json_text

KEYS = frozenset({"role", "parts", "finish_reason"})


def read_message(value: dict[str, Any]) -> list[Message] | None:
    """Its messages; None where it holds more than text, tool calls and tool results."""
    role, parts = ROLES.get(value["role"]), value["parts"]
    if role is None or parts.__class__ is not list or (len(value) > 2 and not value.keys() <= KEYS):
        return None
    texts: list[str] = []
    calls: list[ToolCall] = []
    results: list[Message] = []
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
            result = part.get("response")
            if result.__class__ is not str or "name" in part or part.get("id").__class__ is not str:
                return None
            results.append(Message(role="tool", content=result, tool_call_id=part["id"]))
        else:
            return None
    if role == "tool" and (calls or not results):
        return None
    if texts or calls or not results:
        finish = value.get("finish_reason") or ""
        if finish.__class__ is not str:
            return None
        content = texts[0] if len(texts) == 1 else "\n".join(texts)
        results.append(Message(role=role, content=content, tool_calls=tuple(calls), finish_reason=finish))
    return results


def _call(part: dict[str, Any]) -> ToolCall | None:
    name, call_id, arguments = part.get("name"), part.get("id"), part.get("arguments")
    if name.__class__ is not str or call_id.__class__ is not str or arguments is None:
        return None
    text = arguments if arguments.__class__ is str else json_text(arguments)
    return ToolCall(id=call_id, name=name, arguments=text)
