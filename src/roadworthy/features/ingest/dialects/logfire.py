"""Logfire: its OpenAI, Anthropic and OpenAI Agents integrations, and functions it was told to trace.

Source: pydantic/logfire, `_internal/integrations`. Names of its spans are templates; `logfire.msg_template`
tells which is which where nothing else does. Pydantic AI sends under a scope of its own.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_AGENTS_SDK = "logfire.openai_agents"
_TEMPLATES: tuple[tuple[str, SpanKind], ...] = (
    ("OpenAI Agents trace", SpanKind.WORKFLOW),
    ("Agent run", SpanKind.AGENT),
    ("Function:", SpanKind.TOOL),
    ("Handoff:", SpanKind.HANDOFF),
    ("Guardrail", SpanKind.GUARDRAIL),
    ("Responses API", SpanKind.LLM),
    ("Chat completion", SpanKind.LLM),
)
_SECOND_NS = 1_000_000_000


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    if raw.scope == _AGENTS_SDK:
        _read_agents_sdk(attributes, span)
    elif "logfire.json_schema" in attributes and not any(key.startswith("gen_ai.") for key in attributes):
        # A function of the application: whether it is a tool is for the model's calls to say.
        span.dialect = ""
        _read_function(attributes, span)
        return
    if attributes.get("logfire.span_type") == "log":
        _read_stream(attributes, span)
    otel_genai.read(raw, span)
    usage = as_json(attributes.get("gen_ai.usage.raw", attributes.get("usage")))
    if isinstance(usage, dict) and span.input_tokens is not None:
        _read_shares(usage, span)


def _read_function(attributes: Attributes, span: Span) -> None:
    schema = as_json(attributes["logfire.json_schema"])
    names = schema.get("properties") if isinstance(schema, dict) else None
    names = names if isinstance(names, dict) else {}
    given = {name: attributes[name] for name in names if name != "return" and name in attributes}
    if given:
        put_input(span, as_text(given))
    if put_output(span, attributes.get("return")):
        del attributes["return"]


def _read_stream(attributes: Attributes, span: Span) -> None:
    """What a stream gave is logged once it has ended, without a beginning but with the seconds it took."""
    took = attributes.get("duration")
    if isinstance(took, float) and 0 < took < 86_400 and span.start_ns == span.end_ns:
        span.start_ns -= int(took * _SECOND_NS)


def _read_shares(usage: Attributes, span: Span) -> None:
    """Of the provider's own usage: Anthropic's flat, OpenAI's in details. The totals hold them already."""
    given = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    said = usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    given, said = given if isinstance(given, dict) else usage, said if isinstance(said, dict) else usage
    if span.cache_read_tokens is None:
        span.cache_read_tokens = as_int(given.get("cached_tokens", given.get("cache_read_input_tokens")))
    if span.cache_write_tokens is None:
        span.cache_write_tokens = as_int(
            given.get("cache_write_tokens", given.get("cache_creation_input_tokens"))
        )
    if span.reasoning_tokens is None:
        span.reasoning_tokens = as_int(said.get("reasoning_tokens"))


def _read_agents_sdk(attributes: Attributes, span: Span) -> None:
    template = as_text(attributes.get("logfire.msg_template"))
    span.kind = next((kind for start, kind in _TEMPLATES if template.startswith(start)), SpanKind.CHAIN)
    name = as_text(attributes.get("name"))
    if span.kind is SpanKind.WORKFLOW:
        span.workflow = name
        group = as_text(attributes.pop("group_id", ""))
        span.session_id = "" if group == "null" else group
    elif span.kind is SpanKind.AGENT:
        span.agent = name
    elif span.kind is SpanKind.HANDOFF:
        span.agent = as_text(attributes.pop("from_agent", ""))
        span.handoff_to = as_text(attributes.pop("to_agent", ""))
    elif span.kind is SpanKind.TOOL:
        span.tool_name = name
        _take_content(attributes, span)
    elif span.kind is SpanKind.LLM:
        attributes.pop("gen_ai.operation.name", None)
        span.response_id = as_text(attributes.pop("response_id", ""))
        _read_response(attributes, span)
        _take_content(attributes, span)
    else:
        span.agent = as_text(attributes.pop("agent_name", ""))
    _read_error(attributes, span)


def _read_response(attributes: Attributes, span: Span) -> None:
    """The Responses API: what was asked, and the whole answer, which repeats the instructions."""
    response, asked = as_json(attributes.get("response")), attributes.get("raw_input")
    if asked is None:
        return
    told = as_json(asked)
    messages = told if isinstance(told, list) else [{"role": "user", "content": asked}]
    if isinstance(response, dict):
        put_output(span, response.get("output"), chat=True)
        if isinstance(instructions := response.get("instructions"), str):
            messages = [{"role": "system", "content": instructions}, *messages]
    if put_input(span, messages, chat=True):
        del attributes["raw_input"]
        # The same once more, question and answer in one list.
        attributes.pop("events", None)


def _take_content(attributes: Attributes, span: Span) -> None:
    chat = span.kind is SpanKind.LLM
    if put_input(span, attributes.get("input"), chat=chat):
        del attributes["input"]
    if put_output(span, attributes.get("output"), chat=chat):
        del attributes["output"]


def _read_error(attributes: Attributes, span: Span) -> None:
    """`{"message": "Error running tool", "data": {"error": "..."}}`; what a failed tool told the model says
    more where the SDK has redacted the error."""
    error = as_json(attributes.get("error"))
    if not isinstance(error, dict):
        return
    data = error.get("data")
    detail = as_text(data.get("error")) if isinstance(data, dict) else ""
    if span.kind is SpanKind.TOOL and span.output and (not detail or "redacted" in detail):
        detail = span.output
    span.status = SpanStatus.ERROR
    span.error = detail or as_text(error.get("message"))
