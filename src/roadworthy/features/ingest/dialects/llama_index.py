"""LlamaIndex's own spans: what a span is about stands in its events, and in the step it is part of.

Source: llama_index.observability.otel (spans and flattened events), llama_index.core.instrumentation.events
(the events), workflows.runtime (`llamaindex.step.*` and `step.output`, summaries of 200 characters at most).
"""

from __future__ import annotations

import re
from typing import Any

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import MAX_DEPTH, Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.messages.python_repr import printed_fields
from roadworthy.features.ingest.raw_span import RawEvent, RawSpan

_KINDS = {
    "LLMChat": SpanKind.LLM,
    "LLMCompletion": SpanKind.LLM,
    "Embedding": SpanKind.EMBEDDING,
    "SparseEmbedding": SpanKind.EMBEDDING,
    "Retrieval": SpanKind.RETRIEVAL,
    "ReRank": SpanKind.RERANKER,
    "Query": SpanKind.CHAIN,
    "Synthesize": SpanKind.CHAIN,
}
"""What a span is, by the first word of the events of its start and its end."""
_EVENT = re.compile(r"(\w+?)(Start|InProgress|End)Event$")
_AGENT = re.compile(r"current_agent_name='([^'\\]+)'")
_TEXT = re.compile(r"TextBlock\(block_type='text', text=(?:'((?:[^'\\]|\\.)*)|\"((?:[^\"\\]|\\.)*))")
_CUT = "..."
_TOOL_METHODS = ("Tool.call", "Tool.acall")
_REPEATED = ("tags.", "timestamp", "id_", "span_id", "class_name")


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    span.kind = SpanKind.CHAIN
    rest: list[RawEvent] = []
    for event in raw.events:
        found = _EVENT.match(event.name)
        kind = _KINDS.get(found[1]) if found else None
        if kind is None or found is None:
            rest.append(event)
            continue
        span.kind = kind
        (_read_end if found[2] == "End" else _read_start)(event.attributes, span)
    raw.events = rest
    step = as_text(attributes.get("llamaindex.step.input_summary"))
    given = next((e for e in rest if e.name in ("step.output", "workflow.output")), None)
    said = as_text(given.attributes.get("output")) if given else ""
    if span.kind is SpanKind.CHAIN:
        _read_step(raw, span, step, said)
    if span.kind is not SpanKind.TOOL and (named := _AGENT.search(step) or _AGENT.search(said)):
        span.agent = named[1]
    for event in rest:
        for name in [n for n in event.attributes if n.startswith(_REPEATED)]:
            del event.attributes[name]
    otel_genai.read(raw, span)


def _read_step(raw: RawSpan, span: Span, step: str, said: str) -> None:
    """Spans without events of their own: a run of a workflow, a step of it, a tool."""
    owner, _, method = raw.name.rpartition(".")
    if raw.attributes.get("llamaindex.step.input_event") == "ToolCall":
        if method == "call_tool" or raw.name.endswith(_TOOL_METHODS):
            _read_tool(span, printed_fields(step), said)
    elif method == "run" and owner and not step:
        span.kind = SpanKind.AGENT if "Agent" in owner else SpanKind.WORKFLOW
        span.workflow = owner
        put_output(span, _words(said))


def _read_tool(span: Span, call: dict[str, Any], said: str) -> None:
    """`said` is cut where it is long; a result that was cut is told in full to the next model call."""
    span.kind, span.tool_name = SpanKind.TOOL, as_text(call.get("tool_name"))
    span.tool_call_id = as_text(call.get("tool_id"))
    put_input(span, call.get("tool_kwargs"))
    if not (words := _words(said)).endswith(_CUT):
        put_output(span, words)


def _words(summary: str) -> str:
    found = _TEXT.search(summary)
    return (found[1] or found[2] or "").replace("\\n", "\n").replace("\\'", "'") if found else ""


def _read_start(event: Attributes, span: Span) -> None:
    get = event.get
    span.model_asked = span.model_asked or as_text(
        get("model_dict.model_name") or get("model_dict.model") or get("model_name")
    )
    put_input(span, get("messages"), chat=True)
    put_input(span, get("prompt") or get("str_or_query_bundle") or get("query") or get("query_str"))
    put_tool_definitions(span, get("additional_kwargs.tools"))


def _read_end(event: Attributes, span: Span) -> None:
    get = event.get
    _read_start(event, span)
    message = _nested(event, "response.message.")
    if message:
        put_output(span, [message], chat=True)
    elif span.kind is SpanKind.EMBEDDING:
        put_input(span, get("chunks"))
    else:
        put_output(span, get("response.text") or get("response.response") or get("response") or get("nodes"))
    span.model_answered = as_text(get("response.raw.model"))
    span.response_id = as_text(get("response.raw.id"))
    choices = as_json(get("response.raw.choices"))
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        span.finish_reason = as_text(choices[0].get("finish_reason"))
    _read_usage(event, span)


def _nested(event: Attributes, prefix: str) -> dict[str, Any]:
    """Fields of an object that was flattened into dotted names; its lists are JSON."""
    nested: dict[str, Any] = {}
    for name, value in event.items():
        if name.startswith(prefix):
            *path, last = name[len(prefix) :].split(".")
            if len(path) > MAX_DEPTH:
                continue
            at = nested
            for part in path:
                inner = at.setdefault(part, {})
                at = inner if isinstance(inner, dict) else {}
            loaded = as_json(value)
            at[last] = loaded if isinstance(loaded, list) else value
    return nested


def _read_usage(event: Attributes, span: Span) -> None:
    """What the provider counted, in its own spelling; else what LlamaIndex made of it."""

    def count(*names: str) -> int | None:
        found = (as_int(event.get(at + name)) for name in names for at in _COUNTS)
        return next((number for number in found if number is not None), None)

    span.input_tokens = count("prompt_tokens", "input_tokens", "prompt_token_count")
    span.output_tokens = count("completion_tokens", "output_tokens", "candidates_token_count")
    span.cache_read_tokens = count(
        "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens",
        "cached_content_token_count",
    )
    span.reasoning_tokens = count(
        "completion_tokens_details.reasoning_tokens",
        "output_tokens_details.reasoning_tokens",
        "thoughts_token_count",
    )
    apart = count("cache_read_input_tokens"), count("cache_creation_input_tokens")
    if span.input_tokens is not None and apart != (None, None):
        # Anthropic counts them beside the input, which by convention has them.
        span.cache_read_tokens, span.cache_write_tokens = apart
        span.input_tokens += (apart[0] or 0) + (apart[1] or 0)


_COUNTS = ("response.raw.usage.", "response.raw.usage_metadata.", "response.additional_kwargs.")
