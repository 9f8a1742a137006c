"""Replays, forks and bisects through the REST door, of recordings that a recorder wrote."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadworthy.app.gateway_recording import GatewayRecording
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.exchange import Binding, Exchange, ExchangeKind
from roadworthy.domain.project import KeyScope
from roadworthy.features.debug.plan import Plan
from roadworthy.features.debug.tape.asked import Asked
from roadworthy.features.debug.tape.journal import JournalLine, PlanFolder
from roadworthy.features.debug.tape.player import Player
from roadworthy.features.gateway.recording.recorder import StoringRecorder
from roadworthy.features.judge.evaluator_book import NamedEvaluator
from tests.product import wait_until
from tests.unit.doors.rest.desk import START, Desk, a_run, spans_of, trace_id
from tests.unit.doors.rest.test_drills import answering
from tests.unit.gateway.recording import making
from tests.unit.gateway.recording.making import answer, request

COMMAND = {"via": "command", "command": "python agent.py"}
TASK = "What is the total?"
BAD, GOOD = trace_id(1), trace_id(2)


def _bodies(said: list[str]) -> list[tuple[bytes, bytes]]:
    """(request, answer) of each step: all that was said before goes along."""
    found = []
    for step, words in enumerate(said):
        messages = [{"role": "user", "content": TASK}]
        messages += [{"role": "assistant", "content": one} for one in said[:step]]
        choice = {"index": 0, "message": {"role": "assistant", "content": words}}
        found.append((orjson.dumps({"model": "planner", "messages": messages}), _chat(choice)))
    return found


def _chat(choice: dict[str, Any]) -> bytes:
    return orjson.dumps({"id": "chatcmpl-1", "choices": [choice]})


@pytest.fixture
def desk_with_runs(desk: Desk, tmp_path: Path) -> Iterator[Desk]:
    """Run 1 went wrong at step 2, run 2 did not."""
    (tmp_path / "gateway").mkdir(exist_ok=True)
    recording = GatewayRecording(tmp_path / "gateway")
    assert isinstance(recording.recorder, StoringRecorder)
    recording.start()
    desk.write_runs(
        a_run(1, input=TASK, final_answer="It is 41."), a_run(2, input=TASK, final_answer="It is 42.")
    )
    desk.store.write(TelemetryBatch(token="spans", spans=spans_of(1)))
    for number, said in ((1, ["look", "take 41", "It is 41."]), (2, ["look", "take 42", "It is 42."])):
        for step, (asked, answered) in enumerate(_bodies(said), 1):
            recording.recorder.offer(
                _exchange(number, step), request=request(asked), answer=answer([answered])
            )
    assert recording.recorder.flush(timeout=30)
    yield desk
    recording.stop()


def _exchange(number: int, step: int) -> Exchange:
    made = making.exchange(number * 100 + step)
    return Exchange(
        **{
            **{name: getattr(made, name) for name in made.__dataclass_fields__},
            "project": "default",
            "agent": "support",
            "streamed": False,
            "started_ns": START + number * 1_000_000_000 + step * 1_000_000,
            "elapsed_ms": 0.5,
            "response_id": f"chatcmpl-{number}-{step}-0123456789",
            "binding": Binding(trace_id=trace_id(number), span_id=f"{number:015x}{step}", by="traceparent"),
        }
    )


def _post(desk: Desk, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answered = desk.client.post(f"/api/v1{path}", json=body)
    assert answered.status_code == status, answered.text
    return dict(answered.json())


def _get(desk: Desk, path: str) -> dict[str, Any]:
    answered = desk.client.get(f"/api/v1{path}")
    assert answered.status_code == 200, answered.text
    return dict(answered.json())


def _make(desk: Desk, folder: Path, inquiry: dict[str, Any]) -> dict[str, Any]:
    """All reruns by an agent that goes on from what it hears, answered by the player as the gateway does."""
    while (taken := _post(desk, f"/inquiries/{inquiry['id']}/take", {"most": 4}, 200))["reruns"]:
        for start in taken["reruns"]:
            said = _agent(desk, folder, inquiry, start)
            body = {"attempt": start["attempt"], "ending": "answered", "answer": said, "exit_code": 0}
            _post(desk, f"/inquiries/{inquiry['id']}/reruns/{start['number']}", body, 200)
    return _get(desk, f"/inquiries/{inquiry['id']}")


def _agent(desk: Desk, folder: Path, inquiry: dict[str, Any], start: dict[str, Any]) -> str:
    plans = PlanFolder(folder / "replays")
    stored = plans.read("default", inquiry["id"], number=start["number"], attempt=start["attempt"])
    assert stored.plan.run_id == start["trace_id"] and len(stored.tape_ids) == 3
    tapes = desk.client.app.state.context.debugging.tapes  # type: ignore[attr-defined]
    good = stored.plan.good_run
    player = Player(
        tapes.tape("default", stored.plan.tape_run),
        stored.plan,
        tapes.tape("default", good) if good else None,
    )
    said: list[str] = []
    for _ in range(3):
        asked = _bodies([*said, ""])[-1][0]
        said.append(_answered(player, plans, stored.plan, asked))
    return said[-1]


def _answered(player: Player, plans: PlanFolder, plan: Plan, body: bytes) -> str:
    played = player.answer(Asked(kind=ExchangeKind.MODEL, path="/v1/chat/completions", body=body))
    line = JournalLine(
        at_ns=START,
        step=played.step,
        how=played.how,
        kind=ExchangeKind.MODEL,
        target="planner",
        note=played.note,
        diff=played.diff,
        diverged_at=player.diverged_at,
    )
    plans.append(plan, line)
    assert played.answer is not None, played.note
    return str(orjson.loads(played.answer.body)["choices"][0]["message"]["content"])


def test_a_tape_is_the_runs_steps(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    tape = _get(desk, f"/runs/{BAD}/tape")
    assert (tape["agent"], tape["input"], tape["output"], tape["entry"]) == (
        "support",
        TASK,
        "It is 41.",
        None,
    )
    steps = tape["steps"]
    assert [(one["step"], one["request"], one["answer"]) for one in steps] == [
        (1, TASK, "look"),
        (2, "look", "take 41"),
        (3, "take 41", "It is 41."),
    ]
    assert [one["hole"] for one in steps] == [None] * 3
    # Its spans are ...1 and ...2: of the third call's nobody knows.
    assert [one["span_id"] for one in steps] == [f"{1:015x}1", f"{1:015x}2", None]
    assert desk.client.get("/api/v1/runs/nowhere/tape").status_code == 404


def test_a_replay_from_its_start_to_what_it_found(desk_with_runs: Desk, tmp_path: Path) -> None:
    desk = desk_with_runs
    started = _post(desk, f"/runs/{BAD}/replay", {"entry": COMMAND})
    assert (started["kind"], started["state"], started["steps"], started["input"]) == (
        "replay",
        "running",
        3,
        TASK,
    )
    taken = _post(desk, f"/inquiries/{started['id']}/take", {}, 200)
    assert (taken["agent"], taken["run_id"], taken["entry"]["command"]) == (
        "support",
        BAD,
        "python agent.py",
    )
    assert taken["gateway_key"].startswith("rw_") and taken["gateway_url"] == "http://127.0.0.1:8421"
    start = taken["reruns"][0]
    assert start["token"].startswith("rwr1.") and start["isolate"] and start["input"] == TASK
    assert start["traceparent"].split("-")[1] == start["trace_id"]
    said = _agent(desk, tmp_path, started, start)
    calls = _get(desk, f"/inquiries/{started['id']}/reruns/1/calls")["items"]
    assert [(one["step"], one["how"]) for one in calls] == [(1, "recorded"), (2, "recorded"), (3, "recorded")]
    body = {"attempt": 1, "ending": "answered", "answer": said, "notes": ["kept from the network"]}
    rerun = _post(desk, f"/inquiries/{started['id']}/reruns/1", body, 200)
    assert (rerun["state"], rerun["matched"], rerun["same"]) == ("done", 3, True)
    assert _post(desk, f"/inquiries/{started['id']}/reruns/1", {**body, "answer": "x"}, 200) == rerun

    found = _get(desk, f"/inquiries/{started['id']}")
    assert found["state"] == "done" and found["finding"]["outcome"] == "identical"
    assert found["progress"] == {"done": 1, "planned": 1, "running": 0}
    assert found["reruns"] == [rerun]
    assert _post(desk, f"/inquiries/{started['id']}/take", {}, 200)["reruns"] == []


def test_a_bisect_with_a_good_run(desk_with_runs: Desk, tmp_path: Path) -> None:
    desk = desk_with_runs
    body = {"entry": COMMAND, "good_run": GOOD, "check": {"how": "number", "expected": "42"}}
    started = _post(desk, f"/runs/{BAD}/bisect", {**body, "concurrency": 2})
    assert (started["after"], started["good_run"]) == ("recorded", GOOD)
    found = _make(desk, tmp_path, started)
    assert found["state"] == "done"
    assert (found["finding"]["state"], found["finding"]["step"]) == ("sure", 2)
    assert sum(found["finding"]["mass"]) == pytest.approx(1, abs=1e-3)
    assert found["spent"]["calls"] == 0 and found["spent"]["reruns"] == len(found["reruns"])
    listed = _get(desk, f"/inquiries?run={BAD}&kind=bisect&agent=support&state=done")["items"]
    assert [one["id"] for one in listed] == [started["id"]]
    for other in ("run=x", "kind=fork", "agent=x", "state=cancelled"):
        assert _get(desk, f"/inquiries?{other}")["items"] == []


def test_a_fork_with_a_changed_answer(desk_with_runs: Desk, tmp_path: Path) -> None:
    desk = desk_with_runs
    change = {"step": 2, "kind": "answer", "text": "take 42"}
    body = {"entry": COMMAND, "fork_at": 2, "changes": [change], "good_run": GOOD}
    started = _post(desk, f"/runs/{BAD}/fork", {**body, "check": {"expected": "42"}})
    found = _make(desk, tmp_path, started)
    one = found["reruns"][0]
    assert (one["passed"], one["changed"], one["answer"]) == (True, 1, "It is 42.")
    assert found["finding"]["passed"] == 1
    assert found["changes"][0]["text"] == "take 42"


def test_an_evaluator_of_the_project_decides(desk_with_runs: Desk, tmp_path: Path) -> None:
    desk = desk_with_runs
    for name, kind, config in (
        ("right total", "numeric", {"expected": 42}),
        ("quick", "latency", {"limit_ms": 1000}),
        ("of the task", "contains", {"phrases": ["x"], "where": "input"}),
    ):
        desk.judge.evaluators.save(
            NamedEvaluator(project="default", id=name.replace(" ", "-"), name=name, kind=kind, config=config)
        )
    body = {"entry": COMMAND, "good_run": GOOD, "check": {"how": "evaluator", "expected": "right total"}}
    found = _make(desk, tmp_path, _post(desk, f"/runs/{BAD}/bisect", body))
    assert found["finding"]["step"] == 2 and found["doubts"] == []
    for name, words in (("quick", "how long"), ("of the task", "no rerun"), ("nobody", "no evaluator")):
        refused = desk.client.post(
            f"/api/v1/runs/{BAD}/bisect",
            json={**body, "check": {"how": "evaluator", "expected": name}},
        )
        assert refused.status_code == 400
        assert "body.check.expected" in refused.text and words in refused.text


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("replay", {}, "body.entry"),
        ("replay", {"entry": {"via": "url", "url": "x"}}, "body.entry.url"),
        ("replay", {"entry": COMMAND, "server_runs": True}, "body.server_runs"),
        ("replay", {"entry": COMMAND, "repeats": 99}, "repeats"),
        ("replay", {"entry": COMMAND, "colour": 1}, "colour"),
        ("fork", {"entry": COMMAND, "fork_at": 9}, "body.fork_at"),
        ("fork", {"entry": COMMAND}, "fork_at"),
        (
            "fork",
            {"entry": COMMAND, "fork_at": 1, "changes": [{"step": 1, "kind": "result", "text": "x"}]},
            "body.changes[0].kind",
        ),
        ("bisect", {"entry": COMMAND, "good_run": "nowhere"}, "body.good_run"),
        ("bisect", {"entry": COMMAND}, "body.check"),
        (
            "bisect",
            {"entry": COMMAND, "good_run": GOOD, "check": {"expected": "It is"}},
            "body.check",
        ),
    ],
)
def test_bad_input_names_the_field(desk_with_runs: Desk, what: str, body: dict[str, Any], field: str) -> None:
    answered = desk_with_runs.client.post(f"/api/v1/runs/{BAD}/{what}", json=body)
    assert answered.status_code in (400, 422), answered.text
    assert field in answered.text


def test_what_is_not_there_is_404(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    assert desk.client.post("/api/v1/runs/nowhere/replay", json={"entry": COMMAND}).status_code == 404
    for path in ("cancel", "resume", "take", "reruns/1"):
        body = {"attempt": 1, "ending": "answered"} if path == "reruns/1" else {}
        assert desk.client.post(f"/api/v1/inquiries/none/{path}", json=body).status_code == 404, path
    started = _post(desk, f"/runs/{BAD}/replay", {"entry": COMMAND})
    assert desk.client.get(f"/api/v1/inquiries/{started['id']}/reruns/2/calls").status_code == 404
    assert desk.client.delete(f"/api/v1/inquiries/{started['id']}").status_code == 204
    assert desk.client.get(f"/api/v1/inquiries/{started['id']}").status_code == 404


def test_one_that_others_make_is_given_to_nobody_who_would_be_alone(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    path = f"/inquiries/{_post(desk, f'/runs/{BAD}/replay', {'entry': COMMAND})['id']}/take"
    assert _post(desk, path, {"alone": True, "holder": "process 7 on a laptop"}, status=200)["reruns"]
    refused = _post(desk, path, {"alone": True, "holder": "process 8 on a server"}, status=409)
    assert refused["code"] == "held" and "process 7 on a laptop" in refused["detail"]
    assert _post(desk, path, {"most": 0, "holder": "process 7 on a laptop"}, status=200)["reruns"] == []


def test_an_entry_point_is_registered_once(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    path = "/api/v1/agents/support/entry-point"
    nothing = desk.client.get(path)
    assert nothing.status_code == 200 and nothing.json() is None
    saved = desk.client.put(path, json={**COMMAND, "folder": "/srv/agent", "timeout_s": 30})
    assert saved.status_code == 200 and saved.json() == desk.client.get(path).json()
    assert _get(desk, f"/runs/{BAD}/tape")["entry"]["folder"] == "/srv/agent"
    started = _post(desk, f"/runs/{BAD}/replay", {})
    assert (started["entry"]["command"], started["entry"]["timeout_s"]) == ("python agent.py", 30)
    secret = {"command": "run --key sk-ant-api03-Zx9_8yW7vU6tS5rQ4pO3nM2l"}
    refused = desk.client.put(path, json=secret)
    assert refused.status_code == 400 and "body.command" in refused.text
    assert desk.client.delete(path).status_code == 204
    assert desk.client.get(path).json() is None
    assert desk.client.delete(path).status_code == 404


def test_a_recording_that_is_deleted_is_a_hole(desk_with_runs: Desk, tmp_path: Path) -> None:
    desk = desk_with_runs
    blobs = [one for one in (tmp_path / "gateway").rglob("*") if one.is_file() and "blobs" in str(one)]
    assert blobs
    for one in blobs:
        one.unlink()
    tape = _get(desk, f"/runs/{BAD}/tape")
    assert all("deleted" in one["hole"] for one in tape["steps"])
    refused = desk.client.post(f"/api/v1/runs/{BAD}/replay", json={"entry": COMMAND})
    assert refused.status_code == 400 and "can be answered again" in refused.text


def test_the_server_makes_reruns_of_an_endpoint_as_a_job(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    with answering(b'{"answer": "It is 41."}') as url:
        entry = {"via": "url", "url": url}
        started = _post(desk, f"/runs/{BAD}/replay", {"entry": entry, "server_runs": True})
        assert started["job_id"]
        desk.jobs.start()
        path = f"/inquiries/{started['id']}"
        wait_until(lambda: _get(desk, path)["state"] == "done", seconds=30, what="the end of the replay")
        desk.jobs.stop(timeout_s=15)
    found = _get(desk, path)
    assert found["finding"]["outcome"] == "cannot_tell"  # the endpoint made no call through the gateway
    assert (found["reruns"][0]["answer"], found["reruns"][0]["same"]) == ("It is 41.", True)
    assert any("own endpoint" in one for one in found["reruns"][0]["notes"])


def test_the_server_makes_as_many_reruns_at_once_as_were_asked_for_and_a_slow_one_holds_up_none(
    desk_with_runs: Desk,
) -> None:
    desk = desk_with_runs
    first, others_are_over = threading.Lock(), threading.Event()

    def slow_at_first() -> None:
        if first.acquire(blocking=False):
            assert others_are_over.wait(60)

    with answering(b'{"answer": "It is 41."}', before=slow_at_first) as url:
        entry = {"via": "url", "url": url}
        body = {"entry": entry, "server_runs": True, "repeats": 4, "concurrency": 2}
        path = f"/inquiries/{_post(desk, f'/runs/{BAD}/replay', body)['id']}"
        desk.jobs.start()
        wait_until(lambda: _get(desk, path)["progress"]["done"] == 3, seconds=30, what="all but the slow one")
        assert _get(desk, path)["progress"]["running"] == 1
        others_are_over.set()
        wait_until(lambda: _get(desk, path)["state"] == "done", seconds=30, what="the end of the replay")
        desk.jobs.stop(timeout_s=15)


def test_cancelled_and_resumed_the_servers_reruns_go_on(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    with answering(b'{"answer": "It is 41."}') as url:
        body = {
            "entry": {"via": "url", "url": url},
            "server_runs": True,
            "repeats": 2,
            "budget": {"reruns": 2, "seconds": 1},
        }
        started = _post(desk, f"/runs/{BAD}/replay", body)
        path = f"/inquiries/{started['id']}"
        assert _post(desk, f"{path}/cancel", {}, 200)["state"] == "cancelled"
        desk.jobs.start()
        job = f"/jobs/{started['job_id']}"
        wait_until(lambda: _get(desk, job)["status"] == "done", seconds=30, what="the end of the job")
        assert _get(desk, path)["progress"]["done"] == 0
        again = _post(desk, f"{path}/resume", {"budget": {"reruns": 5}}, 200)
        assert again["state"] == "running" and again["job_id"] != started["job_id"]
        wait_until(lambda: _get(desk, path)["state"] == "done", seconds=30, what="the end of the replay")
        desk.jobs.stop(timeout_s=15)
    assert _get(desk, path)["progress"]["done"] == 2


def test_the_server_asks_no_endpoint_within_its_own_network(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    entry = {"via": "url", "url": "http://169.254.169.254/latest/meta-data"}
    started = _post(desk, f"/runs/{BAD}/replay", {"entry": entry, "server_runs": True})
    desk.jobs.start()
    path = f"/inquiries/{started['id']}"
    wait_until(lambda: _get(desk, path)["state"] == "done", seconds=30, what="the end of the replay")
    desk.jobs.stop(timeout_s=15)
    one = _get(desk, path)["reruns"][0]
    assert one["ending"] == "crashed" and "169.254.169.254" in one["error"]


def test_only_admins_start_them_and_only_in_their_project(guarded_desk: Desk) -> None:
    desk = guarded_desk
    desk.add_project("mine")
    desk.add_project("theirs")
    reader = desk.add_key("mine", KeyScope.READ)
    admin = desk.add_key("mine", KeyScope.ADMIN)
    stranger = desk.add_key("theirs", KeyScope.ADMIN)
    desk.write_runs(a_run(1, project="mine"))
    path, entry = f"/api/v1/runs/{BAD}", "/api/v1/agents/support/entry-point"
    for what in ("replay", "fork", "bisect"):
        body = {"entry": COMMAND, "fork_at": 1} if what == "fork" else {"entry": COMMAND}
        assert desk.client.post(f"{path}/{what}", json=body).status_code == 401
        assert desk.client.post(f"{path}/{what}", json=body, headers=reader).status_code == 403
        assert desk.client.post(f"{path}/{what}", json=body, headers=stranger).status_code == 404
        assert desk.client.post(f"{path}/{what}", json=body, headers=admin).status_code == 400
    assert desk.client.get(f"{path}/tape", headers=reader).status_code == 200
    assert desk.client.get(f"{path}/tape", headers=stranger).status_code == 404
    assert desk.client.put(entry, json=COMMAND, headers=reader).status_code == 403
    assert desk.client.put(entry, json=COMMAND, headers=admin).status_code == 200
    assert desk.client.get(entry, headers=reader).json()["command"] == COMMAND["command"]
    assert desk.client.get(entry, headers=stranger).json() is None
