"""Every dialect there is, in the order they are asked. Adding one is one file, one line here, and its test.

A dialect is recognised by an attribute only it sends, or by the name of the instrumentation scope; never by
the name of a service. The first that fits reads the span, and calls on `otel_genai` for what is common.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.domain.span import Span
from roadworthy.features.ingest.dialects import (
    ag2,
    agentops,
    autogen,
    braintrust,
    claude_code,
    crewai,
    genkit,
    google_adk,
    haystack,
    laminar,
    langfuse,
    langsmith,
    litellm,
    llama_index,
    logfire,
    mastra,
    mcp,
    mlflow,
    openinference,
    openlit,
    otel_genai,
    pydantic_ai,
    strands,
    traceloop,
    vercel_ai,
)
from roadworthy.features.ingest.raw_span import RawSpan

Reader = Callable[[RawSpan, Span], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`attribute` decides before any `scope` (a prefix of the scope's name) is looked at."""

    name: str
    read: Reader
    attributes: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


DIALECTS: tuple[Dialect, ...] = (
    Dialect("vercel_ai", vercel_ai.read, attributes=("ai.operationId",)),
    Dialect("mastra", mastra.read, attributes=("mastra.span.type",)),
    Dialect("openinference", openinference.read, attributes=("openinference.span.kind",)),
    Dialect("langfuse", langfuse.read, attributes=("langfuse.observation.type",), scopes=("langfuse-sdk",)),
    Dialect("genkit", genkit.read, attributes=("genkit:type",)),
    Dialect("langsmith", langsmith.read, attributes=("langsmith.span.kind",)),
    Dialect("mcp", mcp.read, attributes=("mcp.method.name",)),
    Dialect("mlflow", mlflow.read, attributes=("mlflow.spanType",)),
    Dialect(
        "agentops", agentops.read, attributes=("agentops.span.kind",), scopes=("agentops", "openai-agents")
    ),
    Dialect("laminar", laminar.read, attributes=("lmnr.span.type",)),
    Dialect(
        "braintrust", braintrust.read, attributes=("braintrust.span_attributes", "braintrust.input_json")
    ),
    Dialect("ag2", ag2.read, attributes=("ag2.span.type",)),
    Dialect("claude_code", claude_code.read, scopes=("com.anthropic.claude_code",)),
    Dialect("strands", strands.read, scopes=("strands.",)),
    Dialect("pydantic_ai", pydantic_ai.read, scopes=("pydantic-ai",)),
    Dialect("logfire", logfire.read, scopes=("logfire",)),
    Dialect("openlit", openlit.read, scopes=("openlit",)),
    Dialect("autogen", autogen.read, scopes=("autogen",)),
    Dialect("llama_index", llama_index.read, scopes=("llamaindex.opentelemetry",)),
    Dialect("google_adk", google_adk.read, scopes=("gcp.vertex.agent",)),
    Dialect(
        "haystack",
        haystack.read,
        # Its spans come under whatever scope the application gave its tracer.
        attributes=(
            "haystack.component.name",
            "haystack.tool.name",
            "haystack.agent.step.tool.input",
            "haystack.agent.max_steps",
            "haystack.agent.input",
            "haystack.pipeline.input_data",
        ),
        scopes=("haystack",),
    ),
    Dialect("litellm", litellm.read, attributes=("litellm.call_id", "litellm.provider.model")),
    Dialect(
        "traceloop",
        traceloop.read,
        attributes=(
            "traceloop.span.kind",
            "traceloop.workflow.name",
            "traceloop.entity.name",
            "llm.request.type",
        ),
    ),
    Dialect("crewai", crewai.read, attributes=("crewai.crew.name", "crewai.agent.role", "crewai.task.id")),
    Dialect(
        "otel_genai",
        otel_genai.read,
        attributes=(
            "gen_ai.operation.name",
            "gen_ai.request.model",
            "gen_ai.system",
            "gen_ai.tool.name",
            "gen_ai.agent.name",
            "gen_ai.provider.name",
            "gen_ai.response.model",
        ),
    ),
)

BY_NAME: dict[str, Dialect] = {dialect.name: dialect for dialect in DIALECTS}

_MARKERS: tuple[tuple[str, Dialect], ...] = tuple(
    (attribute, dialect) for dialect in DIALECTS for attribute in dialect.attributes
)
_BROAD = ("litellm", "traceloop", "crewai", "otel_genai")
"""Share attributes with others: asked only after the scope's name said nothing."""
_FIRST = tuple((a, d) for a, d in _MARKERS if d.name not in _BROAD)
_FIRST_NAMES = frozenset(attribute for attribute, _ in _FIRST)
_LAST = tuple((a, d) for a, d in _MARKERS if d.name in _BROAD)


def of_scope(scope: str) -> Dialect | None:
    """The dialect a scope's name stands for; asked once a scope, not once a span."""
    for dialect in DIALECTS:
        if dialect.scopes and scope.startswith(dialect.scopes):
            return dialect
    return None


def recognise(raw: RawSpan, scope_dialect: Dialect | None) -> Dialect | None:
    """None where no convention for agents is spoken: HTTP, databases, plain code."""
    attributes = raw.attributes
    if not attributes:
        return scope_dialect
    if not _FIRST_NAMES.isdisjoint(attributes):
        for attribute, dialect in _FIRST:
            if attribute in attributes:
                return dialect
    if scope_dialect is not None:
        return scope_dialect
    for attribute, dialect in _LAST:
        if attribute in attributes:
            return dialect
    return None
