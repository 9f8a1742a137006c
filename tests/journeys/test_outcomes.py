"""Whether a run did its job: said by several, before and after, and shown with who said so and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import product
from tests.journeys import traffic
from tests.product import Product, wait_until

pytestmark = pytest.mark.slow

PATIENCE_S = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One for all: each test asks about runs of its own."""
    with product.running(product.product_in(tmp_path_factory.mktemp("outcomes"))) as ready:
        yield ready


def run_of(server: Product, run_id: str) -> Any:
    return server.json(f"/api/v1/runs/{run_id}")


def wait_for_outcome(server: Product, run_id: str, *, outcome: str, source: str) -> Any:
    def there() -> bool:
        run = run_of(server, run_id)
        return (run["outcome"], run["outcome_source"]) == (outcome, source)

    wait_until(there, seconds=PATIENCE_S, what=f"outcome {outcome}, said by {source}, of run {run_id}")
    return run_of(server, run_id)


def recorded(server: Product, *tasks: traffic.Task) -> None:
    assert server.send(traffic.body(*tasks)).status == 200
    wait_until(
        lambda: {one.id for one in tasks} <= {run["id"] for run in server.all_runs()},
        seconds=PATIENCE_S,
        what="the runs",
    )


def said(server: Product, path: str, value: object, *, status: int = 201) -> Any:
    answer = server.post(f"/api/v1{path}", value)
    assert answer.status == status, answer.body
    return answer.json()


def decided_by(server: Product, precedence: list[str]) -> None:
    changed = product.http(
        server.url + "/api/v1/judging",
        method="PUT",
        body=json.dumps({"precedence": precedence}).encode(),
        headers={"content-type": "application/json"},
    )
    assert changed.status == 200, changed.body


def test_an_outcome_is_said_by_several_and_the_order_of_a_project_decides(server: Product) -> None:
    task = traffic.task("Refund order 17")
    recorded(server, task)
    said(server, f"/runs/{task.id}/outcome", {"outcome": "success", "reason": "customer was answered"})
    wait_for_outcome(server, task.id, outcome="success", source="api")

    said(
        server,
        f"/runs/{task.id}/outcome",
        {"outcome": "failure", "source": "reviewer", "reason": "wrong order refunded"},
    )

    run = wait_for_outcome(server, task.id, outcome="failure", source="reviewer")
    assert run["outcome_reason"] == "wrong order refunded"
    assert run["judged"]
    usual = server.json("/api/v1/judging")["precedence"]
    decided_by(server, ["api", "reviewer"])
    verdict = server.json(f"/api/v1/runs/{task.id}/verdict")
    decided_by(server, usual)
    assert (verdict["outcome"], verdict["outcome_reason"]) == ("success", "customer was answered")
    assert [one["source"] for one in verdict["said"]] == ["api", "reviewer"]


def test_an_event_before_its_run_and_feedback_after_it_survive_a_kill(server: Product) -> None:
    early, late = traffic.task("Book a table"), traffic.task("Cancel the table")
    event = {"outcome": "failure", "reason": "guest came, no table", "run_id": early.id, "event_id": "crm-7"}
    assert said(server, "/outcome-events", event)["state"] == "waiting"
    link = said(server, "/feedback-links", {"run_id": late.id})
    assert said(server, f"/feedback/{link['token']}", {"thumb": "up", "text": "quick"}) == {"thumb": "up"}
    server.kill()
    server.start()

    recorded(server, early, late)

    first = wait_for_outcome(server, early.id, outcome="failure", source="business")
    assert first["outcome_reason"] == "guest came, no table"
    second = wait_for_outcome(server, late.id, outcome="success", source="user")
    assert second["outcome_reason"] == "quick"
    listed = server.json("/api/v1/outcome-events?state=matched")["items"]
    assert {one["matched_runs"][0] for one in listed} >= {early.id, late.id}
    assert said(server, "/outcome-events", event)["state"] == "matched"


def test_an_evaluation_of_another_tool_that_comes_later_changes_the_verdict(server: Product) -> None:
    task = traffic.task("Cancel my order")
    recorded(server, task)
    wait_until(lambda: run_of(server, task.id)["judged"], seconds=PATIENCE_S, what="a verdict")
    values = {"name": "outcome", "score.label": "fail", "explanation": "order still open"}
    attributes = [
        {"key": f"gen_ai.evaluation.{key}", "value": {"stringValue": value}} for key, value in values.items()
    ]
    record = {
        "eventName": "gen_ai.evaluation.result",
        "traceId": task.id,
        "timeUnixNano": str(task.started_ns + 10**9),
        "attributes": attributes,
    }
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()

    assert server.send(body, signal_path="/v1/logs", content_type="application/json").status == 200

    run = wait_for_outcome(server, task.id, outcome="failure", source="otel")
    assert run["outcome_reason"] == "order still open"


def test_secrets_in_what_is_said_are_not_stored(server: Product) -> None:
    task, secret = traffic.task("Log in for me"), "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"
    recorded(server, task)
    said(server, f"/runs/{task.id}/outcome", {"outcome": "failure", "reason": f"it told me {secret}"})
    said(server, "/outcome-events", {"outcome": "failure", "reason": f"leaked {secret}", "run_id": task.id})

    shown = server.get(f"/api/v1/runs/{task.id}/verdict").body + server.get("/api/v1/outcome-events").body

    assert b"it told me" in shown
    assert secret.encode() not in shown


def test_what_was_answered_is_there_after_a_kill(server: Product) -> None:
    task = traffic.task("Count to three")
    recorded(server, task)
    for number in range(50):
        said(server, f"/runs/{task.id}/scores", {"name": f"check {number}", "value": 1})
    server.kill()
    server.start()

    scores = server.json(f"/api/v1/runs/{task.id}/scores")["items"]

    assert {one["name"] for one in scores} >= {f"check {number}" for number in range(50)}


def test_quality_of_an_agent_counts_only_what_was_said(server: Product) -> None:
    tasks = [traffic.task(f"Order {number}", agent="clerk") for number in range(4)]
    recorded(server, *tasks)
    for task, outcome in zip(tasks, ("success", "success", "failure"), strict=False):
        said(server, f"/runs/{task.id}/outcome", {"outcome": outcome})
    for task, outcome in zip(tasks, ("success", "success", "failure"), strict=False):
        wait_for_outcome(server, task.id, outcome=outcome, source="api")

    quality = server.json("/api/v1/agents/clerk/quality")

    success = quality["success"]
    assert (success["count"], success["n"], quality["unknown_outcomes"]) == (2, 3, 1)
    assert success["low"] < 2 / 3 < success["high"]
    assert sum(one["success"]["n"] for one in success["by_bucket"]) == 3
