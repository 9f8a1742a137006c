"""From the intake log to the telemetry store, for as long as the worker runs.

Two threads: one decodes, normalises and assembles (it holds the interpreter), one writes (the engine does
not). What is decoded gathers until the writer is free, so batches are as large as the load asks for: under
little load they are small and soon visible, under heavy load large and cheap. An offset is committed after
its batch is in the store, so a crash anywhere replays at most what was not committed; writing it again
changes nothing.

The decoding thread judges the runs it has gathered as it goes: they are judged when people first see them.
Where more comes than there is time for, spans come first (`judging_time`): what is left is judged later,
elsewhere.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from roadworthy.contracts.intake import IntakeEntry, IntakeReader
from roadworthy.contracts.telemetry import IngestStore, StoreFull, StoreUnavailable, TelemetryBatch
from roadworthy.domain.span import Span
from roadworthy.features.ingest.batch import Steps, gather, join_contents, unreadable
from roadworthy.features.ingest.early_judge import EarlyJudge
from roadworthy.features.ingest.gathering import Gathering
from roadworthy.features.ingest.halving import write_in_halves
from roadworthy.features.ingest.judging_time import JudgingTime
from roadworthy.features.ingest.progress import Progress
from roadworthy.features.ingest.runs.tracker import Assemble, RunTracker

log = logging.getLogger(__name__)

_READ_BYTES = 2 << 20
"""Decoded in one go."""
_READ_RECORDS = 512
_POLL_SECONDS = 0.05
_QUIET_SECONDS = 0.25
_BUSY_SECONDS = 0.6
_BUSY_BYTES = 1 << 20
_FULL_BYTES = 16 << 20
"""A batch goes to the writer a quarter of a second after the last one. Where more than `_BUSY_BYTES` of
bodies came in that time, it waits until 0.6 s have passed or it is full: fewer, larger parts cost the engine
less, in inserts and in merges."""
_HELD_BYTES = 32 << 20
"""While the writer is busy so much is gathered; then decoding waits for it."""
_PACE_SECONDS = 4.0
_SHORT_SECONDS = 5.0
"""What was left is not caught up with in the first pause between two bursts."""


@dataclass(slots=True, kw_only=True)
class _Ready:
    batch: TelemetryBatch
    gathered: Gathering
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBatch:
    """A batch that is in the store now, and how long its steps took. Times are seconds.

    `seconds` is from its first record to the end, waiting included."""

    batch: TelemetryBatch
    records: int
    body_bytes: int
    seconds: float
    decode_seconds: float
    """Decoding, normalising, masking and pricing, in one or more pieces."""
    assemble_seconds: float
    write_seconds: float


class Consumer:
    """`start` and `stop` once each; `stop` returns when the batch at hand is written or `timeout` is over.

    `on_runs(project, run_ids)` is called from the writing thread after the runs became queryable, `on_batch`
    after each batch.
    """

    def __init__(
        self,
        *,
        reader: IntakeReader,
        store: IngestStore,
        assemble: Assemble,
        steps: Steps,
        memory_bytes: int,
        on_runs: Callable[[str, Sequence[str]], None],
        on_batch: Callable[[WrittenBatch], None] | None = None,
        judge: EarlyJudge | None = None,
    ) -> None:
        self.progress = Progress()
        self._judge = judge
        self._judging_time = JudgingTime()
        self._left_at = -math.inf
        """When runs were last left to be judged later."""
        self._reader = reader
        self._store = store
        self._steps = steps
        self._on_runs = on_runs
        self._on_batch = on_batch
        self._tracker = RunTracker(
            store=store, assemble=assemble, memory_bytes=memory_bytes, now_ns=time.time_ns()
        )
        self._position = reader.committed()
        self._stored: deque[tuple[float, int]] = deque()
        """When which offset was committed, of late."""
        self._boot = f"{os.getpid():x}-{time.time_ns():x}"
        self._gathered = Gathering()
        self._numbers = itertools.count(1)
        self._ready: queue.SimpleQueue[_Ready | None] = queue.SimpleQueue()
        self._writer_free = threading.Event()
        self._writer_free.set()
        self._stopping = threading.Event()
        self._abandon = threading.Event()
        self._written = 0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for name, target in (("ingest-decode", self._decode_loop), ("ingest-write", self._write_loop)):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, *, timeout: float) -> None:
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._abandon.set()

    @property
    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    @property
    def gathered_records(self) -> int:
        """Decoded and waiting for the writer."""
        return self._gathered.records

    @property
    def held_bytes(self) -> int:
        return self._tracker.held_bytes

    @property
    def short_of_time(self) -> bool:
        """Whether more comes, or came a moment ago, than there is time to judge."""
        return time.monotonic() - self._left_at < _SHORT_SECONDS

    def _decode_loop(self) -> None:
        while not self._stopping.is_set():
            entries = self._read()
            began = time.monotonic()
            if entries:
                self._tracker.written(self._written)
                self._take_in(entries)
            judging = self._judge_some(taking_in=time.monotonic() - began if entries else 0.0)
            if self._due(judging=judging):
                self._hand_over()
            elif not entries and not judging:
                self._stopping.wait(_POLL_SECONDS)
        # What was gathered and not handed over is still in the log.
        self._ready.put(None)

    def _judge_some(self, *, taking_in: float) -> bool:
        """Whether there was a run to judge, and time for it."""
        if self._judge is None:
            return False
        seconds = self._judging_time.seconds(
            taking_in=taking_in,
            unread_bytes=self._reader.unread_bytes(after=self._position),
            pace=self._pace(),
        )
        judged = self._judge.work(self._gathered.runs, seconds=seconds)
        self.progress.judged += judged
        return judged > 0

    def _pace(self) -> float:
        """Bytes a second that were stored of late; 0 where that is not known yet."""
        if len(self._stored) < 2:
            return 0.0
        (first, before), (last, stored) = self._stored[0], self._stored[-1]
        return (stored - before) / max(last - first, 0.1)

    def _read(self) -> Sequence[IntakeEntry]:
        if self._gathered.body_bytes >= _HELD_BYTES:
            return ()
        try:
            entries = self._reader.read(
                after=self._position, max_bytes=_READ_BYTES, max_records=_READ_RECORDS
            )
        except OSError as fault:
            # A disk that cannot be read now may be readable in a second; nothing is skipped.
            log.error("intake log cannot be read: %s", fault)
            self._stopping.wait(1.0)
            return ()
        return entries

    def _take_in(self, entries: Sequence[IntakeEntry]) -> bool:
        """Whether the position moved on. A record that breaks the preparation is set aside alone, never the
        log."""
        try:
            self._prepare(entries)
        except (StoreFull, StoreUnavailable) as fault:
            # Reading back older spans failed: nothing was taken in twice by trying again.
            self.progress.waiting_for_store = str(fault)
            self._stopping.wait(0.5)
            return False
        except Exception as fault:
            log.exception("%d records could not be prepared", len(entries))
            if len(entries) > 1:
                return all(self._take_in([entry]) for entry in entries)
            reason = f"could not be taken in: {fault!r}"[:500]
            self._gathered.rejections.append(unreadable(entries[0], code="internal", reason=reason))
        self._gathered.count(entries)
        self._position = entries[-1].next_offset
        return True

    def _prepare(self, entries: Sequence[IntakeEntry]) -> None:
        began = time.monotonic()
        decoded = gather(entries, steps=self._steps)
        join_contents(decoded, tracker=self._tracker)
        kept = self._gathered
        spans = self._tracker.add(decoded.spans)
        kept.add_spans(spans, prepared=self._prepared(spans))
        kept.decode_seconds += time.monotonic() - began
        self._assemble(kept, rooted_only=True)
        kept.scores += decoded.scores
        if self._judge is not None and decoded.scores:
            self._judge.said(decoded.scores)
        kept.rejections += decoded.rejections

    def _prepared(self, spans: Sequence[Span]) -> Sequence[object] | None:
        try:
            return self._store.prepare(spans)
        except Exception:
            # What the store cannot take it refuses when the batch is written, span by span.
            log.exception("%d spans could not be prepared for the store", len(spans))
            return None

    def _assemble(self, gathered: Gathering, *, rooted_only: bool = False) -> None:
        began = time.monotonic()
        gathered.add_runs(self._tracker.settle(rooted_only=rooted_only))
        gathered.assemble_seconds += time.monotonic() - began

    def _due(self, *, judging: bool) -> bool:
        """`judging`: some of what is gathered may be judged in a moment."""
        gathered = self._gathered
        if not (gathered.records or self._tracker.waiting) or not self._writer_free.is_set():
            return False
        now = time.monotonic()
        if judging and now - gathered.filled < _BUSY_SECONDS and gathered.body_bytes < _FULL_BYTES:
            return False
        age = now - gathered.begun
        if age < _QUIET_SECONDS:
            return gathered.body_bytes >= _FULL_BYTES
        return age >= _BUSY_SECONDS or not _BUSY_BYTES <= gathered.body_bytes < _FULL_BYTES

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, Gathering()
        self._assemble(gathered)
        left = self._left()
        batch = TelemetryBatch(
            token=f"{self._boot}:{next(self._numbers)}",
            spans=list(gathered.spans.values()),
            prepared=gathered.all_prepared(),
            runs=list(gathered.runs.values()),
            scores=gathered.scores,
            rejections=gathered.rejections,
            left=left,
        )
        if self._judge is not None and gathered.next_offset:
            self._judge.handed_over(next_offset=gathered.next_offset)
        self._writer_free.clear()
        self._ready.put(_Ready(batch=batch, gathered=gathered, number=self._tracker.batch))

    def _left(self) -> Collection[tuple[str, str]]:
        """The runs that there was no time to judge."""
        if self._judge is None or not self._judging_time.short:
            return ()
        left = self._judge.waiting
        if left or self._judging_time.pressed:
            self._left_at = time.monotonic()
        return left

    def _write_loop(self) -> None:
        while not self._abandon.is_set():
            try:
                ready = self._ready.get(timeout=0.2)
            except queue.Empty:
                continue
            began = time.monotonic()
            if ready is None or not self._write(ready):
                return
            write_seconds = time.monotonic() - began
            self._finish(ready)
            if self._on_batch is not None:
                self._on_batch(_written(ready, write_seconds=write_seconds))
            self._writer_free.set()

    def _write(self, ready: _Ready) -> bool:
        """Write until it is written. A store that is full or away is waited for; one that refuses the batch
        gets it in halves, so that one impossible row cannot stop all others."""
        wait = 0.1
        failures = 0
        while not self._abandon.is_set():
            try:
                if self._judge is not None:
                    self._judge.before_write(ready.batch.runs)
                self._store.write(ready.batch)
            except (StoreFull, StoreUnavailable) as fault:
                self.progress.waiting_for_store = str(fault)
            except Exception as fault:
                failures += 1
                log.exception("batch %s was refused (%d)", ready.batch.token, failures)
                self.progress.waiting_for_store = repr(fault)
                if failures >= 3:
                    self.progress.refused_by_store += write_in_halves(self._store, ready.batch)
                    self.progress.waiting_for_store = ""
                    return True
            else:
                self.progress.waiting_for_store = ""
                return True
            if self._stopping.is_set():
                return False
            self._abandon.wait(wait)
            wait = min(5.0, wait * 2)
        return False

    def _finish(self, ready: _Ready) -> None:
        gathered = ready.gathered
        if gathered.next_offset:
            self._reader.commit(gathered.next_offset)
            now = time.monotonic()
            self._stored.append((now, gathered.next_offset))
            while len(self._stored) > 2 and now - self._stored[1][0] > _PACE_SECONDS:
                self._stored.popleft()
        self._written = ready.number
        progress = self.progress
        progress.batches += 1
        progress.records += gathered.records
        progress.spans += len(ready.batch.spans)
        progress.rejected += sum(r.count for r in ready.batch.rejections)
        progress.last_batch_seconds = time.monotonic() - gathered.begun
        if gathered.newest_ns:
            progress.lag_seconds = max(0.0, (time.time_ns() - gathered.newest_ns) / 1e9)
        by_project: dict[str, list[str]] = {}
        for run in ready.batch.runs:
            by_project.setdefault(run.project, []).append(run.id)
        for project, ids in by_project.items():
            self._on_runs(project, ids)


def _written(ready: _Ready, *, write_seconds: float) -> WrittenBatch:
    gathered = ready.gathered
    return WrittenBatch(
        batch=ready.batch,
        records=gathered.records,
        body_bytes=gathered.body_bytes,
        seconds=time.monotonic() - gathered.begun,
        decode_seconds=gathered.decode_seconds,
        assemble_seconds=gathered.assemble_seconds,
        write_seconds=write_seconds,
    )
