"""The table of chat shapes, and the reader that walks a value with it.

A value is a list of messages, one message, or an envelope around them. `ENVELOPES` and `MESSAGES` say, in
order, which key gives a shape away and who reads it; a reader that finds the rest missing answers None and
the next is asked. Adding a shape is one file and its lines here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages import (
    anthropic,
    autogen,
    bedrock,
    cohere,
    gemini,
    haystack,
    hugging_face,
    langchain,
    llama_index,
    ollama,
    openai_chat,
    openai_responses,
    otel_parts,
    pydantic_ai,
    python_repr,
    streams,
    vercel_ai,
)
from roadworthy.features.ingest.messages.blocks import add_block, is_block
from roadworthy.features.ingest.messages.draft import ROLES, Draft, Reader, role_of, text, tool_call

Shape = Callable[[dict[str, Any], Reader], "list[Message] | None"]

ENVELOPES: tuple[tuple[str, Shape], ...] = (
    ("choices", openai_chat.read_response),
    ("candidates", gemini.read_response),
    ("contents", gemini.read_request),
    ("chat_history", cohere.read_v1),
    ("messages", anthropic.read_request),
    ("generations", langchain.read_generations),
    ("toolCalls", vercel_ai.read_result),
    ("output", openai_responses.read_response),
    ("output", bedrock.read_response),
    ("message", ollama.read_message),
    ("input", openai_responses.read_request),
    ("prompt", vercel_ai.read_prompt),
    ("content", gemini.read_content),
    ("response", ollama.read_generated),
    ("inputText", bedrock.read_titan_request),
    ("results", bedrock.read_titan_response),
    ("completion", bedrock.read_completion),
    ("generation", bedrock.read_completion),
    ("completions", bedrock.read_completion),
    ("llm_input", langchain.read_state),
    ("inputs", langchain.read_state),
    ("inputs", hugging_face.read_request),
    ("generated_text", hugging_face.read_response),
    ("outputs", langchain.read_state),
    ("update", langchain.read_state),
    ("new_message", gemini.read_invocation),
    ("replies", haystack.read_replies),
    ("finish_reason", openai_chat.read_text_answer),
)
MESSAGES: tuple[tuple[str, Shape], ...] = (
    ("kwargs", langchain.read_constructor),
    ("kind", pydantic_ai.read_message),
    ("blocks", llama_index.read_message),
    ("_content", haystack.read_dumped),
    ("source", autogen.read_message),
    ("toolCallId", vercel_ai.read_tool_call),
    ("type", openai_responses.read_item),
    ("type", langchain.read_typed),
    ("type", autogen.read_message),
)
MESSAGE_KEYS = frozenset(
    {"content", "name", "id", "tool_calls", "toolCalls", "function_call", "refusal", "finish_reason"}
    | {"tool_call_id", "additional_kwargs", "reasoning", "reasoning_content", "stop_reason", "type"}
)
"""A message without a role may hold these and nothing else: more, and it is somebody's data."""


