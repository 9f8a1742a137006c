"""A function of Python as an agent: what it is called with, what its answer is, what is said without one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.inquiry import EntryPoint, Via
from roadworthy.features.debug.running.entry import ELSEWHERE, BadEntry, check_here, run_entry
from roadworthy.features.debug.running.isolation import Guard
from tests.unit.debug.running.agents import TASK

MODULE = """
import asyncio, dataclasses, os

@dataclasses.dataclass
class Answer:
    text: str

class Desk:
    def answer(self, task):
        return {"answer": task.upper(), "spent": 1}

desk = Desk()

def plain(task):
    print("a line of a log", end="")
    return "said: " + task

async def waits(task):
    await asyncio.sleep(0)
    return Answer(text=task)

def nothing(task):
    os.write(1, b"not this")

def breaks(task):
    raise ValueError("no such order")

number = 7
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "support.py").write_text(MODULE)
    return tmp_path


def called(folder: Path, name: str, **more: str) -> AgentEnded:
    entry = EntryPoint(via=Via.CALLABLE, callable=name, folder=str(folder), python=sys.executable, **more)  # type: ignore[arg-type]
    return run_entry(entry, replace(TASK, input="A-1?"))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("desk.support:plain", "said: A-1?"),
        ("desk.support:waits", "A-1?"),
        ("desk.support:desk.answer", "A-1?"),
        ("desk.support:nothing", ""),
    ],
)
def test_what_it_returns_is_the_answer(folder: Path, name: str, answer: str) -> None:
    ended = called(folder, name)
    assert (ended.ending, ended.answer, ended.error) == (Ending.ANSWERED, answer, "")


def test_a_field_of_what_it_returns_can_be_the_answer(folder: Path) -> None:
    assert called(folder, "desk.support:desk.answer", answer_field="spent").answer == "1"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("desk.support:missing", "'desk.support' has no 'missing'"),
        ("desk.sales:plain", "there is no module 'desk.sales'"),
        ("desk.support:number", "is a int, expected a function"),
        ("desk.support:breaks", "no such order"),
    ],
)
def test_what_cannot_be_called_says_why(folder: Path, name: str, said: str) -> None:
    ended = called(folder, name)
    assert ended.ending is Ending.CRASHED and said in ended.error


def test_a_module_that_misses_another_names_that_one(folder: Path) -> None:
    (folder / "late.py").write_text("import not_installed_here\n")
    assert "not_installed_here" in called(folder, "late:answer").error


def test_it_is_kept_from_the_world_like_a_command(folder: Path) -> None:
    entry = EntryPoint(
        via=Via.CALLABLE, callable="desk.support:plain", folder=str(folder), python=sys.executable
    )
    ended = run_entry(entry, TASK, guard=Guard())
    assert ended.answer == f"said: {TASK.input}" and "network of its own" in " ".join(ended.notes)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (EntryPoint(via=Via.CALLABLE, callable="desk.support"), "callable"),
        (EntryPoint(via=Via.CALLABLE, callable="a b:c"), "callable"),
        (EntryPoint(via=Via.COMMAND, command="python 'x"), "command"),
        (EntryPoint(via=Via.COMMAND), "command"),
        (EntryPoint(via=Via.COMMAND, command="python x.py", folder="/nowhere/at/all"), "folder"),
        (EntryPoint(via=Via.URL, url="ftp://x"), "url"),
    ],
)
def test_an_entry_point_that_cannot_be_started_names_the_field(entry: EntryPoint, field: str) -> None:
    with pytest.raises(BadEntry) as wrong:
        check_here(entry)
    assert wrong.value.field == field


def test_an_endpoint_runs_where_it_runs_and_that_is_said() -> None:
    entry = EntryPoint(via=Via.URL, url="http://127.0.0.1:9/ask")
    ended = run_entry(entry, TASK, guard=Guard())
    assert ended.ending is Ending.CRASHED and ended.notes == (ELSEWHERE,)
