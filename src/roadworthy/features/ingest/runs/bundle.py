"""The spans of traces that belong together, while they are still arriving."""

from __future__ import annotations

from roadworthy.domain.run import Run
from roadworthy.domain.span import Span, SpanFlag
from roadworthy.features.ingest.log_content import carry_over

# What a Span object and its dict cost beside its texts, in bytes: measured on the benchmark's spans.
_SPAN_OVERHEAD = 1_400


class Bundle:
    """One or more traces joined by their join keys; `written` are the runs already sent to the store."""

    __slots__ = (
        "bytes",
        "dirty",
        "next_assembly",
        "project",
        "rooted",
        "spans",
        "touched_batch",
        "traces",
        "written",
    )

    def __init__(self, project: str) -> None:
        self.project = project
        self.traces: list[str] = []
        """In the order they were first seen: the first one names the run."""
        self.spans: dict[tuple[str, str], Span] = {}
        self.written: dict[str, Run] = {}
        self.bytes = 0
        self.dirty = False
        self.rooted = False
        """A root has come. It ends last, so most often nothing comes after it."""
        self.touched_batch = 0
        self.next_assembly = 0.0
        """Monotonic seconds before which it is not assembled again (large bundles wait longer)."""

    def put(self, span: Span) -> Span:
        """Add or update; what is now held for that span id, which is what must be stored."""
        key = (span.trace_id, span.span_id)
        held = self.spans.get(key)
        if held is not None:
            self.bytes -= span_bytes(held)
            span = newer(held, span)
        self.spans[key] = span
        self.bytes += span_bytes(span)
        if not span.parent_id:
            self.rooted = True
        return span

    def absorb(self, other: Bundle) -> None:
        """Take over all of `other`; traces stay in the order of their first arrival, ours first."""
        self.traces.extend(other.traces)
        self.spans.update(other.spans)
        self.written.update(other.written)
        self.bytes += other.bytes
        self.rooted = self.rooted or other.rooted
        self.dirty = True


def span_bytes(span: Span) -> int:
    """Rough memory of a span, in bytes."""
    return (
        _SPAN_OVERHEAD
        + len(span.input)
        + len(span.output)
        + len(span.tool_definitions)
        + 96 * len(span.attributes)
    )


def newer(held: Span, come: Span) -> Span:
    """Of two reports of one span id, what to keep.

    An ended span beats an unended one (some SDKs send a span at its start and again at its end), a real one
    beats a placeholder, else the higher version wins. Content only the loser has is kept.
    """
    winner, loser = (come, held) if _rank(come) >= _rank(held) else (held, come)
    carry_over(winner, loser)
    winner.version = max(winner.version, loser.version)
    return winner


def _rank(span: Span) -> tuple[bool, bool, int]:
    return SpanFlag.PLACEHOLDER not in span.flags, span.end_ns != 0, span.version
