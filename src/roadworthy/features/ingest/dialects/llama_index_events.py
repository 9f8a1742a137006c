"""Events of LlamaIndex's agent workflows, which OpenLLMetry's spans hold as the JSON of what a step gave.

Source: llama_index.core.agent.workflow.workflow_events (AgentInput, AgentOutput, ToolCallResult).
"""

from __future__ import annotations

import re

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output

_AGENT = re.compile(r'"current_agent_name": ?"([^"\\]+)"')


def read_event(span: Span, given: object) -> None:
    """`given` is what a step gave: the result of a tool makes it the tool's span, an agent's event names the
    agent. Anything else says nothing here."""
    if not isinstance(given, str):
        return
    if '"tool_output"' in given and isinstance(event := as_json(given), dict):
        result = event.get("tool_output")
        if isinstance(result, dict) and "tool_kwargs" in event:
            span.kind, span.tool_name = SpanKind.TOOL, as_text(event.get("tool_name"))
            span.tool_call_id = as_text(event.get("tool_id"))
            put_input(span, event["tool_kwargs"])
            told = _words(result.get("blocks"))
            put_output(span, told)
            if result.get("is_error") is True:
                span.status, span.error = SpanStatus.ERROR, told
            return
    if named := _AGENT.search(given):
        span.agent = span.agent or named[1]


def _words(blocks: object) -> str:
    if not isinstance(blocks, list):
        return ""
    texts = [as_text(block.get("text")) for block in blocks if isinstance(block, dict)]
    return "\n".join(text for text in texts if text)
