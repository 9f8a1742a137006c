"""Pydantic AI (and Logfire around it): OTel GenAI plus names of its own, versions 1 to 6 of its format.

Source: ai.pydantic.dev, "Debugging and monitoring". `gen_ai.aggregated_usage.*` on agent spans sums its
calls.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    if "agent_name" in attributes:
        _read_agent(attributes, span)
    if "tool_arguments" in attributes or "tool_response" in attributes:
        put_input(span, attributes.pop("tool_arguments", None))
        put_output(span, attributes.pop("tool_response", None))
    if "events" in attributes:
        _read_events(attributes, span)
    if "model_request_parameters" in attributes and "gen_ai.tool.definitions" not in attributes:
        parameters = as_json(attributes["model_request_parameters"])
        if isinstance(parameters, dict):
            put_tool_definitions(span, parameters.get("function_tools"))
    otel_genai.read(raw, span)


def _read_agent(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    span.kind = SpanKind.AGENT
    if attributes.get("gen_ai.operation.name") == "invoke_agent":
        del attributes["gen_ai.operation.name"]
    span.agent = as_text(take("agent_name", ""))
    if attributes.get("gen_ai.agent.name") == span.agent:
        del attributes["gen_ai.agent.name"]
    span.model_asked = as_text(take("model_name", ""))
    put_output(span, take("final_result", None))
    for name in ("pydantic_ai.all_messages", "all_messages_events"):
        if name in attributes and put_input(span, attributes[name], chat=True):
            del attributes[name]
    span.input_tokens = as_int(take("gen_ai.aggregated_usage.input_tokens", None))
    span.output_tokens = as_int(take("gen_ai.aggregated_usage.output_tokens", None))


def _read_events(attributes: Attributes, span: Span) -> None:
    """Format 1: all messages of a model call in one attribute; the choice is the answer."""
    events = as_json(attributes["events"])
    if not isinstance(events, list):
        return
    given = [e for e in events if isinstance(e, dict) and e.get("event.name") != "gen_ai.choice"]
    said = [
        e.get("message") for e in events if isinstance(e, dict) and e.get("event.name") == "gen_ai.choice"
    ]
    put_input(span, given, chat=True)
    put_output(span, said, chat=True)
    if span.input_format == "messages":
        del attributes["events"]
