"""Haystack as OpenInference tells it: pipelines and components, as chains; calls of agents have no spans.

What went in and out are messages as Python prints them. Of an agent's span they are the whole conversation,
out of which assembly reads the steps nobody sent (`runs.whole_talks`).
Source: openinference-instrumentation-haystack, _wrappers.py.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects.haystack import of_one_component
from roadworthy.features.ingest.raw_span import RawSpan

SCOPE = "openinference.instrumentation.haystack"


def read(raw: RawSpan, span: Span) -> None:
    """Kind, messages and the agent's totals, before OpenInference's own reading; what it fills stays."""
    attributes = raw.attributes
    if span.kind is not SpanKind.CHAIN or not raw.name.endswith((".run", ".run_async")):
        return
    component = raw.name.rpartition(".")[0]
    if component in ("Pipeline", "AsyncPipeline"):
        span.kind = SpanKind.WORKFLOW
        given, said = attributes.get("input.value"), attributes.get("output.value")
        if isinstance(loaded := as_json(given), dict):
            given = loaded.get("data")
        put_input(span, of_one_component(given), chat=True)
        put_output(span, of_one_component(said), chat=True)
    elif component == "Agent":
        span.kind = SpanKind.AGENT
        _read_totals(attributes, span)


def _read_totals(attributes: Attributes, span: Span) -> None:
    """`token_usage` of Haystack 3: the sum of the agent's calls."""
    said = as_json(attributes.get("output.value"))
    usage = said.get("token_usage") if isinstance(said, dict) else None
    if isinstance(usage, dict):
        span.input_tokens = as_int(usage.get("prompt_tokens"))
        span.output_tokens = as_int(usage.get("completion_tokens"))
