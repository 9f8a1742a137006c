from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.score import Score
from tests.unit.doors.rest.desk import Desk, a_run, trace_id
from tests.unit.judge.model_server import Script, chat, serving, verdict

SECRET = "sk-very-secret"


@pytest.fixture
def script() -> Iterator[Script]:
    with serving(chat(verdict("correct", "all is well"))) as script:
        yield script


@pytest.fixture
def endpoint(desk: Desk, script: Script) -> str:
    body = {
        "name": "local",
        "base_url": script.openai,
        "model": "m",
        "api_key": SECRET,
        "allow_private": True,
    }
    made = desk.client.post("/api/v1/model-endpoints", json=body)
    assert made.status_code == 201
    return str(made.json()["id"])


def judge(endpoint: str, **values: Any) -> dict[str, Any]:
    return {"name": "right", "endpoint": endpoint, "rubric": "correctness"} | values


def test_a_key_goes_in_and_never_comes_out(desk: Desk, script: Script, endpoint: str) -> None:
    path = f"/api/v1/model-endpoints/{endpoint}"
    listed = desk.client.get("/api/v1/model-endpoints")
    assert SECRET not in listed.text and listed.json()["items"][0]["has_key"] is True
    body = {"name": "renamed", "base_url": script.openai, "model": "m", "allow_private": True}
    assert desk.client.put(path, json=body).json()["has_key"] is True
    moved = desk.client.put(path, json=body | {"base_url": "http://127.0.0.1:9/v1"})
    assert (moved.status_code, "body.api_key" in moved.text) == (400, True)
    assert desk.client.put(path, json=body | {"api_key": ""}).json()["has_key"] is False
    assert desk.client.delete(path).status_code == 204


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("not a url", "https://"),
        ("ftp://models.example/v1", "https://"),
        ("https://ann:secret@models.example/v1", "user or password"),
        ("https://models.example/v1?key=secret", "query"),
        ("http://models.example/v1", "allow_private"),
        ("http://127.0.0.1:11434/v1", "allow_private"),
        ("https://127.0.0.1:11434/v1", "private address"),
        ("https://169.254.169.254/v1", "nobody"),
    ],
)
def test_an_address_that_could_never_be_asked_is_refused_when_it_is_saved(
    desk: Desk, base_url: str, expected: str
) -> None:
    body = {"name": "local", "base_url": base_url, "model": "m"}
    refused = desk.client.post("/api/v1/model-endpoints", json=body)
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["field"], expected in error["message"]) == ("body.base_url", True)
    assert desk.client.get("/api/v1/model-endpoints").json()["items"] == []


@pytest.mark.parametrize(
    "private", ["http://127.0.0.1:11434/v1", "http://ollama:11434/v1", "http://[::1]/v1"]
)
def test_a_model_server_of_ones_own_is_taken_where_it_is_allowed(desk: Desk, private: str) -> None:
    body = {"name": "own", "base_url": private, "model": "m", "allow_private": True}
    assert desk.client.post("/api/v1/model-endpoints", json=body).status_code == 201


def test_a_trigger_that_is_no_detector_is_refused(desk: Desk, endpoint: str) -> None:
    refused = desk.client.post("/api/v1/judges", json=judge(endpoint, triggers=["loop", "lop"]))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "body.triggers.1")


def test_a_forecast_without_a_price_names_the_judge_and_is_not_taken_for_free(
    desk: Desk, script: Script, endpoint: str
) -> None:
    desk.write(1, 2)
    own = {"name": "own", "base_url": script.openai, "model": "unlisted", "allow_private": True}
    unlisted = desk.client.post("/api/v1/model-endpoints", json=own).json()["id"]
    asked = judge(unlisted, name="unknown price")
    unknown = desk.client.post("/api/v1/judges", json=asked).json()["id"]
    paid = desk.client.post("/api/v1/judges", json=judge(endpoint, name="paid")).json()["id"]
    ask = {"with": [unknown, paid], "dry_run": True}
    both = desk.client.post("/api/v1/rejudge", json=ask).json()
    assert (both["unpriced"], both["forecast_usd"] > 0) == (["unknown price"], True)
    one = desk.client.post("/api/v1/rejudge", json=ask | {"with": [paid]}).json()
    assert (one["unpriced"], one["forecast_usd"]) == ([], both["forecast_usd"])


