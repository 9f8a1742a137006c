"""Where steps are recorded to: the tracer `init` chose, else whatever the host has set up."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry import trace

SCOPE = "roadworthy"


@dataclass(slots=True)
class _State:
    tracer: trace.Tracer | None = None
    content: bool = True
    direct: bool = False
    """Whether attributes may be written as in `roadworthy.sdk.attributes`."""


state = _State()
"""One object, so that the hot path reads attributes and no globals are rebound behind its back."""


def tracer() -> trace.Tracer:
    """Before `init` this is OpenTelemetry's own stand-in, which records nothing until a provider is set."""
    return state.tracer or trace.get_tracer(SCOPE)
