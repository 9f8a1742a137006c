"""What a type checker sees through the decorators: exactly the function that was there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = """\
from collections.abc import Iterator
from typing import assert_type

import roadworthy

@roadworthy.tool
def look_up(order_id: str, *, limit: int = 3) -> dict[str, int]:
    return {}

@roadworthy.agent("named", capture=False)
async def answer(question: str) -> bool:
    return True

@roadworthy.agent()
def words(text: str) -> Iterator[str]:
    yield text

class Desk:
    @roadworthy.tool
    def method(self, number: int) -> float:
        return 1.0

assert_type(look_up("A-17", limit=1), dict[str, int])

async def ask() -> None:
    assert_type(await answer("?"), bool)

assert_type(words("a b"), Iterator[str])
assert_type(Desk().method(1), float)
assert_type(roadworthy.propagate(look_up)("A-17"), dict[str, int])
with roadworthy.agent("block") as step:
    step.output({"any": "thing"})

look_up(17)  # wrong
look_up("A-17", limt=3)  # wrong
roadworthy.outcome("maybe")  # wrong
"""


@pytest.mark.slow
def test_decorators_keep_types_and_catch_mistakes(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(SAMPLE)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file=", "sample.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [int(line.split(":")[1]) for line in checked.stdout.splitlines() if ": error: " in line]
    assert found == [n for n, line in enumerate(SAMPLE.splitlines(), 1) if line.endswith("# wrong")], (
        checked.stdout
    )
