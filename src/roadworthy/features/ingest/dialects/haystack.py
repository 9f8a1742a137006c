"""Haystack's own tracing: span names say what ran, `haystack.*` tags what went in and out.

Source: deepset-ai/haystack, haystack/tracing and components/agents.
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_COMPONENTS = (
    ("Generator", SpanKind.LLM),
    ("Agent", SpanKind.AGENT),
    ("Retriever", SpanKind.RETRIEVAL),
    ("Embedder", SpanKind.EMBEDDING),
    ("Ranker", SpanKind.RERANKER),
    ("PromptBuilder", SpanKind.PROMPT),
)
_INPUTS = (
    "haystack.agent.step.tool.input",
    "haystack.tool.input",
    "haystack.agent.step.llm.input",
    "haystack.component.input",
    "haystack.agent.input",
    "haystack.pipeline.input_data",
)
_OUTPUTS = (
    "haystack.agent.step.tool.output",
    "haystack.tool.output",
    "haystack.agent.step.llm.output",
    "haystack.component.output",
    "haystack.agent.output",
    "haystack.pipeline.output_data",
)


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    span.kind = _kind(raw.name, attributes)
    if span.kind is SpanKind.TOOL:
        span.tool_name = as_text(attributes.get("haystack.tool.name"))
    elif span.kind is SpanKind.AGENT:
        span.agent = as_text(
            attributes.get("haystack.agent.name") or attributes.get("haystack.component.name")
        )
    chat = span.kind in (SpanKind.LLM, SpanKind.AGENT)
    given, said = _first(attributes, _INPUTS), _first(attributes, _OUTPUTS)
    if span.kind is SpanKind.WORKFLOW:
        given, said, chat = of_one_component(given), of_one_component(said), True
    put_input(span, given, chat=chat)
    put_output(span, said, chat=chat)
    if span.kind is SpanKind.LLM:
        asked = as_json(given)
        put_tool_definitions(span, asked.get("tools") if isinstance(asked, dict) else None)
        _read_reply(as_json(said), span)
    elif attributes.get("haystack.tool.error") is True:
        _read_failure(as_json(said), span)
    otel_genai.read(raw, span)


def _first(attributes: Attributes, names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := attributes.get(name)) is not None), None)


def of_one_component(data: Any) -> Any:
    """A pipeline's data is a dict by component: where one of them holds a chat, that is what was said."""
    loaded = as_json(data)
    parts = loaded.values() if isinstance(loaded, dict) else ()
    chats = [part for part in parts if isinstance(part, dict) and ("messages" in part or "replies" in part)]
    return chats[0] if len(chats) == 1 else data


def _read_failure(output: Any, span: Span) -> None:
    """Haystack 3 says that a call failed, and goes on: its span ends well."""
    span.status = SpanStatus.ERROR
    if isinstance(output, dict):
        span.error = as_text(output.get("error"))


def _kind(name: str, attributes: Attributes) -> SpanKind:
    if "haystack.tool.name" in attributes or name.endswith((".step.tool", "tool.run")):
        return SpanKind.TOOL
    if name == "haystack.agent.run":
        return SpanKind.AGENT
    if name.endswith(".step.llm"):
        return SpanKind.LLM
    if name.endswith("pipeline.run"):
        return SpanKind.WORKFLOW
    component = as_text(attributes.get("haystack.component.type"))
    for ending, kind in _COMPONENTS:
        if component.endswith(ending):
            return kind
    return SpanKind.CHAIN


def _read_reply(output: Any, span: Span) -> None:
    """Generators give `{"replies": [{"meta"|"_meta": {"model", "usage", "finish_reason"}}]}`."""
    replies = output.get("replies") if isinstance(output, dict) else None
    if not isinstance(replies, list) or not replies or not isinstance(replies[0], dict):
        return
    meta = replies[0].get("meta") or replies[0].get("_meta")
    if not isinstance(meta, dict):
        return
    span.model_answered = as_text(meta.get("model"))
    span.finish_reason = as_text(meta.get("finish_reason"))
    usage = meta.get("usage")
    if isinstance(usage, dict):
        span.input_tokens = as_int(usage.get("prompt_tokens", usage.get("input_tokens")))
        span.output_tokens = as_int(usage.get("completion_tokens", usage.get("output_tokens")))
        details = usage.get("prompt_tokens_details")
        if isinstance(details, dict):
            span.cache_read_tokens = as_int(details.get("cached_tokens"))
