"""Unmodified SDKs and frameworks through the gateway: a base URL and a key is all they are given."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.demo.model.server import running_model
from tests import product
from tests.journeys.gateway_setup import set_up
from tests.product import Product, wait_until

REPO = Path(__file__).resolve().parents[2]
PYTHON = REPO / ".venv-demo" / "bin" / "python"
FRAMEWORKS = ["openai-agents", "langgraph", "pydantic-ai", "anthropic-sdk", "smolagents"]

pytestmark = pytest.mark.slow

SDKS = """
import anthropic, openai

hello = [{"role": "user", "content": "Where is order 1001?"}]
one = openai.OpenAI()
assert one.chat.completions.create(model="planner", messages=hello).model
chunks = list(one.chat.completions.create(model="planner", messages=hello, stream=True))
assert chunks[-1].choices[0].finish_reason
assert one.responses.create(model="planner", input="Where is order 1001?").output
events = [event.type for event in one.responses.create(model="planner", input="hi", stream=True)]
assert events[-1] == "response.completed"
assert "planner" in [each.id for each in one.models.list()]

other = anthropic.Anthropic()
assert other.messages.create(model="planner", max_tokens=99, messages=hello).stop_reason
with other.messages.stream(model="planner", max_tokens=99, messages=hello) as stream:
    assert stream.get_final_message().stop_reason

from google import genai
from google.genai import errors

third = genai.Client()
assert third.models.generate_content(model="planner", contents="Where is order 1001?").text
parts = list(third.models.generate_content_stream(model="planner", contents="Where is order 1001?"))
assert parts[-1].candidates[0].finish_reason == "STOP" and parts[-1].usage_metadata.total_token_count
stranger = genai.Client(api_key="rw_no")
try:
    stranger.models.generate_content(model="planner", contents="hi")
except errors.ClientError as refused:
    assert refused.code == 401 and "gateway key" in str(refused)
else:
    raise AssertionError("a wrong key was let in")

for made, error in ((openai.OpenAI(api_key="rw_no"), openai.AuthenticationError),
                    (anthropic.Anthropic(api_key="rw_no"), anthropic.AuthenticationError)):
    try:
        if error is openai.AuthenticationError:
            made.chat.completions.create(model="planner", messages=hello)
        else:
            made.messages.create(model="planner", max_tokens=9, messages=hello)
    except error as refused:
        assert "gateway key" in str(refused)
    else:
        raise AssertionError("a wrong key was let in")
try:
    one.with_options(api_key=openai.OpenAI().api_key).chat.completions.create(model="", messages=hello)
except openai.BadRequestError as refused:
    assert refused.code == "contract_refused", refused.code
print("all well")
"""


@pytest.fixture(scope="module", autouse=True)
def frameworks() -> None:
    """The frameworks, installed once into an environment of their own."""
    if not sys.platform.startswith(("linux", "darwin")):
        pytest.skip("the demo's installer is a shell script")
    done = subprocess.run([REPO / "examples/demo/install.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with product.running(product.product_in(tmp_path_factory.mktemp("sdks"))) as ready:
        yield ready


@pytest.fixture(scope="module")
def key(server: Product) -> Iterator[str]:
    with running_model(slow=False) as model:
        yield set_up(server, model)


def _environment(server: Product, key: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_"))}
    return {
        **clean,
        "OPENAI_BASE_URL": f"{server.gateway_url}/v1",
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": server.gateway_url,
        "ANTHROPIC_API_KEY": key,
        "GOOGLE_GEMINI_BASE_URL": server.gateway_url,
        "GEMINI_API_KEY": key,
        "ROADWORTHY_ENDPOINT": server.otlp_url,
        "DEMO_MODEL_KEY": key,
    }


def test_sdks_by_base_url_and_key(server: Product, key: str) -> None:
    done = subprocess.run(
        [PYTHON, "-c", SDKS],
        env=_environment(server, key),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "all well", done.stdout + done.stderr


@pytest.fixture(scope="module")
def worked(server: Product, key: str) -> None:
    """Each framework has worked on one ticket, all at once."""
    flags = ["--model", server.gateway_url, "--each", "1", "--pause", "0"]
    workers = {
        name: subprocess.Popen(
            [str(PYTHON), "-m", "examples.demo.worker", name, *flags],
            cwd=REPO,
            env=_environment(server, key),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in FRAMEWORKS
    }
    for name, worker in workers.items():
        said, _ = worker.communicate(timeout=240)
        assert worker.returncode == 0, f"{name}: {said}"
    server.wait_drained(seconds=60)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_works_through_the_gateway(framework: str, server: Product, worked: None) -> None:
    def run_of() -> dict[str, Any] | None:
        named = f"desk ({framework})"
        return next((run for run in server.all_runs() if run["agent"] == named), None)

    wait_until(lambda: run_of() is not None, seconds=30, what="its run")
    run = run_of()
    assert run is not None
    assert (run["model_calls"], run["tool_calls"], run["outcome"]) == (3, 2, "success")

    # Whatever trace the framework sent, if any: each is found with its run, and none made a run of its own.
    path = f"/api/v1/runs/{run['id']}/exchanges"
    wait_until(lambda: len(server.json(path)["items"]) == 3, seconds=60, what="an exchange for each call")
    assert {one["ending"] for one in server.json(path)["items"]} == {"complete"}
