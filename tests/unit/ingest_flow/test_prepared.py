"""What is prepared of spans as they come is written only where it is still true when their batch is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from roadworthy.backends.telemetry.chdb.writing import inserts_of, prepared
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.intake import Signal
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.span import Span
from roadworthy.features.ingest.gathering import Gathering
from tests.unit.ingest.ingest_path import Payloads
from tests.unit.ingest_flow.test_consumer import body, consuming, fill, ids, run_ids, wait_for


class Prepares(MemoryTelemetryStore):
    """Prepares as the engine's store does; `fails` so many times first."""

    def __init__(self, *, fails: int = 0) -> None:
        super().__init__()
        self.fails = fails
        self.batches: list[TelemetryBatch] = []

    def prepare(self, spans: Sequence[Span]) -> Sequence[object]:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("a value nobody foresaw")
        return prepared(spans)

    def write(self, batch: TelemetryBatch) -> None:
        assert rows(batch) == rows(replace(batch, prepared=())), "what is written is what was prepared"
        self.batches.append(batch)
        super().write(batch)


def rows(batch: TelemetryBatch) -> list[pa.Table]:
    found = [insert.rows for insert in inserts_of(batch) if insert.table == "spans"]
    return found and [pa.concat_tables(found).sort_by([("trace_id", "ascending"), ("span_id", "ascending")])]


@pytest.mark.parametrize(
    "folder", ["openai-agents-otelgenai", "langgraph-openinference", "autogen-agentchat-native"]
)
def test_assembly_changes_nothing_of_spans_that_were_prepared(
    tmp_path: Path, shared_data: Path, folder: str
) -> None:
    records = Payloads(shared_data / "otlp" / folder).records()
    traces = [record.body for record in records if record.signal is Signal.TRACES]
    fill(tmp_path, *traces)
    store = Prepares()
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == len(traces))
    assert any(batch.prepared for batch in store.batches)


def test_a_span_that_comes_twice_is_written_as_it_was_last(tmp_path: Path) -> None:
    store = Prepares()
    many = [body(1, name="first"), *(body(n, name="x" * 3_000_000) for n in (2, 3)), body(1, name="second")]
    fill(tmp_path, *many)
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == len(many))
    (last,) = store.spans_of_traces("default", [f"{1:032x}"])
    assert last.name == "second"


def test_what_could_not_be_prepared_is_written_all_the_same(tmp_path: Path) -> None:
    store = Prepares(fails=1)
    fill(tmp_path, body(1), body(2), body(3, name="x" * 3_000_000), body(4))
    with consuming(tmp_path, store) as consumer:
        wait_for(lambda: consumer.progress.records == 4)
    assert run_ids(store) == ids(1, 2, 3, 4)
    assert store.fails == 0


def test_one_that_came_twice_does_not_stand_for_one_that_could_not_be_prepared() -> None:
    gathered = Gathering()
    twice, broken = (Span(project="p", trace_id="a" * 32, span_id=f"{n:016x}") for n in (1, 2))
    gathered.add_spans([twice], prepared=["first"])
    gathered.add_spans([twice], prepared=["second"])
    gathered.add_spans([broken], prepared=None)
    assert (len(gathered.spans), gathered.all_prepared()) == (2, ())
