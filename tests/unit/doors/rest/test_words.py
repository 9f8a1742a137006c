"""Outcomes and scores said over REST, and the verdict that shows them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.project import KeyScope
from roadworthy.features.judge.said import Words
from tests.unit.doors.rest.desk import Desk, a_run, trace_id

RUN = f"/api/v1/runs/{trace_id(1)}"


def said(desk: Desk, run: str = RUN) -> Any:
    answer = desk.client.get(f"{run}/verdict")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_outcome_is_shown_with_who_said_it_and_why(desk: Desk) -> None:
    desk.write(1)
    assert said(desk)["outcome"] == "unknown"

    answer = desk.client.post(f"{RUN}/outcome", json={"outcome": "failure", "reason": "wrong total"})

    assert answer.status_code == 201
    verdict = said(desk)
    assert (verdict["outcome"], verdict["outcome_source"]) == ("failure", "api")
    assert verdict["outcome_reason"] == "wrong total"
    assert [(one["author"], one["outcome"]) for one in verdict["said"]] == [("local", "failure")]
    assert desk.again == [("default", trace_id(1))]


def test_all_sources_are_kept_and_the_first_in_the_order_counts(desk: Desk) -> None:
    desk.write(1)
    for source, outcome in (("reviewer", "success"), ("business", "failure"), ("api", "failure")):
        desk.client.post(f"{RUN}/outcome", json={"outcome": outcome, "source": source, "reason": source})
    assert (said(desk)["outcome"], said(desk)["outcome_reason"]) == ("success", "reviewer")

    changed = desk.client.put("/api/v1/judging", json={"precedence": ["business", "reviewer"]})

    assert changed.status_code == 200
    verdict = said(desk)
    assert (verdict["outcome"], verdict["outcome_reason"]) == ("failure", "business")
    assert {one["source"] for one in verdict["said"]} == {"reviewer", "business", "api"}
    assert verdict["precedence"] == ["business", "reviewer"]


def test_the_last_word_of_a_source_counts_and_unknown_takes_it_back(desk: Desk) -> None:
    desk.write(1)
    desk.client.post(f"{RUN}/outcome", json={"outcome": "failure"})
    desk.client.post(f"{RUN}/outcome", json={"outcome": "success"})
    assert [one["outcome"] for one in said(desk)["said"]] == ["success"]

    desk.client.post(f"{RUN}/outcome", json={"outcome": "unknown"})

    assert said(desk)["said"] == []
    assert said(desk)["outcome"] == "unknown"


def test_a_score_keeps_all_that_was_said(desk: Desk) -> None:
    desk.write(1)
    score = {
        "name": "groundedness",
        "value": 0.25,
        "label": "poor",
        "span_id": f"{1:015x}1",
        "explanation": "the total stands nowhere",
        "source": "judge",
        "mode": "ungrounded",
        "evaluator_version": "3",
        "cost_usd": 0.002,
        "sampled": 0.1,
    }

    answer = desk.client.post(f"{RUN}/scores", json=score)

    assert answer.status_code == 201
    listed = desk.client.get(f"{RUN}/scores").json()["items"]
    assert [{k: one[k] for k in score} for one in listed] == [score]
    assert (listed[0]["author"], listed[0]["run_id"]) == ("local", trace_id(1))
    assert said(desk)["scores"] == listed


def test_a_score_says_what_it_rests_on(desk: Desk) -> None:
    desk.write(1)
    step = f"{1:015x}2"
    places: list[dict[str, Any]] = [
        {"span_id": step, "place": "output", "excerpt": "zanzibar", "start": 0, "end": 8},
        {"place": "answer", "excerpt": "it is paid"},
    ]

    answer = desk.client.post(f"{RUN}/scores", json={"name": "tone", "value": 0, "evidence": places})

    assert answer.status_code == 201
    assert said(desk)["scores"][0]["evidence"] == [
        places[0],
        {"span_id": None, "start": None, "end": None} | places[1],
    ]


def test_who_calls_it_a_failure_may_say_of_which_kind_and_each_voice_is_kept(desk: Desk) -> None:
    finding = Finding(detector="hidden_tool_error", mode="tool-failed", reason="it said OK")
    desk.write(1)
    desk.write_runs(a_run(1, version=9, judged="1", findings=(finding,)))
    for author, mode in (("ada", "mast-3.2"), ("bob", "mast-3.2"), ("ada", "mast-3.1")):
        word = {"outcome": "failure", "mode": mode, "source": "reviewer", "author": author}
        assert desk.client.post(f"{RUN}/outcome", json=word).status_code == 201
    judged = {"name": "way", "label": "did not check", "value": 0, "mode": "mast-3.2", "source": "judge"}
    for version in ("1", "2"):
        desk.client.post(f"{RUN}/scores", json=judged | {"evaluator_version": version})

    modes = said(desk)["modes"]

    assert [(one["mode"], one["source"], one["author"]) for one in modes[:1]] == [
        ("tool-failed", "detector", None)
    ]
    assert {(one["mode"], one["source"], one["author"]) for one in modes[1:]} == {
        ("mast-3.1", "reviewer", "ada"),
        ("mast-3.2", "reviewer", "bob"),
        ("mast-3.2", "judge", "local"),
    }
    assert len(modes) == 4 and modes[0]["mode_name"] == "Tool failed"

    taken_back = {"outcome": "unknown", "source": "reviewer", "author": "ada"}
    desk.client.post(f"{RUN}/outcome", json=taken_back)
    assert "mast-3.1" not in [one["mode"] for one in said(desk)["modes"]]
    success = desk.client.post(f"{RUN}/outcome", json={"outcome": "success", "mode": "mast-3.1"})
    assert (success.status_code, success.json()["errors"][0]["field"]) == (400, "body.mode")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": 1.5}, "body.value"),
        ({"value": 1, "evidence": [{}]}, "body.evidence.0"),
        ({"value": 1, "evidence": [{"place": "answer", "start": 3}]}, "body.evidence.0"),
        ({"value": 1, "evidence": [{"place": "answer", "start": 3, "end": 1}]}, "body.evidence.0"),
        ({"value": 1, "evidence": [{"place": "answer"}] * 21}, "body.evidence"),
        ({"value": -0.1}, "body.value"),
        ({"value": "NaN"}, "body.value"),
        ({"value": 1, "name": ""}, "body.name"),
        ({"value": 1, "name": "x" * 201}, "body.name"),
        ({"value": 1, "name": "  "}, "body.name"),
        ({"label": "  "}, "body.value"),
        ({"name": "outcome", "label": "banana"}, "body.label"),
        ({"value": 1, "span_id": "no"}, "body.span_id"),
        ({"value": 1, "source": "sdk"}, "body.source"),
        ({"value": 1, "mode": "mast-9.9"}, "body.mode"),
        ({"value": 1, "surprise": 1}, "body.surprise"),
        ({}, "body.value"),
    ],
)
def test_a_bad_score_is_refused_and_its_field_named(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    desk.write(1)

    answer = desk.client.post(f"{RUN}/scores", json={"name": "tone"} | wrong)

    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["field"] == field
    assert desk.client.get(f"{RUN}/scores").json()["items"] == []


@pytest.mark.parametrize(
    ("word", "outcome"),
    [({"label": "pass"}, "success"), ({"value": 0.2}, "failure"), ({"label": "unknown"}, "unknown")],
)
def test_a_score_that_is_named_outcome_says_one(desk: Desk, word: dict[str, Any], outcome: str) -> None:
    desk.write(1)
    assert desk.client.post(f"{RUN}/scores", json={"name": "outcome"} | word).status_code == 201
    assert said(desk)["outcome"] == outcome


def test_nothing_can_be_said_of_a_run_that_is_not_there(desk: Desk) -> None:
    desk.add_project("shop")
    desk.write(1, project="shop")

    for run_id in (trace_id(1), "nonsense", trace_id(7)):
        answer = desk.client.post(f"/api/v1/runs/{run_id}/outcome", json={"outcome": "success"})
        assert answer.status_code == 404, answer.text
    assert desk.again == []


def test_what_is_said_of_a_run_that_became_part_of_another_is_said_of_that(desk: Desk) -> None:
    desk.write(1, 2)
    desk.write_runs(
        a_run(1, version=50, trace_ids=(trace_id(1), trace_id(2))),
        a_run(2, version=50, superseded_by=trace_id(1)),
    )

    desk.client.post(f"/api/v1/runs/{trace_id(2)}/outcome", json={"outcome": "failure"})

    assert said(desk)["outcome"] == "failure"
    assert desk.again == [("default", trace_id(1))]


def test_a_key_cannot_speak_as_a_person_nor_without_the_scope(guarded_desk: Desk) -> None:
    desk = guarded_desk
    desk.write(1)
    sender = desk.add_key("default", KeyScope.INGEST)
    reader = desk.add_key("default", KeyScope.READ)

    def say(headers: dict[str, str], **body: str) -> int:
        return desk.client.post(
            f"{RUN}/outcome", json={"outcome": "success"} | body, headers=headers
        ).status_code

    assert say({}) == 401
    assert say(reader) == 403
    assert say(sender, source="reviewer") == say(sender, source="user") == 403
    assert say(sender, source="business") == say(sender) == 201
    scores = desk.store.scores("default", trace_id(1))
    assert {(score.source, score.author) for score in scores} == {("business", "test"), ("api", "test")}


def test_a_key_cannot_speak_in_another_project(guarded_desk: Desk) -> None:
    desk = guarded_desk
    desk.add_project("shop")
    desk.write(1)
    shop = desk.add_key("shop", KeyScope.INGEST)

    for params in ({}, {"project": "default"}):
        answer = desk.client.post(f"{RUN}/outcome", json={"outcome": "success"}, headers=shop, params=params)
        assert answer.status_code == 404
    assert desk.store.scores("default", trace_id(1)) == []


def test_a_probability_comes_with_what_moved_it_and_how_well_it_holds(desk: Desk) -> None:
    desk.write(1)
    assert (said(desk)["p_failure"], said(desk)["calibration"]) == (None, None)
    found = Finding(detector="false_success_claim", mode="mast-2.6", reason="It says done; no tool did it.")
    desk.write_runs(a_run(1, version=9, judged="1", p_failure=0.8, findings=(found,)))

    verdict = said(desk)

    assert verdict["p_failure"] == 0.8
    weights = [one["weight"] for one in verdict["contributions"]]
    assert weights == sorted(weights, key=abs, reverse=True)
    assert {one["signal"]: one["title"] for one in verdict["contributions"]}["false_success_claim"] == (
        "False success claim"
    )
    held = verdict["calibration"]
    assert held["n"] == sum(one["n"] for one in held["bins"]) > 0
    assert (held["bins"][0]["low"], held["bins"][-1]["high"]) == (0.0, 1.0)
    assert all(one["observed_low"] <= one["observed"] <= one["observed_high"] for one in held["bins"])


def test_a_flood_is_written_together_and_beyond_the_bound_refused(desk: Desk) -> None:
    desk.write(1)
    words = Words(desk.store, again=lambda project, ids: None, most_waiting=0)
    quiet, desk.judge.words = desk.judge.words, words
    refused = desk.client.post(f"{RUN}/outcome", json={"outcome": "success"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    desk.judge.words = quiet

    def say(number: int) -> int:
        body = {"name": f"score {number}", "value": 1}
        return desk.client.post(f"{RUN}/scores", json=body).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(say, range(200))) == {201}
    assert len(desk.store.scores("default", trace_id(1))) == 200


def test_the_verdict_points_at_the_first_suspicious_step(desk: Desk) -> None:
    desk.write(1)
    first, second = f"{1:015x}1", f"{1:015x}2"
    finding = Finding(
        detector="hidden_tool_error",
        mode="tool-failed",
        reason="find_order said OK and gave an error",
        tool="find_order",
        evidence=(Evidence(span_id=second, place="output", excerpt="zanzibar", start=0, end=8),),
    )
    later = replace(finding, evidence=(Evidence(span_id="f" * 16),))
    desk.store.write(
        TelemetryBatch(
            token="judged", runs=[a_run(1, version=9, judged="1", p_failure=0.8, findings=(later, finding))]
        )
    )

    verdict = said(desk)

    assert verdict["first_suspicious_span_id"] == second != first
    assert (verdict["judged"], verdict["p_failure"]) == ("1", 0.8)
    shown = verdict["findings"][1]
    assert (shown["mode_name"], shown["evidence"][0]["start"]) == ("Tool failed", 0)
    assert verdict["findings"][0]["evidence"][0]["start"] is None


def test_only_words_that_change_a_verdict_have_runs_judged_again(desk: Desk) -> None:
    desk.write(1, 2)
    desk.client.post(f"{RUN}/scores", json={"name": "tone", "value": 0.5})
    assert desk.again == []

    desk.client.post(f"{RUN}/scores", json={"name": "tone", "value": 0.5, "mode": "refused"})
    other = f"/api/v1/runs/{trace_id(2)}/scores"
    desk.client.post(other, json={"name": "outcome", "label": "fail"})

    assert desk.again == [("default", trace_id(1)), ("default", trace_id(2))]
    assert said(desk, f"/api/v1/runs/{trace_id(2)}")["outcome"] == "failure"
