"""Chats flattened into one attribute a field: `llm.input_messages.0.message.role`, `gen_ai.prompt.0.content`.

Sources: OpenInference, "Semantic Conventions" (llm.input_messages); OpenLLMetry before 0.50 and the first
OTel GenAI drafts (gen_ai.prompt.N, gen_ai.completion.N).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from roadworthy.domain.message import Message, Part, ToolCall
from roadworthy.features.ingest.any_value import Attributes, as_text
from roadworthy.features.ingest.messages.parse import parse_messages

PREFIXES = ("llm.input_messages.", "llm.output_messages.", "gen_ai.prompt.", "gen_ai.completion.")

_KEY = re.compile(
    r"(?P<list>llm\.input_messages|llm\.output_messages|gen_ai\.prompt|gen_ai\.completion)\.(?P<index>\d{1,6})\."
    r"(?:message\.)?(?P<field>role|content|name|tool_call_id|finish_reason|function_call_name|"
    r"function_call_arguments_json|function_call\.name|function_call\.arguments|reasoning|"
    r"(?P<calls>tool_calls\.(?P<call>\d{1,6})\.(?:tool_call\.)?(?:function\.)?(?P<call_field>id|name|arguments))|"
    r"(?P<parts>contents\.(?P<part>\d{1,6})\.(?:message_content\.)?(?P<part_field>type|text|image\.image\.url|"
    r"image\.url|data|signature|id|tool_call\.id|tool_call\.function\.name|tool_call\.function\.arguments)))$"
)

_ROLES = {
    "model": "assistant",
    "ai": "assistant",
    "human": "user",
    "developer": "system",
    "function": "tool",
    "tool-response": "tool",
    "tool_response": "tool",
    "tool-call": "assistant",
    "chatbot": "assistant",
}

_TEXTS = frozenset({"text", "input_text", "output_text"})
"""As chats and OpenAI's Responses API call them."""
_CACHE_SIZE = 20_000


@dataclass(frozen=True, slots=True)
class _Slot:
    output: bool
    index: int
    field: str
    sub: int = 0


@dataclass(slots=True)
class _Draft:
    fields: dict[str, str] = field(default_factory=dict)
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    parts: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Chats:
    given: list[Message]
    said: list[Message]


# Keys repeat on every span; matching one costs twenty times a look-up. Bounded, and emptied when full.
_slots: dict[str, _Slot | None] = {}


def take_chats(attributes: Attributes) -> Chats:
    """Take the flattened messages out of `attributes`; keys of fields nobody knows stay."""
    given: dict[int, _Draft] = {}
    said: dict[int, _Draft] = {}
    for key in [k for k in attributes if k.startswith(PREFIXES)]:
        try:
            slot = _slots[key]
        except KeyError:
            slot = _remember(key)
        if slot is not None:
            _put(said if slot.output else given, slot, attributes.pop(key))
    return Chats(
        given=[_message(given[i], "user") for i in sorted(given)],
        said=[_message(said[i], "assistant") for i in sorted(said)],
    )


def _remember(key: str) -> _Slot | None:
    if len(_slots) >= _CACHE_SIZE:
        _slots.clear()
    slot = _slots[key] = _slot(key)
    return slot


def _slot(key: str) -> _Slot | None:
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    output = found["list"] in ("llm.output_messages", "gen_ai.completion")
    index = int(found["index"])
    if found["calls"]:
        return _Slot(output, index, "call:" + found["call_field"], int(found["call"]))
    if found["parts"]:
        return _Slot(output, index, "part:" + found["part_field"], int(found["part"]))
    name = found["field"]
    if name.startswith("function_call"):
        return _Slot(output, index, "call:name" if name.endswith("name") else "call:arguments")
    return _Slot(output, index, name)


def _put(drafts: dict[int, _Draft], slot: _Slot, value: Any) -> None:
    draft = drafts.get(slot.index)
    if draft is None:
        draft = drafts[slot.index] = _Draft()
    text = value if value.__class__ is str else as_text(value)
    name = slot.field
    if name.startswith("call:"):
        draft.calls.setdefault(slot.sub, {})[name[5:]] = text
    elif name.startswith("part:"):
        draft.parts.setdefault(slot.sub, {})[name[5:]] = text
    else:
        draft.fields[name] = text


def _message(draft: _Draft, default_role: str) -> Message:
    fields = draft.fields
    role = fields.get("role", default_role)
    role = _ROLES.get(role, role)
    content = fields.get("content", "")
    if content[:2] == "[{" and (blocks := _blocks(role, content)) is not None:
        return blocks
    if role == "user" and fields.get("tool_call_id"):
        role = "tool"  # Anthropic's results are blocks of a user's message
    # Some write every field of a call, empty, where there is none.
    calls = [call for i in sorted(draft.calls) if any((call := draft.calls[i]).values())]
    parts: list[Part] = []
    texts: list[str] = []
    for number in sorted(draft.parts):
        _read_part(draft.parts[number], calls, parts, texts)
    if fields.get("reasoning"):
        parts.append(Part(type="reasoning", text=fields["reasoning"]))
    return Message(
        role=role,
        content=content or "\n".join(texts),
        tool_calls=tuple(
            ToolCall(id=c.get("id", ""), name=c.get("name", ""), arguments=c.get("arguments", ""))
            for c in calls
        ),
        tool_call_id=fields.get("tool_call_id", ""),
        name=fields.get("name", ""),
        parts=tuple(parts),
        finish_reason=fields.get("finish_reason", ""),
    )


def _blocks(role: str, content: str) -> Message | None:
    """Content that is itself the JSON of content blocks, as OpenLLMetry wrote it."""
    if '"type"' not in content:
        return None
    read = parse_messages(f'[{{"role":"{role}","content":{content}}}]', default_role=role)
    return read[0] if len(read) == 1 else None


def _read_part(
    part: dict[str, str], calls: list[dict[str, str]], parts: list[Part], texts: list[str]
) -> None:
    kind = part.get("type", "text")
    if kind in _TEXTS:
        if part.get("text"):
            texts.append(part["text"])
    elif "tool_call.id" in part or "tool_call.function.name" in part:
        # Anthropic's spans say each call twice, as a call and as a content block.
        call_id = part.get("tool_call.id", "")
        name = part.get("tool_call.function.name", "")
        known = any(c.get("id", "") == call_id and c.get("name", "") == name for c in calls)
        if not known:
            arguments = part.get("tool_call.function.arguments", "")
            calls.append({"id": call_id, "name": name, "arguments": arguments})
    else:
        uri = part.get("image.image.url", "") or part.get("image.url", "")
        parts.append(Part(type=kind, text=part.get("text", "") or part.get("data", ""), uri=uri))