class ChatReader:
    """Walks one value. `depth` is how many levels are left."""

    __slots__ = ("default_role", "depth", "unknown_roles")

    def __init__(self, default_role: str, depth: int) -> None:
        self.default_role = default_role
        self.depth = depth
        self.unknown_roles = False

    def messages(self, value: object) -> list[Message]:
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, dict):
            return self._dict(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes):
            return streams.read_binary(value, self)
        return []

    def message(self, value: object, *, default_role: str = "") -> list[Message]:
        if not isinstance(value, dict):
            return []
        role = value.get("role")
        if isinstance(role, str) and "blocks" not in value:
            if "parts" in value:
                found = otel_parts.read_message(value)
                return found if found is not None else self._role_message(value, role)
            plain = _plain_message(value, role)
            return [plain] if plain is not None else self._role_message(value, role)
        for key, shape in MESSAGES:
            if key in value:
                found = shape(value, self)
                if found is not None:
                    return found
        if value.keys() == {"parts"}:  # Gemini's role may be left out of what the user says
            return self._role_message(value, default_role or self.default_role)
        if ("content" in value or "tool_calls" in value) and value.keys() <= MESSAGE_KEYS:
            return self._role_message(value, default_role or self.default_role)
        return []

    def content(self, draft: Draft, value: object) -> None:
        if isinstance(value, str):
            if value[:2] == "[{" and self._encoded_blocks(draft, value):
                return
            if value:
                draft.texts.append(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, str):
                    draft.texts.append(item)
                elif not (isinstance(item, dict) and add_block(draft, item)) and item is not None:
                    draft.texts.append(text(item))
        elif isinstance(value, dict):
            if "parts" in value:
                self.content(draft, value["parts"])
            elif not add_block(draft, value):
                draft.texts.append(text(value))
        elif value is not None:
            draft.texts.append(text(value))

    def _encoded_blocks(self, draft: Draft, value: str) -> bool:
        """Strands and others send content blocks as JSON text inside the content."""
        try:
            blocks = orjson.loads(value)
        except ValueError:
            return False
        if not (isinstance(blocks, list) and all(is_block(block) for block in blocks)):
            return False
        for block in blocks:
            add_block(draft, block)
        return True

    def _list(self, values: list[Any]) -> list[Message]:
        if self.depth <= 0:
            return []
        if values and streams.is_event(values[0]):
            return streams.read_events([value for value in values if isinstance(value, dict)], self)
        self.depth -= 1
        found: list[Message] = []
        recognised = 0
        for value in values:
            if isinstance(value, list):
                messages = self._list(value)
            elif isinstance(value, dict):
                messages = self.message(value) or self._envelope(value)
            elif isinstance(value, str):
                messages = self._text(value) if value[:1] in ("{", "[") else self._printed(value)
            else:
                continue
            if messages:
                recognised += 1
                found += messages
        self.depth += 1
        if recognised == 0 and values and all(is_block(value) for value in values):
            draft = Draft(self.default_role)
            self.content(draft, values)
            return draft.done(keep_empty=False)
        return _answers_of_named_tools(found) if self.unknown_roles else found

    def _printed(self, value: str) -> list[Message]:
        if value.startswith(haystack.PRINTED):
            return self.message(haystack.read_printed(value))
        return python_repr.read_text(value)

    def _dict(self, value: dict[str, Any]) -> list[Message]:
        return self._envelope(value) or self.message(value)

    def _envelope(self, value: dict[str, Any]) -> list[Message]:
        if self.depth <= 0:
            return []
        self.depth -= 1
        try:
            for key, shape in ENVELOPES:
                if key in value:
                    found = shape(value, self)
                    if found:
                        return found
            return []
        finally:
            self.depth += 1

    def _text(self, value: str) -> list[Message]:
        start = value[:64].lstrip()
        if start[:1] not in ("{", "["):
            return streams.read_text(value, self) if start[:5] in ("data:", "event") else []
        try:
            loaded = orjson.loads(value)
        except ValueError:
            return streams.read_text(value, self) if start[:1] == "{" and "}\n{" in value else []
        return self.messages(loaded)

    def _role_message(self, value: dict[str, Any], role: str) -> list[Message]:
        """The form most providers share: role, content or parts, tool calls, the answered call, a name."""
        draft = Draft(role_of(role, ""))
        if not draft.role:
            draft.role, draft.name = self.default_role, role
            self.unknown_roles = True
        content = value.get("content")
        if content is None:
            content = value.get("parts")
        if isinstance(content, dict) and "function" in content and tool_call(content) is None:
            return []  # LangSmith records the tools on offer as messages
        self.content(draft, content)
        if content is None or len(value) > 2:
            self._extras(draft, value)
        if draft.role == "tool":
            if draft.results:
                return draft.done(keep_empty=False)
            if draft.calls:
                draft.role = "assistant"  # Koog and smolagents say "tool" of the call as well
        return draft.done()

    def _extras(self, draft: Draft, value: dict[str, Any]) -> None:
        name = value.get("name")
        if isinstance(name, str):
            draft.name = name
        reasoning = value.get("reasoning_content") or value.get("reasoning")
        if isinstance(reasoning, str):
            add_block(draft, {"type": "reasoning", "text": reasoning})
        if value.get("refusal"):
            add_block(draft, {"type": "refusal", "refusal": value["refusal"]})
        finish = value.get("finish_reason") or value.get("stop_reason")
        if isinstance(finish, str):
            draft.finish = finish
        calls = value.get("tool_calls") or value.get("toolCalls") or value.get("function_call")
        if not calls and str(value.get("type")) in openai_responses.ITEM_CALLS:
            draft.name = ""
            calls = {**value, "id": value.get("call_id") or value.get("id")}  # an item with a role put to it
        extra = value.get("additional_kwargs")
        if not calls and isinstance(extra, dict):
            calls = extra.get("tool_calls")
        for item in calls if isinstance(calls, list) else (calls,):
            call = tool_call(item)
            if call is not None:
                draft.calls.append(call)
        call_id = value.get("tool_call_id") or value.get("toolCallId")
        if call_id is not None and draft.role == "tool":
            draft.call_id = text(call_id)


def _plain_message(value: dict[str, Any], role: str) -> Message | None:
    """The commonest messages without the detour over a draft: one text, or one answer."""
    canonical = ROLES.get(role)
    content = value.get("content")
    if canonical is None:
        return None
    if not isinstance(content, str) or content[:2] == "[{":
        return None
    if len(value) == 2:
        return Message(role=canonical, content=content)
    if len(value) == 3 and canonical == "tool" and isinstance(value.get("tool_call_id"), str):
        return Message(role=canonical, content=content, tool_call_id=value["tool_call_id"])
    return None


def _answers_of_named_tools(messages: list[Message]) -> list[Message]:
    """LangSmith gives a tool's answer the tool's name as its role: it is one where that tool was called."""
    called: set[str] = set()
    found: list[Message] = []
    for message in messages:
        called.update(call.name for call in message.tool_calls)
        found.append(replace(message, role="tool") if message.name in called else message)
    return found
