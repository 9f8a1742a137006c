"""What a type checker sees through the decorators: exactly the function that was there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = """
import roadworthy
from collections.abc import AsyncIterator, Iterator

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

reveal_type(look_up)
reveal_type(answer)
reveal_type(words)
reveal_type(Desk().method)
reveal_type(roadworthy.propagate(look_up))
look_up(17)
look_up("A-17", limt=3)
roadworthy.outcome("maybe")
with roadworthy.agent("block") as step:
    reveal_type(step)
"""


@pytest.mark.slow
def test_decorators_keep_types_and_catch_mistakes(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text(SAMPLE)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file=", "sample.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.split(": ", 1)[1] for line in checked.stdout.splitlines() if line.startswith("sample.py")]
    assert said == [
        'note: Revealed type is "def (order_id: str, *, limit: int = ...) -> dict[str, int]"',
        'note: Revealed type is "def (question: str) -> typing.Coroutine[Any, Any, bool]"',
        'note: Revealed type is "def (text: str) -> typing.Iterator[str]"',
        'note: Revealed type is "def (number: int) -> float"',
        'note: Revealed type is "def (order_id: str, *, limit: int = ...) -> dict[str, int]"',
        'error: Argument 1 to "look_up" has incompatible type "int"; expected "str"  [arg-type]',
        'error: Unexpected keyword argument "limt" for "look_up"; did you mean "limit"?  [call-arg]',
        'error: Argument 1 to "outcome" has incompatible type "Literal[\'maybe\']"; '
        "expected \"Literal['success', 'failure']\"  [arg-type]",
        'note: Revealed type is "roadworthy.sdk.steps.OpenStep"',
    ]
