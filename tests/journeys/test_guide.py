"""The programs of the guides and the lines of the page "Connect an agent", run as they stand there: with real
frameworks, against a scripted model."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo.model.server import running_model
from tests.unit.sdk.collector import Collector, running_collector

REPO = Path(__file__).resolve().parents[2]
GUIDE = REPO / "docs" / "guide"
PAGE = REPO / "web" / "src" / "features" / "start" / "frameworks.json"
PYTHON = REPO / ".venv-demo" / "bin" / "python"

pytestmark = pytest.mark.slow


def programs(name: str) -> list[tuple[str, str]]:
    """Each Python program of a guide, with the heading it stands under."""
    found, heading = [], name
    for part in re.split(r"^(## [^\n]*|```python\n.*?^```)$", (GUIDE / name).read_text(), flags=re.M | re.S):
        if part.startswith("## "):
            heading = part[3:]
        elif part.startswith("```python\n"):
            found.append((heading, part.removeprefix("```python\n").removesuffix("```")))
    return found


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    done = subprocess.run([REPO / "examples/demo/install.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with running_model(slow=False) as address:
        yield address


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


def run(program: str, model: str, collector: Collector, folder: Path) -> str:
    script = folder / "program.py"  # a file, as some frameworks read the source of tools
    script.write_text(program)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_"))}
    environment = {
        "OPENAI_BASE_URL": f"{model}/v1",
        "OPENAI_API_KEY": "scripted",
        "ANTHROPIC_BASE_URL": model,
        "ANTHROPIC_API_KEY": "scripted",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_SERVICE_NAME": "weather-desk",
    }
    done = subprocess.run(
        [str(PYTHON), str(script)],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "roadworthy:" not in done.stderr, "the SDK had something to complain about"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("heading", "program"), programs("frameworks.md"))
def test_a_framework_is_seen_with_these_lines(
    heading: str, program: str, model: str, collector: Collector, tmp_path: Path
) -> None:
    assert "sunny in Rome" in run(program, model, collector, tmp_path), "the scripted model has answered"
    assert collector.spans, "nothing was sent"
    texts = [str(span.attributes) for span in collector.spans]
    assert any("sunny in Rome." in text for text in texts), "the answer is in what was sent"
    assert ("def weather" in program) == any('{"city"' in text.replace("\\", "") for text in texts)
    assert any("usage.input_tokens" in text or "token_count.prompt" in text for text in texts)
    assert {span.resource["service.name"] for span in collector.spans} == {"weather-desk"}


ON_THE_PAGE = {
    "openai-agents": "OpenAI Agents SDK",
    "langgraph": "LangGraph and LangChain",
    "pydantic-ai": "Pydantic AI",
    "smolagents": "smolagents",
    "openai": "OpenAI SDK, with a loop of your own",
    "anthropic": "Anthropic SDK, with a loop of your own",
}
"""By id, the program of the guide that the page's lines are put before in place of the SDK's."""


@pytest.mark.slow
@pytest.mark.parametrize("framework", ON_THE_PAGE)
def test_a_framework_is_seen_with_the_lines_of_the_page(
    framework: str, model: str, collector: Collector, tmp_path: Path
) -> None:
    (lines,) = [each["code"] for each in json.loads(PAGE.read_text()) if each["id"] == framework]
    (program,) = [text for heading, text in programs("frameworks.md") if heading == ON_THE_PAGE[framework]]
    rest = [line for line in program.splitlines() if "roadworthy" not in line]
    assert "sunny in Rome" in run("\n".join([*lines, *rest]), model, collector, tmp_path)
    texts = [str(span.attributes) for span in collector.spans]
    assert any("sunny in Rome." in text for text in texts), "the answer is in what was sent"
    assert any("usage.input_tokens" in text or "token_count.prompt" in text for text in texts)
    assert {span.resource["service.name"] for span in collector.spans} == {"weather-desk"}


@pytest.mark.slow
@pytest.mark.parametrize(("heading", "program"), programs("sdk.md"))
def test_a_program_of_the_sdk_guide_runs(
    heading: str, program: str, model: str, collector: Collector, tmp_path: Path
) -> None:
    run(program, model, collector, tmp_path)
    assert any("gen_ai.agent.name" in span.attributes for span in collector.spans)


def test_the_guides_have_programs() -> None:
    assert len(programs("frameworks.md")) == 7
    assert len(programs("sdk.md")) == 4
