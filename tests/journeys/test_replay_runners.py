"""Reruns of agents that misbehave: that read the clock and throw dice, reach past the gateway, hang, leave
processes behind; inquiries that are interrupted go on, and runners make what was asked for elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from examples.demo.model.server import running_model
from tests import product
from tests.fixtures.agents.sums.model import ANSWER, TASK, Sums
from tests.fixtures.agents.sums.tools import sums_server
from tests.journeys.gateway_setup import set_up
from tests.product import COMMAND, Product, http, wait_until

REPO = Path(__file__).resolve().parents[2]
AGENT = f"{sys.executable} {REPO / 'tests/fixtures/agents/sums/by/with_nothing.py'}"
STEPS = 9

pytestmark = pytest.mark.slow


@dataclass
class World:
    server: Product
    sums: Sums

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(COMMAND), *arguments, "--server", self.server.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_"))},
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        process = self.begin(*arguments, "--json")
        out, said = process.communicate(timeout=200)
        assert out.strip(), said
        return process.returncode, json.loads(out.strip().splitlines()[-1])

    def record(self, what: str = "", *, slip: int | None = None) -> str:
        self.sums.slip_at = slip
        try:
            code, said = self.run("record", "summing", "--input", TASK, "--command", f"{AGENT} {what}")
        finally:
            self.sums.slip_at = None
        assert code == 0, said
        found = f"/api/v1/runs/{said['run']}/tape"
        wait_until(lambda: len(self.server.json(found)["steps"]) == STEPS, seconds=40, what="all steps")
        return str(said["run"])

    def replay(self, run_id: str, what: str = "", *more: str) -> tuple[int, dict[str, Any], dict[str, Any]]:
        """Exit code, the inquiry, and its one rerun."""
        code, said = self.run("replay", run_id, "--command", f"{AGENT} {what}", *more)
        return code, said, said["reruns"][0]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    sums = Sums()
    with ExitStack() as stack:
        model = stack.enter_context(running_model(slow=False, script=sums))
        tools = stack.enter_context(sums_server())
        server = stack.enter_context(product.running(product.product_in(tmp_path_factory.mktemp("reruns"))))
        set_up(server, model, agent="nobody")
        connector = {"kind": "mcp", "settings": {"url": tools.url}, "allow_private": True}
        assert put(server, "connectors/sums", connector).status in (200, 201)
        grant = {"agent": "summing", "pattern": "sums.*"}
        assert server.post("/api/v1/tool-grants", grant).status == 201
        yield World(server=server, sums=sums)


def put(server: Product, path: str, body: object) -> product.Answer:
    return http(
        f"{server.url}/api/v1/{path}",
        method="PUT",
        body=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )


@contextmanager
def somebody() -> Iterator[tuple[str, list[str]]]:
    """A server beside the gateway, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Tests read what failed, not every request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_an_agent_that_reads_the_date_and_reaches_past_the_gateway_is_replayed_at_home(world: World) -> None:
    with somebody() as (url, asked):
        run_id = world.record(f"dated reach={url}")
        assert asked == ["/"]
        code, said, rerun = world.replay(run_id, f"dated reach={url}", "--isolate", "require")
        assert asked == ["/"]
    assert (code, said["finding"]["outcome"]) == (0, "identical"), said
    assert (rerun["matched"], rerun["missed"], rerun["answer"]) == (STEPS, 0, f"The result is {ANSWER}.")
    where = url.removeprefix("http://")
    assert f"The agent tried to reach {where} by itself; a replay lets nothing out." in rerun["notes"]
    assert any("Its clock began at 20" in one for one in rerun["notes"])
    opened = f"/api/v1/runs/{rerun['run_id']}"
    wait_until(lambda: world.server.get(opened).status == 200, seconds=30, what="the rerun as a run")
    shown = world.server.json(opened)
    assert (shown["agent"], shown["environment"]) == ("summing (replay)", "replay")


def test_an_agent_that_throws_dice_asks_something_else_and_the_difference_is_shown(world: World) -> None:
    run_id = world.record("random")
    process = world.begin("replay", run_id, "--command", f"{AGENT} random")
    out, said = process.communicate(timeout=100)
    assert process.returncode == 1, said
    assert "First divergence: step 1" in out and "Dice: 0." in out
    assert "NOT RECORDED" in out


