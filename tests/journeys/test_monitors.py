"""The whole product: agents send traces, one gets worse, and the alarm is there, with an incident."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.journeys.traffic import Task, body
from tests.product import Product, product_in, running, wait_until

HOUR_NS = 3_600 * 10**9
PER_HOUR = 4
HOURS, FELL = 400, 360
SEED = 5


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(product_in(tmp_path_factory.mktemp("monitors"))) as started:
        yield started


def send_hour(product: Product, rnd: random.Random, *, start_ns: int, q: float, release: str) -> None:
    """An hour's runs of an agent, of which a share q says that it failed."""
    request = ExportTraceServiceRequest()
    for number in range(PER_HOUR):
        one = Task(
            trace_id=secrets.token_bytes(16),
            question=f"Where is order A-{rnd.randrange(1000)}?",
            answer="It was delivered.",
            started_ns=start_ns + number * HOUR_NS // PER_HOUR,
        )
        sent = ExportTraceServiceRequest.FromString(body(one)).resource_spans[0]
        said = "failure" if rnd.random() < q else "success"
        root = sent.scope_spans[0].spans[0]
        root.attributes.append(_text("roadworthy.outcome", said))
        root.attributes.append(_text("roadworthy.release", release))
        request.resource_spans.append(sent)
    assert product.send(request.SerializeToString()).status == 200


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def monitor_of(product: Product, signal: str) -> dict[str, Any]:
    items = product.json("/api/v1/monitors?agent=support")["items"]
    return next((one for one in items if one["signal"] == signal), {})


@pytest.mark.slow
def test_a_fall_reaches_people(product: Product) -> None:
    rnd = random.Random(SEED)
    begin = time.time_ns() - HOURS * HOUR_NS
    for hour in range(FELL):
        send_hour(product, rnd, start_ns=begin + hour * HOUR_NS, q=0.05, release="v1")

    wait_until(
        lambda: monitor_of(product, "completion").get("phase") == "armed", seconds=60, what="it is armed"
    )
    armed = monitor_of(product, "completion")
    assert armed["usual"] < armed["bound"] < 0.15
    assert product.json("/api/v1/alarms")["items"] == []

    # One hour after the other, as time goes on: the newest are judged first.
    for hour in range(FELL, HOURS - 1):
        send_hour(product, rnd, start_ns=begin + hour * HOUR_NS, q=0.5, release="v2")
        time.sleep(0.3)

    def raised() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = product.json(f"/api/v1/alarms?monitor={armed['id']}")["items"]
        return found

    wait_until(lambda: bool(raised()), seconds=60, what="an alarm")
    (alarm,) = raised()
    assert alarm["title"].startswith("support: completion fell from 9")
    assert alarm["release"] == "v2"
    assert alarm["severity"] == "critical"
    assert alarm["run_ids"]
    # It is recorded before the run itself is in the store.
    shown = f"/api/v1/runs/{alarm['run_ids'][0]}"
    wait_until(lambda: product.get(shown).status == 200, seconds=20, what="a run that shows it")

    wait_until(lambda: bool(product.json("/api/v1/incidents")["items"]), seconds=20, what="an incident")

    history = product.json(f"/api/v1/monitors/{armed['id']}/history?from=-20d")
    assert {mark["release"] for mark in history["releases"]} == {"v1", "v2"}
    assert {point["baseline"] is None for point in history["points"]} == {True, False}
    assert [one["id"] for one in history["alarms"]] == [alarm["id"]]


@pytest.mark.slow
def test_after_a_kill_it_goes_on_where_it_was(product: Product) -> None:
    before = product.json("/api/v1/monitors?agent=support")["items"]
    alarms = product.json("/api/v1/alarms")
    product.kill()
    product.start()

    after = product.json("/api/v1/monitors?agent=support")["items"]

    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert [one["phase"] for one in after] == [one["phase"] for one in before]
    assert product.json("/api/v1/alarms") == alarms


@pytest.mark.slow
def test_people_change_monitors(product: Product) -> None:
    made = product.post("/api/v1/monitors", {"name": "loops", "agent": "support", "signal": "detector:loop"})
    assert made.status == 201
    monitor = made.json()
    path = f"/api/v1/monitors/{monitor['id']}"
    assert monitor["phase"] == "learning" and monitor["learning"]["more_results"] > 0

    paused = product.post(f"{path}/pause", {"paused": True, "reason": "migration"}).json()
    assert paused["phase"] == "paused"
    assert product.post(f"{path}/pause", {"paused": False}).json()["phase"] == "learning"

    assert product.post(f"{path}/rebaseline", {}).status == 422
    based = product.post(f"{path}/rebaseline", {"reason": "a new prompt"}).json()
    assert (based["notes"][0]["what"], based["notes"][0]["reason"]) == ("rebaselined", "a new prompt")

    wrong = product.post("/api/v1/monitors", {"name": "x", "agent": "a", "signal": "luck"})
    assert wrong.status == 400
    assert wrong.json()["errors"][0]["field"] == "body.signal"

    ranking = product.json("/api/v1/monitors/ranking")
    assert ranking["items"][0]["evidence"] >= 1
    detail = product.json(f"/api/v1/monitors/{monitor_of(product, 'completion')['id']}")
    assert detail["noticed"] and {one["basis"] for one in detail["claims"]} == {"proven", "simulated"}


@pytest.mark.slow
def test_a_backtest_says_what_would_have_been_alarmed(product: Product, tmp_path: Path) -> None:
    asked: dict[str, object] = {
        "agent": "support",
        "signal": "completion",
        "reference_results": 200,
        "patience_years": 1,
    }
    asked |= {"cautious": False}
    sent = (HOURS - 1) * PER_HOUR
    product.wait_drained()
    counted = "/api/v1/runs/count?from=-60d"
    assert product.json(counted)["count"] == sent
    # What the kill left unjudged is judged a few seconds later.
    wait_until(
        lambda: product.json(f"{counted}&filter=judged:exists")["count"] == sent, seconds=60, what="verdicts"
    )
    job = product.post("/api/v1/monitors/backtest", asked).json()
    found = _outcome(product, job["id"])
    assert found["results"] == sent
    assert len(found["alarms"]) == 1

    rnd = random.Random(SEED)
    rows = [
        f"2026-01-{1 + hour // 24:02d}T{hour % 24:02d}:{minute:02d}:00Z,"
        f"{int(rnd.random() < (0.05 if hour < 60 else 0.4))}"
        for hour in range(96)
        for minute in range(0, 60, 5)
    ]
    table = "time,x\n" + "\n".join(rows)
    job = product.post("/api/v1/monitors/backtest", {"agent": "mine", "csv": table, "cautious": False}).json()
    found = _outcome(product, job["id"])
    assert found["results"] == len(rows)
    assert found["alarms"][0]["since"].startswith("2026-01-03")

    bad = product.post("/api/v1/monitors/backtest", {"agent": "mine", "csv": "time,x\nnow,2"})
    assert bad.status == 400
    assert "line 2" in bad.json()["detail"]


def _outcome(product: Product, job_id: str) -> dict[str, Any]:
    def done() -> bool:
        job = product.json(f"/api/v1/jobs/{job_id}")
        assert job["status"] != "failed", job["error"]
        return bool(job["status"] == "done")

    wait_until(done, seconds=60, what="the backtest")
    found: dict[str, Any] = product.json(f"/api/v1/monitors/backtest/{job_id}")
    return found
