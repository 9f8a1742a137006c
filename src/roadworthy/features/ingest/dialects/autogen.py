"""AutoGen's own spans (autogen-core): agents and tools as OTel GenAI, messages between agents as messaging.*.

It sends no spans for model calls; the messages it delivers say what each call cost and what it answered. Run
assembly reads them from the `message` kept here as the output of delivery spans.
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_text
from roadworthy.features.ingest.content import put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    if "messaging.operation" in attributes:
        span.kind = SpanKind.CHAIN
        message = as_text(attributes.get("message"))
        if message.startswith("{") and len(message) > 2 and put_output(span, message):
            del attributes["message"]
    otel_genai.read(raw, span)
