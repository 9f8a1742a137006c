"""Real agents of real frameworks, instrumented as `roadworthy.init` finds them, against the whole product.

Only the model is scripted. What the runs must say is known from the script and the desk's tools.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples.demo.model.server import running_model
from tests import product
from tests.product import Product

REPO = Path(__file__).resolve().parents[2]
PYTHON = REPO / ".venv-demo" / "bin" / "python"

pytestmark = pytest.mark.slow
FRAMEWORKS = ["openai-agents", "langgraph", "pydantic-ai", "anthropic-sdk", "smolagents"]
KINDS = "12345678"
"""One ticket of each kind (examples/demo/desk.py says what happens in each)."""


@dataclass(frozen=True)
class Expected:
    model_calls: int
    tool_calls: int
    failed_tool_calls: int
    outcome: str


EXPECTED = {
    "1": Expected(3, 2, 0, "success"),
    "2": Expected(4, 3, 1, "success"),
    "3": Expected(3, 2, 0, "failure"),
    "4": Expected(7, 6, 0, "failure"),
    "5": Expected(3, 2, 0, "success"),
    "6": Expected(2, 1, 1, "success"),
    "8": Expected(1, 0, 0, "success"),
}


@pytest.fixture(scope="module")
def frameworks() -> None:
    """The frameworks, installed once into an environment of their own."""
    if not sys.platform.startswith(("linux", "darwin")):
        pytest.skip("the demo's installer is a shell script")
    done = subprocess.run([REPO / "examples/demo/install.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with product.running(product.product_in(tmp_path_factory.mktemp("live"))) as ready:
        yield ready


@pytest.fixture(scope="module")
def sent(frameworks: None, live: Product) -> dict[str, list[dict[str, Any]]]:
    """Each framework has worked on one ticket of each kind; the runs there are, by framework."""
    runs: dict[str, list[dict[str, Any]]] = {}
    with running_model(slow=False) as model:
        workers = {name: _start(name, model, live) for name in FRAMEWORKS}
        for name, worker in workers.items():
            said, _ = worker.communicate(timeout=240)
            assert worker.returncode == 0, f"{name}: {said}"
    live.wait_drained(seconds=60)
    for run in live.all_runs():
        runs.setdefault(run["agent"].removeprefix("desk (").removesuffix(")"), []).append(run)
    return runs


def _start(framework: str, model: str, live: Product) -> subprocess.Popen[str]:
    command = [
        PYTHON,
        "-m",
        "examples.demo.worker",
        framework,
        "--model",
        model,
        "--each",
        KINDS,
        "--pause",
        "0",
    ]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_"))}
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=REPO,
        env={**clean, "ROADWORTHY_ENDPOINT": live.otlp_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_ticket_is_one_run(framework: str, sent: dict[str, list[dict[str, Any]]]) -> None:
    assert sorted(run["session_id"][2] for run in sent[framework]) == list(KINDS)
    assert set(sent) == set(FRAMEWORKS), "nothing else became a run"


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_run_says_what_happened(framework: str, kind: str, sent: dict[str, list[dict[str, Any]]]) -> None:
    (run,) = [run for run in sent[framework] if run["session_id"][2] == kind]
    counted = Expected(run["model_calls"], run["tool_calls"], run["failed_tool_calls"], run["outcome"])
    wanted = EXPECTED[kind]
    if framework == "openai-agents" and kind == "5":
        wanted = Expected(4, 2, 0, "success")  # the hand-off takes a call of the model more
    assert counted == wanted
    assert run["status"] == "ok"
    assert run["final_answer"]
    assert run["release"]
    assert run["input_tokens"] > 180 * run["model_calls"]
    assert run["output_tokens"] > 0
    assert run["cost_usd"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_refused_model_call_is_an_error_of_the_run(
    framework: str, sent: dict[str, list[dict[str, Any]]]
) -> None:
    (run,) = [run for run in sent[framework] if run["session_id"][2] == "7"]
    assert run["status"] == "error"
    assert "maximum context length" in run["error"]
    assert run["model_calls"] == 0
    assert run["outcome"] == "unknown"


@pytest.mark.slow
def test_a_hand_off_says_who_handed_to_whom(live: Product, sent: dict[str, list[dict[str, Any]]]) -> None:
    (run,) = [run for run in sent["openai-agents"] if run["session_id"][2] == "5"]
    whole = live.json(f"/api/v1/runs/{run['id']}")
    assert [(step["from_agent"], step["to_agent"]) for step in whole["handoffs"]] == [("triage", "billing")]


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_name_around_a_frameworks_agent_hands_nothing_over(
    framework: str, live: Product, sent: dict[str, list[dict[str, Any]]]
) -> None:
    (run,) = [run for run in sent[framework] if run["session_id"][2] == "1"]
    assert live.json(f"/api/v1/runs/{run['id']}")["handoffs"] == []


@pytest.mark.slow
def test_a_failure_says_why(live: Product, sent: dict[str, list[dict[str, Any]]]) -> None:
    (run,) = [run for run in sent["anthropic-sdk"] if run["session_id"][2] == "3"]
    whole = live.json(f"/api/v1/runs/{run['id']}")
    assert whole["outcome_reason"] == "the customer was told of a refund that was never booked"
