"""A span within its tree while a run is assembled. Spans themselves are never changed: nodes are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus
from roadworthy.kit.tool_results import Verdict, judge

# Enum members under names of their own: in Python 3.11 looking one up costs ten times what comparing it does.
AGENT, WORKFLOW, LLM, TOOL = SpanKind.AGENT, SpanKind.WORKFLOW, SpanKind.LLM, SpanKind.TOOL
HANDOFF, CHAIN, OTHER = SpanKind.HANDOFF, SpanKind.CHAIN, SpanKind.OTHER
AGGREGATE, ORPHAN, PLACEHOLDER = SpanFlag.AGGREGATE, SpanFlag.ORPHAN, SpanFlag.PLACEHOLDER
INFERRED, INFERRED_ERROR = SpanFlag.INFERRED, SpanFlag.INFERRED_ERROR
NEGATIVE_RESULT = SpanFlag.NEGATIVE_RESULT
MESSAGES = ContentFormat.MESSAGES
TOOLS = frozenset({TOOL, HANDOFF})
_ERROR = SpanStatus.ERROR

RECOMPUTED = frozenset({SpanFlag.DUPLICATE, SpanFlag.ORPHAN, SpanFlag.PARENT_CYCLE})
"""Flags that follow from the neighbours, so each assembly sets them anew."""

_TRANSPARENT = frozenset({SpanKind.OTHER, SpanKind.CHAIN, SpanKind.MCP, SpanKind.PROMPT})

Fields = dict[str, Any]
"""A stored message, as `messages.parse.dump_messages` wrote it."""


class Node:
    """`near` is the nearest ancestor that is a step of an agent, not mere plumbing."""

    __slots__ = (
        "_given",
        "_said",
        "brought",
        "error",
        "error_type",
        "failed",
        "flags",
        "got",
        "handoff_to",
        "kids",
        "kind",
        "merged",
        "near",
        "order",
        "parent",
        "span",
        "tool_name",
    )

    def __init__(self, span: Span) -> None:
        self.span = span
        self.order = (span.start_ns, span.trace_id, span.span_id)
        self.parent: Node | None = None
        self.near: Node | None = None
        self.kids: list[Node] = []
        self.kind = span.kind
        self.failed = span.status is _ERROR
        self.error = span.error
        self.error_type = span.error_type
        self.tool_name = span.tool_name
        self.handoff_to = span.handoff_to
        self.got = span.input
        self.brought = span.output
        self.merged: Node | None = None
        flags = span.flags
        self.flags: list[str] = [f for f in flags if f not in RECOMPUTED] if flags else []
        self._given: list[Fields] | None = None
        self._said: list[Fields] | None = None

    @property
    def counted(self) -> bool:
        return self.merged is None and AGGREGATE not in self.flags

    def given(self) -> list[Fields]:
        """Messages that went in."""
        if self._given is None:
            self._given = load(self.span.input, self.span.input_format)
        return self._given

    def said(self) -> list[Fields]:
        """Messages that came out."""
        if self._said is None:
            self._said = load(self.span.output, self.span.output_format)
        return self._said

    def flag(self, flag: str) -> None:
        if flag not in self.flags:
            self.flags.append(flag)

    def fail(self, *, error: str, error_type: str = "") -> None:
        """It said it went well; its neighbours know better."""
        if not self.failed:
            self.failed = True
            self.error = error
            self.error_type = error_type
            self.flag(INFERRED_ERROR)

    def learn(self, *, got: str, brought: str) -> None:
        """What messages say of a tool whose span did not say it: its arguments and its result.

        A tool without a parent is a run of its own: what it got and brought is what people asked and were
        told, which its span alone may say.
        """
        if self.parent is None:
            return
        self.got = self.got or got
        if not self.brought and brought:
            self.brought = brought
            if not self.failed and judge(brought) is Verdict.NEGATIVE:
                self.flag(NEGATIVE_RESULT)

    def head(self) -> Node:
        """The node that counts: itself, unless it was merged into another."""
        node = self
        while node.merged is not None:
            node = node.merged
        return node

    def ancestors(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def annotated(self) -> Span:
        """The span with what assembly found out; the same object where it found nothing."""
        span = self.span
        merged = self.merged.span.span_id if self.merged is not None else ""
        if merged:
            self.flag(SpanFlag.DUPLICATE)
        # Sorted: which neighbour found something out first must not show.
        flags = tuple(sorted(self.flags)) if self.flags else ()
        status = _ERROR if self.failed else span.status
        if (
            span.flags == flags
            and span.merged_into == merged
            and span.kind is self.kind
            and span.status is status
            and span.tool_name == self.tool_name
            and span.handoff_to == self.handoff_to
            and span.input is self.got
            and span.output is self.brought
        ):
            return span
        return replace(
            span,
            flags=flags,
            merged_into=merged,
            kind=self.kind,
            status=status,
            error=self.error,
            error_type=self.error_type,
            tool_name=self.tool_name,
            handoff_to=self.handoff_to,
            input=self.got,
            input_format=span.input_format if self.got is span.input else ContentFormat.TEXT,
            output=self.brought,
            output_format=span.output_format if self.brought is span.output else ContentFormat.TEXT,
        )


def load(text: str, form: ContentFormat) -> list[Fields]:
    """Stored messages; [] where the content is none, or was cut short."""
    if form != MESSAGES or not text:
        return []
    try:
        loaded = orjson.loads(text)
    except ValueError:
        return []
    return [item for item in loaded if isinstance(item, dict)] if isinstance(loaded, list) else []


def is_plumbing(kind: SpanKind) -> bool:
    return kind in _TRANSPARENT
