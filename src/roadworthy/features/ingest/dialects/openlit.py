"""OpenLIT: OTel GenAI, and functions it was told to trace.

Source: openlit/openlit, `sdk/python/src/openlit/instrumentation` and `openlit.trace`.
"""

from __future__ import annotations

import ast

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_FUNCTIONS = "openlit"
"""The scope of `openlit.trace`; what it instruments has longer names."""
_LANGGRAPH = "openlit.instrumentation.langgraph"
_COUNT_CACHE_APART = "openlit.instrumentation.anthropic"
_LONGEST_ARGUMENTS = 100_000


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    if raw.scope == _FUNCTIONS:
        # Whether it is a tool is for the model's calls to say.
        span.dialect = ""
        _read_function(attributes, span)
        return
    if "gen_ai.operation.name" not in attributes:
        _read_name(raw, span)
    if raw.scope == _LANGGRAPH:
        _read_graph(attributes, span)
    elif attributes.get("gen_ai.operation.name") == "invoke_agent" and "gen_ai.agent.name" not in attributes:
        # A method of CrewAI's flow: an agent has a name.
        del attributes["gen_ai.operation.name"]
        span.kind = SpanKind.CHAIN
    otel_genai.read(raw, span)
    if raw.scope == _COUNT_CACHE_APART and span.input_tokens is not None:
        span.input_tokens += (span.cache_read_tokens or 0) + (span.cache_write_tokens or 0)


def _read_function(attributes: Attributes, span: Span) -> None:
    arguments = _literal(attributes.get("function.args")) or ()
    named = _literal(attributes.get("function.kwargs")) or {}
    if arguments or named:
        put_input(span, as_text({"args": arguments, "kwargs": named} if arguments else named))
    if put_output(span, attributes.get("gen_ai.output.messages")):
        del attributes["gen_ai.output.messages"]


def _literal(printed: object) -> object:
    """Arguments as Python prints them; None where they hold objects."""
    if not isinstance(printed, str) or len(printed) > _LONGEST_ARGUMENTS:
        return None
    try:
        return ast.literal_eval(printed)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _read_graph(attributes: Attributes, span: Span) -> None:
    """The graph is the agent; its nodes, told as agents named `model` and `tools`, are its steps."""
    workflow = as_text(attributes.get("gen_ai.workflow.name"))
    if workflow:
        span.kind, span.agent, span.workflow = SpanKind.AGENT, workflow, workflow
        attributes.pop("gen_ai.workflow.name")
        attributes.pop("gen_ai.operation.name", None)
    elif attributes.get("gen_ai.operation.name") == "invoke_agent":
        span.kind = SpanKind.CHAIN
        del attributes["gen_ai.operation.name"]
        # It keeps the name as an attribute.
        attributes["gen_ai.agent.id"] = attributes.pop("gen_ai.agent.name", attributes.get("gen_ai.agent.id"))


def _read_name(raw: RawSpan, span: Span) -> None:
    """A step that failed says what it was in its name alone: `chat gpt-4.1-mini`, `invoke_agent desk`."""
    operation, _, target = raw.name.partition(" ")
    kind = otel_genai.KINDS.get(operation) if target else None
    if kind is None or span.kind is not SpanKind.OTHER:
        return
    span.kind = kind
    names = {
        SpanKind.LLM: "gen_ai.request.model",
        SpanKind.AGENT: "gen_ai.agent.name",
        SpanKind.TOOL: "gen_ai.tool.name",
        SpanKind.WORKFLOW: "gen_ai.workflow.name",
    }
    if kind in names:
        raw.attributes.setdefault(names[kind], target)
