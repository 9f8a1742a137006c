"""Batches into tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, TypeVar

import pyarrow as pa

from roadworthy.backends.telemetry.chdb import columns
from roadworthy.backends.telemetry.storable import DAY_NS, day_of
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span

ROWS_AT_ONCE = 20_000
BYTES_AT_ONCE = 64 * 2**20
PARTITIONS_AT_ONCE = 80
"""The engine refuses an insert into more than 100."""
RUN_PAST_DAYS = 5 * 366

Noun = TypeVar("Noun")


INSERT_SETTINGS = {
    # Merges build these: building them here doubles the cost of the insert.
    "exclude_materialize_skip_indexes_on_insert": "by_text, by_attribute_key, by_attribute_value",
    # One insert is one block, so that it is there whole or not at all in each partition.
    "max_insert_block_size": "1000000",
    "min_insert_block_size_rows": "1000000",
    "min_insert_block_size_bytes": str(1 << 30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Rows for one table; the engine takes rows of one token once."""

    table: str
    rows: pa.Table
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanPart:
    """Spans as columns; small enough for one insert, alone or with others."""

    spans: pa.Table
    join_keys: pa.Table | None
    size: int
    """Bytes of long texts."""
    partitions: frozenset[tuple[str, int]]


def prepared(spans: Sequence[Span]) -> list[SpanPart]:
    """Of the same spans always the same parts."""
    return [
        SpanPart(
            spans=columns.span_table(part.nouns, part.days),
            join_keys=columns.join_key_table(part.nouns, part.days),
            size=part.size,
            partitions=part.partitions,
        )
        for part in _chunks(spans, _span_days(spans), _span_bytes)
    ]


def inserts_of(batch: TelemetryBatch) -> Iterator[Insert]:
    """In the order they are to be made: spans and scores before runs. Whoever reads a run finds its spans;
    and one that says it was judged has its scores, also where the process ended in between."""
    receipt = max((span.received_ns for span in batch.spans), default=0)
    parts = _parts(batch) if batch.prepared else prepared(batch.spans)
    for number, together in enumerate(_together(parts)):
        token = f"{batch.token}/{number}"
        yield Insert(table="spans", rows=pa.concat_tables([part.spans for part in together]), token=token)
        keys = [part.join_keys for part in together if part.join_keys is not None]
        if keys:
            yield Insert(table="join_keys", rows=pa.concat_tables(keys), token=token)
    scores = _chunks(
        batch.scores, [day_of(score.at_ns, 0) for score in batch.scores], lambda score: len(score.explanation)
    )
    for number, some in enumerate(scores):
        rows = columns.score_table(some.nouns, some.days)
        yield Insert(table="scores", rows=rows, token=f"{batch.token}/{number}")
    runs = _chunks(
        batch.runs,
        [run_day(run, receipt) for run in batch.runs],
        lambda run: len(run.input) + len(run.final_answer),
    )
    for number, part in enumerate(runs):
        token = f"{batch.token}/{number}"
        yield Insert(table="trace_runs", rows=columns.trace_run_table(part.nouns, part.days), token=token)
        yield Insert(table="runs", rows=columns.run_table(part.nouns, part.days), token=token)
    rejections = _chunks(
        batch.rejections, [day_of(one.at_ns, 0) for one in batch.rejections], lambda one: len(one.sample)
    )
    for number, rejected in enumerate(rejections):
        rows = columns.rejection_table(rejected.nouns, rejected.days)
        yield Insert(table="rejections", rows=rows, token=f"{batch.token}/{number}")


def _parts(batch: TelemetryBatch) -> list[SpanPart]:
    parts = [part for part in batch.prepared if isinstance(part, SpanPart)]
    rows = sum(len(part.spans) for part in parts)
    if rows != len(batch.spans):
        raise ValueError(f"prepared: {rows} rows of {len(batch.spans)} spans")
    return parts


def _together(parts: Iterable[SpanPart]) -> Iterator[list[SpanPart]]:
    """As many parts each time as one insert can take."""
    held: list[SpanPart] = []
    rows, size, partitions = 0, 0, frozenset[tuple[str, int]]()
    for part in parts:
        rows, size, partitions = rows + len(part.spans), size + part.size, partitions | part.partitions
        if held and (rows > ROWS_AT_ONCE or size > BYTES_AT_ONCE or len(partitions) > PARTITIONS_AT_ONCE):
            yield held
            held, rows, size, partitions = [], len(part.spans), part.size, part.partitions
        held.append(part)
    if held:
        yield held


def span_day(span: Span) -> int:
    return day_of(span.start_ns, span.received_ns)


def _span_days(spans: Sequence[Span]) -> list[int]:
    """Spans of a batch started on a few days, and were received at a few times."""
    known: dict[tuple[int, int], int] = {}
    days: list[int] = []
    for span in spans:
        key = span.start_ns // DAY_NS, span.received_ns
        day = known.get(key)
        if day is None:
            day = known[key] = span_day(span)
        days.append(day)
    return days


def run_day(run: Run, receipt: int) -> int:
    """Runs carry no time of receipt: that of the spans they came with, or else any day of the last years."""
    if receipt:
        return day_of(run.sort_ns, receipt)
    today = time.time_ns() // DAY_NS
    day = run.sort_ns // DAY_NS
    return day if today - RUN_PAST_DAYS <= day <= today + 1 else today


def _span_bytes(span: Span) -> int:
    return len(span.input) + len(span.output) + len(span.tool_definitions) + len(span.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk(Generic[Noun]):
    nouns: Sequence[Noun]
    days: Sequence[int]
    size: int
    partitions: frozenset[tuple[str, int]]


def _chunks(
    nouns: Sequence[Noun], days: Sequence[int], size: Callable[[Noun], int]
) -> Iterator[_Chunk[Noun]]:
    """Parts of a batch one insert can take; the same batch is always cut at the same places."""
    whole = _chunk(nouns, days, size)
    if nouns and _fits(len(nouns), whole.size, len(whole.partitions)):
        yield whole
        return
    start, held, partitions = 0, 0, set[tuple[str, int]]()
    for at, noun in enumerate(nouns):
        partition: tuple[str, int] = (noun.project, days[at])  # type: ignore[attr-defined]
        partitions.add(partition)
        held += size(noun)
        if at > start and not _fits(at - start + 1, held, len(partitions)):
            yield _chunk(nouns[start:at], days[start:at], size)
            start, held, partitions = at, size(noun), {partition}
    if start < len(nouns):
        yield _chunk(nouns[start:], days[start:], size)


def _chunk(nouns: Sequence[Noun], days: Sequence[int], size: Callable[[Noun], int]) -> _Chunk[Noun]:
    projects = map(attrgetter("project"), nouns)
    return _Chunk(
        nouns=nouns,
        days=days,
        size=sum(map(size, nouns)),
        partitions=frozenset(zip(projects, days, strict=True)),
    )


def _fits(rows: int, size: int, partitions: int) -> bool:
    return rows <= ROWS_AT_ONCE and size <= BYTES_AT_ONCE and partitions <= PARTITIONS_AT_ONCE