def test_a_draft_for_one_agent_is_tried_on_its_runs(desk: Desk, endpoint: str) -> None:
    desk.write_runs(a_run(1, agent="billing"), *(a_run(n, agent="support") for n in range(2, 6)))
    draft = {"judge": judge(endpoint, agents=["billing"], budget_usd_per_day=None), "limit": 2}
    tried = desk.client.post("/api/v1/judges/try", json=draft).json()["items"]
    assert [one["run_id"] for one in tried] == [trace_id(1)]


def test_a_judge_is_added_changed_and_deleted(desk: Desk, endpoint: str) -> None:
    made = desk.client.post("/api/v1/judges", json=judge(endpoint, sample_rate=0.1, triggers=["loop"]))
    assert made.status_code == 201
    told = made.json()
    assert (told["sample_rate"], told["triggers"], told["spent_today_usd"]) == (0.1, ["loop"], 0.0)
    assert told["version"].startswith("correctness/") and "{answer}" in told["template"]
    path = f"/api/v1/judges/{told['id']}"
    assert desk.client.put(path, json=judge(endpoint, enabled=False)).json()["enabled"] is False
    used = desk.client.delete(f"/api/v1/model-endpoints/{endpoint}")
    assert (used.status_code, "right" in used.text) == (409, True)
    assert desk.client.delete(path).status_code == 204
    assert desk.client.get(path).status_code == 404


def test_the_test_bench_asks_a_draft_and_keeps_nothing(desk: Desk, script: Script, endpoint: str) -> None:
    desk.write(1, 2)
    forecast = desk.client.post("/api/v1/judges/try", json={"judge": judge(endpoint), "dry_run": True}).json()
    assert (forecast["items"], forecast["cost_usd"] > 0, script.seen) == ([], True, [])
    tried = desk.client.post("/api/v1/judges/try", json={"judge": judge(endpoint)}).json()
    assert {one["run_id"]: one["label"] for one in tried["items"]} == {
        trace_id(1): "correct",
        trace_id(2): "correct",
    }
    assert 0 < tried["cost_usd"] <= forecast["cost_usd"]
    assert desk.client.get(f"/api/v1/runs/{trace_id(1)}/scores").json()["items"] == []
    # Another draft is another judge.
    own = judge(
        endpoint,
        rubric="",
        template="Is {answer} right?",
        labels=[{"name": "correct", "value": 1, "meaning": ""}, {"name": "wrong", "value": 0, "meaning": ""}],
    )
    desk.client.post("/api/v1/judges/try", json={"judge": own, "limit": 1})
    assert "Is" in str(script.seen[-1].body)


def test_a_saved_judge_is_tried_on_runs_that_are_named(desk: Desk, endpoint: str) -> None:
    desk.write(1, 2, 3)
    made = desk.client.post("/api/v1/judges", json=judge(endpoint)).json()
    path = f"/api/v1/judges/{made['id']}/try"
    tried = desk.client.post(path, json={"run_ids": [trace_id(2)]}).json()["items"]
    assert [(one["run_id"], one["explanation"]) for one in tried] == [(trace_id(2), "all is well")]
    assert desk.client.post(path, json={"run_ids": ["nobody"]}).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rubric": "magic"}, "body.rubric"),
        ({"endpoint": "nobody"}, "body.endpoint"),
        ({"rubric": "", "template": "Is {secret} fine?"}, "body.template"),
        ({"sample_rate": 7}, "body.sample_rate"),
        ({"color": "red"}, "body.color"),
    ],
)
def test_a_judge_that_cannot_be_names_its_field(
    desk: Desk, endpoint: str, change: dict[str, Any], field: str
) -> None:
    refused = desk.client.post("/api/v1/judges", json=judge(endpoint) | change)
    assert refused.status_code in (400, 422)
    assert field in refused.text


