"""Google's Agent Development Kit: OTel GenAI, older versions with requests and responses as JSON
attributes."""

from __future__ import annotations

import re

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_json, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_ADK = "gcp.vertex.agent."
_AGENT_RUN = re.compile(r"agent_run \[(.+)\]$")
"""How versions before 1.17 named the span of an agent, of which they said nothing else."""


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    for name, put, empty in (
        ("llm_request", put_input, "{}"),
        ("llm_response", put_output, "{}"),
        ("tool_call_args", put_input, "{}"),
        ("tool_response", put_output, "{}"),
    ):
        value = attributes.get(_ADK + name)
        if value is not None and value != empty:
            put(span, value, chat=name.startswith("llm"))
    if not span.session_id:
        span.session_id = as_text(attributes.get(_ADK + "session_id"))
    otel_genai.read(raw, span)
    if span.kind is SpanKind.OTHER and (named := _AGENT_RUN.match(raw.name)):
        span.kind, span.agent = SpanKind.AGENT, named[1]
    if span.kind is SpanKind.TOOL and raw.status_code == 2:
        # The span says no more than TOOL_ERROR; the tool's own words are in what it gave back.
        told = as_json(span.output)
        span.error = as_text(told.get("error")) if isinstance(told, dict) else ""
