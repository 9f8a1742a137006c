"""Runs, spans and scores out to files and back in, a block at a time: memory does not grow with the file.

Import is idempotent: a record read twice, or one the store holds in a later version, changes nothing. A
record that cannot be read is left out, counted and named; the others are taken.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO

import orjson

from roadworthy.contracts.telemetry import RunQuery, TelemetryBatch, TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.observe.all_spans import spans_of_time
from roadworthy.features.observe.parquet import Chunks, Kind, records_in
from roadworthy.features.observe.records import BadRecord, Noun, record_of, run_from, score_from, span_from

TRACES_AT_ONCE = 50
RECORDS_AT_ONCE = 5000
BYTES_AT_ONCE = 32 * 2**20
LONGEST_LINE = 64 * 2**20
ERRORS_NAMED = 10
_TRACES_REMEMBERED = 100_000


Prepare = Callable[[Sequence[Noun]], Sequence[Noun]]


class What(StrEnum):
    RUNS = "runs"
    SPANS = "spans"
    SCORES = "scores"


class Form(StrEnum):
    JSONL = "jsonl"
    """One JSON object a line."""
    PARQUET = "parquet"


_KINDS: dict[What, Kind] = {What.RUNS: Run, What.SPANS: Span, What.SCORES: Score}


@dataclass(slots=True, kw_only=True)
class Imported:
    runs: int = 0
    spans: int = 0
    scores: int = 0
    skipped: int = 0
    """Lines or rows that could not be read."""
    errors: list[str] = field(default_factory=list)
    """The first few reasons, each with its line or row, from 1."""


def export_file(
    store: TelemetryStore, project: str, query: RunQuery, *, what: What, form: Form
) -> Iterator[bytes]:
    """The pieces of a file with all runs of the query, or with spans, newest first, or with scores.

    Spans and scores are those of the runs that filters or text select; where time alone selects, all of that
    time, those of no run included.
    `limit` and `after` of the query are ignored. Raises BadQuery with the first piece.
    """
    blocks = _blocks(store, project, query, what=what)
    if form is Form.JSONL:
        for block in blocks:
            yield b"".join(orjson.dumps(record_of(one)) + b"\n" for one in block)
        return
    chunks = Chunks(_KINDS[what])
    for block in blocks:
        yield chunks.add([record_of(one) for one in block])
    yield chunks.end()


def import_file(
    store: TelemetryStore,
    project: str,
    file: BinaryIO,
    *,
    what: What,
    form: Form,
    prepare: Prepare = lambda held: held,
) -> Imported:
    """Takes in a file that `export_file` made, into `project`, whatever project it came from.

    `prepare` may change each batch before it is written (masking: a file may come from a place that masks
    nothing).
    A Parquet file must be seekable. Raises NotParquet, StoreFull and StoreUnavailable: what was read before
    is then in the store, and the same file may be given again.
    """
    done = Imported()
    batch = _Batch(store=store, done=done, prepare=prepare)
    records = _lines(file, done) if form is Form.JSONL else enumerate(records_in(file), start=1)
    for number, record in records:
        try:
            batch.add(_read(record, project=project, what=what))
        except BadRecord as error:
            _skip(done, number, str(error))
    batch.write()
    return done


def _read(record: object, *, project: str, what: What) -> Noun:
    if what is What.RUNS:
        return run_from(record, project=project)
    return span_from(record, project=project) if what is What.SPANS else score_from(record, project=project)


def _blocks(store: TelemetryStore, project: str, query: RunQuery, *, what: What) -> Iterator[Sequence[Noun]]:
    if what is What.RUNS:
        return store.each_run(project, query)
    chosen = bool(query.filters or query.text)
    if what is What.SCORES:
        if chosen:
            return _score_blocks(store, project, query)
        return store.each_score(project, from_ns=query.from_ns, to_ns=query.to_ns)
    if chosen:
        return _span_blocks(store, project, query)
    return spans_of_time(store, project, from_ns=query.from_ns, to_ns=query.to_ns)


def _score_blocks(store: TelemetryStore, project: str, query: RunQuery) -> Iterator[list[Score]]:
    """A score of a trace that several runs share may come twice: read in, it is one."""
    for runs in store.each_run(project, query):
        scores = store.scores_of_runs(project, runs)
        if scores:
            yield scores


def _span_blocks(store: TelemetryStore, project: str, query: RunQuery) -> Iterator[list[Span]]:
    seen: OrderedDict[str, None] = OrderedDict()
    for runs in store.each_run(project, query):
        # A trace of several runs is written once; runs that share one lie close together.
        new = dict.fromkeys(trace for run in runs for trace in run.trace_ids if trace not in seen)
        seen.update(new)
        while len(seen) > _TRACES_REMEMBERED:
            seen.popitem(last=False)
        traces = list(new)
        for start in range(0, len(traces), TRACES_AT_ONCE):
            spans = store.spans_of_traces(project, traces[start : start + TRACES_AT_ONCE])
            if spans:
                yield spans


def _lines(file: BinaryIO, done: Imported) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            _skip(done, number, f"longer than {LONGEST_LINE // 2**20} MiB")
            continue
        if not line.strip():
            continue
        try:
            yield number, orjson.loads(line)
        except orjson.JSONDecodeError as error:
            _skip(done, number, f"not JSON: {error}")


def _skip(done: Imported, number: int, reason: str) -> None:
    done.skipped += 1
    if len(done.errors) < ERRORS_NAMED:
        done.errors.append(f"{number}: {reason}")


@dataclass(slots=True, kw_only=True)
class _Batch:
    """Gathers what was read until it is worth writing."""

    store: TelemetryStore
    done: Imported
    prepare: Prepare
    held: list[Noun] = field(default_factory=list)
    size: int = 0

    def add(self, one: Noun) -> None:
        self.held.append(one)
        self.size += _size(one)
        if len(self.held) >= RECORDS_AT_ONCE or self.size >= BYTES_AT_ONCE:
            self.write()

    def write(self) -> None:
        if not self.held:
            return
        held = self.prepare(self.held)
        runs = [one for one in held if isinstance(one, Run)]
        spans = [one for one in held if isinstance(one, Span)]
        scores = [one for one in held if isinstance(one, Score)]
        self.store.write(TelemetryBatch(token=_token(held), runs=runs, spans=spans, scores=scores))
        self.done.runs += len(runs)
        self.done.spans += len(spans)
        self.done.scores += len(scores)
        self.held, self.size = [], 0


def _size(one: Noun) -> int:
    if isinstance(one, Run):
        return len(one.input) + len(one.final_answer)
    if isinstance(one, Score):
        return len(one.explanation)
    return len(one.input) + len(one.output) + len(one.tool_definitions) + len(one.events)


def _token(held: Sequence[Noun]) -> str:
    """The same content has the same token."""
    digest = hashlib.sha256()
    for one in _records(held):
        digest.update(one)
    return f"import-{digest.hexdigest()[:32]}"


def _records(held: Iterable[Noun]) -> Iterator[bytes]:
    for one in held:
        yield orjson.dumps(record_of(one))
