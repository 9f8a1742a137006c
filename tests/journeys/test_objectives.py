"""Traffic that burns an error budget: counted, alarmed once across kill -9, and an incident of it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from tests.journeys import traffic
from tests.product import Product, wait_until

pytestmark = pytest.mark.slow

PATIENCE_S = 60
OBJECTIVE = {
    "name": "Completion",
    "agent": "support",
    "indicator": {"kind": "completion"},
    "target": 0.95,
    "min_events": 20,
}


def _said(server: Product, run_id: str, outcome: str) -> None:
    answer = server.post(f"/api/v1/runs/{run_id}/outcome", {"outcome": outcome})
    assert answer.status == 201, answer.body


def _objective(server: Product, objective_id: str) -> Any:
    return server.json(f"/api/v1/objectives/{objective_id}")


def _burning(server: Product, objective_id: str) -> list[str]:
    return [one["id"] for one in _objective(server, objective_id)["burning"]]


def test_traffic_that_burns_a_budget_is_alarmed_once_and_opens_an_incident(server: Product) -> None:
    tasks = [traffic.task(f"Refund order {number}") for number in range(40)]
    assert server.send(traffic.body(*tasks)).status == 200
    wait_until(
        lambda: len(server.all_runs()) >= 40 and all(run["judged"] for run in server.all_runs()),
        seconds=PATIENCE_S,
        what="the runs",
    )
    made = server.post("/api/v1/objectives", OBJECTIVE).json()
    assert made["budget"]["events"]["unknown"] == 40
    assert made["budget"]["left"] == 1

    for number, task in enumerate(tasks):
        _said(server, task.id, "failure" if number % 4 else "success")
    wait_until(
        lambda: _objective(server, made["id"])["budget"]["events"]["bad"] == 30,
        seconds=PATIENCE_S,
        what="thirty failures in the budget",
    )
    wait_until(lambda: len(_burning(server, made["id"])) == 3, seconds=PATIENCE_S, what="alarms")
    now = _objective(server, made["id"])
    assert now["budget"]["left"] == pytest.approx(-14)
    assert now["burning"][0]["severity"] == "critical"
    assert set(now["burning"][0]["run_ids"]) <= {task.id for task in tasks}
    wait_until(
        lambda: server.json("/api/v1/incidents")["items"], seconds=PATIENCE_S, what="an incident of it"
    )

    assert "roadworthy_objectives_readings_total" in server.get("/metrics").body.decode()

    server.kill()
    server.start()

    assert set(_burning(server, made["id"])) == {one["id"] for one in now["burning"]}
    wait_until(
        lambda: _objective(server, made["id"])["budget"]["events"]["bad"] == 30,
        seconds=PATIENCE_S,
        what="the budget as it was",
    )
    time.sleep(12)
    alarms = server.json(f"/api/v1/objectives/{made['id']}/alarms")["items"]
    assert len(alarms) == 3
    assert {one["kind"] for one in alarms} == {"burn_rate"}
    assert len(server.json("/api/v1/incidents")["items"]) == 1


def test_inputs_are_learned_behind_judging(server: Product) -> None:
    # What ended lately is left for a minute, in case more of it comes; these ended before that.
    ended_ns = time.time_ns() - 120 * 10**9
    tasks = [
        replace(traffic.task(f"Where is my order number {number}?"), started_ns=ended_ns)
        for number in range(30)
    ]
    assert server.send(traffic.body(*tasks)).status == 200

    def learned() -> bool:
        items = server.json("/api/v1/inputs")["items"]
        return bool(items) and items[0]["reference_n"] == 30

    wait_until(learned, seconds=150, what="inputs that were learned")
    (inputs,) = server.json("/api/v1/inputs")["items"]
    assert (inputs["agent"], inputs["phase"], inputs["reference_needed"]) == ("support", "learning", 600)
