"""Inputs through the API: learning, watching, drift, unusual runs, relearning."""

from __future__ import annotations

import pytest

from roadworthy.features.watch.inputs.service import Window
from roadworthy.features.watch.inputs.watcher import Input
from tests.unit.doors.rest.desk import Desk
from tests.unit.watch.inputs.real_inputs import MINUTE_NS, asked, shuffled


def _take(desk: Desk, texts: list[str], *, first: int, agent: str = "solver") -> None:
    inputs = [
        (agent, Input(run_id=f"{n:032x}", at_ns=n * MINUTE_NS, text=text))
        for n, text in enumerate(texts, start=first)
    ]
    until = (first + len(texts)) * MINUTE_NS
    desk.objectives.inputs.take(
        "default", Window(until_ns=until, runs=2 * len(texts), inputs=inputs), now_ns=until
    )


@pytest.fixture
def drifted(desk: Desk) -> Desk:
    asked("math")
    _take(desk, shuffled("math", seed=1)[:800], first=0)
    _take(desk, shuffled("code", seed=1)[:80], first=800)
    return desk


def test_what_is_learned_and_what_is_watched(desk: Desk) -> None:
    _take(desk, [f"question {n}" for n in range(40)], first=0, agent="a/b c")

    (one,) = desk.client.get("/api/v1/inputs").json()["items"]

    assert (one["agent"], one["phase"], one["reference_n"], one["promise"]) == ("a/b c", "learning", 40, "")
    assert one["sampled"] == 0.5
    assert desk.client.get(f"/api/v1/inputs/{one['id']}").json() == one
    assert desk.client.get("/api/v1/inputs/nosuch").status_code == 404
    assert desk.client.get("/api/v1/inputs/nosuch/history").status_code == 404
    assert desk.client.post("/api/v1/inputs/nosuch/relearn").status_code == 404


def test_drift_says_what_changed(drifted: Desk) -> None:
    (one,) = drifted.client.get("/api/v1/inputs", params={"drifting": True}).json()["items"]

    assert one["drifting"]["kind"] == "input_drift"
    assert one["drifting"]["severity"] == "warning"
    assert one["terms_up"]
    assert one["terms_up"][0]["now"] > one["terms_up"][0]["before"]
    assert len(one["unusual"]) == 20
    assert one["unusual"][0]["text"]
    assert "526,477 inputs" in one["promise"]
    assert one["tail_filters"] == ["agent:=:solver", "scores.tail_input:exists"]
    listed = drifted.client.get("/api/v1/runs", params={"filter": one["tail_filters"]})
    assert listed.status_code == 200
    points = drifted.client.get(f"/api/v1/inputs/{one['id']}/history").json()["items"]
    assert sum(point["observed"] for point in points) == 280
    assert points[-1]["evidence"] == 1
    alarms = drifted.client.get(f"/api/v1/inputs/{one['id']}/alarms").json()
    assert [alarm["id"] for alarm in alarms["items"]] == [one["drifting"]["id"]]
    assert drifted.client.get("/api/v1/inputs", params={"agent": "other"}).json()["items"] == []


def test_relearning(drifted: Desk) -> None:
    (one,) = drifted.client.get("/api/v1/inputs").json()["items"]

    fresh = drifted.client.post(f"/api/v1/inputs/{one['id']}/relearn").json()

    assert (fresh["phase"], fresh["drifting"], fresh["reference_n"]) == ("learning", None, 0)
    alarms = drifted.client.get(f"/api/v1/inputs/{one['id']}/alarms").json()["items"]
    assert alarms[0]["cleared_at"] is not None
    assert drifted.client.get("/api/v1/inputs", params={"drifting": True}).json()["items"] == []


def test_pages(desk: Desk) -> None:
    for number in range(5):
        _take(desk, ["hello"], first=number, agent=f"agent {number}")
    first = desk.client.get("/api/v1/inputs", params={"limit": 3}).json()
    rest = desk.client.get("/api/v1/inputs", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    names = [one["agent"] for one in [*first["items"], *rest["items"]]]
    assert names == [f"agent {number}" for number in range(5)]
    assert rest["next_cursor"] is None


def test_a_filter_on_a_score_says_what_it_wants(desk: Desk) -> None:
    refused = desk.client.get("/api/v1/runs", params={"filter": "scores.tail_input:<:much"})
    assert refused.status_code == 400
    assert "scores.tail_input: 'much' is no number" in refused.json()["detail"]
    refused = desk.client.get("/api/v1/runs", params={"filter": "scores.tail_input:contains:1"})
    assert "contains does not apply" in refused.json()["detail"]