@pytest.mark.parametrize(
    ("field", "own"),
    [
        ("template", "Is {answer} polite?"),
        ("labels", [{"name": name, "value": None, "meaning": ""} for name in ("yes", "no")]),
    ],
)
def test_a_rubric_of_ours_and_words_of_ones_own_are_refused_together(
    desk: Desk, script: Script, endpoint: str, field: str, own: Any
) -> None:
    desk.write(1)
    both = judge(endpoint, **{field: own})
    saved = desk.client.post("/api/v1/judges", json=both)
    tried = desk.client.post("/api/v1/judges/try", json={"judge": both})
    for refused in (saved, tried):
        assert refused.status_code in (400, 422)
        assert f"body.{field}" in refused.text
        assert "rubric 'correctness'" in refused.text
    assert (desk.client.get("/api/v1/judges").json()["items"], script.seen) == ([], [])


def test_a_judge_that_was_read_can_be_sent_back(desk: Desk, endpoint: str) -> None:
    told = desk.client.post("/api/v1/judges", json=judge(endpoint)).json()
    sent = {name: told[name] for name in ("name", "endpoint", "rubric", "template", "labels")}
    back = desk.client.put(f"/api/v1/judges/{told['id']}", json=sent)
    assert (back.status_code, back.json()["version"]) == (200, told["version"])


def test_rubrics_that_ship_are_listed(desk: Desk) -> None:
    rubrics = desk.client.get("/api/v1/rubrics").json()["items"]
    assert {"correctness", "groundedness", "task-completion"} <= {one["id"] for one in rubrics}


def test_asking_a_judge_about_history_says_what_it_would_cost(
    desk: Desk, script: Script, endpoint: str
) -> None:
    desk.write(1, 2, 3)
    made = desk.client.post("/api/v1/judges", json=judge(endpoint)).json()
    asked = {"with": [made["id"]], "dry_run": True}
    said = desk.client.post("/api/v1/rejudge", json=asked).json()
    assert (said["runs"], said["job"], said["forecast_usd"] > 0, script.seen) == (3, None, True, [])
    one = desk.client.post("/api/v1/rejudge", json=asked | {"filter": [f"id:=:{trace_id(1)}"]}).json()
    assert 0 < one["forecast_usd"] < said["forecast_usd"]


def test_a_judge_is_held_against_people(desk: Desk, endpoint: str) -> None:
    made = desk.client.post("/api/v1/judges", json=judge(endpoint)).json()
    path = f"/api/v1/judges/{made['id']}/quality"
    empty = desk.client.get(path).json()
    assert (empty["n"], empty["agreement"]["value"], empty["kappa"]) == (0, None, None)
    now = time.time_ns()
    scores = []
    for number in range(40):
        run = trace_id(number)
        said = Score(project="default", run_id=run, name="right", source="judge", at_ns=now, sampled=1.0)
        scores.append(replace(said, value=1.0 if number % 2 else 0.0))
        # People disagree with every tenth.
        right = (number % 2 == 1) != (number % 10 == 0)
        label = "success" if right else "failure"
        scores.append(
            Score(project="default", run_id=run, name="outcome", source="reviewer", label=label, at_ns=now)
        )
    scores.append(
        Score(project="default", run_id="x", name="right", source="judge", label="unknown", at_ns=now)
    )
    scores.append(
        Score(project="default", run_id="x", name="outcome", source="user", label="failure", at_ns=now)
    )
    desk.store.write(TelemetryBatch(token="q", scores=scores))
    told = desk.client.get(path).json()
    assert (told["n"], told["agreement"]["value"], told["without_verdict"]) == (40, 0.9, 1)
    assert told["kappa_low"] < told["kappa"] < told["kappa_high"]
    assert told["only_drawn"] is True and told["too_few"] is False
    assert sum(cell["runs"] for cell in told["confusion"]) == 40
