"""Drills of real programs through the whole product: planted answers are reported, killed drills go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import product
from tests.fixtures.agents.model import TOTALS, orders_model
from tests.journeys.gateway_setup import ask, key_for
from tests.product import COMMAND, Product, http, wait_until

REPO = Path(__file__).resolve().parents[2]
AGENTS = REPO / "tests" / "fixtures" / "agents"
SDK = REPO / ".venv-demo" / "bin" / "python"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with (
        orders_model() as model,
        product.running(product.product_in(tmp_path_factory.mktemp("drills"))) as ready,
    ):
        provider = {"name": "scripted", "bases": {"openai": f"{model}/v1"}, "key": "sk-real"}
        assert ready.post("/api/v1/gateway/providers", provider).status == 201
        route = {
            "name": "planner",
            "models": ["*"],
            "targets": [{"provider": "scripted", "model": "orders-1"}],
            "retries": {"most": 0},
        }
        made = ready.post("/api/v1/gateway/routes", route)
        assert made.status == 201, made.body
        yield ready


@pytest.fixture(scope="module")
def sdk() -> None:
    if not sys.platform.startswith(("linux", "darwin")):
        pytest.skip("the demo's installer is a shell script")
    done = subprocess.run([REPO / "examples/demo/install.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases") / "orders.jsonl"
    rows = [
        {"input": f"What is the total of order {order}?", "expected": total}
        for order, total in TOTALS.items()
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def drill(server: Product, *arguments: str) -> list[str]:
    quick = [
        "--set",
        "after_s=0.1",
        "--set",
        "retry_after_s=0.1",
        "--set",
        "first_s=0.1",
        "--set",
        "between_s=0",
    ]
    return [str(COMMAND), "drill", *arguments, "--no-pairs", *quick, "--server", server.url]


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_", "OPENAI_"))}


def made(server: Product, *arguments: str) -> tuple[int, Any, str]:
    done = subprocess.run(
        [*drill(server, *arguments), "--json"],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment(),
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def verdicts(report: Any) -> dict[str, str]:
    return {one["faults"][0]: run["verdict"] for one in report["faults"] for run in one["runs"]}


@pytest.mark.parametrize(
    ("who", "planted"),
    [
        (
            "careless",
            {"timeout": "silently_wrong", "refusal": "silently_wrong"},
        ),
        ("careful", {"rate_limited": "recovered", "model_swap": "said_so"}),
        ("crashing", {"server_error": "crashed", "slow": "recovered"}),
    ],
)
def test_unmodified_sdk_programs_are_reported_for_what_they_do(
    server: Product, sdk: None, cases: Path, tmp_path: Path, who: str, planted: dict[str, str]
) -> None:
    one = tmp_path / "one.jsonl"
    one.write_text(cases.read_text().splitlines()[0])
    faults = [part for fault in planted for part in ("--fault", fault)]
    command = f"{SDK} {AGENTS / 'orders_sdk.py'} {who}"
    code, report, said = made(
        server, who, "--cases", str(one), "--command", command, *faults, "--clean=1", "--fail-under=0.9"
    )
    assert report is not None, said
    assert verdicts(report) == planted, report
    assert code == (0 if who == "careful" else 1), said
    for fault in report["faults"]:
        run = fault["runs"][0]
        opened = f"/api/v1/runs/{run['run']['run_id']}"
        wait_until(lambda path=opened: server.get(path).status == 200, seconds=30, what="the run")  # type: ignore[misc]
        shown = server.json(opened)
        assert (shown["agent"], shown["environment"]) == (f"{who} (drill)", "drill")
        calls = server.json(f"/api/v1/runs/{run['run']['run_id']}/exchanges")["items"]
        assert fault["faults"][0] in [call["fault"] for call in calls]
        assert {call["drill"] for call in calls} == {report["drill"]["id"]}


def test_a_drill_that_is_killed_goes_on_and_every_run_is_made_once(server: Product, cases: Path) -> None:
    command = f"{sys.executable} -S {AGENTS / 'orders_plain.py'}"
    arguments = ["plain", "--cases", str(cases), "--command", command, "--concurrency", "1", "--clean=1"]
    arguments += ["--fault=timeout", "--fault=truncated", "--fault=empty", "--fault=slow", "--fault=stale"]
    first = subprocess.Popen(
        drill(server, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert first.stderr is not None
    drill_id = first.stderr.readline().decode().split()[1]
    path = f"/api/v1/drills/{drill_id}"
    wait_until(lambda: server.json(path)["progress"]["done"] >= 4, seconds=60, what="some runs of the drill")
    first.kill()
    first.wait(60)
    server.kill()
    server.start()
    assert server.json(path)["state"] == "running"

    code, report, said = made(server, *arguments, "--resume", drill_id)
    assert code == 0, said
    assert report["drill"]["progress"]["done"] == report["drill"]["progress"]["planned"] == 2 + 2 * 4
    counts = Counter(run["verdict"] for one in report["faults"] for run in one["runs"])
    # Slow is nothing to it; all else it answers with what it remembers.
    assert counts == {"recovered": 2, "silently_wrong": 6}, report
    assert {one["faults"][0]: one["unreachable"] for one in report["faults"]}["stale"] == 2
    keys = server.json("/api/v1/gateway/keys")["items"]
    assert [one["revoked_at"] is not None for one in keys if one["name"] == f"drill {drill_id}"].count(
        True
    ) >= 1


def test_nobody_outside_a_drill_meets_a_fault_and_a_live_one_ends_with_its_count(server: Product) -> None:
    key = key_for(server, agent="live")["secret"]
    forged = http(
        f"{server.gateway_url}/v1/chat/completions",
        method="POST",
        body=json.dumps({"model": "planner", "messages": [{"role": "user", "content": "A-1"}]}).encode(),
        headers={"authorization": f"Bearer {key}", "x-roadworthy-drill": "rwd1.e30.e30"},
    )
    assert forged.status == 403 and b"drill token" in forged.body
    assert ask(server, key, content="A-1").status == 200

    live = {"agent": "live", "kind": "model", "faults": ["refusal"], "share": 1, "most": 2, "lasts": "1h"}
    started = server.post("/api/v1/live-drills", live)
    assert started.status == 201, started.body

    def refused() -> bool:
        return b"refusal" in ask(server, key, content="A-1").body and b"can't help" in ask(server, key).body

    wait_until(refused, seconds=20, what="the switch to hold")
    assert b"42.5" in ask(server, key, content="A-1").body  # its count is full
    wait_until(
        lambda: server.json("/api/v1/live-drills")["items"][0]["applied"] == 2,
        seconds=20,
        what="what was applied to be written",
    )
    assert not server.json("/api/v1/live-drills")["items"][0]["on"]
