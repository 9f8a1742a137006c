"""What was decoded since the last batch went to the writer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from roadworthy.contracts.intake import IntakeEntry
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span


@dataclass(slots=True, kw_only=True)
class Gathering:
    """`next_offset` is what to commit, 0 for nothing."""

    begun: float = field(default_factory=time.monotonic)
    filled: float = 0.0
    """When the first record of it was decoded."""
    spans: dict[tuple[str, str, str], Span] = field(default_factory=dict)
    prepared: list[object] = field(default_factory=list)
    """What the store made of the spans as they came."""
    rows_prepared: int = 0
    is_prepared: bool = True
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    body_bytes: int = 0
    records: int = 0
    next_offset: int = 0
    newest_ns: int = 0
    decode_seconds: float = 0.0
    assemble_seconds: float = 0.0

    def add_runs(self, runs: Sequence[Run]) -> None:
        """The last word on each counts."""
        for run in runs:
            self.runs[run.project, run.id] = run

    def add_spans(self, spans: Sequence[Span], *, prepared: Sequence[object] | None) -> None:
        """`prepared` is None where that failed."""
        for span in spans:
            self.spans[span.project, span.trace_id, span.span_id] = span
        if prepared is None:
            self.is_prepared = False
        else:
            self.prepared += prepared
            self.rows_prepared += len(spans)

    def all_prepared(self) -> Sequence[object]:
        """Nothing where a span came twice (what was made of it first is no longer so), or one is missing."""
        return self.prepared if self.is_prepared and self.rows_prepared == len(self.spans) else ()

    def count(self, entries: Sequence[IntakeEntry]) -> None:
        self.filled = self.filled or time.monotonic()
        self.body_bytes += sum(len(entry.record.body) for entry in entries)
        self.records += len(entries)
        self.next_offset = entries[-1].next_offset
        self.newest_ns = entries[-1].record.received_ns
