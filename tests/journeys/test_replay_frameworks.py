"""Agents of real frameworks, unmodified: recorded, then replayed, forked and bisected, with their world away.

Each does a chain of sums and carries every result on, so that one slip of its model spoils what comes after.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples.demo.model.script import Conversation, Turn
from examples.demo.model.server import running_model
from tests import product
from tests.fixtures.agents.sums.model import ANSWER, TASK, Sums
from tests.fixtures.agents.sums.tools import SumsServer, sums_server
from tests.journeys.gateway_setup import set_up
from tests.product import COMMAND, Product, http, wait_until

REPO = Path(__file__).resolve().parents[2]
PYTHON = REPO / ".venv-demo" / "bin" / "python"
AGENTS = REPO / "tests" / "fixtures" / "agents" / "sums" / "by"
SLIP = 1
"""The sum into which the model puts a wrong number."""
WRONG = ((17 + 5 + 100) * 3) - 4 + 10

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Framework:
    """`steps`: calls recorded of a run; `slipped`: the step at which the model's slip is."""

    name: str
    by_mcp: bool

    @property
    def steps(self) -> int:
        return 9 if self.by_mcp else 5

    @property
    def slipped(self) -> int:
        return 3 if self.by_mcp else 2


FRAMEWORKS = [
    Framework("plain", by_mcp=True),
    Framework("openai_agents", by_mcp=True),
    Framework("langgraph", by_mcp=False),
    Framework("pydantic_ai", by_mcp=False),
]


@dataclass
class World:
    server: Product
    sums: Sums
    tools: SumsServer
    asked: list[str]
    """What the model's server was asked."""

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Exit code, and the JSON that was said."""
        done = subprocess.run(
            [str(COMMAND), *arguments, "--json", "--server", self.server.url],
            env={k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_"))},
            cwd=REPO,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.stdout.strip(), done.stderr
        said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return done.returncode, said

    def record(self, framework: Framework, *, slip: int | None) -> str:
        self.sums.slip_at = slip
        try:
            code, said = self.run("record", f"sums-{framework.name}", "--input", TASK)
        finally:
            self.sums.slip_at = None
        assert code == 0, said
        assert said["answer"] == f"The result is {ANSWER if slip is None else WRONG}."
        run_id = str(said["run"])

        def whole() -> bool:
            found = self.server.json(f"/api/v1/runs/{run_id}/exchanges")["items"]
            return len(found) == framework.steps and all(one["recorded"] for one in found)

        wait_until(whole, seconds=40, what=f"{framework.steps} recorded calls")
        return run_id

    def outside(self) -> tuple[int, int]:
        """How often the world was asked: the model's server, the tools' server."""
        return len(self.asked), self.tools.calls


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if not sys.platform.startswith(("linux", "darwin")):
        pytest.skip("the demo's installer is a shell script")
    done = subprocess.run([REPO / "examples/demo/install.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sums, asked = Sums(), list[str]()

    def script(talk: Conversation) -> Turn:
        asked.append(talk.user)
        return sums(talk)

    with ExitStack() as stack:
        model = stack.enter_context(running_model(slow=False, script=script))
        tools = stack.enter_context(sums_server())
        folder = product.product_in(tmp_path_factory.mktemp("replays"))
        server = stack.enter_context(product.running(folder))
        set_up(server, model, agent="nobody")
        connector = {"kind": "mcp", "settings": {"url": tools.url}, "allow_private": True}
        assert _put(server, "connectors/sums", connector).status in (200, 201)
        for one in FRAMEWORKS:
            agent = f"sums-{one.name}"
            grant = {"agent": agent, "pattern": "sums.*"}
            assert server.post("/api/v1/tool-grants", grant).status == 201
            entry = {
                "via": "command",
                "command": f"{PYTHON} {AGENTS / f'with_{one.name}.py'}",
                "folder": str(REPO),
            }
            assert _put(server, f"agents/{agent}/entry-point", entry).status in (200, 201)
        yield World(server=server, sums=sums, tools=tools, asked=asked)


def _put(server: Product, path: str, body: object) -> product.Answer:
    return http(
        f"{server.url}/api/v1/{path}",
        method="PUT",
        body=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda one: one.name)
def test_recorded_replayed_forked_and_bisected(framework: Framework, world: World) -> None:
    good = world.record(framework, slip=None)
    bad = world.record(framework, slip=SLIP)
    before = world.outside()

    # Replayed: byte by byte the same, and nobody outside was asked.
    for run_id, answer in ((good, ANSWER), (bad, WRONG)):
        code, said = world.run("replay", run_id, "--isolate", "require")
        (rerun,) = said["reruns"]
        assert code == 0, said
        assert said["finding"]["outcome"] == "identical"
        assert (rerun["matched"], rerun["missed"], rerun["unused"]) == (framework.steps, 0, 0)
        assert rerun["answer"] == f"The result is {answer}."
    assert world.outside() == before

    # Forked where the model slipped, its words put right: the rest goes on live, and tools are called where
    # that was allowed.
    code, said = world.run(
        *("fork", bad, "--at", str(framework.slipped), "--model", "planner", "--live"),
        *("--live-tools", "sums.*", "--check", f"number:{ANSWER}"),
    )
    assert code == 0, said
    assert said["reruns"][0]["answer"] == f"The result is {ANSWER}."
    assert said["reruns"][0]["matched"] == framework.slipped - 1

    # Bisected against the good run, offline.
    before = world.outside()
    code, said = world.run("bisect", bad, "--good", good, "--check", f"number:{ANSWER}")
    assert code == 0, said
    finding = said["finding"]
    assert (finding["state"], finding["step"]) == ("sure", framework.slipped), finding["sentences"]
    assert finding["confidence"] >= 0.9
    assert world.outside() == before


def test_a_bisect_that_asks_again_finds_the_same_step(world: World) -> None:
    framework = FRAMEWORKS[0]
    bad = world.record(framework, slip=SLIP)
    code, said = world.run("bisect", bad, "--check", f"number:{ANSWER}", "--live", "--live-tools", "sums.*")
    assert code == 0, said
    assert (said["finding"]["state"], said["finding"]["step"]) == ("sure", framework.slipped)
    assert said["spent"]["calls"] > 0


def test_a_tool_that_was_renamed_is_said_and_nothing_is_called(world: World) -> None:
    framework = FRAMEWORKS[0]
    run_id = world.record(framework, slip=None)
    before = world.outside()
    code, said = world.run(
        *("replay", run_id, "--folder", str(REPO), "--command"),
        f"{PYTHON} -c \"import sys,runpy,json; sys.argv=['x'];\nimport mcp.client.client as c\n"
        "old=c.Client.call_tool\n"
        "async def call(self,name,*a,**k): return await old(self,name.replace('add','plus'),*a,**k)\n"
        f"c.Client.call_tool=call\nrunpy.run_path('{AGENTS / 'with_plain.py'}',run_name='__main__')\"",
    )
    assert code == 1, said
    assert said["finding"]["outcome"] == "diverged"
    assert said["finding"]["diverged_at"] == 2
    assert "sums__plus" in said["finding"]["diff"]
    assert world.outside() == before
