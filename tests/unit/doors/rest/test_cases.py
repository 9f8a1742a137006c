"""Cases over REST: made of a recorded run, listed, downloaded, deleted; runs compared by their recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roadworthy.app.gateway_recording import GatewayRecording
from roadworthy.domain.exchange import Binding
from roadworthy.domain.project import KeyScope
from roadworthy.features.debug.cases.file import decode
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.gateway.recording.recorder import StoringRecorder
from tests.unit.debug.cases.tapes import START, an_order_tape, told_as
from tests.unit.doors.rest.desk import Desk, a_run, trace_id

QUESTION = "What is the total of order A-1?"


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[StoringRecorder]:
    (tmp_path / "gateway").mkdir()
    recording = GatewayRecording(tmp_path / "gateway")
    assert isinstance(recording.recorder, StoringRecorder)
    recording.start()
    yield recording.recorder
    recording.stop()


def recorded(desk: Desk, recorder: StoringRecorder, number: int, *, total: int = 42, **run: Any) -> str:
    """A run of the desk whose calls went through the gateway; its id."""
    told = {"input": QUESTION, "final_answer": f"It is {total}.", "started_ns": START, **run}
    desk.write_runs(a_run(number, **told))
    play(recorder, an_order_tape(total=total), number, project=str(run.get("project", "default")))
    return trace_id(number)


def play(recorder: StoringRecorder, tape: Tape, number: int, *, project: str = "default") -> None:
    for call in tape.calls:
        one = told_as(call.exchange, id=f"{number:028x}{call.step:04x}", project=project)
        one = told_as(one, binding=Binding(trace_id=trace_id(number), by="traceparent"))
        recorder.offer(one, request=call.request, answer=call.answer)
    assert recorder.flush(timeout=30)


def added(desk: Desk, run_id: str, **body: Any) -> dict[str, Any]:
    answer = desk.client.post(f"/api/v1/runs/{run_id}/case", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_recorded_run_is_made_a_case_in_one_call(desk: Desk, recorder: StoringRecorder) -> None:
    run_id = recorded(desk, recorder, 1)
    case = added(desk, run_id)
    assert (case["name"], case["agent"], case["run_id"], case["steps"]) == (QUESTION, "support", run_id, 3)
    assert case["check"] == {"how": "same", "expected": ""}
    assert (case["calls"], case["recorded_passes"], case["entry"]) == ("same_calls", True, None)
    assert added(desk, run_id) == case  # once more is the same case

    told = added(desk, run_id, expected="43", calls="strict", name="total of A-1", expect_failure=True)
    assert (told["check"], told["recorded_passes"]) == ({"how": "number", "expected": "43"}, False)
    listed = desk.client.get("/api/v1/cases").json()["items"]
    assert {one["id"] for one in listed} == {case["id"], told["id"]}
    assert desk.client.get("/api/v1/cases?agent=other").json()["items"] == []
    assert len(desk.client.get(f"/api/v1/cases?run={run_id}").json()["items"]) == 2
    assert desk.client.get(f"/api/v1/cases/{told['id']}").json() == told


def test_its_file_holds_the_recordings_and_stays_when_they_go(desk: Desk, recorder: StoringRecorder) -> None:
    run_id = recorded(desk, recorder, 1)
    case = added(
        desk,
        run_id,
        expected="43",
        changes=[{"step": 2, "kind": "result", "text": '{"total": 43}'}],
        entry={"via": "callable", "callable": "shop.agent:answer"},
    )
    for one in desk.client.get(f"/api/v1/runs/{run_id}/exchanges").json()["items"]:
        assert desk.client.delete(f"/api/v1/exchanges/{one['id']}").status_code == 204
    recorder.flush(timeout=30)

    answer = desk.client.get(f"/api/v1/cases/{case['id']}/file")
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert case["file_name"] in answer.headers["content-disposition"]
    assert len(answer.content) == case["bytes"]
    found = decode(answer.content)
    assert [one.exchange.target for one in found.tape.calls] == ["planner", "erp.order", "planner"]
    assert (found.changes[0].step, found.entry and found.entry.callable) == (2, "shop.agent:answer")
    assert case["changed_steps"] == [2]

    assert desk.client.delete(f"/api/v1/cases/{case['id']}").status_code == 204
    for path in ("", "/file"):
        assert desk.client.get(f"/api/v1/cases/{case['id']}{path}").status_code == 404
    assert desk.client.delete(f"/api/v1/cases/{case['id']}").status_code == 404


def test_how_the_agent_is_started_comes_from_the_registry(desk: Desk, recorder: StoringRecorder) -> None:
    run_id = recorded(desk, recorder, 1)
    entry = {"via": "command", "command": "python agent.py", "folder": "/srv/agent"}
    assert desk.client.put("/api/v1/agents/support/entry-point", json=entry).status_code in (200, 201)
    found = added(desk, run_id)["entry"]
    assert (found["command"], found["folder"]) == ("python agent.py", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"check": {"how": "evaluator", "expected": "x"}}, "body.check.how"),
        ({"expect_failure": True}, "body.expected"),
        ({"changes": [{"step": 9, "kind": "error"}]}, "body.changes[0].step"),
        ({"changes": [{"step": 1, "kind": "model", "text": "m"}]}, "body.changes[0].kind"),
        ({"good_run": "nowhere"}, "body.good_run"),
        ({"entry": {"via": "url", "url": "ftp://x"}}, "body.entry.url"),
    ],
)
def test_what_was_asked_wrongly_is_named(
    desk: Desk, recorder: StoringRecorder, body: dict[str, Any], field: str
) -> None:
    run_id = recorded(desk, recorder, 1)
    answer = desk.client.post(f"/api/v1/runs/{run_id}/case", json=body)
    assert answer.status_code == 400, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_run_that_cannot_be_a_case_says_why(desk: Desk, recorder: StoringRecorder) -> None:
    desk.write(2)
    assert desk.client.post("/api/v1/runs/nowhere/case", json={}).status_code == 404
    silent = desk.client.post(f"/api/v1/runs/{trace_id(2)}/case", json={})
    assert (silent.status_code, silent.json()["code"]) == (409, "no_case")
    assert "no call through the gateway" in silent.json()["detail"]

    desk.write_runs(a_run(3))
    call = an_order_tape().calls[1]
    one = told_as(call.exchange, id="7" * 32, binding=Binding(trace_id=trace_id(3), by="traceparent"))
    recorder.offer(one, request=None, answer=None)
    assert recorder.flush(timeout=30)
    holed = desk.client.post(f"/api/v1/runs/{trace_id(3)}/case", json={})
    assert holed.status_code == 409
    assert "step 1 (tool erp.order)" in holed.json()["detail"]


def test_projects_do_not_see_each_others_cases(guarded_desk: Desk, recorder: StoringRecorder) -> None:
    desk = guarded_desk
    desk.add_project("shop")
    run_id = recorded(desk, recorder, 1, project="shop")
    own = desk.add_key("shop", KeyScope.ADMIN)
    other = desk.add_key("default", KeyScope.ADMIN)
    reader = desk.add_key("shop", KeyScope.READ)
    made = desk.client.post(f"/api/v1/runs/{run_id}/case", json={}, headers=own)
    assert made.status_code == 201, made.text
    path = f"/api/v1/cases/{made.json()['id']}"
    assert desk.client.get(f"{path}/file", headers=reader).status_code == 200
    assert desk.client.delete(path, headers=reader).status_code == 403
    assert desk.client.post(f"/api/v1/runs/{run_id}/case", json={}, headers=other).status_code == 404
    assert desk.client.get("/api/v1/cases", headers=other).json()["items"] == []
    for asked in (desk.client.get(path, headers=other), desk.client.get(f"{path}/file", headers=other)):
        assert asked.status_code == 404
    assert desk.client.delete(path, headers=other).status_code == 404


def test_two_runs_are_compared_call_by_call(desk: Desk, recorder: StoringRecorder) -> None:
    left, right = recorded(desk, recorder, 1), recorded(desk, recorder, 2, total=43)
    found = desk.client.get(f"/api/v1/recorded-comparison?left={left}&right={right}")
    assert found.status_code == 200, found.text
    told = found.json()
    assert [one["relation"] for one in told["steps"]] == ["same", "changed", "changed"]
    assert (told["first_divergence"], told["same_answer"], told["truncated"]) == (1, False, False)
    assert (told["left"]["output"], told["right"]["steps"]) == ("It is 42.", 3)
    tool = told["steps"][1]
    assert (tool["differs"], tool["request_diff"]) == (["answer"], None)
    assert '+  "total": 43' in tool["answer_diff"]
    assert (tool["left"]["target"], tool["left"]["step"]) == ("erp.order", 2)
    assert "42" in tool["left"]["answer"]


def test_only_what_was_recorded_can_be_compared(desk: Desk, recorder: StoringRecorder) -> None:
    left = recorded(desk, recorder, 1)
    desk.write(2)
    path = f"/api/v1/recorded-comparison?left={left}&right="
    assert desk.client.get(f"{path}nowhere").status_code == 404
    silent = desk.client.get(f"{path}{trace_id(2)}")
    assert (silent.status_code, silent.json()["code"]) == (409, "nothing_recorded")
