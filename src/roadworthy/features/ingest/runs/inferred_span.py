"""The span of a step that was not sent, but read out of another's."""

from __future__ import annotations

from typing import Any

from roadworthy.domain.span import Span, SpanFlag, SpanKind


def inferred_span(by: Span, *, span_id: str, name: str, kind: SpanKind, **said: Any) -> Span:
    """`said` are fields of Span; all others the step shares with `by`, at the moment it starts."""
    shared: dict[str, Any] = {
        "project": by.project,
        "trace_id": by.trace_id,
        "parent_id": by.parent_id,
        "dialect": by.dialect,
        "start_ns": by.start_ns,
        "end_ns": by.start_ns,
        "received_ns": by.received_ns,
        "version": by.version,
        "service": by.service,
        "agent": by.agent,
        "session_id": by.session_id,
        "flags": (SpanFlag.INFERRED,),
    }
    return Span(span_id=span_id, name=name, kind=kind, **(shared | said))
