"""Runs of real frameworks made into cases, and held to them with the whole product stopped."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.fixtures.agents.sums.model import ANSWER
from tests.journeys.test_replay_frameworks import (
    AGENTS,
    FRAMEWORKS,
    PYTHON,
    REPO,
    SLIP,
    WRONG,
    Framework,
    World,
    world,
)
from tests.product import COMMAND

__all__ = ["world"]

pytestmark = pytest.mark.slow

SLIPPED = (FRAMEWORKS[0], FRAMEWORKS[-1])
"""Those that are recorded once more with a slip of their model: one by MCP, one without."""


@dataclass(frozen=True)
class Files:
    """Made while the product ran, which it does no more."""

    folder: Path
    world: World

    def of(self, framework: Framework, which: str) -> Path:
        return self.folder / which / f"{framework.name}.case.jsonl"

    def run(self, *arguments: object) -> tuple[int, list[Any]]:
        done = subprocess.run(
            [str(COMMAND), "case", "run", *map(str, arguments), "--json"],
            env=_bare(),
            cwd=REPO,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.stdout.strip(), done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def files(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    folder = tmp_path_factory.mktemp("repository")
    for which in ("good", "bad", "fixed"):
        (folder / which).mkdir()
    made = Files(folder=folder, world=world)
    for framework in FRAMEWORKS:
        good = world.record(framework, slip=None)
        # One call each: by the API as the page makes it, and on the command line.
        said = world.server.post(f"/api/v1/runs/{good}/case", {"expected": str(ANSWER)})
        assert said.status == 201, said.body
        assert said.json()["recorded_passes"] is True
        made.of(framework, "good").write_bytes(
            world.server.get(f"/api/v1/cases/{said.json()['id']}/file").body
        )
        if framework not in SLIPPED:
            continue
        bad = world.record(framework, slip=SLIP)
        for which, more in (("bad", ["--expect-failure"]), ("fixed", ["--good", good])):
            code, told = world.run(
                *("case", "add", bad, "--expected", str(ANSWER), *more, "-o", str(made.of(framework, which)))
            )
            assert code == 0, told
    world.server.stop()
    world.tools.shutdown()
    yield made


def _bare() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_"))}


def test_every_agent_passes_its_case_offline(files: Files, tmp_path: Path) -> None:
    before = files.world.outside()
    code, found = files.run(
        files.folder / "good", "-j", 2, "--isolate", "require", "--junit", tmp_path / "cases.xml"
    )
    assert code == 0, found
    assert {one["agent"]: (one["outcome"], one["calls"], one["answer"]) for one in found} == {
        f"sums-{one.name}": ("passed", one.steps, f"The result is {ANSWER}.") for one in FRAMEWORKS
    }
    suite = ElementTree.parse(tmp_path / "cases.xml").getroot().find("testsuite")
    assert suite is not None and (suite.get("tests"), suite.get("failures")) == (str(len(FRAMEWORKS)), "0")
    assert files.world.outside() == before


def test_a_failed_run_is_a_case_that_fails_until_it_is_put_right(files: Files) -> None:
    code, found = files.run(files.folder / "bad", "-j", 2)
    assert code == 0, found
    assert {one["answer"] for one in found} == {f"The result is {WRONG}."}
    assert all(one["why"][0] == "It fails, as expected." for one in found)
    # With the answers of the run that went well, its agent is right.
    code, found = files.run(files.folder / "fixed", "-j", 2)
    assert (code, {one["answer"] for one in found}) == (0, {f"The result is {ANSWER}."}), found


@pytest.mark.parametrize("framework", SLIPPED, ids=lambda one: one.name)
def test_a_changed_agent_fails_its_case_at_the_first_call(
    files: Files, framework: Framework, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.py"
    changed.write_text(
        "import io, runpy, sys\n"
        "sys.stdin = io.StringIO(sys.stdin.read() + ' Be quick.')\n"
        f"runpy.run_path({str(AGENTS / f'with_{framework.name}.py')!r}, run_name='__main__')\n"
    )
    code, [found] = files.run(files.of(framework, "good"), "--command", f"{PYTHON} {changed}")
    assert (code, found["outcome"], found["diverged_at"]) == (1, "failed", 1), found
    assert re.search(r"^\+.*Be quick", found["diff"], re.MULTILINE), found["diff"]
