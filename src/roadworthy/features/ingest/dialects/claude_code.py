"""Claude Code and the Claude Agent SDK, which sends the traces of the CLI inside it.

Source: code.claude.com/docs, "Monitoring"; the spans are beta. Answers come in log records.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_int, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.join_keys import is_strong
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "interaction": SpanKind.AGENT,
    "subagent": SpanKind.AGENT,
    "llm_request": SpanKind.LLM,
    "tool": SpanKind.TOOL,
    "tool.execution": SpanKind.TOOL,
}
"""`tool.execution` lies within `tool` and is where a failure shows; run assembly merges the two."""


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    kind = as_text(attributes.get("span.type"))
    span.kind = KINDS.get(kind, SpanKind.CHAIN)
    if attributes.get("gen_ai.operation.name") in otel_genai.KINDS:
        del attributes["gen_ai.operation.name"]
    if span.kind is SpanKind.AGENT:
        span.agent = (
            as_text(attributes.get("agent.name") or attributes.get("gen_ai.agent.name")) or "claude-code"
        )
        if put_input(span, attributes.get("user_prompt")):
            del attributes["user_prompt"]
    elif span.kind is SpanKind.LLM:
        span.model_asked = span.model_answered = as_text(take("model", ""))
        if attributes.get("gen_ai.request.model") == span.model_asked:
            del attributes["gen_ai.request.model"]
        span.cache_read_tokens = as_int(take("cache_read_tokens", None))
        span.cache_write_tokens = as_int(take("cache_creation_tokens", None))
        given = as_int(take("input_tokens", None))
        # Anthropic counts cached input apart from input; ours includes it.
        if given is not None:
            span.input_tokens = given + (span.cache_read_tokens or 0) + (span.cache_write_tokens or 0)
        span.output_tokens = as_int(take("output_tokens", None))
        span.finish_reason = as_text(take("stop_reason", ""))
    elif span.kind is SpanKind.TOOL:
        put_input(span, attributes.get("tool_input"))
        span.tool_name = as_text(attributes.get("gen_ai.tool.name") or attributes.get("tool_name"))
        for event in raw.events:
            if event.name == "tool.output":
                put_output(span, event.attributes.get("output"))
    otel_genai.read(raw, span)
    if raw.status_code == 2 and not span.error:
        span.error = as_text(attributes.get("error"))


def join_keys(span: Span) -> tuple[str, ...]:
    """A session gets its title by a call beside the first task, in a trace of its own: both are one run."""
    get = span.attributes.get
    first = get("interaction.sequence") == "1"
    title = get("query_source_safe") == "generate_session_title"
    return ("aside:" + span.session_id,) if (first or title) and is_strong(span.session_id) else ()
