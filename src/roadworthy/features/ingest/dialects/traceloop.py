"""OpenLLMetry (Traceloop): OTel GenAI names plus `traceloop.*`, and the flattened messages of older versions.

Source: traceloop/openllmetry, opentelemetry-semantic-conventions-ai.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_json, as_text, unquoted
from roadworthy.features.ingest.content import put_input, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.dialects.crewai import read_crew
from roadworthy.features.ingest.dialects.llama_index_events import read_event
from roadworthy.features.ingest.messages.parse import parse_messages
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "workflow": SpanKind.WORKFLOW,
    "agent": SpanKind.AGENT,
    "tool": SpanKind.TOOL,
    "task": SpanKind.CHAIN,
    "handoff": SpanKind.HANDOFF,
}

_WRAPPED_INPUT = ('{"input_str"', '{"args":[')
_ASSOCIATED = "traceloop.association.properties."


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    kind = KINDS.get(as_text(attributes.get("traceloop.span.kind")))
    if kind is not None:
        del attributes["traceloop.span.kind"]
        operation = otel_genai.KINDS.get(as_text(attributes.get("gen_ai.operation.name")))
        if kind is SpanKind.CHAIN and operation in (SpanKind.TOOL, SpanKind.LLM):
            kind = operation  # LangChain.js and LlamaIndex: every callback is a task
        if operation is kind:
            del attributes["gen_ai.operation.name"]
        span.kind = kind
    span.workflow = as_text(take("traceloop.workflow.name", ""))
    _read_association(attributes, span)
    if span.kind is SpanKind.HANDOFF:
        _read_handoff(attributes, span)
    if (
        "crewai.crew.name" in attributes
        or "crewai.agent.role" in attributes
        or "crewai.task.id" in attributes
    ):
        read_crew(attributes, span)
    if span.kind is SpanKind.CHAIN:
        read_event(span, attributes.get("traceloop.entity.output"))
    elif span.kind is SpanKind.TOOL:
        _read_tool(attributes, span)
    if "llm.request.functions.0.name" in attributes:
        _read_functions(attributes, span)
    otel_genai.read(raw, span)
    _read_entity(attributes, span)


def _read_association(attributes: Attributes, span: Span) -> None:
    get = attributes.get
    session = get(_ASSOCIATED + "session_id") or get(_ASSOCIATED + "thread_id")
    span.session_id = as_text(session or get(_ASSOCIATED + "conversation_id"))
    span.user_id = as_text(get(_ASSOCIATED + "user_id"))
    if span.kind is not SpanKind.WORKFLOW or not get("gen_ai.agent.name"):
        span.agent = as_text(get(_ASSOCIATED + "lc_agent_name"))


def _read_handoff(attributes: Attributes, span: Span) -> None:
    target = as_text(attributes.get("gen_ai.handoff.to_agent"))
    span.handoff_to = "" if target == "unknown" else target


def _read_tool(attributes: Attributes, span: Span) -> None:
    """LangChain callbacks wrap what a tool got and gave; what is inside counts, the wrapping stays as
    sent."""
    span.tool_name = as_text(attributes.get("gen_ai.tool.name") or attributes.get("traceloop.entity.name"))
    given = attributes.get("gen_ai.tool.call.arguments", attributes.get("traceloop.entity.input"))
    loaded = as_json(given) if isinstance(given, str) and given.startswith(_WRAPPED_INPUT) else None
    if isinstance(loaded, dict):
        inputs = loaded.get("inputs") or loaded.get("input_str") or loaded.get("args") or loaded.get("kwargs")
        put_input(span, inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs or None)
        if "args" in loaded and not inputs:
            attributes.pop("traceloop.entity.input", None)  # a function that closes over what it got
    result = attributes.get("gen_ai.tool.call.result", attributes.get("traceloop.entity.output"))
    if isinstance(result, str) and result.startswith('{"lc"'):
        answer = parse_messages(result, default_role="tool")
        if len(answer) == 1 and answer[0].role == "tool":
            # LangChain.js names the tool's class; the message it gave names the tool.
            span.tool_name = answer[0].name or span.tool_name
            span.tool_call_id = answer[0].tool_call_id
            put_output(span, answer[0].content)
            return
    loaded = as_json(result) if isinstance(result, str) and result.startswith('{"output"') else None
    if isinstance(loaded, dict):
        output = loaded["output"]
        fields = output.get("kwargs") if isinstance(output, dict) else None
        if isinstance(fields, dict) and "content" in fields:
            span.tool_call_id = as_text(fields.get("tool_call_id"))
            put_output(span, fields["content"])
        else:
            put_output(span, output)


def _read_functions(attributes: Attributes, span: Span) -> None:
    tools: list[Attributes] = []
    while (name := attributes.get(f"llm.request.functions.{len(tools)}.name")) is not None:
        at = f"llm.request.functions.{len(tools)}."
        del attributes[at + "name"]
        parameters = attributes.pop(at + "parameters", None)
        tools.append(
            {
                "name": name,
                "description": attributes.pop(at + "description", ""),
                "parameters": as_json(parameters),
            }
        )
    put_tool_definitions(span, tools)


def _read_entity(attributes: Attributes, span: Span) -> None:
    given, said = attributes.get("traceloop.entity.input"), attributes.get("traceloop.entity.output")
    if given is not None:
        _drop_repetition(attributes, "gen_ai.task.input", given)
        if put_input(span, unquoted(given)):
            del attributes["traceloop.entity.input"]
    if said is not None:
        _drop_repetition(attributes, "gen_ai.task.output", said)
        if put_output(span, unquoted(said)):
            del attributes["traceloop.entity.output"]


def _drop_repetition(attributes: Attributes, name: str, value: object) -> None:
    if attributes.get(name) == value:
        del attributes[name]
