"""LangChain and LangGraph: serialised messages, model results, and state that holds messages.

Three spellings of a message: {"lc": 1, "id": […, "HumanMessage"], "kwargs": {…}}, {"type": "human",
"data": {…}} and {"type": "human", "content": …}. Source: langchain_core.load and langchain_core.messages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.blocks import add_block
from roadworthy.features.ingest.messages.draft import Draft, Reader, first, text, tool_call

CLASSES = {
    "SystemMessage": "system",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "ToolMessage": "tool",
    "FunctionMessage": "tool",
}
TYPES = {
    "system": "system",
    "developer": "system",
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
    "chat": "",
}


def read_constructor(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"lc": 1, "type": "constructor", "id": […, "HumanMessage"], "kwargs": {…}}"""
    kwargs, ident = value.get("kwargs"), value.get("id")
    if not isinstance(kwargs, dict):
        return None
    name = ident[-1] if isinstance(ident, list) and ident else ident
    role = CLASSES.get(str(name).removesuffix("Chunk"))
    if role is None:
        if isinstance(kwargs.get("messages"), list):  # a prompt value
            return read.messages(kwargs["messages"])
        role = TYPES.get(str(kwargs.get("type")), "")
        if not role:
            return None
    return _fields(kwargs, role, read)


def read_typed(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"type": "human", "content": …} or {"type": "human", "data": {…}}"""
    role = TYPES.get(str(value.get("type")))
    if role is None:
        return None
    data = value.get("data")
    if isinstance(data, dict) and ("content" in data or "tool_calls" in data):
        return _fields(data, role or text(data.get("role")) or read.default_role, read)
    if "content" not in value:
        return None
    if role == "tool" and "tool_call_id" not in value and value.get("type") == "function":
        return None
    return _fields(value, role or text(value.get("role")) or read.default_role, read)


def read_generations(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """An LLMResult: {"generations": [[{"message", "text", "generation_info"}]]}; Cohere's has texts alone."""
    found: list[Message] = []
    rows = value["generations"]
    for row in rows if isinstance(rows, list) else ():
        for generation in row if isinstance(row, list) else (row,):
            if not isinstance(generation, dict):
                continue
            messages = read.message(generation.get("message"), default_role="assistant")
            if not messages and isinstance(generation.get("text"), str):
                messages = [Message(role="assistant", content=generation["text"])]
            info = generation.get("generation_info")
            if messages and isinstance(info, dict) and not messages[-1].finish_reason:
                messages[-1] = replace(messages[-1], finish_reason=text(info.get("finish_reason")))
            found += messages
    return found


def read_state(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """State wrapped once more: {"inputs" | "outputs" | "update" | "llm_input": {"messages": […]}}."""
    for key in ("llm_input", "inputs", "outputs", "update"):
        inner = value.get(key)
        if isinstance(inner, dict | list):
            found = read.messages(inner)
            if found:
                return found
    return None


def _fields(fields: dict[str, Any], role: str, read: Reader) -> list[Message]:
    draft = Draft(role)
    read.content(draft, fields.get("content"))
    extra = fields.get("additional_kwargs")
    calls = fields.get("tool_calls") or (extra.get("tool_calls") if isinstance(extra, dict) else None)
    if isinstance(calls, list) and calls:
        draft.calls.clear()  # the content blocks of Anthropic and Gemini repeat them
        draft.calls.extend(call for item in calls if (call := tool_call(item)) is not None)
    if isinstance(extra, dict) and extra.get("reasoning_content"):
        add_block(draft, {"type": "reasoning", "text": extra["reasoning_content"]})
    name = fields.get("name")
    if isinstance(name, str):
        draft.name = name
    if role == "tool":
        draft.call_id = text(fields.get("tool_call_id"))
    meta = fields.get("response_metadata")
    if isinstance(meta, dict):
        draft.finish = text(first(meta, "finish_reason", "stop_reason"))
    return draft.done()
