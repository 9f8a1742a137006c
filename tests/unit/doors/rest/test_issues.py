from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.features.judge.issues import IssueKey
from tests.unit.doors.rest.desk import Desk, a_run

PAY = IssueKey(
    agent="support", detector="tool_error_ignored", mode="tool-failed", tool="pay", shape="timed out"
)
LOOP = IssueKey(agent="support", detector="loop", mode="mast-1.3")


@pytest.fixture
def failing(desk: Desk) -> Desk:
    """Four runs of one issue, one of another."""
    now = time.time_ns()
    runs = []
    for number in range(5):
        run = replace(a_run(number + 1), sort_ns=now - number, started_ns=now - number, p_failure=number / 10)
        run.issues = desk.judge.issues.note(run, [PAY] if number < 4 else [LOOP])
        runs.append(run)
    desk.store.write(TelemetryBatch(token="t", runs=runs))
    return desk


def test_issues_are_listed_with_their_counts(failing: Desk) -> None:
    page = failing.client.get("/api/v1/issues", params={"sort": "runs"}).json()
    assert [(one["id"], one["runs"], one["runs_24h"], one["state"]) for one in page["items"]] == [
        (PAY.id, 4, 4, "open"),
        (LOOP.id, 1, 1, "open"),
    ]
    first = page["items"][0]
    assert (first["mode_name"], first["tool"], first["releases"]) == (
        "Tool failed",
        "pay",
        [{"release": "1.0", "runs": 4}],
    )
    assert sum(one["runs"] for one in first["spark"]) == 4
    one = failing.client.get("/api/v1/issues", params={"sort": "runs", "limit": 1}).json()
    two = failing.client.get(
        "/api/v1/issues", params={"sort": "runs", "limit": 1, "cursor": one["next_cursor"]}
    ).json()
    assert [p["items"][0]["id"] for p in (one, two)] == [PAY.id, LOOP.id]
    assert two["next_cursor"] is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "timed"}, [PAY.id]),
        ({"mode": "mast-1.3"}, [LOOP.id]),
        ({"agent": "nobody"}, []),
        ({"state": "resolved"}, []),
        ({"to": "2020-01-01T00:00:00Z"}, []),
    ],
)
def test_issues_are_filtered(failing: Desk, asked: dict[str, str], found: list[str]) -> None:
    page = failing.client.get("/api/v1/issues", params=asked).json()
    assert [one["id"] for one in page["items"]] == found


def test_one_issue_names_runs_to_look_at(failing: Desk) -> None:
    issue = failing.client.get(f"/api/v1/issues/{PAY.id}").json()
    assert issue["representative_run_ids"] == [a_run(n).id for n in (4, 3, 2, 1)]
    assert failing.client.get("/api/v1/issues/0123").status_code == 404


def test_an_issue_is_muted_for_a_length_of_time(failing: Desk) -> None:
    before = datetime.now(UTC)
    path = f"/api/v1/issues/{PAY.id}"
    muted = failing.client.patch(path, json={"state": "muted", "mute_until": "+7d"}).json()
    until = datetime.fromisoformat(muted["muted_until"])
    assert timedelta() <= until - before - timedelta(days=7) < timedelta(minutes=1)


def test_a_failure_mode_that_does_not_exist_is_told_from_one_without_issues(failing: Desk) -> None:
    none = failing.client.get("/api/v1/issues", params={"mode": "mast-3.1"})
    assert (none.status_code, none.json()["items"]) == (200, [])
    unknown = failing.client.get("/api/v1/issues", params={"mode": "lop"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "query.mode")


def test_an_issue_is_assigned_muted_and_resolved(failing: Desk) -> None:
    path = f"/api/v1/issues/{PAY.id}"
    assert failing.client.patch(path, json={"assignee": "ann"}).json()["assignee"] == "ann"
    muted = failing.client.patch(path, json={"state": "muted", "mute_until": "2100-01-01T00:00:00Z"}).json()
    assert (muted["state"], muted["muted_until"][:10], muted["assignee"]) == ("muted", "2100-01-01", "ann")
    done = failing.client.patch(path, json={"state": "resolved", "resolved_in_release": "1.1"}).json()
    assert (done["state"], done["resolved_in_release"], done["muted_until"]) == ("resolved", "1.1", None)
    listed = failing.client.get("/api/v1/issues", params={"state": "resolved"}).json()["items"]
    assert [one["id"] for one in listed] == [PAY.id]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "gone"}, "body.state"),
        ({"state": "regressed"}, "body.state"),
        ({"mute_until": "2100-01-01T00:00:00Z"}, "body.mute_until"),
        ({"state": "muted", "mute_until": "soon"}, "body.mute_until"),
        ({"state": "muted", "mute_until": "+soon"}, "body.mute_until"),
        ({"state": "muted", "mute_until": "2020-01-01T00:00:00Z"}, "body.mute_until"),
        ({"resolved_in_release": "1"}, "body.resolved_in_release"),
        ({"owner": "ann"}, "body.owner"),
    ],
)
def test_a_change_that_cannot_be_names_its_field(failing: Desk, change: dict[str, str], field: str) -> None:
    answer = failing.client.patch(f"/api/v1/issues/{PAY.id}", json=change)
    assert answer.status_code in (400, 422)
    assert field in answer.text


def test_another_project_sees_no_issue(failing: Desk) -> None:
    failing.client.post("/api/v1/projects", json={"id": "bank"})
    assert failing.client.get("/api/v1/issues", params={"project": "bank"}).json()["items"] == []
    assert failing.client.get(f"/api/v1/issues/{PAY.id}", params={"project": "bank"}).status_code == 404
