"""Objectives through the API: budgets, OpenSLO in and out, and what bad input is told."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from roadworthy.domain.project import KeyScope
from roadworthy.domain.run import Outcome
from tests.unit.doors.rest.desk import SECOND, START, Desk, a_run

OBJECTIVE: dict[str, Any] = {
    "name": "Completion",
    "agent": "support",
    "indicator": {"kind": "completion"},
    "target": 0.95,
}


def _traffic(desk: Desk, *, good: int, bad: int, unknown: int = 0) -> None:
    """In the last three minutes."""
    begin = (time.time_ns() - START) // SECOND - 180
    outcomes = [Outcome.FAILURE] * bad + [Outcome.SUCCESS] * good + [Outcome.UNKNOWN] * unknown
    desk.write_runs(*(a_run(begin + n, outcome=one) for n, one in enumerate(outcomes)))


def test_an_objective_has_its_budget_at_once(desk: Desk) -> None:
    _traffic(desk, good=90, bad=10, unknown=7)

    made = desk.client.post("/api/v1/objectives", json=OBJECTIVE)

    assert made.status_code == 201, made.text
    budget = made.json()["budget"]
    assert (budget["events"]["good"], budget["events"]["bad"], budget["events"]["unknown"]) == (90, 10, 7)
    assert budget["left"] == pytest.approx(-1)
    assert budget["exhausted_in_seconds"] == 0
    assert [one["name"] for one in budget["burn_rates"]] == ["fast", "medium", "slow"]
    assert budget["burn_rates"][0]["long_rate"] == pytest.approx(2)
    again = desk.client.get(f"/api/v1/objectives/{made.json()['id']}")
    assert again.json()["budget"]["events"] == budget["events"]
    assert desk.client.get("/api/v1/objectives").json()["items"][0]["id"] == made.json()["id"]


def test_the_numbers_link_to_the_runs_they_count(desk: Desk) -> None:
    _traffic(desk, good=9, bad=4)
    made = desk.client.post("/api/v1/objectives", json=OBJECTIVE).json()

    for name, expected in (("good_filters", 9), ("bad_filters", 4)):
        listed = 0
        for filters in made[name]:
            listed += len(desk.client.get("/api/v1/runs", params={"filter": filters}).json()["items"])
        assert listed == expected
    slow = OBJECTIVE | {"indicator": {"kind": "latency", "threshold": 1500.5}}
    filters = desk.client.post("/api/v1/objectives", json=slow).json()["bad_filters"]
    assert filters == [["agent:=:support", "duration_ms:>:1500.5"]]
    assert desk.client.get("/api/v1/runs", params={"filter": filters[0]}).status_code == 200


def test_a_budget_can_be_tried_before_it_is_kept(desk: Desk) -> None:
    _traffic(desk, good=3, bad=1)

    tried = desk.client.post("/api/v1/objectives/try", json=OBJECTIVE | {"target": 0.5})

    assert tried.json()["achieved"] == 0.75
    assert tried.json()["left"] == pytest.approx(0.5)
    assert desk.client.get("/api/v1/objectives").json()["items"] == []


def test_change_and_delete(desk: Desk) -> None:
    _traffic(desk, good=3, bad=1)
    made = desk.client.post("/api/v1/objectives", json=OBJECTIVE).json()
    path = f"/api/v1/objectives/{made['id']}"

    changed = desk.client.put(path, json=OBJECTIVE | {"agent": "billing", "target": 0.5})

    assert changed.json()["budget"]["events"]["n"] == 0
    assert changed.json()["created_at"] == made["created_at"]
    assert desk.client.get(f"{path}/history").json()["items"][-1]["left"] == 1
    assert desk.client.delete(path).status_code == 204
    assert desk.client.get(path).status_code == 404
    assert desk.client.delete(path).status_code == 404


def test_pages(desk: Desk) -> None:
    for number in range(7):
        desk.client.post("/api/v1/objectives", json=OBJECTIVE | {"name": f"no {number}"})
    seen: list[str] = []
    cursor = None
    while True:
        page = desk.client.get("/api/v1/objectives", params={"limit": 3, "cursor": cursor}).json()
        seen += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"no {number}" for number in range(7)]


def test_what_burns_is_alarmed_and_seen_and_cleared(desk: Desk) -> None:
    _traffic(desk, good=10, bad=90)
    made = desk.client.post("/api/v1/objectives", json=OBJECTIVE).json()
    path = f"/api/v1/objectives/{made['id']}"

    desk.objectives.service.watch("default", now_s=time.time())

    burning = desk.client.get(path).json()["burning"]
    assert [one["severity"] for one in burning] == ["critical", "error", "warning"]
    assert burning[0]["kind"] == "burn_rate"
    assert len(burning[0]["run_ids"]) == 20
    assert "support: the error budget of Completion burns 18.0 times" in burning[0]["title"]
    assert len(desk.client.get("/api/v1/objectives", params={"burning": True}).json()["items"]) == 1
    desk.objectives.service.watch("default", now_s=time.time() + 3 * 3600)
    assert [one["severity"] for one in desk.client.get(path).json()["burning"]] == ["warning"]
    alarms = desk.client.get(f"{path}/alarms", params={"limit": 2}).json()
    rest = desk.client.get(f"{path}/alarms", params={"limit": 2, "cursor": alarms["next_cursor"]}).json()
    assert [one["cleared_at"] is None for one in [*alarms["items"], *rest["items"]]].count(True) == 1
    assert rest["next_cursor"] is None


def test_openslo_out_and_in_is_the_same(desk: Desk) -> None:
    desk.add_project("other")
    desk.client.post("/api/v1/objectives", json=OBJECTIVE | {"description": "Does what it was asked"})
    desk.client.post(
        "/api/v1/objectives",
        json=OBJECTIVE
        | {"name": "Fast", "indicator": {"kind": "latency", "threshold": 8000}, "alerting": False},
    )

    text = desk.client.get("/api/v1/objectives/openslo").text
    query = {"project": "other"}
    taken = desk.client.post("/api/v1/objectives/openslo", params=query, json={"text": text})

    assert taken.status_code == 200, taken.text
    assert len(taken.json()["created"]) == 2
    assert desk.client.get("/api/v1/objectives/openslo", params=query).text == text
    again = desk.client.post("/api/v1/objectives/openslo", params=query, json={"text": text})
    assert (again.json()["created"], again.json()["changed"]) == ([], [])
    other = text.replace("target: 0.95\n", "target: 0.9\n", 1)
    changed = desk.client.post("/api/v1/objectives/openslo", params=query, json={"text": other}).json()
    assert (changed["created"], len(changed["changed"])) == ([], 1)
    documents = list(yaml.safe_load_all(text))
    assert {one["kind"] for one in documents} == {
        "Service",
        "SLO",
        "AlertPolicy",
        "AlertCondition",
        "AlertNotificationTarget",
    }


def test_openslo_that_cannot_be_mapped_names_the_field(desk: Desk) -> None:
    desk.client.post("/api/v1/objectives", json=OBJECTIVE)
    text = desk.client.get("/api/v1/objectives/openslo").text.replace("type: roadworthy", "type: Prometheus")

    refused = desk.client.post("/api/v1/objectives/openslo", json={"text": text})

    assert refused.status_code == 400
    assert "spec.indicator.spec.ratioMetric.good.metricSource.type" in refused.json()["errors"][0]["field"]
    assert "roadworthy" in refused.json()["errors"][0]["message"]


def test_a_dry_run_keeps_nothing(desk: Desk) -> None:
    desk.client.post("/api/v1/objectives", json=OBJECTIVE)
    text = desk.client.get("/api/v1/objectives/openslo").text
    desk.add_project("other")

    said = desk.client.post(
        "/api/v1/objectives/openslo", params={"project": "other"}, json={"text": text, "dry_run": True}
    )

    assert len(said.json()["created"]) == 1
    assert desk.client.get("/api/v1/objectives", params={"project": "other"}).json()["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": 1.0}, "body.target"),
        ({"target": 0}, "body.target"),
        ({"indicator": {"kind": "latency"}}, "body.indicator.threshold"),
        ({"indicator": {"kind": "latency", "threshold": -1}}, "body.indicator.threshold"),
        ({"indicator": {"kind": "completion", "threshold": 1}}, "body.indicator.threshold"),
        ({"indicator": {"kind": "score", "threshold": 1}}, "body.indicator.score"),
        ({"window": {"days": 0, "time_zone": "Mars/Olympus"}}, "body.window.time_zone"),
        ({"window": {"days": 0, "start": "yesterday"}}, "body.window.start"),
        ({"window": {"days": 0, "unit": "year", "count": 2}}, "body.window.count"),
        ({"budgeting": "timeslices"}, "body.time_slice"),
        ({"time_slice": {"seconds": 60, "target": 0.9}}, "body.time_slice"),
        (
            {"budgeting": "timeslices", "time_slice": {"seconds": 61, "target": 0.9}},
            "body.time_slice.seconds",
        ),
        ({"budgeting": "timeslices", "time_slice": {"seconds": 60, "target": 0}}, "body.time_slice.target"),
    ],
)
def test_bad_objectives_are_told_what_was_expected(desk: Desk, change: dict[str, Any], field: str) -> None:
    refused = desk.client.post("/api/v1/objectives", json=OBJECTIVE | change)

    assert refused.status_code == 400, refused.text
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert "expected" in refused.json()["errors"][0]["message"]


def test_readers_may_look_and_not_change(guarded_desk: Desk) -> None:
    desk = guarded_desk
    reader = desk.add_key("default", KeyScope.READ)
    assert desk.client.get("/api/v1/objectives", headers=reader).status_code == 200
    assert desk.client.post("/api/v1/objectives", json=OBJECTIVE, headers=reader).status_code == 403
    assert desk.client.post("/api/v1/objectives/try", json=OBJECTIVE, headers=reader).status_code == 200
    assert desk.client.get("/api/v1/inputs", headers=reader).status_code == 200
    assert desk.client.get("/api/v1/inputs").status_code == 401


def test_judged_success_is_corrected_for_the_judge_and_says_so(desk: Desk) -> None:
    begin = (time.time_ns() - START) // SECOND - 180
    reviewed = [
        a_run(
            begin + n,
            outcome=Outcome.FAILURE if n % 4 == 0 else Outcome.SUCCESS,
            outcome_source="reviewer",
            p_failure=0.1,
        )
        for n in range(40)
    ]
    desk.write_runs(*reviewed, *(a_run(begin + 40 + n, p_failure=0.1) for n in range(60)))
    judged = OBJECTIVE | {"indicator": {"kind": "judged_success"}}

    budget = desk.client.post("/api/v1/objectives/try", json=judged).json()

    correction = budget["correction"]
    assert (correction["state"], correction["labels"], correction["judged_alone"]) == ("corrected", 40, 60)
    assert budget["achieved"] == correction["value"] == pytest.approx(0.75)
    assert correction["low"] < 0.75 < correction["high"]
    assert budget["achieved_by_counts"] == correction["raw"] == pytest.approx(0.84)
    assert "uncorrected" in budget["counted"]
    sliced = judged | {"budgeting": "timeslices", "time_slice": {"seconds": 3600, "target": 0.1}}
    assert desk.client.post("/api/v1/objectives/try", json=sliced).json()["achieved"] == 1
    plain = desk.client.post("/api/v1/objectives/try", json=OBJECTIVE).json()
    assert plain["correction"] is None
    assert plain["achieved"] == plain["achieved_by_counts"]


def test_too_few_labels_leave_the_share_uncorrected_and_say_so(desk: Desk) -> None:
    begin = (time.time_ns() - START) // SECOND - 180
    desk.write_runs(*(a_run(begin + n, p_failure=0.25) for n in range(40)))

    budget = desk.client.post(
        "/api/v1/objectives/try", json=OBJECTIVE | {"indicator": {"kind": "judged_success"}}
    ).json()

    assert budget["achieved"] == budget["achieved_by_counts"] == pytest.approx(0.75)
    assert budget["correction"]["state"] == "too_few_labels"
    assert (budget["correction"]["labels"], budget["correction"]["labels_needed"]) == (0, 10)
