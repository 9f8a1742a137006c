"""Libraries that speak OpenTelemetry without an instrumentation: how to switch them on, or to let them be."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module

from opentelemetry.sdk.trace import TracerProvider

from roadworthy.sdk import haystack


def _pydantic_ai(provider: TracerProvider, content: bool) -> None:  # noqa: FBT001 (the shape of SWITCHES)
    agents = import_module("pydantic_ai")
    if getattr(agents.Agent, "_instrument_default", False):
        return  # the host (or logfire) was there first
    options = {"tracer_provider": provider, "include_content": content}
    agents.Agent.instrument_all(agents.InstrumentationSettings(**options))


def _agent_framework(provider: TracerProvider, content: bool) -> None:  # noqa: FBT001 (as above)
    """Records into the global provider by itself, without content unless told; what the host set stays."""
    if content and "ENABLE_SENSITIVE_DATA" not in os.environ:
        import_module("agent_framework.observability").enable_instrumentation(enable_sensitive_data=True)


def settle_anthropic(*, instrumented: bool, content: bool) -> None:
    """The Anthropic SDK records calls by itself: without content unless told, and beside any other.

    Variables of its own (`anthropic/_tracing.py`); what the host has set stays.
    """
    if instrumented:
        os.environ.setdefault("ANTHROPIC_OPEN_TELEMETRY", "false")
    elif content:
        os.environ.setdefault("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE", "content")


SWITCHES: dict[str, Callable[[TracerProvider, bool], None]] = {
    "agent-framework": _agent_framework,
    "haystack": haystack.switch_on,
    "pydantic-ai": _pydantic_ai,
}

SPEAKS_BY_ITSELF: frozenset[str] = frozenset({"google-adk", "claude-agent-sdk"})
"""They record into the global provider without being asked, and the instrumentations written for them lose
most model calls (measured on recorded traffic). Named in `init(instrument=[…])` they are instrumented all
the same."""
