"""CPU a span of each stage between the intake log and the engine, one after the other in one process.

Ratios of stages, and of two versions measured in turns, hold on a busy machine, where spans a second do not.
Live, with another process on the other core and every span in cold memory, it is about half as much again.
"""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from benchmarks.figures import Figure, Options, median, run
from benchmarks.otlp_bodies import chooser, templates
from roadworthy.backends.telemetry.chdb.writing import inserts_of, prepared
from roadworthy.backends.telemetry.handed.runs import rows_of
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.intake import Encoding, IntakeEntry, IntakeRecord, Signal
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.ingest.batch import Steps, gather, join_contents
from roadworthy.features.ingest.mask import mask_spans, mask_texts
from roadworthy.features.ingest.price import Pricer
from roadworthy.features.ingest.runs.tracker import RunTracker
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.failure_model.model import prior
from roadworthy.features.judge.verdict import Rules
from roadworthy.flows.judge_on_arrival import ArrivalJudge

BODIES = 16
READ_AT_ONCE = 2
MEMORY = 160 << 20


class Stages:
    """Microseconds of this thread's CPU by stage."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.spans = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.thread_time_ns()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + (time.thread_time_ns() - began) / 1000

    def each(self) -> dict[str, float]:
        return {name: spent / max(1, self.spans) for name, spent in self.spent.items()}


def judge() -> ArrivalJudge:
    rules = Rules(
        label="benchmark",
        predict=prior().p,
        fingerprint=lambda _run, _findings: (),
        detectors=DETECTORS,
    )

    def hand_in(_project: str, runs: Sequence[Run], _before: Sequence[str]) -> dict[str, tuple[str, ...]]:
        rows_of(runs)
        return {one.id: () for one in runs}

    return ArrivalJudge(rules_of=lambda _project, _agent: rules, hand_in=hand_in)


def once(*, bodies: int) -> dict[str, float]:
    """One batch of fresh spans, as the worker works it off."""
    ids = chooser()
    made = [template.fresh(ids) for _ in range(bodies // 4) for template in templates()]
    entries = [
        IntakeEntry(
            offset=number * 10_000,
            next_offset=(number + 1) * 10_000,
            record=IntakeRecord(
                project="default",
                signal=Signal.TRACES,
                encoding=Encoding.PROTOBUF,
                received_ns=time.time_ns(),
                body=body.content,
            ),
        )
        for number, body in enumerate(made)
    ]
    steps = Steps(
        mask_spans=mask_spans,
        mask_texts=lambda texts: [one.text for one in mask_texts(texts)],
        pricer=Pricer(lambda _: ()),
    )
    arrival, stages = judge(), Stages()
    tracker = RunTracker(
        store=MemoryTelemetryStore(), assemble=arrival.assemble, memory_bytes=MEMORY, now_ns=time.time_ns()
    )
    spans: list[Span] = []
    parts: list[object] = []
    runs: dict[tuple[str, str], Run] = {}
    for at in range(0, len(entries), READ_AT_ONCE):
        with stages.stage("decode, normalise, mask, price"):
            decoded = gather(entries[at : at + READ_AT_ONCE], steps=steps)
        with stages.stage("join"):
            join_contents(decoded, tracker=tracker)
            some = tracker.add(decoded.spans)
        spans += some
        with stages.stage("columns of spans"):
            parts += prepared(some)
        with stages.stage("assemble"):
            runs |= {(one.project, one.id): one for one in tracker.settle(rooted_only=True)}
        with stages.stage("judge"):
            arrival.work(runs, seconds=1e9)
    stages.spans = len(spans)
    with stages.stage("hand verdicts in"):
        arrival.before_write(list(runs.values()))
    batch = TelemetryBatch(token="t", spans=spans, prepared=parts, runs=list(runs.values()))
    with stages.stage("columns of runs, and files"):
        for insert in inserts_of(batch):
            with pa.ipc.new_file(io.BytesIO(), insert.rows.schema) as writer:
                writer.write(insert.rows)
    return stages.each()


def measure(options: Options) -> list[Figure]:
    gc.set_threshold(300_000, 1_000, 1_000)
    bodies = 8 if options.quick else BODIES
    once(bodies=4)
    rounds = [once(bodies=bodies) for _ in range(options.rounds)]
    figures = [_figure(f"CPU a span: {name}", [one[name] for one in rounds]) for name in rounds[0]]
    return [*figures, _figure("CPU a span: all of these", [sum(one.values()) for one in rounds])]


def _figure(what: str, values: list[float]) -> Figure:
    return Figure(
        what=what,
        unit="us",
        ours=median(values),
        rounds=values,
        must="",
        met=None,
        note=f"least {min(values):.1f}",
    )


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0)