def test_an_agent_that_hangs_or_leaves_a_process_behind_is_ended_and_says_so(world: World) -> None:
    run_id = world.record()
    code, said, rerun = world.replay(run_id, "hang=4", "--timeout", "4")
    assert (code, rerun["ending"], rerun["matched"]) == (1, "hung", 3), said
    assert "The agent hung" in " ".join(said["finding"]["sentences"])
    code, said, rerun = world.replay(run_id, "leave")
    assert (code, rerun["ending"]) == (0, "answered"), said
    assert any("It left 1 process behind, ended by us" in one for one in rerun["notes"])


def test_a_bisect_that_is_interrupted_goes_on_where_it_stood(world: World) -> None:
    good, bad = world.record(), world.record(slip=2)
    first = world.begin(
        *("bisect", bad, "--good", good, "--check", f"number:{ANSWER}", "--command", AGENT, "--save")
    )
    assert first.stderr is not None
    inquiry = first.stderr.readline().split()[1]
    path = f"/api/v1/inquiries/{inquiry}"
    wait_until(lambda: world.server.json(path)["progress"]["done"] >= 2, seconds=60, what="two reruns")
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=30)
    assert first.returncode == 130 and f"roadworthy inquiries resume {inquiry}" in said
    before = {one["number"]: one["run_id"] for one in world.server.json(path)["reruns"] if one["ending"]}

    code, found = world.run("inquiries", "resume", inquiry)
    assert code == 0, found
    assert (found["finding"]["state"], found["finding"]["step"]) == ("sure", 5), found["finding"]
    after = {one["number"]: one["run_id"] for one in found["reruns"]}
    assert len(before) >= 2 and before.items() <= after.items()


def test_a_runner_makes_the_reruns_that_the_page_asks_for(world: World) -> None:
    run_id = world.record()
    entry = {"via": "command", "command": AGENT}
    assert put(world.server, "agents/summing/entry-point", entry).status in (200, 201)
    runner = world.begin("runner", "--agent", "summing")
    try:
        started = world.server.post(f"/api/v1/runs/{run_id}/replay", {"repeats": 2, "concurrency": 2})
        assert started.status == 201, started.body
        path = f"/api/v1/inquiries/{started.json()['id']}"
        wait_until(lambda: world.server.json(path)["state"] == "done", seconds=60, what="the runner")
        assert runner.stderr is not None
        said = [runner.stderr.readline() for _ in range(3)]
    finally:
        runner.send_signal(signal.SIGINT)
        runner.communicate(timeout=30)
    found = world.server.json(path)
    assert found["finding"]["outcome"] == "identical" and len(found["reruns"]) == 2, found
    assert runner.returncode == 130 and said[-1] == f"replay {found['id']}: done\n"


def test_a_coding_agent_replays_and_bisects_by_mcp_what_a_runner_executes(world: World) -> None:
    good, bad = world.record(), world.record(slip=2)
    entry = {"via": "command", "command": AGENT}
    assert put(world.server, "agents/summing/entry-point", entry).status in (200, 201)

    async def session() -> tuple[Any, Any, Any]:
        async with Client(streamable_http_client(f"{world.server.url}/mcp")) as client:

            async def call(tool: str, **arguments: Any) -> Any:
                result = await client.call_tool(tool, arguments)
                assert not result.is_error, result.content
                return result.structured_content

            waiting = await call("replay_run", run_id=good, wait_seconds=0)
            again = await call("replay_run", run_id=good, wait_seconds=0)
            assert waiting["inquiry_id"] == again["inquiry_id"], "asked twice, started once"
            assert "`roadworthy runner --agent summing`" in waiting["next"]
            runner = world.begin("runner", "--agent", "summing")
            try:
                replayed = await call(
                    "replay_run", run_id=good, inquiry_id=waiting["inquiry_id"], wait_seconds=60
                )
                found = await call("bisect_run", run_id=bad, good_run_id=good, wait_seconds=100)
            finally:
                runner.send_signal(signal.SIGINT)
                runner.communicate(timeout=30)
            told = await call("bisect_run", run_id=bad, good_run_id=good, start=False)
            return replayed, found, told

    replayed, found, told = anyio.run(session)
    assert (replayed["state"], replayed["finding"]["outcome"]) == ("done", "identical"), replayed
    assert (found["finding"]["state"], found["finding"]["step"]) == ("sure", 5), found
    assert told["started"] is False and told["earlier"][0]["finding"]["step"] == 5
