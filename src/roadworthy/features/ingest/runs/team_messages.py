"""AutoGen's messages between agents: its model calls have no spans, but each answer says what it cost.

Source: autogen-agentchat, messages.py (`models_usage`, ToolCallRequestEvent, ToolCallExecutionEvent).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from roadworthy.domain.message import Message, ToolCall
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.ingest.any_value import as_int, as_text
from roadworthy.features.ingest.messages.parse import dump_messages
from roadworthy.features.ingest.runs.inferred_span import inferred_span
from roadworthy.features.ingest.runs.node import Node

_MAX_DEPTH = 6


def infer_team(nodes: Sequence[Node]) -> list[Node]:
    """Model calls read out of delivered messages, each once however often it was delivered; and the tool
    results among them, told to the tools' nodes."""
    messages: dict[str, tuple[Node, dict[str, Any]]] = {}
    for node in sorted(nodes, key=lambda n: n.order):
        if node.span.dialect == "autogen" and node.kind is SpanKind.CHAIN and node.span.output:
            for message in _messages(_loaded(node.span.output), 0):
                messages.setdefault(message["id"], (node, message))
    tools = {n.span.tool_call_id: n for n in nodes if n.kind is SpanKind.TOOL and n.span.tool_call_id}
    added: list[Node] = []
    for ident, (node, message) in messages.items():
        usage = message.get("models_usage")
        if isinstance(usage, dict):
            added.append(Node(_call(ident, node.span, message, usage)))
        if message.get("type") == "ToolCallExecutionEvent":
            _tell(tools, message.get("content"))
    return added


def _tell(tools: dict[str, Node], results: Any) -> None:
    for result in results if isinstance(results, list) else ():
        tool = tools.get(as_text(result.get("call_id"))) if isinstance(result, dict) else None
        if tool is None:
            continue
        if result.get("is_error") is True:
            tool.fail(error=as_text(result.get("content"))[:500])
        tool.learn(got="", brought=as_text(result.get("content")))


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return None


def _messages(value: Any, depth: int) -> Iterable[dict[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _messages(item, depth + 1)
    elif isinstance(value, dict):
        if isinstance(value.get("id"), str) and "models_usage" in value:
            yield value
            return
        for name in ("message", "messages", "response", "inner_messages", "chat_message"):
            if name in value:
                yield from _messages(value[name], depth + 1)


def _call(ident: str, by: Span, message: dict[str, Any], usage: dict[str, Any]) -> Span:
    content = message.get("content")
    if isinstance(content, list):
        asked = [c for c in content if isinstance(c, dict)]
        calls = [
            ToolCall(
                id=as_text(c.get("id")), name=as_text(c.get("name")), arguments=as_text(c.get("arguments"))
            )
            for c in asked
        ]
        said = Message(role="assistant", tool_calls=tuple(calls))
    else:
        said = Message(role="assistant", content=as_text(content))
    return inferred_span(
        by,
        span_id=hashlib.blake2b(f"team:{ident}".encode(), digest_size=8).hexdigest(),
        parent_id=by.span_id,
        name="model call",
        kind=SpanKind.LLM,
        agent=as_text(message.get("source")),
        input_tokens=as_int(usage.get("prompt_tokens")),
        output_tokens=as_int(usage.get("completion_tokens")),
        output=dump_messages((said,)),
        output_format=ContentFormat.MESSAGES,
    )


def first_request(nodes: Iterable[Node]) -> str:
    """What the user asked the team."""
    for node in sorted(nodes, key=lambda n: n.order):
        if node.span.dialect == "autogen" and node.span.output:
            for message in _messages(_loaded(node.span.output), 0):
                if message.get("source") == "user":
                    return as_text(message.get("content"))
    return ""
