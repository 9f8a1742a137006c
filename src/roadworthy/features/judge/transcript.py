"""A run as detectors, evaluators and judges read it: what was said and done, in order, each thing once.

Spans hold a conversation many times over (each model call carries all that came before) and a tool's result
twice (its own span, the message that brings it to the model). A transcript holds each once, with the span it
came from.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

import orjson

from roadworthy.domain.run import Run
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus

_TOOL_KINDS = frozenset({SpanKind.TOOL, SpanKind.MCP, SpanKind.RETRIEVAL})
_SPEAKERS = frozenset({SpanKind.AGENT, SpanKind.CHAIN, SpanKind.WORKFLOW})


@dataclass(slots=True, kw_only=True)
class Saying:
    """A message. `index` is its place among all steps of the transcript."""

    index: int
    role: str
    """system, user or assistant."""
    text: str
    agent: str = ""
    span_id: str = ""
    place: str = "input"
    """Where in the span it stands: input or output."""
    finish_reason: str = ""


@dataclass(slots=True, kw_only=True)
class ToolUse:
    """A tool that was called, with what came of it. `index` as in Saying."""

    index: int
    name: str
    arguments: str = ""
    """As sent: JSON most of the time, sometimes broken."""
    result: str = ""
    failed: bool = False
    """Hidden failures included (status OK, payload says error)."""
    hidden: bool = False
    """It failed and said OK."""
    negative: bool = False
    """It says no (`{"ok": false}`) without being a failure of the tool."""
    error: str = ""
    error_type: str = ""
    agent: str = ""
    span_id: str = ""
    call_id: str = ""
    start_ns: int = 0
    end_ns: int = 0
    retrieval: bool = False
    _parsed: list[Any] = field(default_factory=list)

    def parsed_arguments(self) -> Any:
        """The arguments as JSON says; None where they are no JSON."""
        return self._load(0, self.arguments)

    def parsed_result(self) -> Any:
        """The result as JSON says; None where it is no JSON."""
        return self._load(1, self.result)

    def _load(self, slot: int, text: str) -> Any:
        if not self._parsed:
            self._parsed = [_UNREAD, _UNREAD]
        if self._parsed[slot] is _UNREAD:
            self._parsed[slot] = loads_or_none(text)
        return self._parsed[slot]


Step = Saying | ToolUse
_UNREAD = object()
_SPOKEN = ("refusal", "json", "text")


def loads_or_none(text: str) -> Any:
    """JSON that begins as an object, list, text or number; None for anything else."""
    if not text or text[0] not in '{["-0123456789tfn':
        return None
    try:
        return orjson.loads(text)
    except ValueError:
        return None


class Transcript:
    """`steps` are in the order of what happened. Built once, read by all; nothing in it may be changed.

    `spans` are the run's spans as assembled: annotated, inferred ones included, in any order.
    """

    def __init__(self, run: Run, spans: Sequence[Span]) -> None:
        self.run = run
        self.spans: list[Span] = sorted(
            (span for span in spans if not span.merged_into), key=lambda span: (span.start_ns, span.end_ns)
        )
        self.steps: list[Step] = _steps(self.spans, run)
        self.worked_out: dict[str, Any] = {}
        """What one detector worked out and others may use: the module that makes it names the key."""

    @cached_property
    def by_id(self) -> dict[str, Span]:
        return {span.span_id: span for span in self.spans}

    @cached_property
    def model_calls(self) -> list[Span]:
        return [span for span in self.spans if span.kind is SpanKind.LLM]

    @cached_property
    def tools(self) -> list[ToolUse]:
        """Hand-offs are not among them (`run.handoffs`); retrievals are."""
        return [step for step in self.steps if isinstance(step, ToolUse)]

    @cached_property
    def sayings(self) -> list[Saying]:
        return [step for step in self.steps if isinstance(step, Saying)]

    @cached_property
    def asked(self) -> str:
        """What people said, all turns."""
        said = "\n".join(one.text for one in self.sayings if one.role == "user")
        return said or self.run.input

    @cached_property
    def instructions(self) -> str:
        """What systems were told."""
        return "\n".join(one.text for one in self.sayings if one.role == "system")

    @property
    def answer(self) -> str:
        return self.run.final_answer

    @cached_property
    def answer_span(self) -> str:
        """The span whose output holds the final answer, "" where none does."""
        answer = self.answer
        if not answer:
            return ""
        for said in reversed(self.sayings):
            if said.role == "assistant" and (said.text == answer or answer in said.text):
                return said.span_id
        return self.run.root_span_id

    @cached_property
    def offered(self) -> dict[str, dict[str, Any]]:
        """JSON schemas of the arguments of the tools that models were offered, by tool name."""
        schemas: dict[str, dict[str, Any]] = {}
        read: set[str] = set()
        for span in self.model_calls:
            definitions = span.tool_definitions
            if definitions and definitions not in read:
                read.add(definitions)
                for name, schema in _schemas(loads_or_none(definitions)):
                    schemas.setdefault(name, schema)
        return schemas


def _schemas(definitions: Any) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for one in definitions if isinstance(definitions, list) else ():
        inner = one.get("function", one) if isinstance(one, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            continue
        schema = inner.get("parameters") or inner.get("input_schema") or inner.get("inputSchema")
        schema = loads_or_none(schema) if isinstance(schema, str) else schema
        if isinstance(schema, dict):
            found.append((inner["name"], schema))
    return found


def _steps(spans: Sequence[Span], run: Run) -> list[Step]:
    steps: list[Step] = []
    heard: set[tuple[str, str]] = set()
    talks = any(span.kind is SpanKind.LLM and (span.input or span.output) for span in spans)
    within: list[tuple[int, int, Span]] = []
    for number, span in enumerate(spans):
        if span.kind is SpanKind.LLM:
            # What a model said came before the tools it asked for, which started after it.
            _hear(steps, heard, span, text=span.input, written=span.input_format, default="user")
            _hear(steps, heard, span, text=span.output, written=span.output_format, default="assistant")
        elif span.kind in _TOOL_KINDS:
            steps.append(_tool(span, len(steps)))
        elif not talks and span.kind in _SPEAKERS:
            # A team says what came of it when all its members have spoken.
            _hear_ended(steps, heard, within, before_ns=span.start_ns)
            _hear(steps, heard, span, text=span.input, written=span.input_format, default="user")
            heappush(within, (span.end_ns or sys.maxsize, -number, span))
    _hear_ended(steps, heard, within, before_ns=sys.maxsize)
    if run.input and not any(isinstance(step, Saying) and step.role == "user" for step in steps):
        steps.insert(0, Saying(index=0, role="user", text=run.input, span_id=run.root_span_id))
        for index, step in enumerate(steps):
            step.index = index
    return steps


def _hear_ended(
    steps: list[Step], heard: set[tuple[str, str]], within: list[tuple[int, int, Span]], *, before_ns: int
) -> None:
    """What those said that had ended by then, in the order of their ends, the inner before the outer."""
    while within and within[0][0] <= before_ns:
        _, _, span = heappop(within)
        _hear(steps, heard, span, text=span.output, written=span.output_format, default="assistant")


def _hear(
    steps: list[Step], heard: set[tuple[str, str]], span: Span, *, text: str, written: str, default: str
) -> None:
    """Adds what was not heard before. A conversation that grows is compared message by message."""
    place = "input" if default == "user" else "output"
    if not text:
        return
    messages: Any = loads_or_none(text) if written == ContentFormat.MESSAGES else None
    if not isinstance(messages, list):
        messages = [{"role": default, "content": text}]
    for message in messages:
        role = message.get("role", default)
        content = message.get("content") or _part_texts(message.get("parts"))
        if role == "tool" or not content:
            continue
        key = (role, content)
        # A model may well say the same again; what was sent again, or said by a step within, is nothing new.
        if key in heard and not (place == "output" and span.kind is SpanKind.LLM):
            continue
        heard.add(key)
        steps.append(
            Saying(
                index=len(steps),
                role=role,
                text=content,
                agent=message.get("name") or span.agent,
                span_id=span.span_id,
                place=place,
                finish_reason=message.get("finish_reason", "") or span.finish_reason,
            )
        )


def _part_texts(parts: Any) -> str:
    if not isinstance(parts, list):
        return ""
    return "\n".join(
        part.get("text", "") for part in parts if part.get("type") in ("refusal", "json", "text")
    )


def _tool(span: Span, index: int) -> ToolUse:
    failed = span.status is SpanStatus.ERROR
    return ToolUse(
        index=index,
        name=span.tool_name or span.name,
        arguments=span.input,
        result=span.output,
        failed=failed,
        hidden=failed and SpanFlag.INFERRED_ERROR in span.flags,
        negative=SpanFlag.NEGATIVE_RESULT in span.flags,
        error=span.error,
        error_type=span.error_type,
        agent=span.agent,
        span_id=span.span_id,
        call_id=span.tool_call_id,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        retrieval=span.kind is SpanKind.RETRIEVAL,
    )
