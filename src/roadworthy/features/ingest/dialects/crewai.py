"""What CrewAI's own attributes add (`crewai.*`, also inside OpenLLMetry's spans)."""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_text
from roadworthy.features.ingest.content import put_input, put_output
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan


def read(raw: RawSpan, span: Span) -> None:
    read_crew(raw.attributes, span)
    otel_genai.read(raw, span)


def read_crew(attributes: Attributes, span: Span) -> None:
    """A crew is the workflow, a task a step of it, an agent an agent, whatever operation they were given."""
    if "crewai.crew.name" in attributes:
        span.kind = SpanKind.WORKFLOW
        span.workflow = as_text(attributes.pop("crewai.crew.name"))
        if put_output(span, attributes.get("crewai.crew.result")):
            del attributes["crewai.crew.result"]
    elif "crewai.agent.role" in attributes:
        span.kind = SpanKind.AGENT
        span.agent = as_text(attributes.get("crewai.agent.role")).strip()
    elif "crewai.task.id" in attributes:
        span.kind = SpanKind.CHAIN
        span.agent = as_text(attributes.get("crewai.task.agent")).strip()
        if put_input(span, attributes.get("crewai.task.description")):
            del attributes["crewai.task.description"]
    if attributes.get("gen_ai.operation.name") == "invoke_agent":
        del attributes["gen_ai.operation.name"]
    if attributes.get("gen_ai.agent.name") == span.agent:
        del attributes["gen_ai.agent.name"]
