"""Replays and bisects through the whole product: the command line, the server or the gateway killed in the
middle, an agent behind an address of its own, a budget that runs out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import product
from tests.fixtures.agents import chain_plain
from tests.journeys.gateway_setup import key_for, set_up
from tests.product import COMMAND, Product, kill_process, wait_until

REPO = Path(__file__).resolve().parents[2]
AGENTS = REPO / "tests/fixtures/agents"
AGENT = f"{sys.executable} -S {AGENTS / 'chain_plain.py'}"
TASK = "Count from one."
SLIP = 4

pytestmark = pytest.mark.slow


class Counting(ThreadingHTTPServer):
    """A model that counts: one more than what was said last, and ten more at the slip."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counting)
        self.slip_at: int | None = None
        self.asked = 0


class _Counting(BaseHTTPRequestHandler):
    server: Counting

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked += 1
        said = body["messages"][1:]
        number = int(said[-1]["content"].split()[-1]) if said else 0
        number += 11 if len(said) + 1 == self.server.slip_at else 1
        answer = {
            "id": f"chatcmpl-{self.server.asked:020d}",
            "object": "chat.completion",
            "model": "counter",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": f"That makes {number}"},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
        }
        _send(self, answer)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@dataclass
class World:
    server: Product
    model: Counting
    known: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> Any:
        return _ran(self.command(*arguments))[1]

    def command(self, *arguments: str) -> list[str]:
        return [str(COMMAND), *arguments, "--json", "--server", self.server.url]

    def recorded(self, *, slip: int | None) -> str:
        """The id of a run, recorded once."""
        name = f"slip {slip}"
        if name not in self.known:
            self.model.slip_at = slip
            said = self.run("record", "chain", "--input", TASK, "--command", AGENT)
            self.model.slip_at = None
            self.known[name] = str(said["run"])
            assert said["answer"] == f"That makes {6 if slip is None else 16}"
            path = f"/api/v1/runs/{self.known[name]}/tape"

            def whole() -> bool:
                found = self.server.get(path)
                steps = found.json()["steps"] if found.status == 200 else []
                return len(steps) == chain_plain.STEPS and not any(one["hole"] for one in steps)

            wait_until(whole, seconds=40, what="the recorded steps")
        return self.known[name]

    def start(self, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        started = self.server.post(f"/api/v1/runs/{self.recorded(slip=SLIP)}/{what}", body)
        assert started.status == 201, started.body
        return dict(started.json())

    def inquiry(self, inquiry_id: str) -> dict[str, Any]:
        return dict(self.server.json(f"/api/v1/inquiries/{inquiry_id}"))

    def over(self, inquiry_id: str) -> dict[str, Any]:
        wait_until(
            lambda: self.inquiry(inquiry_id)["state"] != "running", seconds=90, what="the inquiry's end"
        )
        return self.inquiry(inquiry_id)


def _ran(command: Sequence[str]) -> tuple[int, Any]:
    """Its exit code, and what it said last."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=_bare(), check=False)
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    model = Counting()
    thread = threading.Thread(target=model.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    made = product.product_in(
        tmp_path_factory.mktemp("inquiries"), environment={"ROADWORTHY_CHANNEL_NETWORKS": '["127.0.0.0/8"]'}
    )
    with product.running(made) as server:
        set_up(server, f"http://127.0.0.1:{model.server_address[1]}", agent="nobody")
        yield World(server=server, model=model)
    model.shutdown()
    model.server_close()


def test_an_agent_that_shows_its_key_and_nothing_else_is_recorded_and_replayed(world: World) -> None:
    bare = f"{AGENT} --bare"
    run = world.run("record", "bare", "--input", TASK, "--command", bare)["run"]
    calls = world.server.json("/api/v1/exchanges?agent=bare&limit=50")["items"]
    assert [one["run_id"] for one in calls] == [run] * chain_plain.STEPS
    assert len(world.server.json(f"/api/v1/runs/{run}/tape")["steps"]) == chain_plain.STEPS
    before = world.model.asked
    said = world.run("replay", run, "--command", bare)
    assert said["finding"]["outcome"] == "identical", said
    assert world.model.asked == before


def test_a_function_is_recorded_and_replayed_by_the_python_that_is_asked_for(
    world: World, tmp_path: Path
) -> None:
    mine = tmp_path / "python"
    mine.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/used\nexec {sys.executable} "$@"\n')
    mine.chmod(0o755)
    how = ("--callable", "chain_plain:answer", "--python", str(mine), "--folder", str(AGENTS))
    said = world.run("record", "function", "--input", TASK, *how)
    assert said["answer"] == "That makes 6" and len((tmp_path / "used").read_text().splitlines()) == 1
    replayed = world.run("replay", said["run"], *how)
    assert replayed["finding"]["outcome"] == "identical", replayed


def test_a_crash_repeated_is_identical_and_another_is_not(world: World, tmp_path: Path) -> None:
    crashing = f"{AGENT} --crash 'no order A-1'"
    recorded = world.run("record", "crashing", "--input", TASK, "--command", crashing)
    assert recorded["ending"] == "crashed"
    run = str(recorded["run"])
    code, again = _ran(world.command("replay", run, "--command", crashing))
    assert (code, again["finding"]["outcome"]) == (0, "identical"), again
    assert again["finding"]["sentences"][0].endswith("it crashed the same way: ValueError: no order A-1.")
    code, other = _ran(world.command("replay", run, "--command", f"{AGENT} --crash 'no order A-2'"))
    assert (code, other["finding"]["outcome"]) == (1, "crashed"), other

    file = str(tmp_path / "crash.case.jsonl")
    world.run("case", "add", run, "--check", "same", "--command", crashing, "-o", file)
    offline = [str(COMMAND), "case", "run", file, "--json"]
    code, held = _ran(offline)
    assert (code, held["outcome"]) == (0, "passed"), held
    code, held = _ran([*offline, "--command", f"{AGENT} --crash 'no order A-2'"])
    assert (code, held["outcome"]) == (1, "failed"), held


def test_a_replay_asks_nobody_and_a_bisect_names_the_step(world: World) -> None:
    bad, good = world.recorded(slip=SLIP), world.recorded(slip=None)
    before = world.model.asked
    said = world.run("replay", bad, "--command", AGENT)
    assert said["finding"]["outcome"] == "identical", said
    assert world.model.asked == before

    said = world.run("bisect", bad, "--good", good, "--check", "number:6", "--command", AGENT)
    assert (said["finding"]["state"], said["finding"]["step"]) == ("sure", SLIP), said["finding"]
    assert any("that the ranking suspects" in one for one in said["notes"])
    assert world.model.asked == before

    live = world.run("bisect", bad, "--live", "--check", "number:6", "--command", AGENT)
    finding = live["finding"]
    assert (finding["state"], finding["step"]) == ("sure", SLIP), finding
    assert world.model.asked - before == finding["calls"] == sum(one["live"] for one in live["reruns"]) > 0
    # The reruns are runs of their own, under a name of their own.
    run_id = live["reruns"][0]["run_id"]
    wait_until(lambda: world.server.get(f"/api/v1/runs/{run_id}").status == 200, seconds=30, what="the run")
    run = world.server.json(f"/api/v1/runs/{run_id}")
    assert (run["agent"], run["environment"]) == ("chain (replay)", "replay")


def test_killed_with_the_server_in_the_middle_a_bisect_goes_on(world: World) -> None:
    bad, good = world.recorded(slip=SLIP), world.recorded(slip=None)
    arguments = ["bisect", bad, "--good", good, "--check", "number:6", "--command", AGENT]
    slow = {**_bare(), "CHAIN_PAUSE_S": "0.15"}
    first = subprocess.Popen(
        world.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=slow
    )
    wait_until(lambda: _done_of_newest(world) >= 2, seconds=60, what="some reruns")
    inquiry_id = _newest(world)["id"]
    first.kill()
    first.wait(60)
    before = [one for one in world.inquiry(inquiry_id)["reruns"] if one["state"] == "done"]
    world.server.kill()
    world.server.start()
    kept = world.inquiry(inquiry_id)
    assert kept["state"] == "running"
    assert [one for one in kept["reruns"] if one["state"] == "done"] == before

    said = world.run("inquiries", "resume", inquiry_id)
    assert said["id"] == inquiry_id
    assert (said["finding"]["state"], said["finding"]["step"]) == ("sure", SLIP)
    assert [one for one in said["reruns"] if one["number"] <= len(before)] == before


def test_killed_in_the_middle_of_a_rerun_the_gateway_says_so_and_it_is_made_again(world: World) -> None:
    bad = world.recorded(slip=SLIP)
    slow = {**_bare(), "CHAIN_PAUSE_S": "0.5"}
    under_way = subprocess.Popen(
        world.command("replay", bad, "--command", AGENT),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=slow,
        text=True,
    )

    def half() -> bool:
        open_ones = world.server.json("/api/v1/inquiries?kind=replay&state=running")["items"]
        if not open_ones:
            return False
        calls = world.server.get(f"/api/v1/inquiries/{open_ones[0]['id']}/reruns/1/calls")
        return calls.status == 200 and len(calls.json()["items"]) >= 2

    wait_until(half, seconds=60, what="two calls of the rerun")
    old = world.server.gateway()
    kill_process(old)
    wait_until(lambda: world.server.gateway() != old, seconds=30, what="another gateway")
    out, complained = under_way.communicate(timeout=120)
    said = json.loads(out.strip().splitlines()[-1])
    assert said["finding"]["outcome"] == "identical", (said, complained)
    assert said["reruns"][0]["attempt"] >= 2


def test_an_agent_behind_an_address_is_asked_by_the_server_itself(world: World) -> None:
    bad, good = world.recorded(slip=SLIP), world.recorded(slip=None)
    key = str(key_for(world.server, agent="chain")["secret"])
    with _behind(world.server, key) as url:
        entry = {"via": "url", "url": url, "timeout_s": 30}
        body = {
            "entry": entry,
            "server_runs": True,
            "good_run": good,
            "check": {"how": "number", "expected": "6"},
            "concurrency": 2,
        }
        started = world.start("bisect", body)
        assert started["job_id"] and started["run_id"] == bad
        found = world.over(started["id"])
    assert (found["finding"]["state"], found["finding"]["step"]) == ("sure", SLIP), found["finding"]


def test_out_of_budget_it_says_what_is_known_and_goes_on_with_more(world: World) -> None:
    bad, good = world.recorded(slip=SLIP), world.recorded(slip=None)
    said = world.run(
        *("bisect", bad, "--good", good, "--check", "number:6", "--command", AGENT, "--budget-reruns", "2")
    )
    assert said["state"] == "out_of_budget"
    assert len(said["reruns"]) == 2 and len(said["finding"]["mass"]) == chain_plain.STEPS + 1
    path = f"/api/v1/inquiries/{said['id']}/resume"
    assert world.server.post(path, {"budget": {"reruns": 30}}).json()["state"] == "running"
    said = world.run("inquiries", "resume", said["id"])
    assert (said["state"], said["finding"]["step"]) == ("done", SLIP)


def _newest(world: World) -> dict[str, Any]:
    return dict(world.server.json("/api/v1/inquiries")["items"][0])


def _done_of_newest(world: World) -> int:
    found = world.server.json("/api/v1/inquiries?kind=bisect&state=running")["items"]
    return int(found[0]["progress"]["done"]) if found else 0


@contextmanager
def _behind(server: Product, key: str) -> Iterator[str]:
    """The agent as a service: it passes on which rerun it is asked for, with a gateway key of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            passed = {
                name: value
                for name, value in self.headers.items()
                if name.lower().startswith("x-roadworthy-") or name.lower() == "traceparent"
            }
            headers = {**passed, "authorization": f"Bearer {key}"}
            _send(self, {"answer": chain_plain.run(body["input"], f"{server.gateway_url}/v1", headers)})

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    there = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=there.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{there.server_address[1]}/ask"
    finally:
        there.shutdown()
        there.server_close()
        thread.join()


def _send(handler: BaseHTTPRequestHandler, value: object) -> None:
    said = json.dumps(value).encode()
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(said)))
    handler.end_headers()
    handler.wfile.write(said)


def _bare() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_", "OPENAI_"))}
