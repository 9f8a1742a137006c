"""Vercel's AI SDK: prompts with a system text beside them, and tool calls on their own.

Messages are {"role", "content": [{"type": "text" | "tool-call" | "tool-result"}]}, read as the shared form.
Source: https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.anthropic import system_messages
from roadworthy.features.ingest.messages.draft import Draft, Reader, text, tool_call

PROMPT_KEYS = frozenset({"prompt", "system", "model", "max_tokens", "max_tokens_to_sample", "temperature"})


def read_prompt(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"prompt": text or messages, "system": text}; also the completions request of many providers."""
    prompt = value["prompt"]
    if isinstance(prompt, str):
        if prompt[:2] == "[{" and (found := read.messages([prompt])):
            return system_messages(value, read) + found
        if not (value.keys() & (PROMPT_KEYS - {"prompt"}) or len(value) == 1):
            return None
        found = [Message(role="user", content=prompt)]
    elif isinstance(prompt, list | dict):
        found = read.messages(prompt)
        if not found and isinstance(prompt, list) and all(isinstance(item, str) for item in prompt):
            found = [Message(role="user", content=item) for item in prompt]  # a batch of completions
    else:
        return None
    return system_messages(value, read) + found if found else None


def read_result(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"text": …, "toolCalls": […]}: what generateText returned."""
    calls = value["toolCalls"]
    if not isinstance(calls, list):
        return None
    draft = Draft("assistant")
    if value.get("text"):
        draft.texts.append(text(value["text"]))
    draft.calls.extend(call for item in calls if (call := tool_call(item)) is not None)
    draft.finish = text(value.get("finishReason"))
    return draft.done(keep_empty=False)


def read_tool_call(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"toolCallId", "toolName", "args" | "input"}, or with "result" | "output" what it gave back."""
    draft = Draft("assistant")
    if "toolName" not in value:
        return None
    result = value.get("result", value.get("output"))
    if result is not None:
        draft.add_result(result, call_id=text(value["toolCallId"]), name=text(value["toolName"]))
        return draft.results
    call = tool_call(value)
    if call is not None:
        draft.calls.append(call)
    return draft.done(keep_empty=False)
