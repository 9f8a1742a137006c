"""Drills through the REST door: started, made, reported; faults in live traffic, on and off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from roadworthy.domain.incident import Source
from roadworthy.domain.project import KeyScope
from tests.product import wait_until
from tests.unit.doors.rest.desk import Desk, a_run

TWO = [
    {"id": "total", "input": "What is the total of order A-1?", "expected": "42"},
    {"id": "status", "input": "Where is order A-1?", "expected": "shipped"},
]


def _started(desk: Desk, **changes: object) -> dict[str, Any]:
    body = {"agent": "support", "cases": TWO, "faults": ["timeout", "empty"], "budget": 20, **changes}
    answer = desk.client.post("/api/v1/drills", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _take(desk: Desk, drill_id: str, most: int = 8) -> dict[str, Any]:
    answer = desk.client.post(f"/api/v1/drills/{drill_id}/take", json={"most": most})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _end(desk: Desk, drill_id: str, start: dict[str, Any], answer: str, ending: str = "answered") -> None:
    body = {"attempt": start["attempt"], "ending": ending, "answer": answer, "exit_code": 0}
    told = desk.client.post(f"/api/v1/drills/{drill_id}/runs/{start['number']}", json=body)
    assert told.status_code == 200, told.text


def test_clean_runs_come_first_then_faults_then_it_is_done(desk: Desk) -> None:
    drill = _started(desk)
    first = _take(desk, drill["id"])
    assert [one["faults"] for one in first["runs"]] == [[]] * 4
    assert first["gateway_url"] == "http://127.0.0.1:8421"
    assert _take(desk, drill["id"])["runs"] == []  # faults are planned once the clean runs are over
    for start in first["runs"]:
        _end(desk, drill["id"], start, "It is 42." if start["case"] == "total" else "It has shipped.")

    second = _take(desk, drill["id"], most=20)
    assert {fault for one in second["runs"] for fault in one["faults"]} == {"timeout", "empty"}
    assert any(len(one["faults"]) == 2 for one in second["runs"])
    for start in second["runs"]:
        _end(desk, drill["id"], start, "No idea")

    last = _take(desk, drill["id"])
    assert (last["state"], last["runs"]) == ("done", [])
    report = desk.client.get(f"/api/v1/drills/{drill['id']}/report").json()
    assert report["share"]["not_reached"] == sum(len(one["faults"]) == 1 for one in second["runs"])
    assert report["share"]["share"] is None
    assert [one["unsteady"] for one in report["cases"]] == [None, None]
    assert [one["id"] for one in desk.client.get("/api/v1/drills?agent=support").json()["items"]] == [
        drill["id"]
    ]
    assert desk.client.get("/api/v1/drills?agent=other").json()["items"] == []


def test_nobody_takes_runs_from_somebody_who_makes_them(desk: Desk) -> None:
    drill = _started(desk)
    path = f"/api/v1/drills/{drill['id']}/take"
    first = {"alone": True, "holder": "process 7 on laptop"}
    assert len(desk.client.post(path, json={"most": 2, **first}).json()["runs"]) == 2
    again = desk.client.post(path, json={"most": 8, "alone": True, "holder": "process 8 on laptop"})
    assert again.status_code == 409
    assert again.json()["detail"].startswith(
        "process 7 on laptop makes the runs of this drill, and was heard of"
    )
    assert desk.client.post(path, json={"most": 0, "holder": "process 7 on laptop"}).json()["runs"] == []
    mine = desk.client.post(path, json={"most": 8, **first}).json()["runs"]
    assert len(mine) == 4, "what it took itself and did not tell of comes again"


def test_a_drill_that_was_cancelled_goes_on_where_it_stood(desk: Desk) -> None:
    drill = _started(desk)
    taken = _take(desk, drill["id"], most=1)["runs"]
    path = f"/api/v1/drills/{drill['id']}"
    assert desk.client.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert _take(desk, drill["id"])["runs"] == []
    _end(desk, drill["id"], taken[0], "42")  # was under way: kept
    assert desk.client.post(f"{path}/resume").json()["state"] == "running"
    assert len(_take(desk, drill["id"])["runs"]) == 3
    assert desk.client.get(path).json()["progress"] == {"done": 1, "planned": 4, "running": 3}
    assert desk.client.delete(path).status_code == 204
    assert desk.client.get(path).status_code == 404
    assert desk.client.get(f"{path}/report").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"faults": ["earthquake"]}, "body.faults[0]"),
        ({"faults": ["empty", "empty"]}, "body.faults[1]"),
        ({"budget": 4}, "body.budget"),
        ({"cases": []}, "body.cases"),
        ({"csv": "input\nx"}, "body.cases"),
        ({"cases": [], "jsonl": "{"}, "body.cases"),
        ({"cases": [], "csv": "colour\nred"}, "body.cases"),
        ({"settings": {"colour": 1}}, "body.settings"),
        ({"via": "url", "url": "ftp://x"}, "body.url"),
        ({"via": "url", "url": "http://127.0.0.1:1/", "body": "{}"}, "body.body"),
        ({"run_here": True}, "body.run_here"),
        ({"cases": [TWO[0], TWO[0]]}, "body.cases[1].id"),
    ],
)
def test_bad_input_names_the_field(desk: Desk, changes: dict[str, object], field: str) -> None:
    body = {"agent": "support", "cases": TWO, "faults": ["timeout"], "budget": 20, **changes}
    answer = desk.client.post("/api/v1/drills", json=body)
    assert answer.status_code == 400, answer.text
    assert field in answer.json()["detail"]


def test_tasks_come_from_recorded_runs_each_once(desk: Desk) -> None:
    desk.write_runs(a_run(1), a_run(2), a_run(3, input="question 2"), a_run(4, agent="other"))
    drill = _started(desk, cases=[], runs={"limit": 10})
    inputs = {one["input"] for one in _take(desk, drill["id"])["runs"]}
    assert inputs == {"question 1", "question 2"}
    none = desk.client.post("/api/v1/drills", json={"agent": "nobody", "runs": {}})
    assert (none.status_code, none.json()["code"]) == (409, "no_tasks")


def test_only_admins_start_drills_and_only_in_their_project(guarded_desk: Desk) -> None:
    guarded_desk.add_project("mine")
    guarded_desk.add_project("theirs")
    reader = guarded_desk.add_key("mine", KeyScope.READ)
    admin = guarded_desk.add_key("mine", KeyScope.ADMIN)
    stranger = guarded_desk.add_key("theirs", KeyScope.ADMIN)
    body = {"agent": "support", "cases": TWO}
    post = guarded_desk.client.post
    assert post("/api/v1/drills", json=body).status_code == 401
    assert post("/api/v1/drills", json=body, headers=reader).status_code == 403
    drill = post("/api/v1/drills", json=body, headers=admin).json()
    path = f"/api/v1/drills/{drill['id']}"
    assert guarded_desk.client.get(path, headers=reader).status_code == 200
    assert guarded_desk.client.get(path, headers=stranger).status_code == 404
    assert post(f"{path}/take", json={}, headers=reader).status_code == 403
    assert post(f"{path}/take", json={}, headers=stranger).status_code == 404
    assert post(f"{path}/cancel", headers=stranger).status_code == 404


LIVE = {"agent": "support", "kind": "tool", "faults": ["empty"], "share": 0.05, "most": 3, "lasts": "2h"}


def test_live_faults_are_off_until_switched_on_and_off_with_an_incident(desk: Desk) -> None:
    assert desk.client.get("/api/v1/live-drills").json()["items"] == []
    live = desk.client.post("/api/v1/live-drills", json=LIVE).json()
    other = desk.client.post("/api/v1/live-drills", json={**LIVE, "agent": "planner"}).json()
    assert live["on"] and other["on"]

    desk.incidents.book.open(
        "default", title="Refunds are wrong", agents=["support"], by="Ann", source=Source.PERSON
    )

    found = {one["agent"]: one for one in desk.client.get("/api/v1/live-drills").json()["items"]}
    assert not found["support"]["on"] and "Refunds are wrong" in found["support"]["stopped_why"]
    assert found["planner"]["on"]
    again = desk.client.post("/api/v1/live-drills", json=LIVE)
    assert again.status_code == 400 and "open incident" in again.json()["detail"]
    stopped = desk.client.post(f"/api/v1/live-drills/{other['id']}/stop").json()
    assert not stopped["on"] and stopped["stopped_why"] == "switched off by local"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"share": 0}, "share"),
        ({"faults": ["refusal"]}, "faults[0]"),
        ({"faults": ["nonsense"]}, "faults[0]"),
        ({"lasts": "40d"}, "lasts"),
        ({"lasts": "soon"}, "lasts"),
        ({"settings": {"after_s": 1}}, "settings"),
    ],
)
def test_bad_live_drills_are_refused(desk: Desk, changes: dict[str, object], field: str) -> None:
    answer = desk.client.post("/api/v1/live-drills", json={**LIVE, **changes})
    assert answer.status_code in (400, 422) and field in answer.json()["detail"]


def test_the_server_makes_a_drill_of_an_endpoint_as_a_job(desk: Desk) -> None:
    with answering(b'{"answer": "It is 42."}') as url:
        drill = _started(desk, cases=TWO[:1], via="url", url=url, run_here=True, faults=["timeout"])
        assert drill["job_id"]
        desk.jobs.start()
        path = f"/api/v1/drills/{drill['id']}"
        wait_until(
            lambda: desk.client.get(path).json()["state"] == "done", seconds=30, what="the end of the drill"
        )
        desk.jobs.stop(timeout_s=15)
    report = desk.client.get(f"{path}/report").json()
    clean = report["cases"][0]["clean"]
    assert [(one["ending"], one["answer"]) for one in clean] == [("answered", "It is 42.")] * 2
    assert report["share"]["not_reached"] == 1  # the endpoint made no call through the gateway
    assert desk.client.get(f"/api/v1/jobs/{drill['job_id']}").json()["status"] in ("running", "done")


def test_a_drill_of_the_server_that_was_cancelled_goes_on(desk: Desk) -> None:
    with answering(b'{"answer": "It is 42."}') as url:
        drill = _started(desk, cases=TWO[:1], via="url", url=url, run_here=True, faults=["timeout"])
        path = f"/api/v1/drills/{drill['id']}"
        desk.client.post(f"{path}/cancel")
        desk.jobs.start()
        job = f"/api/v1/jobs/{drill['job_id']}"
        wait_until(
            lambda: desk.client.get(job).json()["status"] == "done", seconds=30, what="the end of the job"
        )
        assert desk.client.post(f"{path}/resume").json()["state"] == "running"
        wait_until(
            lambda: desk.client.get(path).json()["state"] == "done", seconds=30, what="the end of the drill"
        )
        desk.jobs.stop(timeout_s=15)


@contextmanager
def answering(said: bytes, *, before: Callable[[], None] = lambda: None) -> Iterator[str]:
    """`before` is called for each request, in its own thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            before()
            self.send_response(200)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/ask"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
