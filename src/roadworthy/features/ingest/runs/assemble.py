"""Spans of one bundle of traces to runs. Pure: no clock, no store, no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from roadworthy.contracts.telemetry import RunPlace
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span


@dataclass(slots=True, kw_only=True)
class Assembly:
    """`runs` by start. `spans` are all spans put in, annotated (new objects where anything changed), and the
    inferred ones; each names its run through `run_of`."""

    runs: list[Run] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    run_of: dict[str, str] = field(default_factory=dict)
    """trace_id + "/" + span_id → Run.id."""


def assemble(spans: Sequence[Span], *, place: RunPlace | None = None) -> Assembly:
    """All spans of one bundle (traces joined by shared `join_keys`) to the runs they record.

    Deterministic, independent of the order of `spans`, idempotent over its own output, near-linear in the
    number of spans. Never raises. `place` says under which id and sort time the bundle's first run is already
    known; without it the id is that of the trace that started first.
    """
    raise NotImplementedError
