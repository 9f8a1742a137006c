"""Spans in few words: agents pay for what they read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

CUT = 2_000
"""Characters of one text in an answer."""
STEP_CUT = 600
"""The same, of a step among many."""
_STEP = (
    *("span_id", "parent_id", "kind", "name", "agent", "tool_name", "model", "status", "error_type", "error"),
    *("handoff_to", "offset_ms", "duration_ms", "input_tokens", "output_tokens", "cost_usd", "finish_reason"),
    *("flags", "merged_into"),
)


def lean(span: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not there: null, empty and what run and parent already say."""
    return {k: v for k, v in span.items() if v not in (None, [], {}, "", False)}


def step_in_words(span: Mapping[str, Any]) -> dict[str, Any]:
    """A step in few words. Every model call is given the whole conversation so far: its last message is what
    is new."""
    step = {name: span[name] for name in _STEP if span[name] not in (None, [], "")}
    given, gave = span["input"], span["output"]
    if given is not None:
        step["input"] = shorten(_told(given, last=1), limit=STEP_CUT)
    if gave is not None:
        step["output"] = shorten(_told(gave, last=3), limit=STEP_CUT)
    return step


def _told(content: Mapping[str, Any], *, last: int) -> Any:
    if content["format"] == "text":
        return content["text"]
    if content["format"] == "json":
        text = json.dumps(content["value"], ensure_ascii=False)
        return content["value"] if len(text) <= STEP_CUT else text
    messages = [lean(message) for message in content["messages"]]
    earlier = len(messages) - last
    return messages if earlier <= 0 else [f"({earlier} earlier messages)", *messages[-last:]]


def name_of(span: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if span is None:
        return None
    kept = ("span_id", "kind", "name", "tool_name", "agent", "model", "status", "error", "started_at")
    return {name: span[name] for name in (*kept, "duration_ms") if span[name] is not None}


def shorten(value: Any, *, limit: int = CUT) -> Any:
    """Long texts cut, saying by how much."""
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]}… ({len(value) - limit} more characters; get_span gives all)"
    if isinstance(value, list):
        return [shorten(item, limit=limit) for item in value]
    if isinstance(value, dict):
        return {key: shorten(item, limit=limit) for key, item in value.items()}
    return value
