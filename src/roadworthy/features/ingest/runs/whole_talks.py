"""Agents whose model calls have no spans, but whose own span says the whole conversation.

The last answer of it becomes the model call that was given all before; what that call brings along (tool
results, earlier answers) is then read as it is of any other (`runs.inferred`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import orjson

from roadworthy.domain.span import ContentFormat, SpanKind
from roadworthy.features.ingest.runs.inferred import infer_calls, infer_tools
from roadworthy.features.ingest.runs.inferred_span import inferred_span
from roadworthy.features.ingest.runs.node import Fields, Node


def infer_talks(nodes: Sequence[Node]) -> list[Node]:
    """The model calls and tools of a run in which no model call was sent, each marked as inferred."""
    calls = [
        _last_call(node, talk)
        for node in nodes
        if node.kind is SpanKind.AGENT and node.merged is None and (talk := _whole_talk(node))
    ]
    if not calls:
        return []
    before = [*infer_tools(nodes, calls), *infer_calls(calls)]
    return [*before, *(_at_the_end(call) for call in calls)]


def _at_the_end(call: Node) -> Node:
    """What it brought along starts where the agent does, as far as anybody knows; it came after that."""
    node = Node(replace(call.span, start_ns=call.span.end_ns))
    node.near = call.near
    return node


def _whole_talk(node: Node) -> list[Fields]:
    """What the agent said, where that begins with what it was asked; [] where it is an answer alone."""
    said = node.said()
    asked = any(message.get("role") == "user" for message in said)
    return said if asked and said[-1].get("role") == "assistant" else []


def _last_call(agent: Node, talk: list[Fields]) -> Node:
    by = agent.span
    node = Node(
        inferred_span(
            by,
            span_id=hashlib.blake2b(f"talk:{by.span_id}".encode(), digest_size=8).hexdigest(),
            parent_id=by.span_id,
            name="model call",
            kind=SpanKind.LLM,
            end_ns=by.end_ns or by.start_ns,
            input=orjson.dumps(talk[:-1]).decode(),
            input_format=ContentFormat.MESSAGES,
            output=orjson.dumps(talk[-1:]).decode(),
            output_format=ContentFormat.MESSAGES,
        )
    )
    node.near = agent
    return node
