"""The way of a body through ingest, as the consumer takes it, without processes: decode, mask, join,
assemble."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.intake import Encoding, IntakeEntry, IntakeRecord, Signal
from roadworthy.contracts.telemetry import RunQuery, TelemetryBatch, TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.ingest.batch import Steps, gather, join_contents
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.mask import mask_span, mask_texts
from roadworthy.features.ingest.price import Pricer
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.ingest.runs.tracker import RunTracker

RECEIVED_NS = 1_795_336_200_000_000_000
"""When the real bodies were recorded."""

_SIGNALS = {"traces": Signal.TRACES, "logs": Signal.LOGS, "metrics": Signal.METRICS}


def _mask_spans(spans: Sequence[Span]) -> None:
    for span in spans:
        mask_span(span)


@dataclass(slots=True)
class IngestPath:
    store: TelemetryStore = field(default_factory=MemoryTelemetryStore)
    offsets: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    tracker: RunTracker = field(init=False)
    steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        self.tracker = RunTracker(
            store=self.store,
            assemble=lambda spans: assemble(spans).runs,
            memory_bytes=1 << 30,
            now_ns=RECEIVED_NS,
        )
        self.steps = Steps(
            mask_spans=_mask_spans,
            mask_texts=lambda texts: [one.text for one in mask_texts(texts)],
            pricer=Pricer(lambda project: ()),
        )

    def take(self, records: Sequence[IntakeRecord]) -> None:
        """One batch."""
        entries = [
            IntakeEntry(offset=at, next_offset=at + 1, record=record)
            for record, at in zip(records, self.offsets, strict=False)
        ]
        gathered = gather(entries, steps=self.steps)
        join_contents(gathered, tracker=self.tracker)
        spans = self.tracker.add(gathered.spans)
        runs = self.tracker.settle(everything=True)
        token = f"batch-{gathered.first_offset}"
        self.store.write(TelemetryBatch(token=token, spans=spans, runs=runs, scores=gathered.scores))
        self.tracker.written(self.tracker.batch)

    def runs(self) -> list[Run]:
        return sorted(self.store.runs("default", RunQuery(limit=10_000)), key=lambda r: r.started_ns)


@dataclass(frozen=True, slots=True)
class Payloads:
    """One folder of data/otlp."""

    folder: Path

    @property
    def meta(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "meta.json").read_text())
        return loaded

    def record(self, file: str, signal: str) -> IntakeRecord:
        return IntakeRecord(
            project="default",
            signal=_SIGNALS[signal],
            encoding=Encoding.PROTOBUF,
            received_ns=RECEIVED_NS,
            body=(self.folder / file).read_bytes(),
        )

    def records(self) -> list[IntakeRecord]:
        return [self.record(entry["file"], entry["signal"]) for entry in self.meta["files"]]


def runs_at_once(payloads: Payloads) -> list[Run]:
    path = IngestPath()
    path.take(payloads.records())
    return path.runs()


def runs_in_pieces(payloads: Payloads, *, seed: int, twice: bool = False) -> list[Run]:
    """Each file a batch of its own, in random order; `twice` sends every file again at a random moment."""
    records = payloads.records() * (2 if twice else 1)
    random.Random(seed).shuffle(records)
    path = IngestPath()
    for record in records:
        path.take([record])
    return path.runs()


def traces_of(payloads: Payloads, files: Iterable[str]) -> set[str]:
    """Trace ids sent in some files: which run of meta.json a run of ours answers to."""
    found: set[str] = set()
    for file in files:
        if ".logs." not in file and ".metrics." not in file:
            found.update(s.trace_id for s in decode(payloads.record(file, "traces"), version=1).spans)
    return found
