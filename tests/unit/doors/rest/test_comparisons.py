"""Two runs, or two answers, and which of them a judge prefers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.doors.rest.desk import Desk, a_run, trace_id
from tests.unit.judge.model_server import Handler, Script, answer, chat, serving, verdict


def likes(text: str) -> Any:
    """A judge that prefers the answer with these words, wherever it stands."""

    def act(handler: Handler) -> None:
        asked = handler.body["messages"][-1]["content"]
        first, _, _second = asked.partition("Second answer:")
        handler.script.seen[-1].body["label"] = label = "first" if text in first else "second"
        chat(verdict(label, f"{text} is right"))(handler)

    return act


@pytest.fixture
def script() -> Iterator[Script]:
    with serving(likes("answer 2")) as script:
        yield script


def judge(desk: Desk, script: Script, **values: Any) -> str:
    endpoint = desk.client.post(
        "/api/v1/model-endpoints",
        json={"name": "local", "base_url": script.openai, "model": "m", "allow_private": True},
    ).json()["id"]
    made = desk.client.post(
        "/api/v1/judges", json={"name": "better", "endpoint": endpoint, "rubric": "pairwise"} | values
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def compare(desk: Desk, judge_id: str, **body: Any) -> Any:
    return desk.client.post(f"/api/v1/judges/{judge_id}/compare", json=body)


def two_runs(desk: Desk) -> dict[str, str]:
    desk.write_runs(a_run(1, input="what is it?"), a_run(2, input="what is it?"))
    return {"run_a": trace_id(1), "run_b": trace_id(2)}


def test_both_orders_are_asked_and_what_they_said_is_kept(desk: Desk, script: Script) -> None:
    judge_id, pair = judge(desk, script), two_runs(desk)

    told = compare(desk, judge_id, **pair).json()

    one = told["comparison"]
    assert sorted(seen.body["label"] for seen in script.seen) == ["first", "second"]
    assert (one["preference"], one["order_stable"], one["kept"]) == ("b", True, True)
    assert (one["a_first"]["label"], one["b_first"]["label"]) == ("second", "first")
    assert (told["same_request"], told["forecast_usd"] > 0, one["cost_usd"] > 0) == (True, True, True)
    listed = desk.client.get(
        "/api/v1/comparisons", params={"run_id": trace_id(2), "other_run_id": trace_id(1)}
    ).json()["items"]
    assert listed == [one]
    assert desk.client.get("/api/v1/comparisons", params={"run_id": trace_id(9)}).json()["items"] == []


def test_a_preference_that_turns_with_the_order_is_a_tie_and_counts_as_unstable(desk: Desk) -> None:
    with serving(chat(verdict("first", "the first is nicer"))) as script:
        judge_id, pair = judge(desk, script), two_runs(desk)
        one = compare(desk, judge_id, **pair).json()["comparison"]
        assert (one["preference"], one["order_stable"]) == ("tie", False)
        quality = desk.client.get(f"/api/v1/judges/{judge_id}/quality").json()
    assert (quality["order_stability"]["value"], quality["order_stability"]["n"]) == (0.0, 1)
    assert quality["order_stability"]["high"] > 0.5


def test_a_pair_counts_once_whichever_run_is_named_first(desk: Desk, script: Script) -> None:
    judge_id, pair = judge(desk, script), two_runs(desk)
    compare(desk, judge_id, **pair)
    turned = compare(desk, judge_id, run_a=pair["run_b"], run_b=pair["run_a"]).json()["comparison"]
    assert turned["preference"] == "a"
    quality = desk.client.get(f"/api/v1/judges/{judge_id}/quality").json()
    assert (quality["order_stability"]["value"], quality["order_stability"]["n"]) == (1.0, 1)
    assert len(desk.client.get("/api/v1/comparisons", params={"judge_id": judge_id}).json()["items"]) == 1


def test_two_answers_that_belong_to_no_run(desk: Desk, script: Script) -> None:
    body = {"question": "which?", "answer_a": "answer 2, of course", "answer_b": "none"}
    one = compare(desk, judge(desk, script), **body).json()["comparison"]
    assert (one["preference"], one["a"]["answer"], one["a"]["run_id"]) == ("a", "answer 2, of course", None)
    assert "which?" in script.seen[0].body["messages"][-1]["content"]


def test_where_the_endpoint_fails_nothing_is_kept(desk: Desk) -> None:
    with serving(answer(401, {"error": "who are you"})) as script:
        judge_id, pair = judge(desk, script), two_runs(desk)
        one = compare(desk, judge_id, **pair).json()["comparison"]
    assert (one["preference"], one["order_stable"], one["kept"]) == ("unknown", None, False)
    assert "401" in one["a_first"]["explanation"]
    assert desk.client.get("/api/v1/comparisons").json()["items"] == []


def test_a_dry_run_asks_nobody(desk: Desk, script: Script) -> None:
    told = compare(desk, judge(desk, script), **two_runs(desk), dry_run=True).json()
    assert (told["comparison"], told["forecast_usd"] > 0, script.seen) == (None, True, [])


def test_requests_that_differ_are_said_to(desk: Desk, script: Script) -> None:
    desk.write_runs(a_run(1, input="what is it?"), a_run(2, input="who is it?"))
    told = compare(desk, judge(desk, script), run_a=trace_id(1), run_b=trace_id(2), dry_run=True).json()
    assert told["same_request"] is False


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"run_a": trace_id(1)}, 400, "body"),
        ({"run_a": trace_id(1), "run_b": trace_id(1)}, 400, "body.run_b"),
        ({"run_a": trace_id(1), "run_b": trace_id(2), "answer_a": "x"}, 400, "body"),
        ({"run_a": trace_id(1), "run_b": trace_id(7)}, 404, trace_id(7)),
    ],
)
def test_pairs_that_are_none(
    desk: Desk, script: Script, body: dict[str, str], status: int, said: str
) -> None:
    two_runs(desk)
    refused = compare(desk, judge(desk, script), **body)
    assert (refused.status_code, said in refused.text) == (status, True), refused.text


def test_a_judge_of_one_run_compares_none_and_one_of_pairs_is_drawn_for_none(
    desk: Desk, script: Script
) -> None:
    one = judge(desk, script, rubric="tone", name="tone")
    assert compare(desk, one, **two_runs(desk)).json()["code"] == "not_pairwise"
    endpoint = desk.client.get("/api/v1/judges").json()["items"][0]["endpoint"]
    for field, value in (("sample_rate", 0.5), ("triggers", ["loop"])):
        body = {"name": "b", "endpoint": endpoint, "rubric": "pairwise", field: value}
        refused = desk.client.post("/api/v1/judges", json=body)
        assert (refused.status_code, f"body.{field}" in json.dumps(refused.json())) == (400, True)
    pairwise = judge(desk, script)
    asked = desk.client.post("/api/v1/rejudge", json={"with": [pairwise], "dry_run": True})
    assert (asked.status_code, "body.with" in asked.text) == (400, True)
