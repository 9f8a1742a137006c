"""One judgement on a run or a span."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Identity is (project, run_id, span_id, name, source, evaluator_version); the last one said counts."""

    project: str
    trace_id: str = ""
    """32 lower-case hex digits; or where the sender named no trace, the join key (`response:<id>`) of the
    spans it was said of: they may come before it or after it."""
    span_id: str = ""
    run_id: str = ""
    name: str = ""
    value: float | None = None
    label: str = ""
    source: str = ""
    """Who judged: sdk, otel, detector, evaluator, judge, reviewer or user."""
    evaluator_version: str = ""
    explanation: str = ""
    at_ns: int = 0
    version: int = 0

    @property
    def by_key(self) -> bool:
        """Whether `trace_id` is a join key."""
        return ":" in self.trace_id
