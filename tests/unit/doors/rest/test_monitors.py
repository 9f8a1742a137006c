"""Monitors over REST."""

from __future__ import annotations

from roadworthy.domain.project import KeyScope
from tests.contract.watch_log.making import SECOND, START, result
from tests.unit.doors.rest.desk import Desk

URL = "/api/v1/monitors"
NEW = {"name": "loops", "agent": "support", "signal": "detector:loop"}


def judged(desk: Desk, count: int, *, project: str = "default") -> None:
    desk.watching.log.append([result(number, project=project) for number in range(count)])
    desk.watching.engine.step()


def test_monitors_come_with_the_first_judged_run(desk: Desk) -> None:
    assert desk.client.get(URL).json()["items"] == []
    judged(desk, 3)

    items = desk.client.get(URL, params={"agent": "support"}).json()["items"]

    assert {one["signal"] for one in items} == {"completion", "errors", "volume"}
    completion = next(one for one in items if one["signal"] == "completion")
    assert completion["phase"] == "learning"
    assert completion["learning"]["more_results"] == 97
    assert completion["shown_as"] == "good"
    assert desk.client.get(URL, params={"agent": "nobody"}).json()["items"] == []
    assert desk.client.get(f"{URL}/{completion['id']}").json()["claims"]
    assert desk.client.get(f"{URL}/{completion['id']}/history").status_code == 200


def test_a_monitor_is_made_changed_and_deleted(desk: Desk) -> None:
    made = desk.client.post(URL, json=NEW)
    assert made.status_code == 201
    path = f"{URL}/{made.json()['id']}"

    changed = desk.client.put(path, json={"name": "rounds", "patience_years": 5, "severity": "warning"})
    assert (changed.json()["name"], changed.json()["patience_years"]) == ("rounds", 5)
    assert changed.json()["signal"] == "detector:loop"

    assert desk.client.delete(path).status_code == 204
    assert desk.client.get(path).status_code == 404
    assert desk.client.delete(path).status_code == 404


def test_what_cannot_be_names_its_field(desk: Desk) -> None:
    for body, field in (
        (NEW | {"signal": "luck"}, "body.signal"),
        (NEW | {"strata": ["colour"]}, "body.strata"),
        (NEW | {"higher_is_worse": True}, "body.higher_is_worse"),
    ):
        refused = desk.client.post(URL, json=body)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == field
    assert desk.client.post(URL, json=NEW | {"typo": 1}).status_code == 422


def test_who_may_only_read_changes_nothing(guarded_desk: Desk) -> None:
    reader = guarded_desk.add_key("default", KeyScope.READ)
    assert guarded_desk.client.get(URL, headers=reader).status_code == 200
    assert guarded_desk.client.post(URL, json=NEW, headers=reader).status_code == 403
    assert guarded_desk.client.get(URL).status_code == 401


def test_what_is_unknown_is_not_found(desk: Desk) -> None:
    for path in ("/monitors/x", "/monitors/x/history", "/alarms/x", "/monitors/backtest/x"):
        assert desk.client.get(f"/api/v1{path}").status_code == 404
    for action, body in (("pause", {"paused": True}), ("rebaseline", {"reason": "why"})):
        assert desk.client.post(f"{URL}/x/{action}", json=body).status_code == 404


def test_alarms_come_page_by_page(desk: Desk) -> None:
    quick = {"reference_hours": 0, "reference_results": 200, "cautious": False, "patience_years": 1}
    for name in ("one", "two"):
        desk.client.post(URL, json=NEW | quick | {"name": name, "signal": "completion"})
    ended = [START + minute * 60 * SECOND for minute in range(360)]
    desk.watching.log.append(
        [
            result(number, project="default", failed=number >= 300 and number % 2 == 0, at_ns=at_ns)
            for number, at_ns in enumerate(ended)
        ]
    )
    desk.watching.engine.step()

    first = desk.client.get("/api/v1/alarms", params={"limit": 1}).json()
    second = desk.client.get("/api/v1/alarms", params={"limit": 1, "cursor": first["next_cursor"]}).json()

    assert first["next_cursor"] and second["next_cursor"] is None
    (one,), (two,) = first["items"], second["items"]
    assert {one["monitor_name"], two["monitor_name"]} == {"one", "two"}
    assert desk.client.get(f"/api/v1/alarms/{one['id']}").json() == one
    assert len(desk.client.get("/api/v1/alarms", params={"standing": True}).json()["items"]) == 2
    ranking = desk.client.get(f"{URL}/ranking").json()["items"]
    assert [place["phase"] for place in ranking[:2]] == ["alarmed", "alarmed"]


def test_the_monitors_of_a_project_go_with_it(desk: Desk) -> None:
    assert desk.client.post("/api/v1/projects", json={"id": "other"}).status_code == 201
    judged(desk, 3, project="other")
    assert desk.client.get(URL, params={"project": "other"}).json()["items"]

    assert desk.client.delete("/api/v1/projects/other").status_code == 204

    assert desk.watching.log.projects() == []
