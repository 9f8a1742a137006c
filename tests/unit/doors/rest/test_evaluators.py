from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.unit.doors.rest.desk import Desk, a_run, trace_id

SAYS_ANSWER = {"name": "says answer", "kind": "contains", "config": {"phrases": ["answer 2"]}}


def test_every_kind_says_what_can_be_set(desk: Desk) -> None:
    kinds = desk.client.get("/api/v1/evaluator-kinds").json()["items"]
    assert {"exact", "regex", "json_schema", "trajectory"} <= {one["kind"] for one in kinds}
    assert all(one["config_schema"]["type"] == "object" and one["description"] for one in kinds)


def test_an_evaluator_is_added_changed_tried_and_deleted(desk: Desk) -> None:
    desk.write(1, 2)
    tried = desk.client.post("/api/v1/evaluators/try", json=SAYS_ANSWER).json()["items"]
    assert {one["run_id"]: one["value"] for one in tried} == {trace_id(1): 0.0, trace_id(2): 1.0}
    made = desk.client.post("/api/v1/evaluators", json=SAYS_ANSWER)
    assert made.status_code == 201
    path = f"/api/v1/evaluators/{made.json()['id']}"
    changed = desk.client.put(path, json=SAYS_ANSWER | {"config": {"phrases": ["answer"]}, "enabled": False})
    assert (changed.json()["enabled"], changed.json()["config"]) == (False, {"phrases": ["answer"]})
    tried = desk.client.post(f"{path}/try", json={"run_ids": [trace_id(1)]}).json()["items"]
    assert [one["value"] for one in tried] == [1.0]
    assert len(desk.client.get("/api/v1/evaluators").json()["items"]) == 1
    assert desk.client.delete(path).status_code == 204
    assert desk.client.get(path).status_code == desk.client.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "magic"}, "body.kind"),
        ({"name": ""}, "body.name"),
        ({"config": {"phrases": []}}, "body.config.phrases"),
        ({"config": {"phrases": ["x"], "words": ["x"]}}, "body.config.words"),
        ({"color": "red"}, "body.color"),
        ({"kind": "json_schema", "config": {"schema": {}}}, "body.config.schema"),
        ({"kind": "exact", "config": {"where": "answer"}}, "body.config: give expected"),
    ],
)
def test_a_configuration_that_cannot_be_names_its_field(
    desk: Desk, change: dict[str, Any], field: str
) -> None:
    answer = desk.client.post("/api/v1/evaluators", json=SAYS_ANSWER | change)
    assert answer.status_code in (400, 422)
    assert field in answer.text


def test_a_draft_for_one_agent_is_tried_on_its_runs_however_old(desk: Desk) -> None:
    desk.write_runs(a_run(1, agent="billing"), *(a_run(n, agent="support") for n in range(2, 6)))
    draft = SAYS_ANSWER | {"agents": ["billing"]}
    tried = desk.client.post("/api/v1/evaluators/try", params={"limit": 2}, json=draft).json()["items"]
    assert [one["run_id"] for one in tried] == [trace_id(1)]


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="functions run where the kernel keeps them in"
)
def test_what_a_function_prints_is_shown_where_it_is_tried_and_not_kept(desk: Desk) -> None:
    desk.write(1)
    secret = "sk-proj-" + "a1B2" * 12
    source = f"def evaluate(run):\n    print('looked at', run['agent'], {secret!r})\n    return 1"
    draft = {"name": "prints", "kind": "python", "config": {"source": source}}
    (tried,) = desk.client.post("/api/v1/evaluators/try", json=draft).json()["items"]
    assert tried["printed"].startswith("looked at ")
    assert "[masked:" in tried["printed"] and secret not in tried["printed"]
    (quiet,) = desk.client.post("/api/v1/evaluators/try", json=SAYS_ANSWER).json()["items"]
    assert quiet["printed"] is None


def test_two_evaluators_of_one_name_are_refused(desk: Desk) -> None:
    assert desk.client.post("/api/v1/evaluators", json=SAYS_ANSWER).status_code == 201
    again = desk.client.post("/api/v1/evaluators", json=SAYS_ANSWER)
    assert again.status_code == 400
    assert "body.name" in again.text


def test_judging_again_says_how_much_before_it_starts(desk: Desk) -> None:
    desk.write(1, 2, 3)
    asked = {"filter": [f"id:=:{trace_id(2)}"], "dry_run": True}
    said = desk.client.post("/api/v1/rejudge", json=asked)
    assert said.status_code == 202
    assert said.json() == {"runs": 1, "forecast_usd": 0.0, "unpriced": [], "job": None}
    refused = desk.client.post("/api/v1/rejudge", json={"with": ["nobody"]})
    assert refused.status_code == 400
    assert "body.with" in refused.text
    for wrong in ("bogus", "foo:=:1", "duration_ms:>:long"):
        refused = desk.client.post("/api/v1/rejudge", json={"filter": [wrong]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "body.filter")
