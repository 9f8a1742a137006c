"""From the intake log to the telemetry store, for as long as the core runs.

Two threads: one decodes, normalises and assembles (it holds the interpreter), one writes (the engine does
not). Between them a queue of one batch. An offset is committed after its batch is in the store, so a crash
anywhere replays at most what was not committed; writing it again changes nothing.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from roadworthy.contracts.intake import IntakeEntry, IntakeReader
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable, TelemetryBatch, TelemetryStore
from roadworthy.domain.rejection import Rejection
from roadworthy.features.ingest.batch import Steps, gather, join_contents, unreadable
from roadworthy.features.ingest.runs.tracker import Assemble, RunTracker

log = logging.getLogger(__name__)

_Row = TypeVar("_Row")

_MAX_BYTES = 8 * 1024 * 1024
_MAX_RECORDS = 512
_MIN_SECONDS = 0.25
"""At low load a batch is written this long after the last one at the earliest: fewer, larger parts."""
_POLL_SECONDS = 0.05


@dataclass(slots=True)
class Progress:
    """What the consumer did since it started; read by /metrics and the server page."""

    spans: int = 0
    records: int = 0
    batches: int = 0
    rejected: int = 0
    refused_by_store: int = 0
    last_batch_seconds: float = 0.0
    lag_seconds: float = 0.0
    """Age of the newest record of the last batch when it became queryable."""
    waiting_for_store: str = ""
    """Why the store does not take batches now, "" when it does."""


@dataclass(slots=True, kw_only=True)
class _Ready:
    batch: TelemetryBatch
    next_offset: int
    number: int
    records: int
    newest_ns: int
    begun: float = field(default_factory=time.monotonic)


class Consumer:
    """`start` and `stop` once each; `stop` returns when the batch at hand is written or `timeout` is over.

    `on_runs(project, run_ids)` is called from the writing thread after the runs became queryable.
    """

    def __init__(
        self,
        *,
        reader: IntakeReader,
        store: TelemetryStore,
        assemble: Assemble,
        steps: Steps,
        memory_bytes: int,
        on_runs: Callable[[str, Sequence[str]], None],
    ) -> None:
        self.progress = Progress()
        self._reader = reader
        self._store = store
        self._steps = steps
        self._on_runs = on_runs
        self._tracker = RunTracker(
            store=store, assemble=assemble, memory_bytes=memory_bytes, now_ns=time.time_ns()
        )
        self._position = reader.committed()
        self._boot = f"{os.getpid():x}-{time.time_ns():x}"
        self._ready: queue.Queue[_Ready | None] = queue.Queue(maxsize=1)
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
    def held_bytes(self) -> int:
        return self._tracker.held_bytes

    def _decode_loop(self) -> None:
        last = 0.0
        while not self._stopping.is_set():
            entries = self._read()
            due = time.monotonic() - last >= _MIN_SECONDS
            small = sum(len(e.record.body) for e in entries) < _MAX_BYTES // 4
            if not entries and not (self._tracker.waiting and due):
                self._stopping.wait(_POLL_SECONDS)
                continue
            if small and not due:
                self._stopping.wait(_MIN_SECONDS - (time.monotonic() - last))
                entries = self._read() or entries
            self._tracker.written(self._written)
            last = time.monotonic()
            if not self._pass_on(entries):
                return
        self._hand_over(None)

    def _pass_on(self, entries: Sequence[IntakeEntry]) -> bool:
        """Prepare and hand over; a record that breaks the preparation is set aside alone, never the log."""
        try:
            ready = self._prepare(entries)
        except (StoreFull, StoreUnavailable) as fault:
            # Reading back older spans failed: nothing was taken in twice by trying again.
            self.progress.waiting_for_store = str(fault)
            return not self._abandon.wait(0.5)
        except Exception as fault:
            log.exception("a batch of %d records could not be prepared", len(entries))
            if len(entries) > 1:
                return all(self._pass_on([entry]) for entry in entries)
            if not entries:
                return not self._abandon.wait(0.5)
            ready = self._set_aside(entries[0], fault)
        if not self._hand_over(ready):
            return False
        if entries:
            self._position = entries[-1].next_offset
        return True

    def _set_aside(self, entry: IntakeEntry, fault: Exception) -> _Ready:
        rejection = unreadable(entry, code="internal", reason=f"could not be taken in: {fault!r}"[:500])
        return _Ready(
            batch=TelemetryBatch(token=f"{self._boot}:aside:{entry.offset}", rejections=[rejection]),
            next_offset=entry.next_offset,
            number=self._tracker.batch,
            records=1,
            newest_ns=entry.record.received_ns,
        )

    def _read(self) -> Sequence[IntakeEntry]:
        try:
            return self._reader.read(after=self._position, max_bytes=_MAX_BYTES, max_records=_MAX_RECORDS)
        except OSError as fault:
            # A disk that cannot be read now may be readable in a second; nothing is skipped.
            log.error("intake log cannot be read: %s", fault)
            self._stopping.wait(1.0)
            return ()

    def _prepare(self, entries: Sequence[IntakeEntry]) -> _Ready:
        begun = time.monotonic()
        if not entries:
            token = f"{self._boot}:settle:{time.monotonic_ns()}"
            batch = TelemetryBatch(token=token, runs=self._tracker.settle())
            return _Ready(
                batch=batch, next_offset=0, number=self._tracker.batch, records=0, newest_ns=0, begun=begun
            )
        gathered = gather(entries, steps=self._steps)
        join_contents(gathered, tracker=self._tracker)
        spans = self._tracker.add(gathered.spans)
        return _Ready(
            batch=TelemetryBatch(
                token=f"{self._boot}:{gathered.first_offset}-{gathered.next_offset}",
                spans=spans,
                runs=self._tracker.settle(),
                scores=gathered.scores,
                rejections=gathered.rejections,
            ),
            next_offset=gathered.next_offset,
            number=self._tracker.batch,
            records=gathered.records,
            newest_ns=entries[-1].record.received_ns,
            begun=begun,
        )

    def _hand_over(self, ready: _Ready | None) -> bool:
        """False when the core is going down and the batch stays in the log."""
        while not self._abandon.is_set():
            try:
                self._ready.put(ready, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def _write_loop(self) -> None:
        while not self._abandon.is_set():
            try:
                ready = self._ready.get(timeout=0.2)
            except queue.Empty:
                continue
            if ready is None or not self._write(ready):
                return
            self._finish(ready)

    def _write(self, ready: _Ready) -> bool:
        """Write until it is written. A store that is full or away is waited for; one that refuses the batch
        gets it in halves, so that one impossible row cannot stop all others."""
        wait = 0.1
        failures = 0
        while not self._abandon.is_set():
            try:
                self._store.write(ready.batch)
            except (StoreFull, StoreUnavailable) as fault:
                self.progress.waiting_for_store = str(fault)
            except Exception as fault:
                failures += 1
                log.exception("batch %s was refused (%d)", ready.batch.token, failures)
                self.progress.waiting_for_store = repr(fault)
                if failures >= 3:
                    self._write_in_halves(ready.batch)
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

    def _write_in_halves(self, batch: TelemetryBatch) -> None:
        for part in _halves(batch):
            try:
                self._store.write(part)
            except (StoreFull, StoreUnavailable):
                raise
            except Exception as fault:  # noqa: BLE001 - see _write
                if _rows(part) > 1:
                    self._write_in_halves(part)
                else:
                    self._give_up(part, fault)

    def _give_up(self, batch: TelemetryBatch, fault: Exception) -> None:
        self.progress.refused_by_store += 1
        log.error("the store refuses one row for good: %r", fault)
        for span in batch.spans:
            reason = f"the store refused span {span.span_id} of trace {span.trace_id}: {fault!r}"[:500]
            rejection = Rejection(
                project=span.project,
                at_ns=span.received_ns,
                signal="traces",
                reason=reason,
                code="refused_by_store",
                count=1,
                version=span.version,
            )
            self._store.write(TelemetryBatch(token=f"{batch.token}:refused", rejections=[rejection]))

    def _finish(self, ready: _Ready) -> None:
        if ready.records:
            self._reader.commit(ready.next_offset)
        self._written = ready.number
        progress = self.progress
        progress.batches += 1
        progress.records += ready.records
        progress.spans += len(ready.batch.spans)
        progress.rejected += sum(r.count for r in ready.batch.rejections)
        progress.last_batch_seconds = time.monotonic() - ready.begun
        if ready.newest_ns:
            progress.lag_seconds = max(0.0, (time.time_ns() - ready.newest_ns) / 1e9)
        by_project: dict[str, list[str]] = {}
        for run in ready.batch.runs:
            by_project.setdefault(run.project, []).append(run.id)
        for project, ids in by_project.items():
            self._on_runs(project, ids)


def _rows(batch: TelemetryBatch) -> int:
    return len(batch.spans) + len(batch.runs) + len(batch.scores) + len(batch.rejections)


def _halves(batch: TelemetryBatch) -> list[TelemetryBatch]:
    """Two smaller batches with the same rows: by kind first, then each kind by its middle."""
    spans, runs, scores, rejections = batch.spans, batch.runs, batch.scores, batch.rejections
    first, second = f"{batch.token}.0", f"{batch.token}.1"
    if spans and (runs or scores or rejections):
        return [
            TelemetryBatch(token=first, spans=spans),
            TelemetryBatch(token=second, runs=runs, scores=scores, rejections=rejections),
        ]
    if runs and (scores or rejections):
        return [
            TelemetryBatch(token=first, runs=runs),
            TelemetryBatch(token=second, scores=scores, rejections=rejections),
        ]
    if scores and rejections:
        return [
            TelemetryBatch(token=first, scores=scores),
            TelemetryBatch(token=second, rejections=rejections),
        ]
    return [
        TelemetryBatch(
            token=f"{batch.token}.{side}",
            spans=_half(spans, side=side),
            runs=_half(runs, side=side),
            scores=_half(scores, side=side),
            rejections=_half(rejections, side=side),
        )
        for side in (0, 1)
    ]


def _half(rows: Sequence[_Row], *, side: int) -> Sequence[_Row]:
    middle = (len(rows) + 1) // 2
    return rows[middle:] if side else rows[:middle]
