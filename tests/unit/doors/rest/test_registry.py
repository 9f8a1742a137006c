from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import pytest

from roadworthy.contracts.metadata import Record
from roadworthy.domain.project import KeyScope
from roadworthy.doors.rest.times import rfc3339
from tests.unit.doors.rest.desk import Desk, a_run

API = "/api/v1"
HOUR_NS = 3_600_000_000_000


def put(desk: Desk, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = desk.client.put(f"{API}{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def get(desk: Desk, path: str, **query: Any) -> dict[str, Any]:
    answer = desk.client.get(f"{API}{path}", params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def weekly(*people: str, **more: Any) -> dict[str, Any]:
    return {"layers": [{"name": "primary", "people": list(people), "starts_on": "2020-01-06", **more}]}


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """Ann and Bob take weeks in turn for the team payments, which owns the agent support."""
    for name in ("ann", "bob"):
        put(desk, f"/contacts/{name}", {"email": f"{name}@example.org", "channels": [f"chat-{name}"]})
    put(desk, "/schedules/primary", {"time_zone": "Europe/Berlin", **weekly("ann", "bob")})
    put(
        desk, "/teams/payments", {"members": ["ann", "bob"], "schedule": "primary", "channels": ["chat-team"]}
    )
    put(desk, "/registry/agents/support", {"team": "payments", "owner": "ann", "tier": "1"})
    return desk


def test_an_agent_seen_in_traffic_is_listed_until_somebody_owns_it(desk: Desk) -> None:
    now = time.time_ns()
    desk.write_runs(a_run(1, agent="support", started_ns=now, sort_ns=now))
    [row] = get(desk, "/registry/agents")["items"]
    assert (row["name"], row["registered"], row["stage"]) == ("support", False, "discovered")
    assert row["seen"]["runs"] == 1
    assert row["lacks"][:3] == ["registration", "owner", "on_call"]
    assert "nobody registered the agent 'support'" in row["on_call"]["gap"]

    put(desk, "/contacts/ann", {"email": "ann@example.org"})
    changed = desk.client.patch(f"{API}/registry/agents/support", json={"owner": "ann"}).json()
    assert (changed["registered"], changed["stage"], changed["owner"]) == (True, "pilot", "ann")
    assert changed["on_call"]["levels"][0]["responders"][0]["email"] == "ann@example.org"
    assert get(desk, "/registry/agents", stage="discovered")["items"] == []


def test_drills_and_reruns_are_no_agents_that_lack_an_owner(desk: Desk) -> None:
    now = time.time_ns()
    agents = ("support", "support (replay)", "support (drill)")
    desk.write_runs(*(a_run(n, agent=name, started_ns=now, sort_ns=now) for n, name in enumerate(agents)))
    page = get(desk, "/registry/agents")
    assert ([row["name"] for row in page["items"]], page["trials"]) == (["support"], 2)
    assert page["lacking"]["owner"] == 1
    every = get(desk, "/registry/agents", trials=True)
    assert {row["name"]: bool(row["lacks"]) for row in every["items"]} == {
        "support": True,
        "support (drill)": False,
        "support (replay)": False,
    }
    assert every["lacking"]["owner"] == 1
    # One that somebody registered is an agent, whatever its name.
    put(desk, "/contacts/ann", {"email": "ann@example.org"})
    desk.client.patch(f"{API}/registry/agents/support (drill)", json={"owner": "ann"})
    both = get(desk, "/registry/agents")["items"]
    assert [row["name"] for row in both] == ["support", "support (drill)"]
    assert "runbook" in both[1]["lacks"]


def test_on_call_is_told_level_by_level_with_the_reason(staffed: Desk) -> None:
    told = get(staffed, "/agents/support/on-call", at="2026-11-24T12:00:00Z")
    first_told = [level["responders"][0] for level in told["levels"]]
    assert [one["person"] or one["channel"] for one in first_told] == ["bob", "ann", "chat-team"]
    first = told["levels"][0]["responders"][0]
    assert first["why"] == "on call in 'primary' until Monday 2026-11-30 09:00 (Europe/Berlin)"
    assert (told["gap"], told["team"], told["tier"]) == (None, "payments", "1")


def test_a_policy_says_who_is_next_and_the_default_serves_agents_without_one(staffed: Desk) -> None:
    put(
        staffed,
        "/escalation-policies/first",
        {
            "default": True,
            "repeat": 2,
            "levels": [
                {"targets": [{"kind": "schedule"}], "timeout_seconds": 300},
                {"targets": [{"kind": "person", "name": "bob"}, {"kind": "channel", "name": "pager"}]},
            ],
        },
    )
    told = get(staffed, "/agents/support/on-call")
    assert [level["timeout_seconds"] for level in told["levels"]] == [300, 900]
    assert {one["person"] or one["channel"] for one in told["levels"][1]["responders"]} == {"bob", "pager"}
    assert told["repeat"] == 2
    # Nobody registered this one: what the policy names without the agent's help is told all the same.
    stranger = get(staffed, "/agents/stranger/on-call")
    assert [one["person"] or one["channel"] for one in stranger["levels"][0]["responders"]] == [
        "bob",
        "pager",
    ]
    assert "nobody registered the agent 'stranger'" in stranger["gap"]

    put(
        staffed, "/escalation-policies/second", {"default": True, "levels": [{"targets": [{"kind": "team"}]}]}
    )
    flags = {one["name"]: one["default"] for one in get(staffed, "/escalation-policies")["items"]}
    assert flags == {"first": False, "second": True}


def test_somebody_who_leaves_is_followed_by_the_next_and_the_schedule_says_so(staffed: Desk) -> None:
    now = get(staffed, "/schedules/primary")["now"]["person"]
    other = {"ann": "bob", "bob": "ann"}[now]
    put(staffed, f"/contacts/{now}", {"email": "x@example.org", "left_at": "now"})
    told = get(staffed, "/schedules/primary")
    assert (told["now"]["person"], told["now"]["instead_of"]) == (other, now)
    assert any(now in warning and "others of the layer take over" in warning for warning in told["warnings"])

    put(staffed, f"/contacts/{other}", {"email": "x@example.org", "left_at": "now"})
    told = get(staffed, "/schedules/primary")
    assert told["now"]["person"] is None
    assert len(told["gaps"]) == 1 and told["gaps"][0]["words"].startswith("nobody on ")
    # Never silently nobody: the policy falls through to the team's channel, and says why.
    on_call = get(staffed, "/agents/support/on-call")
    assert [one["responders"][0]["channel"] for one in on_call["levels"]] == ["chat-team"]
    assert "'primary' has nobody" in on_call["gap"] and "ann has left" in on_call["gap"]


def test_shifts_of_a_range_tile_it_and_overrides_take_their_place(staffed: Desk) -> None:
    start = "2026-03-23T08:00:00.000000Z"
    swap = {"person": "bob", "start": "2026-03-24T08:00:00Z", "end": "2026-03-25T08:00:00Z", "reason": "swap"}
    before = get(staffed, "/schedules/primary/shifts", **{"from": start, "to": "2026-04-06T00:00:00Z"})
    assert [one["person"] for one in before["shifts"]] == ["ann", "bob"]
    # The week in which clocks go forward has 167 hours, and hands over at nine in Berlin.
    assert before["shifts"][0]["start"] == start
    assert before["shifts"][0]["end"] == "2026-03-30T07:00:00.000000Z"

    made = staffed.client.post(f"{API}/schedules/primary/overrides", json=swap)
    assert made.status_code == 201
    after = get(staffed, "/schedules/primary/shifts", **{"from": start, "to": "2026-04-06T00:00:00Z"})[
        "shifts"
    ]
    assert [one["override"] for one in after] == [None, made.json()["id"], None, None]
    assert all(one["end"] == two["start"] for one, two in pairwise(after))
    gone = staffed.client.delete(f"{API}/schedules/primary/overrides/{made.json()['id']}")
    assert gone.status_code == 204
    assert (
        get(staffed, "/schedules/primary/shifts", **{"from": start, "to": "2026-04-06T00:00:00Z"}) == before
    )


def test_a_draft_is_shown_before_it_is_saved(staffed: Desk) -> None:
    draft = {
        "time_zone": "Asia/Kolkata",
        **weekly("bob", windows=[{"days": ["sunday"], "start": "00:00", "end": "12:00"}]),
    }
    query = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}
    shown = staffed.client.post(f"{API}/schedules/new/preview", json=draft, params=query).json()
    assert [one["person"] for one in shown["shifts"]] == ["bob", None]
    assert shown["gaps"][0]["words"] == (
        "nobody on Sunday 2026-11-22 12:00 to Monday 2026-11-23 05:30 (Asia/Kolkata)"
    )
    assert staffed.client.get(f"{API}/schedules/new").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/registry/agents/x", {"owner": "nobody"}, "body.owner"),
        ("/registry/agents/x", {"team": "nobody"}, "body.team"),
        ("/registry/agents/x", {"runbook": "javascript:alert(1)"}, "body.runbook"),
        ("/registry/agents/x", {"links": [{"url": "ftp://x"}]}, "body.links.0.url"),
        ("/registry/agents/x", {"tier": "9"}, "body.tier"),
        ("/registry/agents/x", {"stage": "discovered"}, "body.stage"),
        ("/registry/agents/x", {"color": "red"}, "body.color"),
        ("/contacts/eve", {"email": "eve"}, "body.email"),
        ("/contacts/ANN", {}, "body.name"),
        ("/contacts/-x", {}, "body.name"),
        ("/contacts/eve", {"left_at": "yesterday"}, "body.left_at"),
        ("/teams/payments", {"members": ["ann", "nobody"]}, "body.members.1"),
        ("/teams/payments", {"members": ["ann", "ann"]}, "body.members.1"),
        ("/schedules/s", {"time_zone": "Mars/Olympus"}, "body.time_zone"),
        ("/schedules/s", weekly("nobody"), "body.layers.0.people.0"),
        ("/schedules/s", weekly(), "body.layers.0.people"),
        ("/schedules/s", weekly("ann", hand_over_time="24:00"), "body.layers.0.hand_over_time"),
        ("/schedules/s", weekly("ann", hand_over_time="9:00"), "body.layers.0.hand_over_time"),
        ("/schedules/s", weekly("ann", starts_on="2026-02-30"), "body.layers.0.starts_on"),
        ("/schedules/s", weekly("ann", ends_on="2020-01-06"), "body.layers.0.ends_on"),
        ("/schedules/s", weekly("ann", hand_over_weekday="funday"), "body.layers.0.hand_over_weekday"),
        (
            "/schedules/s",
            weekly("ann", windows=[{"days": ["monday"], "start": "25:00", "end": "26:00"}]),
            "body.layers.0.windows.0.start",
        ),
        ("/escalation-policies/p", {"levels": []}, "body.levels"),
        (
            "/escalation-policies/p",
            {"levels": [{"targets": [{"kind": "channel"}]}]},
            "body.levels.0.targets.0.name",
        ),
        (
            "/escalation-policies/p",
            {"levels": [{"targets": [{"kind": "schedule", "name": "none"}]}]},
            "body.levels.0.targets.0.name",
        ),
        (
            "/escalation-policies/p",
            {"levels": [{"targets": [{"kind": "team"}], "timeout_seconds": 1}]},
            "body.levels.0.timeout_seconds",
        ),
    ],
)
def test_what_cannot_be_names_its_field(staffed: Desk, path: str, body: dict[str, Any], field: str) -> None:
    refused = staffed.client.put(f"{API}{path}", json=body)
    assert refused.status_code in (400, 422), refused.text
    assert field in [one["field"] for one in refused.json()["errors"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"person": "nobody"}, "body.person"),
        ({"end": "2026-01-01T00:00:00Z"}, "body.end"),
        ({"end": "2036-01-01T00:00:00Z"}, "body.end"),
        ({"start": "soon"}, "body.start"),
    ],
)
def test_an_override_that_cannot_be_names_its_field(
    staffed: Desk, change: dict[str, str], field: str
) -> None:
    body = {"person": "ann", "start": "2026-12-01T00:00:00Z", "end": "2026-12-02T00:00:00Z"} | change
    refused = staffed.client.post(f"{API}/schedules/primary/overrides", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


def test_what_others_refer_to_is_not_deleted(staffed: Desk) -> None:
    refused = staffed.client.delete(f"{API}/contacts/ann")
    assert refused.status_code == 409
    for reference in (
        "agent 'support' (owner)",
        "team 'payments' (member)",
        "schedule 'primary' (layer 'primary')",
    ):
        assert reference in refused.json()["detail"]
    assert "team 'payments'" in staffed.client.delete(f"{API}/schedules/primary").json()["detail"]
    assert "agent 'support'" in staffed.client.delete(f"{API}/teams/payments").json()["detail"]
    for path in ("/registry/agents/support", "/teams/payments", "/schedules/primary", "/contacts/ann"):
        assert staffed.client.delete(f"{API}{path}").status_code == 204, path
        assert staffed.client.delete(f"{API}{path}").status_code == 404


def test_of_two_writers_the_one_who_read_an_older_version_is_refused(staffed: Desk) -> None:
    version = get(staffed, "/registry/agents/support")["version"]
    put(staffed, "/registry/agents/support", {"tier": "2"}, **{"If-Match": f'"{version}"'})
    late = staffed.client.put(
        f"{API}/registry/agents/support", json={"tier": "3"}, headers={"If-Match": f'"{version}"'}
    )
    assert (late.status_code, late.json()["code"]) == (412, "changed")
    again = staffed.client.put(f"{API}/teams/payments", json={}, headers={"If-None-Match": "*"})
    assert again.status_code == 412
    # Without a version the last one wins, and the history shows both.
    put(staffed, "/registry/agents/support", {"tier": "4"})
    changes = get(staffed, "/registry/history", kind="agent", name="support")["items"]
    assert [one["fields"][-1]["after"] for one in changes][:1] == ["4"]
    assert [one["action"] for one in changes] == ["changed", "changed", "added"]


def test_the_history_says_who_changed_an_owner_when_from_whom(guarded_desk: Desk) -> None:
    desk = guarded_desk
    key = desk.add_key("default", KeyScope.ADMIN)
    for name in ("ann", "bob"):
        assert desk.client.put(f"{API}/contacts/{name}", json={}, headers=key).status_code == 200
    for owner in ("ann", "bob", "bob"):
        body = {"owner": owner}
        assert desk.client.patch(f"{API}/registry/agents/a", json=body, headers=key).status_code == 200
    query = {"kind": "agent", "name": "a"}
    changes = desk.client.get(f"{API}/registry/history", params=query, headers=key).json()["items"]
    last = changes[0]
    assert (last["by"], last["action"]) == ("test", "changed")
    assert last["fields"] == [{"field": "owner", "before": "ann", "after": "bob"}]
    assert len(changes) == 2  # what changes nothing is no change
    reader = desk.add_key("default", KeyScope.READ)
    assert desk.client.put(f"{API}/contacts/eve", json={}, headers=reader).status_code == 403


def test_several_agents_get_one_owner_all_or_none(staffed: Desk) -> None:
    now = time.time_ns()
    staffed.write_runs(*(a_run(n, agent=f"a/{n}", started_ns=now, sort_ns=now) for n in range(3)))
    wrong = {"agents": ["a/0", "a/1"], "change": {"owner": "nobody"}}
    assert staffed.client.patch(f"{API}/registry/agents", json=wrong).status_code == 400
    assert get(staffed, "/registry/agents", stage="discovered")["total"] == 3
    fine = {"agents": ["a/0", "a/1"], "change": {"team": "payments", "stage": "production"}}
    assert staffed.client.patch(f"{API}/registry/agents", json=fine).json()["items"] == ["a/0", "a/1"]
    assert [one["name"] for one in get(staffed, "/registry/agents", team="payments")["items"]] == [
        "a/0",
        "a/1",
        "support",
    ]
    assert get(staffed, "/registry/agents/a/1")["stage"] == "production"
    page = get(staffed, "/registry/agents", limit=3)
    rest = get(staffed, "/registry/agents", limit=3, cursor=page["next_cursor"])
    assert [one["name"] for one in (*page["items"], *rest["items"])] == ["a/0", "a/1", "a/2", "support"]


def test_shifts_as_a_calendar(staffed: Desk) -> None:
    query = {"from": "2026-11-01T00:00:00Z", "to": rfc3339(1_790_000_000_000_000_000)}
    answer = staffed.client.get(f"{API}/schedules/primary/calendar.ics", params={"from": query["from"]})
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n") and answer.text.endswith("END:VCALENDAR\r\n")
    only = staffed.client.get(
        f"{API}/schedules/primary/calendar.ics", params={"from": query["from"], "person": "ann"}
    )
    assert 0 < only.text.count("BEGIN:VEVENT") < answer.text.count("BEGIN:VEVENT")


class TestImport:
    FILE = "agent,team,owner,owner_email,tier\nsupport,payments,eve,eve@example.org,2\nrefunds,payments,,,1\n"

    def ask(self, desk: Desk, **body: Any) -> dict[str, Any]:
        answer = desk.client.post(f"{API}/registry/import", json={"format": "csv", "text": self.FILE} | body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def test_it_is_shown_first_done_then_and_twice_is_once(self, staffed: Desk) -> None:
        shown = self.ask(staffed)
        assert shown["applied"] is False
        assert [(one["kind"], one["name"], one["action"]) for one in shown["changes"]] == [
            ("contact", "eve", "added"),
            ("agent", "support", "changed"),
            ("agent", "refunds", "added"),
        ]
        assert {"field": "tier", "before": "1", "after": "2"} in shown["changes"][1]["fields"]
        assert get(staffed, "/registry/agents/support")["tier"] == "1"

        assert self.ask(staffed, dry_run=False)["applied"] is True
        assert get(staffed, "/registry/agents/support")["owner"] == "eve"
        [last, _] = get(staffed, "/registry/history", kind="agent", name="support")["items"]
        assert (last["source"], last["by"]) == ("csv", "local")
        again = self.ask(staffed, dry_run=False)
        assert (again["changes"], again["unchanged"]) == ([], 2)

    def test_faults_hold_all_of_it_back(self, staffed: Desk) -> None:
        text = self.FILE + "odd,nowhere man,,,1\n"
        told = self.ask(staffed, text=text, dry_run=False)
        assert told["applied"] is False and len(get(staffed, "/registry/agents")["items"]) == 1
        assert {"line 4, team 'nowhere man'", "line 4, agent 'odd'"} == {
            one["where"] for one in told["faults"]
        }
        assert self.ask(staffed, text=text, dry_run=False, partial=True)["applied"] is True
        assert [one["name"] for one in get(staffed, "/registry/agents")["items"]] == ["refunds", "support"]

    def test_the_register_as_a_table(self, staffed: Desk) -> None:
        answer = staffed.client.get(f"{API}/registry/export.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert self.ask(staffed, text=answer.text)["changes"] == []


def test_when_on_call_last_acknowledged_a_test_page_is_shown(staffed: Desk) -> None:
    assert "proof" in get(staffed, "/registry/agents/support")["lacks"]
    now = time.time_ns()
    said = {"agent": "support", "at_ns": now, "by": "ann", "seconds": 41.5, "incident_id": "i1"}
    staffed.metadata.save_records(
        [
            Record(project="default", kind="page-proof", id="support", body=json.dumps(said), updated_ns=now),
            Record(project="default", kind="page-proof", id="odd", body="{}", updated_ns=now),
        ]
    )
    told = get(staffed, "/registry/agents/support")
    assert "proof" not in told["lacks"]
    assert told["proof"] == {
        "acknowledged_at": rfc3339(now),
        "by": "ann",
        "seconds": 41.5,
        "incident_id": "i1",
    }
    old = said | {"at_ns": now - 91 * 86_400_000_000_000}
    staffed.metadata.save_records(
        [Record(project="default", kind="page-proof", id="support", body=json.dumps(old), updated_ns=now)]
    )
    assert "proof" in get(staffed, "/registry/agents/support")["lacks"]
