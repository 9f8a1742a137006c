"""What the caller asked and what the caller got, as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from roadworthy.domain.span import ContentFormat
from roadworthy.features.ingest.handoffs import FINAL_ANSWERS
from roadworthy.features.ingest.messages.parse import parse_messages
from roadworthy.features.ingest.runs.node import LLM, MESSAGES, Fields, Node

_REPR = re.compile(r"\s*[A-Za-z_]\w*\((?:[a-z_]\w*=|<)|\s*<[\w.]+ object at 0x")
"""How Python prints an object: what a framework wrote for want of something better, not an answer."""

_MAX = 20_000
"""Characters of a question or an answer kept on the run; the spans keep all of it."""

_ANSWER_FIELDS = (
    "raw",
    "final_answer",
    "answer",
    "output",
    "result",
    "response",
    "text",
    "content",
    "final_output",
)
_QUESTION_FIELDS = (
    "task",
    "input",
    "query",
    "question",
    "prompt",
    "user_msg",
    "message",
    "request",
    "description",
)


def answer_of(node: Node) -> str:
    """The last thing an agent or a model said, "" where it said nothing in words."""
    span = node.span
    if span.output_format == MESSAGES:
        return _last_said(node.said())
    if span.output_format == ContentFormat.JSON:
        return _answer_in_json(span.output)
    text = span.output
    return "" if _REPR.match(text) else text.strip()[:_MAX]


def _last_said(messages: Sequence[Fields]) -> str:
    for message in reversed(messages):
        if message.get("role") != "assistant":
            continue
        for call in message.get("tool_calls", ()):
            if call.get("name") in FINAL_ANSWERS:
                return _final(call.get("arguments", ""))
        if message.get("tool_calls"):
            return ""
        return _words(message)
    return ""


def _words(message: Fields) -> str:
    content = message.get("content", "")
    if not content:
        content = "\n".join(
            p.get("text", "")
            for p in message.get("parts", ())
            if p.get("type") in ("json", "refusal", "text")
        )
    return str(content).strip()[:_MAX]


def _final(arguments: str) -> str:
    try:
        loaded = orjson.loads(arguments)
    except ValueError:
        return arguments.strip()[:_MAX]
    if isinstance(loaded, dict) and len(loaded) == 1:
        loaded = next(iter(loaded.values()))
    return (loaded if isinstance(loaded, str) else orjson.dumps(loaded).decode()).strip()[:_MAX]


def _answer_in_json(text: str) -> str:
    try:
        loaded = orjson.loads(text)
    except ValueError:
        return text.strip()[:_MAX]
    return _dig(loaded, 0) or text.strip()[:_MAX]


def _dig(value: Any, depth: int) -> str:
    """A chat's last answer, or the field that answers go by."""
    if depth > 3 or not isinstance(value, (dict, list)):
        return ""
    messages = parse_messages(value, default_role="assistant")
    for message in reversed(messages):
        if message.role == "assistant" and message.content:
            return message.content.strip()[:_MAX]
    if isinstance(value, dict):
        for name in _ANSWER_FIELDS:
            inner = value.get(name)
            if isinstance(inner, str) and inner.strip():
                return inner.strip()[:_MAX]
        for name in ("outputs", "output", "result", "response", "messages"):
            found = _dig(value.get(name), depth + 1)
            if found:
                return found
        if len(value) == 1:
            # Haystack's pipelines put the name of the component around what it gave.
            return _dig(next(iter(value.values())), depth + 1)
    return ""


def question_of(node: Node) -> str:
    """What the user said last, "" where nothing went in, or only the machinery's own arguments."""
    span = node.span
    if span.input_format == MESSAGES:
        return _last_asked(node.given())
    if span.input_format == ContentFormat.JSON:
        return _question_in_json(span.input)
    return "" if _REPR.match(span.input) else span.input.strip()[:_MAX]


def _last_asked(messages: Sequence[Fields]) -> str:
    for message in reversed(messages):
        if message.get("role") == "user" and message.get("content"):
            return str(message["content"]).strip()[:_MAX]
    return ""


def _question_in_json(text: str) -> str:
    try:
        loaded = orjson.loads(text)
    except ValueError:
        return text.strip()[:_MAX]
    for message in reversed(parse_messages(loaded, default_role="user")):
        if message.role == "user" and message.content:
            return message.content.strip()[:_MAX]
    return _asked_in(loaded, 0)


def _asked_in(value: Any, depth: int) -> str:
    if depth > 3 or not isinstance(value, dict):
        return ""
    for name in _QUESTION_FIELDS:
        inner = value.get(name)
        if isinstance(inner, str) and inner.strip():
            return inner.strip()[:_MAX]
    for name in ("new_message", "inputs", "input", "input_args", "kwargs"):
        inner = value.get(name)
        messages = parse_messages(inner, default_role="user") if isinstance(inner, (dict, list)) else ()
        if messages and messages[-1].content:
            return messages[-1].content.strip()[:_MAX]
        found = _asked_in(inner, depth + 1)
        if found:
            return found
    arguments = value.get("args")
    if isinstance(arguments, list) and arguments and isinstance(arguments[0], str):
        return arguments[0][:_MAX]
    return ""


def last_call(calls: Sequence[Node]) -> Node | None:
    """The model call that ended last, duplicates and totals left out, and those around another call: ADK once
    put all that a sub-agent did below the call that handed over to it."""
    counted = [n for n in calls if n.counted and n.kind is LLM]
    around: set[int] = set()
    passed: set[int] = set()
    for node in counted if [n for n in counted if n.kids] else ():
        for above in node.ancestors():
            if id(above) in passed:
                break
            passed.add(id(above))
            if above.kind is LLM:
                around.add(id(above))
    ended = [n for n in counted if id(n) not in around] if around else counted
    return max(ended, key=lambda n: (n.span.end_ns, n.order), default=None)
