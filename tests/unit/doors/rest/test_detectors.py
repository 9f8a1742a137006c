"""Detectors, how a project judges, failure modes, and the quality of agents over REST."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.project import KeyScope
from roadworthy.domain.run import Outcome
from roadworthy.domain.span import SpanFlag, SpanStatus
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.measured import figures_of
from roadworthy.features.judge.outcomes import PRECEDENCE
from tests.unit.doors.rest.desk import SECOND, START, Desk, a_run, spans_of, trace_id

DAY = 86_400 * SECOND


def test_every_detector_says_what_it_is_and_what_it_found(desk: Desk) -> None:
    name = DETECTORS[0].name
    assert [one["found_7d"] for one in listed(desk).values()] == [0] * len(DETECTORS)
    now = time.time_ns()
    desk.write_runs(
        a_run(1, sort_ns=now, started_ns=now, judged="1", detectors=(name,)),
        a_run(2, sort_ns=now, started_ns=now, judged="1"),
        a_run(3, sort_ns=now, started_ns=now),
        a_run(4, sort_ns=now - 8 * DAY, started_ns=now - 8 * DAY, judged="1", detectors=(name,)),
    )

    found = listed(desk)

    assert list(found) == [detector.name for detector in DETECTORS]
    assert (found[name]["found_7d"], found[name]["runs_7d"], found[name]["enabled"]) == (1, 2, True)
    assert all(one["title"] and one["description"] for one in found.values())


def listed(desk: Desk) -> dict[str, Any]:
    return {one["name"]: one for one in desk.client.get("/api/v1/detectors").json()["items"]}


def test_precision_and_recall_are_those_of_held_out_runs_with_what_they_rest_on(desk: Desk) -> None:
    measured = {name: one for name, one in listed(desk).items() if one["precision"] is not None}
    assert measured, "no figures: roadworthy eval-detectors --json | python scripts/detector_figures.py"
    for one in measured.values():
        assert 0 < one["labelled_failures"] < one["labelled_n"]
        told = [each for each in one["measured"] if each["found"]]
        assert one["labelled_n"] == sum(each["n"] for each in told)
        found = sum(each["found"] for each in told)
        true = sum(round(each["precision"] * each["found"]) for each in told)
        assert one["precision"] == pytest.approx(true / found)
        assert one["recall"] == pytest.approx(true / one["labelled_failures"])


def test_figures_of_another_version_are_not_shown() -> None:
    known = next(one for one in DETECTORS if figures_of(one))
    assert figures_of(replace(known, version=known.version + 1)) == ()


def test_a_detector_is_switched_off_and_on_for_one_project(desk: Desk) -> None:
    desk.add_project("shop")
    name = DETECTORS[0].name

    changed = desk.client.put("/api/v1/judging", json={"detectors": {name: {"enabled": False}}})

    assert changed.json()["detectors"][name] == {"enabled": False}
    assert listed(desk)[name]["enabled"] is False
    assert name not in {one.name for one in desk.judge.judging.of("default").detectors}
    assert name in {one.name for one in desk.judge.judging.of("shop").detectors}
    desk.client.put("/api/v1/judging", json={"precedence": ["user"]})
    kept = desk.client.get("/api/v1/judging").json()
    assert (kept["precedence"], kept["detectors"][name]) == (["user"], {"enabled": False})
    desk.client.put("/api/v1/judging", json={"detectors": {name: {"enabled": True}}})
    assert desk.judge.judging.of("default").off == frozenset()


def test_a_project_that_says_nothing_has_the_usual_order(desk: Desk) -> None:
    judging = desk.client.get("/api/v1/judging").json()
    assert judging["precedence"] == list(PRECEDENCE)
    assert judging["external_id_attribute"] == "roadworthy.external_id"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"precedence": ["user", "neighbour"]}, "body.precedence"),
        ({"precedence": ["user", "user"]}, "body.precedence"),
        ({"detectors": {"no_such": {"enabled": False}}}, "body.detectors.no_such"),
        ({"detectors": {DETECTORS[0].name: {"on": False}}}, f"body.detectors.{DETECTORS[0].name}.on"),
        ({"external_id_attribute": ""}, "body.external_id_attribute"),
    ],
)
def test_settings_that_cannot_be_are_refused(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    before = desk.client.get("/api/v1/judging").json()
    answer = desk.client.put("/api/v1/judging", json=wrong)
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["field"] == field
    assert desk.client.get("/api/v1/judging").json() == before


def test_only_who_administers_a_project_changes_how_it_judges(guarded_desk: Desk) -> None:
    sender = guarded_desk.add_key("default", KeyScope.INGEST, KeyScope.READ)
    answer = guarded_desk.client.put("/api/v1/judging", json={"precedence": []}, headers=sender)
    assert answer.status_code == 403
    assert guarded_desk.client.get("/api/v1/judging", headers=sender).status_code == 200


def test_a_preview_shows_what_a_detector_would_find(desk: Desk) -> None:
    desk.write(1, 2)
    model, tool = spans_of(3)
    hidden = replace(
        tool,
        status=SpanStatus.ERROR,
        flags=(SpanFlag.INFERRED_ERROR,),
        error="upstream timed out",
        output='{"error": "upstream timed out"}',
    )
    desk.store.write(TelemetryBatch(token="hidden", runs=[a_run(3)], spans=[model, hidden]))

    seen = desk.client.post("/api/v1/detectors/hidden_tool_error/preview", json={"limit": 10}).json()

    assert seen["looked_at"] == 3
    assert [one["run_id"] for one in seen["items"]] == [trace_id(3)]
    assert seen["items"][0]["evidence"][0]["span_id"] == hidden.span_id
    assert desk.store.run("default", trace_id(3)).findings == ()  # type: ignore[union-attr]


def test_a_preview_of_what_is_unusual_looks_at_the_agents_own_history(desk: Desk) -> None:
    usual = [a_run(number, duration_ns=2 * SECOND + number) for number in range(1, 60)]
    slow = a_run(99, duration_ns=500 * SECOND)
    spans = [span for number in (99, 50) for span in spans_of(number)]
    desk.store.write(TelemetryBatch(token="usual", runs=[*usual, slow], spans=spans))

    seen = desk.client.post("/api/v1/detectors/latency_outlier/preview", json={"limit": 5}).json()

    assert [one["run_id"] for one in seen["items"]] == [trace_id(99)]


def test_a_preview_of_nothing_known_or_of_too_much_is_refused(desk: Desk) -> None:
    assert desk.client.post("/api/v1/detectors/no_such/preview", json={}).status_code == 404
    name = DETECTORS[0].name
    assert desk.client.post(f"/api/v1/detectors/{name}/preview", json={"limit": 201}).status_code == 422


def test_failure_modes_are_masts_fourteen_and_ours(desk: Desk) -> None:
    modes = desk.client.get("/api/v1/failure-modes").json()["items"]
    assert sum(mode["source"] == "mast" for mode in modes) == 14
    assert {"id", "name", "group", "description"} <= modes[0].keys()


def test_quality_by_time_and_release_counts_what_was_said(desk: Desk) -> None:
    said = {1: Outcome.SUCCESS, 2: Outcome.FAILURE, 3: Outcome.SUCCESS, 4: Outcome.UNKNOWN}
    desk.write_runs(
        *(
            a_run(
                number,
                sort_ns=START + number * DAY,
                started_ns=START + number * DAY,
                release="1.0" if number < 3 else "2.0",
                outcome=outcome,
                modes=("ungrounded",) if outcome is Outcome.FAILURE else (),
                p_failure=0.9 if outcome is Outcome.FAILURE else None,
            )
            for number, outcome in said.items()
        ),
        a_run(9, agent="other", outcome=Outcome.FAILURE, sort_ns=START + DAY),
    )
    window = {"from": str(START // 10**6), "to": str((START + 6 * DAY) // 10**6), "bucket": "1d"}

    quality = desk.client.get("/api/v1/agents/support/quality", params=window).json()

    success = quality["success"]
    assert (success["count"], success["n"], quality["unknown_outcomes"], quality["runs"]) == (2, 3, 1, 4)
    assert success["low"] < success["value"] < success["high"]
    assert [bucket["success"]["n"] for bucket in success["by_bucket"]] == [0, 1, 1, 1, 0, 0, 0]
    assert [
        (one["release"], one["success"]["count"], one["success"]["n"]) for one in success["by_release"]
    ] == [
        ("2.0", 1, 1),
        ("1.0", 1, 2),
    ]
    assert [(one["mode_name"], one["runs"]) for one in quality["modes_by_bucket"]] == [
        ("Made something up", 1)
    ]
    assert quality["p_failure"] == {"mean": 0.9, "n": 1}


def test_quality_of_an_agent_nobody_saw_is_unknown_and_not_zero(desk: Desk) -> None:
    quality = desk.client.get("/api/v1/agents/team/nobody/quality").json()
    assert (quality["agent"], quality["runs"]) == ("team/nobody", 0)
    assert (quality["success"]["value"], quality["p_failure"]["mean"]) == (None, None)


def test_too_many_buckets_are_refused(desk: Desk) -> None:
    answer = desk.client.get("/api/v1/agents/support/quality", params={"bucket": "1m"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "query.bucket"


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def jobs_of(desk: Desk) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = desk.client.get("/api/v1/jobs").json()["items"]
    return items


def test_another_precedence_has_stored_runs_judged_again(desk: Desk) -> None:
    desk.write_runs(a_run(1, outcome=Outcome.SUCCESS, outcome_source="user"), a_run(2))
    desk.jobs.start()
    try:
        turned = desk.client.put("/api/v1/judging", json={"precedence": ["user", "reviewer"]}).json()["job"]
        assert (turned["kind"], turned["project"]) == ("rejudge", "default")
        assert turned["arguments"]["filters"] == [["outcome_source", "exists", None]]
        wait_for(lambda: desk.client.get(f"/api/v1/jobs/{turned['id']}").json()["status"] == "done")
        assert desk.again == [("default", trace_id(1))]
        # A source that counts for the first time may be the only one that said anything of a run.
        wider = desk.client.put("/api/v1/judging", json={"precedence": ["api", "user", "reviewer"]}).json()[
            "job"
        ]
        wait_for(lambda: desk.client.get(f"/api/v1/jobs/{wider['id']}").json()["status"] == "done")
        assert {run_id for _, run_id in desk.again[1:]} == {trace_id(1), trace_id(2)}
    finally:
        desk.jobs.stop()


def test_history_is_left_alone_where_nothing_changed_or_nobody_wants_it(desk: Desk) -> None:
    same = {"precedence": list(PRECEDENCE)}
    for body in (
        same,
        {"precedence": ["user"], "rejudge": False},
        {"detectors": {"loop": {"enabled": False}}},
    ):
        assert desk.client.put("/api/v1/judging", json=body).json()["job"] is None
    assert jobs_of(desk) == []
    assert desk.client.put("/api/v1/judging", json={"rejudge": True}).json()["job"]["status"] == "waiting"
    assert len(jobs_of(desk)) == 1
