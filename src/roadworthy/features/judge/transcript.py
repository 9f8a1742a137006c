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
from operator import attrgetter
from typing import Any

import orjson

from roadworthy.domain.run import Run
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus

_TOOL_KINDS = (SpanKind.TOOL, SpanKind.MCP, SpanKind.RETRIEVAL)
_SPEAKERS = (SpanKind.AGENT, SpanKind.CHAIN, SpanKind.WORKFLOW)
_BY_TIME = attrgetter("start_ns", "end_ns")
_LLM = SpanKind.LLM
_UNREAD = object()


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
    _arguments: Any = field(default=_UNREAD, repr=False, compare=False)
    _result: Any = field(default=_UNREAD, repr=False, compare=False)

    def parsed_arguments(self) -> Any:
        """The arguments as JSON says; None where they are no JSON."""
        if self._arguments is _UNREAD:
            self._arguments = loads_or_none(self.arguments)
        return self._arguments

    def parsed_result(self) -> Any:
        """The result as JSON says; None where it is no JSON."""
        if self._result is _UNREAD:
            self._result = loads_or_none(self.result)
        return self._result


Step = Saying | ToolUse
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
        self.spans: list[Span] = sorted([span for span in spans if not span.merged_into], key=_BY_TIME)
        self.steps: list[Step] = _steps(self.spans, run)
        self.tools: list[ToolUse] = [step for step in self.steps if isinstance(step, ToolUse)]
        """Hand-offs are not among them (`run.handoffs`); retrievals are."""
        self.sayings: list[Saying] = [step for step in self.steps if isinstance(step, Saying)]
        self.model_calls: list[Span] = [span for span in self.spans if span.kind is _LLM]
        self.worked_out: dict[str, Any] = {}
        """What one detector worked out and others may use: the module that makes it names the key."""

    @cached_property
    def by_id(self) -> dict[str, Span]:
        return {span.span_id: span for span in self.spans}

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
    talks = any(span.kind is _LLM and (span.input or span.output) for span in spans)
    within: list[tuple[int, int, Span]] = []
    known: dict[str, str] = {}
    for number, span in enumerate(spans):
        if span.kind is _LLM:
            # What a model said came before the tools it asked for, which started after it.
            _hear(steps, heard, span, _sent(span, known), default="user")
            _hear(steps, heard, span, _brought(span), default="assistant")
        elif span.kind in _TOOL_KINDS:
            steps.append(_tool(span, len(steps)))
        elif not talks and span.kind in _SPEAKERS:
            # A team says what came of it when all its members have spoken.
            _hear_ended(steps, heard, within, before_ns=span.start_ns)
            _hear(
                steps, heard, span, _messages(span.input, span.input_format, default="user"), default="user"
            )
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
        _hear(steps, heard, span, _brought(span), default="assistant")


def _sent(span: Span, known: dict[str, str]) -> list[Any]:
    """What a model was sent. Where that begins with all that the agent's last call was sent, only what came
    after it: the rest was heard. `known` is what that was, by agent, as far as its next message."""
    text = span.input
    before = known.get(span.agent)
    if before is not None and text.startswith(before) and span.input_format == ContentFormat.MESSAGES:
        more = loads_or_none("[" + text[len(before) :])
        if isinstance(more, list) and more:
            known[span.agent] = text[:-1] + ","
            return more
    messages = _messages(text, span.input_format, default="user")
    if len(messages) > 1 and text[-1] == "]":
        known[span.agent] = text[:-1] + ","
    return messages


def _brought(span: Span) -> list[Any]:
    return _messages(span.output, span.output_format, default="assistant")


def _messages(text: str, written: str, *, default: str) -> list[Any]:
    if not text:
        return []
    messages = loads_or_none(text) if written == ContentFormat.MESSAGES else None
    return messages if isinstance(messages, list) else [{"role": default, "content": text}]


def _hear(
    steps: list[Step], heard: set[tuple[str, str]], span: Span, messages: list[Any], *, default: str
) -> None:
    """Adds what was not heard before. A conversation that grows is compared message by message."""
    # A model may well say the same again; what was sent again, or said by a step within, is nothing new.
    anew = default == "assistant" and span.kind is _LLM
    for message in messages:
        role = message.get("role", default)
        if role == "tool":
            continue
        content = message.get("content") or _part_texts(message.get("parts"))
        key = (role, content)
        if not content or (key in heard and not anew):
            continue
        heard.add(key)
        steps.append(
            Saying(
                index=len(steps),
                role=role,
                text=content,
                agent=message.get("name") or span.agent,
                span_id=span.span_id,
                place="input" if default == "user" else "output",
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
