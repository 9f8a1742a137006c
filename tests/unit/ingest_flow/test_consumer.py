"""From a real intake log to a store that misbehaves: what is accepted arrives, once, whatever happens."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client import CollectorRegistry, generate_latest

from roadworthy.app.core_metrics import IngestCollector
from roadworthy.backends.intake.file.reader import FileIntakeReader
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.contracts.telemetry import (
    IngestStore,
    RunPlace,
    RunQuery,
    StoreFull,
    StoreUnavailable,
    TelemetryBatch,
)
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.features.ingest.batch import Steps
from roadworthy.features.ingest.consumer import Consumer
from roadworthy.features.ingest.judging_time import LEAST_SECONDS
from roadworthy.features.ingest.mask import mask_spans, mask_texts
from roadworthy.features.ingest.price import Pricer
from roadworthy.features.ingest.runs.assemble import assemble

STEPS = Steps(
    mask_spans=mask_spans,
    mask_texts=lambda texts: [one.text for one in mask_texts(texts)],
    pricer=Pricer(lambda _: ()),
)


def body(trace: int, *, name: str = "invoke_agent desk") -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id = trace.to_bytes(16, "big")
    span.span_id = trace.to_bytes(8, "big")
    span.name = name
    span.start_time_unix_nano = time.time_ns()
    span.end_time_unix_nano = span.start_time_unix_nano + 1_000_000
    for key, value in (("gen_ai.operation.name", "invoke_agent"), ("gen_ai.agent.name", "desk")):
        attribute = span.attributes.add()
        attribute.key = key
        attribute.value.string_value = value
    return request.SerializeToString()


def fill(folder: Path, *bodies: bytes) -> None:
    async def write() -> None:
        writer = FileIntakeWriter(folder)
        for each in bodies:
            await writer.append(
                IntakeRecord(
                    project="default",
                    signal=Signal.TRACES,
                    encoding=Encoding.PROTOBUF,
                    received_ns=time.time_ns(),
                    body=each,
                )
            )
        await writer.close()

    asyncio.run(write())


@contextmanager
def consuming(folder: Path, store: IngestStore) -> Iterator[Consumer]:
    reader = FileIntakeReader(folder)
    consumer = Consumer(
        reader=reader,
        store=store,
        assemble=lambda spans: assemble(spans).runs,
        steps=STEPS,
        memory_bytes=1 << 24,
        on_runs=lambda _project, _ids: None,
    )
    consumer.start()
    try:
        yield consumer
    finally:
        consumer.stop(timeout=10)
        reader.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "not within 30 s"
        time.sleep(0.02)


def run_ids(store: MemoryTelemetryStore) -> set[str]:
    return {run.id for run in store.runs("default", RunQuery(limit=1000))}


def ids(*traces: int) -> set[str]:
    return {f"{trace:032x}" for trace in traces}


class FullForAWhile(MemoryTelemetryStore):
    refusals = 0

    def write(self, batch: TelemetryBatch) -> None:
        if self.refusals < 3:
            self.refusals += 1
            raise StoreFull("no space left")
        super().write(batch)


class RefusesPoison(MemoryTelemetryStore):
    def write(self, batch: TelemetryBatch) -> None:
        if any(span.name == "poison" for span in batch.spans):
            raise RuntimeError("the engine cannot take this")
        super().write(batch)


class SlowAtFirst(MemoryTelemetryStore):
    """Its first write lasts until `go_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.sizes: list[int] = []

    def write(self, batch: TelemetryBatch) -> None:
        self.sizes.append(len(batch.spans))
        assert self.go_on.wait(30)
        super().write(batch)


class ReadsBackBadly(MemoryTelemetryStore):
    """Older traces cannot be read back: first for a reason nobody foresaw, then because it is away."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Exception] = [RuntimeError("unforeseen"), StoreUnavailable("away")]

    def places_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, RunPlace]:
        if self.faults:
            raise self.faults.pop(0)
        return super().places_of_traces(project, trace_ids)


def test_what_comes_while_the_store_writes_is_one_batch(tmp_path: Path) -> None:
    fill(tmp_path, body(1))
    store = SlowAtFirst()
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: store.sizes == [1])
        for number in range(2, 12):
            fill(tmp_path, body(number))
        wait_for(lambda: consumer.gathered_records == 10)
        store.go_on.set()
        wait_for(lambda: consumer.progress.records == 11)
    assert store.sizes == [1, 10]
    assert run_ids(store) == ids(*range(1, 12))


def test_a_store_that_cannot_be_read_back_loses_no_record(tmp_path: Path) -> None:
    fill(tmp_path, body(1), body(2), body(3))
    store = ReadsBackBadly()
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == 3)
    assert store.faults == []
    assert run_ids(store) == ids(1, 2, 3)


def test_what_lies_in_the_log_arrives_and_is_told_to_prometheus(tmp_path: Path) -> None:
    fill(tmp_path, *(body(n) for n in range(1, 6)))
    store = MemoryTelemetryStore()
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == 5)
        registry = CollectorRegistry()
        registry.register(IngestCollector(consumer, backlog_bytes=lambda: 0))
        told = generate_latest(registry).decode()
    assert run_ids(store) == ids(1, 2, 3, 4, 5)
    assert "roadworthy_ingest_records_total 5.0" in told
    assert "roadworthy_ingest_spans_total 5.0" in told


def test_after_a_stop_it_goes_on_where_it_was(tmp_path: Path) -> None:
    store = MemoryTelemetryStore()
    fill(tmp_path, body(1), body(2))
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == 2)
    fill(tmp_path, body(3))
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records > 0)
        assert consumer.progress.records == 1, "nothing was read twice"
    assert run_ids(store) == ids(1, 2, 3)


def test_a_store_without_space_is_waited_for(tmp_path: Path) -> None:
    fill(tmp_path, body(1))
    store = FullForAWhile()
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: bool(consumer.progress.waiting_for_store))
        wait_for(lambda: consumer.progress.records == 1)
        assert consumer.progress.waiting_for_store == ""
    assert store.refusals == 3
    assert run_ids(store) == ids(1)


def test_one_row_the_store_cannot_take_stops_no_other(tmp_path: Path) -> None:
    fill(tmp_path, body(1), body(2, name="poison"), body(3))
    store = RefusesPoison()
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == 3)
        assert consumer.progress.refused_by_store == 1
    assert {s.trace_id for s in store.spans_of_traces("default", sorted(ids(1, 2, 3)))} == ids(1, 3)
    (told,) = store.rejections("default")
    assert told.code == "refused_by_store"
    assert f"{2:032x}" in told.reason


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"{}", bytes(100)])
def test_a_record_nobody_can_read_stops_no_other(tmp_path: Path, garbage: bytes) -> None:
    fill(tmp_path, body(1), garbage, body(2))
    store = MemoryTelemetryStore()
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == 3)
    assert run_ids(store) == ids(1, 2)
    assert [row.code for row in store.rejections("default")] == ["bad_protobuf"]


class Watching:
    """Judges nothing; writes down when it was asked to."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.seconds: list[float] = []
        self.over: list[int] = []
        self.written: list[int] = []

    def work(self, runs: Mapping[tuple[str, str], Run], *, seconds: float) -> int:
        self.asked.append(len(runs))
        self.seconds.append(seconds)
        return 0

    @property
    def waiting(self) -> frozenset[tuple[str, str]]:
        """Somebody this slow never has judged all."""
        return frozenset({("default", f"{trace:032x}") for trace in range(1, 301)})

    def said(self, scores: Sequence[Score]) -> None: ...

    def handed_over(self, *, next_offset: int) -> None:
        self.over.append(next_offset)

    def before_write(self, runs: Sequence[Run]) -> None:
        self.written.append(len(runs))


def test_runs_are_judged_as_they_come_and_before_they_are_written(tmp_path: Path) -> None:
    fill(tmp_path, *(body(trace) for trace in range(1, 2001)))
    store, judge = MemoryTelemetryStore(), Watching()
    reader = FileIntakeReader(tmp_path)
    consumer = Consumer(
        reader=reader,
        store=store,
        assemble=lambda spans: assemble(spans).runs,
        steps=STEPS,
        memory_bytes=1 << 26,
        on_runs=lambda _project, _ids: None,
        judge=judge,
    )
    consumer.start()
    wait_for(lambda: len(run_ids_of(store)) == 2000)
    consumer.stop(timeout=10)
    reader.close()
    # 512 records are read at a time, and it is asked each time.
    assert judge.asked[0] == 512
    assert sum(judge.written) == 2000
    assert judge.over == sorted(judge.over)
    assert min(judge.seconds) >= LEAST_SECONDS
    assert not consumer.short_of_time


def test_where_more_waits_than_there_is_time_for_little_is_judged_and_that_is_said(tmp_path: Path) -> None:
    fill(tmp_path, *(body(trace, name="x" * 100_000) for trace in range(1, 301)))
    store, judge = MemoryTelemetryStore(), Watching()
    reader = FileIntakeReader(tmp_path)
    consumer = Consumer(
        reader=reader,
        store=store,
        assemble=lambda spans: assemble(spans).runs,
        steps=STEPS,
        memory_bytes=1 << 26,
        on_runs=lambda _project, _ids: None,
        judge=judge,
    )
    consumer.start()
    wait_for(lambda: consumer.short_of_time)
    wait_for(lambda: len(run_ids_of(store)) == 300)
    wait_for(lambda: not consumer.short_of_time)
    consumer.stop(timeout=10)
    reader.close()
    # 28 MiB in one go: less and less time, and all of it again when everything is read.
    least = min(judge.seconds)
    assert 0 < least < LEAST_SECONDS
    assert judge.seconds[-1] == LEAST_SECONDS > least


def run_ids_of(store: MemoryTelemetryStore) -> set[str]:
    return {run.id for run in store.runs("default", RunQuery(limit=5000))}
