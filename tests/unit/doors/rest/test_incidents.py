"""Incidents, channels and silences through the REST door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.domain.project import KeyScope
from tests.contract.notifiers.receivers import SIGNING, http_receiver
from tests.product import wait_until
from tests.unit.doors.rest.desk import Desk

ALARM = {"id": "a", "source": "nightly check", "agent": "support", "title": "support: completion fell"}
WEBHOOK = {
    "name": "hook",
    "kind": "webhook",
    "settings": {"url": "https://example.com/x"},
    "secrets": {"secret": SIGNING},
}


@pytest.fixture
def started(desk: Desk) -> Iterator[Desk]:
    desk.incidents.start()
    yield desk
    desk.incidents.stop()


def post(desk: Desk, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    answer = desk.client.post(f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def get(desk: Desk, path: str, **params: Any) -> Any:
    answer = desk.client.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_alarm_opens_an_incident_that_is_acknowledged_and_resolved(desk: Desk) -> None:
    alarm = post(desk, "/alarms", ALARM, 201)
    assert post(desk, "/alarms", ALARM, 201)["incident_id"] == alarm["incident_id"]
    one = get(desk, f"/incidents/{alarm['incident_id']}")
    assert (one["number"], one["state"], one["alarms"]) == (1, "open", 1)
    assert one["actions"] == ["acknowledge", "mitigate", "resolve"]
    assert get(desk, "/incidents/1")["id"] == one["id"], "people say numbers"
    assert post(desk, "/incidents/1/acknowledge", {"note": "mine"})["assignee"] == "local"
    assert post(desk, "/incidents/1/acknowledge")["state"] == "acknowledged", "again is no error"
    assert post(desk, "/incidents/1/mitigate")["state"] == "mitigated"
    assert desk.client.post("/api/v1/incidents/1/acknowledge").status_code == 409
    post(desk, "/alarms", {**ALARM, "cleared_at": "now"}, 201)
    assert get(desk, "/incidents/1")["state"] == "resolved"
    assert post(desk, "/incidents/1/reopen", {"note": "not over"})["reopened"] == 1
    texts = [(entry["kind"], entry["by"]) for entry in get(desk, "/incidents/1/timeline")["items"]]
    assert texts[0] == ("opened", None) and ("acknowledged", "local") in texts and ("cleared", None) in texts


def test_an_incident_by_hand_with_an_idempotency_key(desk: Desk) -> None:
    body = {"title": "refunds twice", "agents": ["support"], "severity": "critical", "run_ids": ["r1"]}
    first = post(desk, "/incidents", body, 201, **{"idempotency-key": "k"})
    again = post(desk, "/incidents", body, 201, **{"idempotency-key": "k"})
    assert first["id"] == again["id"] and len(get(desk, "/incidents")["items"]) == 1
    assert (first["source"], first["auto_resolve"], first["run_ids"]) == ("person", False, ["r1"])
    changed = desk.client.patch("/api/v1/incidents/1", json={"assignee": "ann", "severity": "warning"}).json()
    assert (changed["assignee"], changed["severity"]) == ("ann", "warning")
    assert post(desk, "/incidents/1/notes", {"text": "looked"}, 201)["by"] == "local"
    assert post(desk, "/incidents/1/links", {"issue_ids": ["i1"]})["issue_ids"] == ["i1"]


def test_the_postmortem_is_a_draft_until_somebody_writes_one(desk: Desk) -> None:
    post(desk, "/alarms", {**ALARM, "title": "fell\n# not a heading"}, 201)
    draft = get(desk, "/incidents/1/postmortem")
    assert draft["draft"] and "## What changed just before" in draft["markdown"]
    assert "\n# not a heading" not in draft["markdown"]
    written = desk.client.put("/api/v1/incidents/1/postmortem", json={"markdown": "# Ours"}).json()
    assert (written["markdown"], written["draft"]) == ("# Ours", False)
    assert desk.client.put("/api/v1/incidents/1/postmortem", json={"markdown": ""}).json()["draft"]


def test_lists_are_paged_and_filtered(desk: Desk) -> None:
    for number in range(5):
        post(desk, "/incidents", {"title": f"incident {number}", "agents": [f"a{number % 2}"]}, 201)
    seen: list[int] = []
    cursor = None
    while True:
        page = get(desk, "/incidents", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [one["number"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]
    post(desk, "/incidents/3/resolve")
    assert [one["number"] for one in get(desk, "/incidents", agent="a0")["items"]] == [5, 1]
    assert [one["number"] for one in get(desk, "/incidents", state="resolved")["items"]] == [3]
    assert [one["number"] for one in get(desk, "/incidents", q="INCIDENT 4")["items"]] == [5]
    assert get(desk, "/incidents", **{"from": "2030-01-01T00:00:00Z"})["items"] == []
    figures = get(desk, "/incidents/figures")
    assert (figures["all"]["incidents"], figures["all"]["resolve"]["n"]) == (5, 1)
    assert figures["all"]["detect"] == {"n": 0, "mean_s": None, "median_s": None}
    assert [row["name"] for row in figures["agents"]] == ["a0", "a1"]


def test_alertmanager_speaks_and_is_understood(desk: Desk) -> None:
    def message(status: str, **alert: Any) -> dict[str, Any]:
        whole = {
            "status": status,
            "labels": {"alertname": "HighLatency", "agent": "support", "severity": "page"},
            "annotations": {
                "summary": "p95 is 9 s",
                "description": "since the deploy",
                "runbook_url": "http://r",
            },
            "startsAt": "2026-11-22T10:00:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph",
            "fingerprint": "f1",
        }
        return {
            "version": "4",
            "groupKey": '{}:{alertname="HighLatency"}',
            "status": status,
            "receiver": "roadworthy",
            "externalURL": "http://am",
            "truncatedAlerts": 0,
            "alerts": [whole | alert],
        }

    assert post(desk, "/alertmanager", message("resolved"))["alarms"] == 0, "nobody heard it begin"
    taken = post(desk, "/alertmanager", message("firing"))
    assert post(desk, "/alertmanager", message("firing")) == taken, "sent again it is the same"
    one = get(desk, f"/incidents/{taken['incident_ids'][0]}")
    assert (one["source"], one["severity"], one["title"]) == ("alertmanager", "critical", "p95 is 9 s")
    assert (one["agents"], one["runbook"], one["began_at"][:19]) == (
        ["support"],
        "http://r",
        "2026-11-22T10:00:00",
    )
    post(desk, "/alertmanager", message("firing", labels={"alertname": "Other"}, fingerprint="f2"))
    assert len(get(desk, "/incidents")["items"]) == 1, "one group is one incident"
    post(desk, "/alertmanager", message("resolved", endsAt="2026-11-22T10:05:00+00:00"))
    post(
        desk,
        "/alertmanager",
        message("resolved", labels={"alertname": "Other"}, fingerprint="f2", endsAt="2026-11-22T10:06:00Z"),
    )
    assert get(desk, "/incidents/1")["state"] == "resolved"
    bad = desk.client.post("/api/v1/alertmanager", json={"alerts": [{"labels": {"a": 1}}]})
    assert bad.status_code == 422 and "labels" in bad.text


def test_a_channel_is_made_tested_and_never_shows_its_secret(started: Desk) -> None:
    with http_receiver("webhook") as receiver:
        body = {**WEBHOOK, "settings": {"url": receiver.values["url"]}}
        made = post(started, "/channels", body, 201)
        assert made["secrets"] == ["secret"] and SIGNING[6:] not in str(made)
        sent = post(started, f"/channels/{made['id']}/test", status=202)
        wait_until(
            lambda: get(started, f"/deliveries/{sent['id']}")["state"] == "delivered",
            seconds=10,
            what="the test message",
        )
        path = f"/api/v1/channels/{made['id']}"
        changed = started.client.put(path, json={**body, "secrets": {}, "name": "other"})
        assert changed.json()["secrets"] == ["secret"], "what is left out stays"
        assert started.client.put(path, json={**body, "secrets": {"secret": ""}}).status_code == 400
        assert started.client.delete(path).status_code == 204
    assert receiver.taken[0].raw["type"] == "roadworthy.channel.tested"
    assert SIGNING[6:] not in started.client.get("/api/v1/deliveries").text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "pigeon"}, "body.kind"),
        ({"settings": {"url": "https://e.com", "colour": "red"}}, "body.settings.colour"),
        ({"settings": {}}, "body.settings.url"),
        ({"settings": {"url": "ftp://e.com"}}, "body.settings.url"),
        ({"settings": {"url": "https://e.com", "secret": "x"}}, "body.settings.secret"),
        ({"secrets": {"secret": "x"}}, "body.secrets.secret"),
        ({"secrets": {}}, "body.secrets.secret"),
        ({"per_minute": 0}, "body.per_minute"),
        ({"name": ""}, "body.name"),
    ],
)
def test_a_channel_that_cannot_be_names_its_field(desk: Desk, changed: dict[str, Any], field: str) -> None:
    answer = desk.client.post("/api/v1/channels", json=WEBHOOK | changed)
    assert answer.status_code in (400, 422) and field in answer.text
    assert get(desk, "/channels")["items"] == []


def test_every_kind_says_what_it_needs(desk: Desk) -> None:
    kinds = {one["kind"]: one for one in get(desk, "/channel-kinds")["items"]}
    assert set(kinds) == {"pagerduty", "slack", "email", "webhook", "alertmanager"}
    assert [f["name"] for f in kinds["pagerduty"]["fields"] if f["secret"]] == ["routing_key"]


def test_a_silence_covers_is_seen_and_ends(desk: Desk) -> None:
    body = {"matchers": [{"field": "agent", "value": "support"}], "end": "+2h", "reason": "migration"}
    made = post(desk, "/silences", body, 201)
    assert made["active"] and made["by"] == "local"
    alarm = post(desk, "/alarms", ALARM, 201)
    assert alarm["silenced_by"] == [made["id"]]
    assert get(desk, "/incidents/1")["silenced_until"] == made["end"]
    assert get(desk, f"/silences/{made['id']}")["alarms"] == 1
    assert not post(desk, f"/silences/{made['id']}/end")["active"]
    assert get(desk, "/silences")["items"] == [] and len(get(desk, "/silences", over=True)["items"]) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"matchers": []}, "body.matchers"),
        ({"matchers": [{"field": "colour", "value": "x"}]}, "body.matchers"),
        ({"matchers": [{"field": "agent", "op": "=~", "value": "x"}]}, "op"),
        ({"end": "+0h"}, "body.end"),
        ({"end": "2020-01-01T00:00:00Z"}, "body.end"),
        ({"end": "+600d"}, "body.end"),
        ({"reason": " "}, "body.reason"),
        ({"start": "soon"}, "body.start"),
    ],
)
def test_a_silence_that_cannot_be_names_its_field(desk: Desk, changed: dict[str, Any], field: str) -> None:
    fine = {"matchers": [{"field": "agent", "value": "x"}], "end": "+2h", "reason": "y"}
    answer = desk.client.post("/api/v1/silences", json=fine | changed)
    assert answer.status_code in (400, 422) and field in answer.text


def test_merge_split_and_move(desk: Desk) -> None:
    post(desk, "/alarms", ALARM, 201)
    post(desk, "/alarms", {**ALARM, "id": "b"}, 201)
    assert post(desk, "/incidents/1/split", {"alarm_ids": ["api-b"]}, 201)["number"] == 2
    assert post(desk, "/alarms/api-b/move", {"into": "1"})["alarms"] == 2
    post(desk, "/incidents", {"title": "another"}, 201)
    assert post(desk, "/incidents/3/merge", {"into": "1"})["number"] == 1
    assert get(desk, "/incidents/3")["merged_into"] == get(desk, "/incidents/1")["id"]
    assert post(desk, "/incidents/3/reopen", status=409)["code"] == "in_the_way"
    listed = get(desk, "/incident-alarms", incident="1")["items"]
    assert sorted(one["id"] for one in listed) == ["api-a", "api-b"]


def test_a_test_page_that_reached_nobody_leaves_no_proof(desk: Desk) -> None:
    page = post(desk, "/agents/support/test-page", status=201)
    assert page["source"] == "test" and get(desk, "/incidents")["items"] == []
    assert len(get(desk, "/incidents", tests=True)["items"]) == 1
    assert post(desk, f"/incidents/{page['id']}/acknowledge")["state"] == "acknowledged"
    assert desk.incidents.service.page_proof("default", "support") is None


def test_keys_of_agents_may_raise_alarms_and_nothing_else(guarded_desk: Desk) -> None:
    guarded_desk.add_project("default")
    agent = guarded_desk.add_key("default", KeyScope.INGEST, KeyScope.READ)
    client = guarded_desk.client
    assert client.post("/api/v1/alarms", json=ALARM, headers=agent).status_code == 201
    for path, body in (
        ("/incidents/1/acknowledge", None),
        ("/incidents/1/resolve", None),
        ("/silences", {"matchers": [{"field": "agent", "value": "*"}], "end": "+1h", "reason": "x"}),
        ("/channels", WEBHOOK),
        ("/agents/support/test-page", None),
    ):
        answer = client.post(f"/api/v1{path}", json=body, headers=agent)
        assert answer.status_code == 403, path
    assert client.get("/api/v1/incidents").status_code == 401


def test_projects_do_not_see_each_other(desk: Desk) -> None:
    post(desk, "/alarms", ALARM, 201)
    desk.add_project("bank")
    assert get(desk, "/incidents", project="bank")["items"] == []
    for path in ("/incidents/1", "/incidents/1/timeline"):
        assert desk.client.get(f"/api/v1{path}", params={"project": "bank"}).status_code == 404


def test_a_project_made_anew_under_an_old_name_sees_nothing_of_the_old_one(desk: Desk) -> None:
    for name in ("another", "another"):
        assert desk.client.post("/api/v1/projects", json={"id": name}).status_code == 201
        assert get(desk, "/incidents", project=name)["items"] == []
        assert get(desk, "/incident-alarms", project=name)["items"] == []
        post(desk, f"/alarms?project={name}", ALARM, 201)
        post(desk, f"/channels?project={name}", WEBHOOK, 201)
        channel = get(desk, "/channels", project=name)["items"][0]["id"]
        post(desk, f"/channels/{channel}/test?project={name}", None, 202)
        outbox = desk.incidents.service.outbox
        assert len(outbox.pending()) == 1
        assert desk.client.delete(f"/api/v1/projects/{name}").status_code == 204
        assert outbox.pending() == [], "nothing more is sent for it"


def test_alarms_of_a_deleted_project_that_come_late_are_dropped(desk: Desk) -> None:
    gone = Alarm(
        project="gone",
        id="1",
        kind=AlarmKind.EXTERNAL,
        source="x",
        source_name="x",
        agent="support",
        severity=Severity.ERROR,
        title="t",
        reason="r",
        at_ns=1,
        since_ns=1,
        cleared_ns=2,
    )
    desk.incidents.take([gone])
    assert desk.incidents.book.incidents("gone") == []
    assert desk.metadata.records("gone", "incident") == []
    desk.incidents.take([replace(gone, project="default")])
    assert len(desk.incidents.book.incidents("default")) == 1
