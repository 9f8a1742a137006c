"""What a recorded message says, for people and for comparing: one value, however it was sent.

A stream is the value its events add up to, in the shape of the dialect's whole answer, so that an answer is
the same with and without streaming. What differs between any two answers of a model (its id, the time,
counts of tokens) is left out; ids of calls are told by the place they first stand at. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.tape.match_key import ABOUT_THE_CALLER, with_ordinals

_PASSING = frozenset(
    {
        "id", "created", "created_at", "completed_at", "usage", "usageMetadata", "system_fingerprint",
        "service_tier", "responseId", "obfuscation", "modelVersion", "createTime",
    }
)  # fmt: skip
"""Top-level fields of a model's answer that say nothing of what it answered."""
_WHOLE = frozenset({"response.completed", "response.incomplete", "response.failed"})


def shown(message: RecordedMessage | None, *, kind: ExchangeKind, asked: bool) -> str:
    """As text: JSON with its fields sorted and two spaces of indent, or the text as it came; "" where nothing
    was recorded. `asked` says that it is the request."""
    if message is None:
        return ""
    found = value_of(message, kind=kind, asked=asked)
    text = found if isinstance(found, str) else _pretty(found)
    return with_ordinals(text)


def value_of(message: RecordedMessage, *, kind: ExchangeKind, asked: bool) -> Any:
    """JSON where it is, else text."""
    text = message.body.decode("utf-8", "replace")
    found = _json(text)
    if found is None:
        events = _events(text) if not asked else []
        found = _added(events) if events else text
    if not isinstance(found, dict):
        return found
    if "jsonrpc" in found:
        return {name: value for name, value in found.items() if name != "id"}
    left_out = frozenset[str]() if kind is not ExchangeKind.MODEL else ABOUT_THE_CALLER if asked else _PASSING
    return {name: value for name, value in found.items() if name not in left_out}


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _events(text: str) -> list[Any]:
    """The JSON of each server-sent event; what is none (`[DONE]`, comments) is passed over."""
    found: list[Any] = []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        event = _json(value.strip()) if name == "data" else None
        if event is not None:
            found.append(event)
    return found


def _added(events: Sequence[Any]) -> Any:
    try:
        return _whole(events)
    except (AttributeError, KeyError, TypeError, ValueError):
        # An upstream that speaks no dialect as it should: its events as they are.
        return list(events)


def _whole(events: Sequence[Any]) -> Any:
    told = [one for one in events if isinstance(one, dict)]
    whole = [one["response"] for one in told if one.get("type") in _WHOLE and "response" in one]
    if whole:
        return whole[-1]
    if any("choices" in one for one in told):
        return _chat(told)
    if any(one.get("type") == "message_start" for one in told):
        return _anthropic(told)
    if any("candidates" in one for one in told):
        return _gemini(told)
    return events[0] if len(events) == 1 else list(events)


def _chat(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    choices: dict[int, dict[str, Any]] = {}
    found: dict[str, Any] = {"object": "chat.completion"}
    for event in events:
        found |= {name: value for name, value in event.items() if name in ("model", "error")}
        for one in event.get("choices") or []:
            choice = choices.setdefault(
                int(one.get("index", 0)), {"index": one.get("index", 0), "message": {"role": "assistant"}}
            )
            _add(choice["message"], one.get("delta") or {})
            if one.get("finish_reason") is not None:
                choice["finish_reason"] = one["finish_reason"]
    return {**found, "choices": [choices[index] for index in sorted(choices)]}


def _add(message: dict[str, Any], delta: dict[str, Any]) -> None:
    """Texts are joined, parts of lists go by their index, anything else is as told last."""
    for name, value in delta.items():
        if isinstance(value, str) and isinstance(message.get(name), str) and name not in _NAMED:
            message[name] += value
        elif isinstance(value, list) and all(isinstance(one, dict) and "index" in one for one in value):
            parts = message.setdefault(name, [])
            for one in value:
                while len(parts) <= int(one["index"]) < _MOST_PARTS:
                    parts.append({})
                if int(one["index"]) < len(parts):
                    _add(parts[int(one["index"])], {k: v for k, v in one.items() if k != "index"})
        elif isinstance(value, dict):
            _add(message.setdefault(name, {}), value)
        elif value is not None:
            message[name] = value


_NAMED = frozenset({"role", "id", "type", "name"})
"""Texts that are told once or again as they are, never in pieces."""
_MOST_PARTS = 1_000


def _anthropic(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    for event in events:
        index = int(event.get("index", 0))
        if event.get("type") == "message_start":
            found |= event.get("message") or {}
        elif event.get("type") == "content_block_start":
            blocks[index] = dict(event.get("content_block") or {})
        elif event.get("type") == "content_block_delta":
            delta = event.get("delta") or {}
            _add(blocks.setdefault(index, {}), {k: v for k, v in delta.items() if k != "type"})
        elif event.get("type") == "message_delta":
            found |= {k: v for k, v in (event.get("delta") or {}).items() if v is not None}
        elif event.get("type") == "error":
            found["error"] = event.get("error")
    for block in blocks.values():
        if "partial_json" in block:
            said = block.pop("partial_json")
            block["input"] = (_json(said) if said else {}) if _json(said) is not None or not said else said
    return {**found, "content": [blocks[index] for index in sorted(blocks)]}


def _gemini(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parts: list[dict[str, Any]] = []
    for event in events:
        found |= {name: value for name, value in event.items() if name != "candidates"}
        for candidate in (event.get("candidates") or [])[:1]:
            for part in (candidate.get("content") or {}).get("parts") or []:
                if parts and part.keys() == parts[-1].keys() == {"text"}:
                    parts[-1]["text"] += part["text"]
                else:
                    parts.append(dict(part))
            found |= {"finishReason": candidate["finishReason"]} if candidate.get("finishReason") else {}
    finish = {"finishReason": found.pop("finishReason")} if "finishReason" in found else {}
    return {**found, "candidates": [{"content": {"parts": parts, "role": "model"}, **finish}]}
