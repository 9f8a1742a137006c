"""History priced again after the project's prices changed, from real bodies to either store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.metadata import Job, PriceOverride
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.features.ingest.batch import price_span
from roadworthy.features.ingest.price import Pricer
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.observe.reprice import KIND, Price, Reprice
from tests.unit.ingest.ingest_path import IngestPath
from tests.unit.ingest.otlp_bodies import TRACE, add_span, record, request

OURS = PriceOverride(
    project="p",
    model="our-own-7b",
    from_day="2026-01-01",
    input_usd_per_mtok=1.0,
    output_usd_per_mtok=2.0,
)


@pytest.fixture(params=["memory", "chdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TelemetryStore]:
    opened = MemoryTelemetryStore() if request.param == "memory" else ChdbTelemetryStore(tmp_path / "t")
    yield opened
    opened.close()


def price_with(overrides: Sequence[PriceOverride]) -> Price:
    return partial(price_span, pricer=Pricer(lambda _: overrides))


def test_the_senders_cost_comes_back_when_a_price_is_deleted(store: TelemetryStore, tmp_path: Path) -> None:
    metadata = SqliteMetadataStore(tmp_path / "m.db")
    reprice = Reprice(store, metadata=metadata, assemble=assemble, price_with=price_with)
    made = request()
    add_span(
        made,
        gen_ai__operation__name="chat",
        gen_ai__request__model="our-own-7b",
        gen_ai__usage__input_tokens=1_000_000,
        gen_ai__usage__output_tokens=1_000_000,
        gen_ai__usage__cost="0.25",
    )
    IngestPath(store=store).take([record(made)])

    def cost() -> tuple[float | None, float | None]:
        run = store.run("p", TRACE.hex())
        assert run is not None
        return run.cost_usd, store.spans_of_traces("p", run.trace_ids)[0].cost_usd

    def price_again(name: str) -> tuple[float | None, float | None]:
        job = Job(id=name, project="p", kind=KIND, arguments="{}", created_ns=1, updated_ns=1, unit="runs")
        assert reprice(job).position is None
        return cost()

    assert cost() == (0.25, 0.25)
    saved = metadata.save_price(OURS)
    assert price_again("dearer") == (3.0, 3.0)
    metadata.delete_price("p", saved.id)
    assert price_again("as it was") == (0.25, 0.25)
    metadata.close()
