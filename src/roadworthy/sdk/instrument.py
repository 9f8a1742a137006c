"""Which agent libraries are instrumented, and by what: one table.

Instrumentations announce themselves by the entry point `opentelemetry_instrumentor`. Of several for one
library only one is used, as two would record each call twice. OpenInference comes first, as it said most
on recorded traffic; then OpenTelemetry's own, then Traceloop's. Where a library speaks OpenTelemetry by
itself and says more than what was written for it, nothing is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

from opentelemetry.sdk.trace import TracerProvider

from roadworthy.sdk import faults
from roadworthy.sdk.imports import when_imported
from roadworthy.sdk.native import SPEAKS_BY_ITSELF, SWITCHES, settle_anthropic

LIBRARIES: dict[str, str] = {
    "agent-framework": "agent_framework",
    "agno": "agno",
    "anthropic": "anthropic",
    "autogen-agentchat": "autogen_agentchat",
    "beeai": "beeai_framework",
    "bedrock": "botocore",
    "claude-agent-sdk": "claude_agent_sdk",
    "cohere": "cohere",
    "crewai": "crewai",
    "dspy": "dspy",
    "google-adk": "google.adk",
    "google-genai": "google.genai",
    "google-generativeai": "google.generativeai",
    "groq": "groq",
    "haystack": "haystack",
    "instructor": "instructor",
    "langchain": "langchain_core",
    "litellm": "litellm",
    "llama-index": "llama_index.core",
    "mcp": "mcp",
    "mistralai": "mistralai",
    "ollama": "ollama",
    "openai": "openai",
    "openai-agents": "agents",
    "pydantic-ai": "pydantic_ai",
    "smolagents": "smolagents",
    "together": "together",
    "vertexai": "vertexai",
}
"""Library, and the module whose import says that it is used."""
_LATER = {"mistralai": "mistralai.client"}
"""The module of later versions, where the package of the name above has no code of its own."""

_FAMILIES = (
    re.compile(r"openinference-instrumentation-(.+)"),
    re.compile(r"opentelemetry-instrumentation-genai-(.+)"),
    re.compile(r"opentelemetry-instrumentation-(.+)-v2"),
    re.compile(r"opentelemetry-instrumentation-(.+)"),
)
"""Distributions by preference."""
_ALIASES = {"llamaindex": "llama-index", "alephalpha": "", "haystack-ai": "haystack"}


def instrument_installed(provider: TracerProvider, *, only: Sequence[str] | None, content: bool) -> None:
    """Have each library of the table record into `provider` once it is imported.

    `only` limits it to the libraries named; a name that is not in the table is said in the log.
    """
    wanted = set(LIBRARIES if only is None else (name.replace("_", "-").lower() for name in only))
    for unknown in sorted(wanted - set(LIBRARIES)):
        faults.warn(f"unknown {unknown}", f"cannot instrument {unknown!r}; known are {', '.join(LIBRARIES)}")
    found = _announced()
    for library in sorted(wanted & set(LIBRARIES)):
        if only is None and library in SPEAKS_BY_ITSELF:
            continue
        if library == "anthropic":
            settle_anthropic(instrumented="anthropic" in found, content=content)
        starter = _starter(library, found.get(library, []), provider, content=content)
        if starter is not None:
            when_imported(LIBRARIES[library], starter)
            if library in _LATER:
                when_imported(_LATER[library], starter)


def _starter(
    library: str, announced: list[EntryPoint], provider: TracerProvider, *, content: bool
) -> Callable[[], None] | None:
    if library in SWITCHES:
        switch = SWITCHES[library]
        return (lambda: switch(provider, content)) if _installed(LIBRARIES[library]) else None
    return (lambda: _use(library, announced, provider)) if announced else None


def _use(library: str, announced: list[EntryPoint], provider: TracerProvider) -> None:
    instrumentors: list[Any] = []
    for entry in announced:
        try:
            instrumentors.append(entry.load()())
        except Exception as error:  # noqa: BLE001 (an instrumentation that does not fit leaves the next one)
            faults.warn(f"load {entry.value}", f"{entry.value} cannot be loaded: {error}")
    if any(getattr(item, "is_instrumented_by_opentelemetry", False) for item in instrumentors):
        return  # the host was there first
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=provider)
        if getattr(instrumentor, "is_instrumented_by_opentelemetry", True):
            return
    faults.warn(
        f"conflict {library}", f"{library} is not recorded: its instrumentation does not fit its version"
    )


def _announced() -> dict[str, list[EntryPoint]]:
    """Instrumentations by library, the preferred first."""
    ranked: dict[str, list[tuple[int, EntryPoint]]] = {}
    for entry in entry_points(group="opentelemetry_instrumentor"):
        distribution = entry.dist.name.lower().replace("_", "-") if entry.dist is not None else ""
        for rank, family in enumerate(_FAMILIES):
            match = family.fullmatch(distribution)
            if match is not None:
                library = _ALIASES.get(match[1], match[1])
                ranked.setdefault(library, []).append((rank, entry))
                break
    return {
        library: [entry for _, entry in sorted(found, key=lambda pair: pair[0])]
        for library, found in ranked.items()
    }


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
