"""The product's own traces, as another receiver gets them: the product's own front on another port."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.app.self_telemetry import SelfTelemetry
from roadworthy.app.settings import Settings
from roadworthy.domain.span import Span, SpanStatus
from roadworthy.features.ingest.decode import decode
from tests import product
from tests.journeys import traffic
from tests.product import Product, product_in, wait_until
from tests.unit.doors.otlp.conftest import Front, running_front

pytestmark = pytest.mark.slow

OWN_SPANS = 4
"""Of one batch: the whole and its three steps."""


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with running_front(tmp_path / "second") as started:
        yield started


def received(front: Front) -> list[Span]:
    entries = front.entries()
    return [span for entry in entries for span in decode(entry.record, version=entry.offset).spans]


def watched(folder: Path, address: str) -> Product:
    made = product_in(folder)
    made.environment = {"ROADWORTHY_SELF_TELEMETRY": address}
    return made


def test_batches_and_requests_are_told_to_a_second_receiver(front: Front, tmp_path: Path) -> None:
    with product.running(watched(tmp_path, front.http)) as server:
        sent = traffic.task("Where is my order?")
        assert server.send(traffic.body(sent)).status == 200
        wait_until(lambda: len(server.all_runs()) == 1, seconds=20, what="the run")
        assert server.get(f"/api/v1/runs/{sent.id}/spans").status == 200
        assert server.get("/api/v1/runs/nobody").status == 404
        assert server.stop() == 0, "what is left is sent at the end"
    spans = received(front)
    assert {span.service for span in spans} == {"roadworthy"}
    named = {span.name: span for span in spans}
    batch = named["ingest batch"]
    assert batch.attributes["roadworthy.spans"] == str(traffic.SPANS_PER_RUN)
    for step in ("decode", "assemble runs", "write to store"):
        assert (named[step].parent_id, named[step].trace_id) == (batch.span_id, batch.trace_id)
        assert batch.start_ns <= named[step].start_ns <= named[step].end_ns <= batch.end_ns
    request = named["GET /api/v1/runs/{run_id}/spans"]
    assert request.attributes["url.path"] == f"/api/v1/runs/{sent.id}/spans"
    assert request.attributes["http.response.status_code"] == "200"
    assert request.attributes["otel.kind"] == "server"
    missing = next(s for s in spans if s.attributes.get("http.response.status_code") == "404")
    assert missing.status is not SpanStatus.ERROR, "a question about nothing is no fault of the server"
    assert not [name for name in named if "readyz" in name]


def test_a_receiver_that_is_gone_holds_nothing_up(tmp_path: Path) -> None:
    (port,) = product.free_ports(1)
    with product.running(watched(tmp_path, f"http://127.0.0.1:{port}")) as server:
        assert server.send(traffic.body(traffic.task("Hello?"))).status == 200
        wait_until(lambda: len(server.all_runs()) == 1, seconds=20, what="the run")
        assert server.stop() == 0
    assert "killing it" not in server.output()


def test_pointed_at_itself_it_falls_silent(tmp_path: Path) -> None:
    made = product_in(tmp_path)
    made.environment = {"ROADWORTHY_SELF_TELEMETRY": made.otlp_url}

    def stored(server: Product) -> int:
        found = re.search(r"^roadworthy_ingest_spans_total (\S+)", server.get("/metrics").body.decode(), re.M)
        assert found is not None
        return int(float(found[1]))

    with product.running(made) as server:
        assert server.send(traffic.body(traffic.task("Hello?"))).status == 200
        expected = traffic.SPANS_PER_RUN + OWN_SPANS
        wait_until(lambda: stored(server) == expected, seconds=20, what="the batch, and its own trace")
        # Were its own batches traced, each second would bring another four.
        time.sleep(4)
        assert stored(server) == expected


def test_errors_in_the_log_are_spans(front: Front) -> None:
    own = SelfTelemetry.of(Settings(self_telemetry=front.http))
    assert own is not None
    try:
        raise LookupError("nothing is there")
    except LookupError:
        logging.getLogger("roadworthy.features.ingest").exception("a batch of %d could not be read", 7)
    logging.getLogger("roadworthy.features.ingest").warning("only a warning")
    own.stop()
    logging.getLogger("roadworthy.features.ingest").error("after the end")
    (span,) = received(front)
    assert (span.name, span.status) == ("error in roadworthy.features.ingest", SpanStatus.ERROR)
    assert span.error == "nothing is there"
    assert "LookupError" in span.events


def test_off_unless_asked_for() -> None:
    assert SelfTelemetry.of(Settings()) is None


@pytest.mark.parametrize("address", ["", "localhost:4318", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="self_telemetry"):
        Settings(self_telemetry=address)
