"""Every span of a project, page by page, whether or not a run holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from roadworthy.contracts.telemetry import SpanQuery, TelemetryStore
from roadworthy.domain.span import Span

_AT_ONCE = 500
_HOUR_NS = 3_600_000_000_000


def spans_of_time(
    store: TelemetryStore, project: str, *, from_ns: int | None, to_ns: int | None
) -> Iterator[list[Span]]:
    """Spans that started in [from_ns, to_ns), newest first, each once."""
    for start, end in windows(store.days(project), from_ns=from_ns, to_ns=to_ns):
        after: tuple[int, str, str] | None = None
        while True:
            query = SpanQuery(from_ns=start, to_ns=end, limit=_AT_ONCE, after=after)
            page = store.spans(project, query)
            if page:
                yield page
            if len(page) < _AT_ONCE:
                break
            after = (page[-1].start_ns, page[-1].trace_id, page[-1].span_id)


def windows(
    days: Sequence[str], *, from_ns: int | None, to_ns: int | None
) -> Iterator[tuple[int | None, int | None]]:
    """Windows of time that hold every span, newest first.

    Small where much is, because each page sorts its whole window: the hours of days that hold data. All that
    lies between, before and after (clocks off by years) is one window each.
    """
    edges: set[int] = set()
    for day in days:
        start = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
        edges.update(range(start, start + 25 * _HOUR_NS, _HOUR_NS))
    inner = sorted(e for e in edges if (from_ns is None or e > from_ns) and (to_ns is None or e < to_ns))
    yield from reversed(list(pairwise([from_ns, *inner, to_ns])))
