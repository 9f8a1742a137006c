"""Cases on the command line: made of a run of the server, and run without one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from roadworthy.app.gateway_recording import GatewayRecording
from roadworthy.doors.rest.settings import RestSettings
from roadworthy.features.debug.cases.case import Calls, Case
from roadworthy.features.debug.cases.file import decode, encode
from roadworthy.features.debug.inquiry import Check, EntryPoint, Via
from roadworthy.features.debug.plan import Change, ChangeKind
from roadworthy.features.gateway.recording.recorder import StoringRecorder
from tests.unit.debug.cases.tapes import START, an_order_tape
from tests.unit.doors.cli.test_commands import roadworthy
from tests.unit.doors.rest.desk import a_run, open_desk, trace_id
from tests.unit.doors.rest.listening import listening
from tests.unit.doors.rest.test_cases import QUESTION, play

REPO = Path(__file__).resolve().parents[4]
AGENT = REPO / "tests" / "fixtures" / "agents" / "order_steps.py"
NOWHERE = "http://127.0.0.1:9"


def agent(how: str = "nothing") -> str:
    return f"{sys.executable} -S {AGENT} {how}"


def a_case(**changes: Any) -> Case:
    made = Case(
        name="total of A-1",
        input=QUESTION,
        check=Check(how="number", expected="42"),
        entry=EntryPoint(command=agent()),
        tape=an_order_tape(),
    )
    return replace(made, **changes)


def written(folder: Path, case: Case, name: str = "order") -> Path:
    path = folder / f"{name}.case.jsonl"
    path.write_bytes(encode(case))
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Nobody listens at the address of the server."""
    return roadworthy("case", "run", *map(str, arguments), ROADWORTHY_SERVER=NOWHERE)


def ran(*arguments: object) -> tuple[int, list[Any]]:
    done = run(*arguments, "--json")
    assert done.stdout, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


# Run offline


def test_the_agent_passes_and_nobody_is_asked(tmp_path: Path) -> None:
    code, [found] = ran(written(tmp_path, a_case()))
    assert (code, found["outcome"], found["why"], found["calls"]) == (0, "passed", [], 3), found
    assert found["answer"] == "It is 42."
    done = run(written(tmp_path, a_case()), "--timing")
    assert "passed" in done.stdout and "ms over the agent" in done.stdout, done.stdout
    assert done.stdout.splitlines()[-2] == "1 passed"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("off_by_one", "The answer is without the number 42: It is 41."),
        ("reworded", "not in the recording"),
        ("chatty", "A call to planner: not in the recording"),
        ("careless", "It did not make a call it made then: 2 (erp.order)"),
        ("crashes", "ended with 1 without an answer: KeyError: 'total'"),
        ("silent", "The agent printed no answer."),
    ],
)
def test_a_changed_agent_fails_and_it_is_said_why(tmp_path: Path, how: str, says: str) -> None:
    code, [found] = ran(written(tmp_path, a_case()), "--command", agent(how))
    assert (code, found["outcome"]) == (1, "failed")
    assert says in "\n".join(found["why"])


def test_the_first_divergence_is_shown_with_its_difference(tmp_path: Path) -> None:
    done = run(written(tmp_path, a_case()), "--command", agent("reworded"))
    assert done.returncode == 1
    assert "First divergence at step 1:" in done.stdout
    assert re.search(r'-.*"What is the total of order A-1\?"', done.stdout), done.stdout
    assert re.search(r'\+.*"Please tell me the total of order A-1\?"', done.stdout)


def test_an_agent_that_hangs_is_ended(tmp_path: Path) -> None:
    code, [found] = ran(written(tmp_path, a_case()), "--command", agent("hangs"), "--timeout", 1)
    assert (code, found["why"][0]) == (1, "The agent did not end in time (1 s).")


def test_calls_that_may_differ(tmp_path: Path) -> None:
    any_calls = written(tmp_path, a_case(calls=Calls.ANSWER))
    assert ran(any_calls, "--command", agent("chatty"))[0] == 0
    assert ran(written(tmp_path, a_case(calls=Calls.STRICT)))[0] == 0


def test_what_is_put_right_is_what_the_agent_gets(tmp_path: Path) -> None:
    """The tool was wrong: with its result put right the agent goes on as the good run did."""
    change = Change(step=2, kind=ChangeKind.RESULT, text='{"total": 43}')
    wanted = Check(how="number", expected="43")
    alone = written(tmp_path, a_case(check=wanted, changes=(change,)), "alone")
    code, [found] = ran(alone)
    assert code == 1 and "not in the recording" in "\n".join(found["why"])
    good = written(tmp_path, a_case(check=wanted, changes=(change,), good=an_order_tape(total=43)), "good")
    code, [found] = ran(good)
    assert (code, found["answer"]) == (0, "It is 43."), found
    assert "the tool's result was changed" in found["why"]


def test_an_expected_failure(tmp_path: Path) -> None:
    case = a_case(check=Check(how="number", expected="43"), expect_failure=True)
    assert ran(written(tmp_path, case))[0] == 0
    fixed = replace(case, check=Check(how="number", expected="42"))
    code, [found] = ran(written(tmp_path, fixed))
    assert code == 1 and "It passes now" in found["why"][0]


def test_what_cannot_be_run_is_said_and_the_others_are(tmp_path: Path) -> None:
    fine = written(tmp_path, a_case(), "fine")
    damaged = written(tmp_path, a_case(), "damaged")
    damaged.write_bytes(damaged.read_bytes().replace(b"total of A-1", b"total of A-2", 1))
    newer = written(tmp_path, a_case(), "newer")
    newer.write_bytes(newer.read_bytes().replace(b'"version":1', b'"version":2', 1))
    holes = written(tmp_path, a_case(tape=an_order_tape(hole="it was deleted (retention)")), "holes")
    nobody = written(tmp_path, a_case(entry=None), "nobody")
    elsewhere = written(
        tmp_path, a_case(entry=EntryPoint(via=Via.URL, url="http://127.0.0.1:9/ask")), "elsewhere"
    )
    gone = written(tmp_path, a_case(entry=EntryPoint(command="no-such-agent --x")), "gone")
    code, found = ran(fine, damaged, newer, holes, nobody, elsewhere, gone)
    assert code == 2
    assert [one["outcome"] for one in found] == ["passed", *["error"] * 6]
    said = ["\n".join(one["why"]) for one in found]
    for place, words in enumerate(
        (
            "",
            "damaged or changed by hand",
            "made by a newer Roadworthy",
            "step 2 (tool erp.order): it was deleted (retention)",
            "give --command or --callable",
            "The agent is at http://127.0.0.1:9/ask",
            "cannot start 'no-such-agent'",
        )
    ):
        assert words in said[place], said[place]


def test_a_check_that_disagrees_with_itself_is_an_error(tmp_path: Path) -> None:
    flaky = tmp_path / "flaky.py"
    flaky.write_text(
        f"import pathlib, sys\nseen = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        "again = seen.exists()\nseen.touch()\nsys.exit(again)\n"
    )
    case = a_case(check=Check(how="command", expected=f"{sys.executable} {flaky}"))
    code, [found] = ran(written(tmp_path, case))
    assert code == 2 and "disagrees with itself" in found["why"][0]


def test_a_folder_of_cases_at_once_as_junit(tmp_path: Path) -> None:
    written(tmp_path, a_case(), "a")
    written(tmp_path, a_case(check=Check(how="exact", expected="43")), "b")
    written(tmp_path, a_case(name="third"), "c")
    report = tmp_path / "cases.xml"
    done = run(tmp_path, "-j", 3, "--junit", report)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "2 passed, 1 failed"
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    stopped = run(tmp_path, "--fail-fast")
    assert stopped.stdout.splitlines()[-1] == "1 passed, 1 failed"


def test_a_function_of_python(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "agent.py").write_text(
        "import subprocess, sys\n"
        "def answer(task):\n"
        "    command = [sys.executable, '-S', "
        f"{str(AGENT)!r}]\n"
        "    done = subprocess.run(command, input=task, capture_output=True, text=True)\n"
        "    return {'answer': done.stdout.strip()}\n"
    )
    path = written(tmp_path, a_case(entry=None))
    code, [found] = ran(
        path, "--callable", "shop.agent:answer", "--folder", tmp_path, "--python", sys.executable
    )
    assert (code, found["answer"]) == (0, "It is 42."), found


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--update"], "never recorded"),
        (["--command", "a", "--callable", "b:c"], "one of --command and --callable"),
    ],
)
def test_what_is_asked_wrongly(tmp_path: Path, arguments: Sequence[str], says: str) -> None:
    done = run(written(tmp_path, a_case()), *arguments)
    assert done.returncode == 2 and says in done.stderr
    missing = run(tmp_path / "nowhere")
    assert missing.returncode == 2 and "there is no" in missing.stderr


def test_the_guides_conftest_makes_each_file_a_test(tmp_path: Path) -> None:
    guide = (REPO / "docs" / "guide" / "cases.md").read_text()
    code = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
    assert code is not None
    (tmp_path / "conftest.py").write_text(code[1])
    written(tmp_path, a_case(), "fine")
    written(tmp_path, a_case(check=Check(how="exact", expected="43")), "wrong")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        check=False,
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "The answer is not '43': It is 42." in done.stdout


# Made of a run


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "gateway").mkdir()
    recording = GatewayRecording(tmp_path / "gateway")
    assert isinstance(recording.recorder, StoringRecorder)
    recording.start()
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as opened:
        told: dict[str, Any] = {"input": QUESTION, "final_answer": "It is 42.", "started_ns": START}
        opened.desk.write_runs(a_run(1, **told))
        play(recording.recorder, an_order_tape(), 1)
        yield opened.url
    recording.stop()


def case(server: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return roadworthy("case", *map(str, arguments), ROADWORTHY_SERVER=server)


def test_a_run_becomes_a_file_that_runs(server: str, tmp_path: Path) -> None:
    folder = tmp_path / "repository" / "cases"  # neither is there yet
    made = case(server, "add", trace_id(1), "--expected", "42", "--command", agent(), "-o", folder)
    assert made.returncode == 0, made.stderr
    [path] = folder.iterdir()
    assert path.name == "support-what-is-the-total-of-order-a-1.case.jsonl"
    assert "3 calls, number 42, in" in made.stdout
    assert ran(path)[0] == 0

    shown = case(NOWHERE, "show", path)
    assert "> What is the total of order A-1?" in shown.stdout, shown.stdout
    assert "   2  tool   erp.order" in shown.stdout
    step = case(NOWHERE, "show", path, "--step", 2)
    assert "POST /connect/erp/order" in step.stdout and '"total": 42' in step.stdout
    assert case(NOWHERE, "show", path, "--step", 9).returncode == 2
    head = [json.loads(line) for line in case(NOWHERE, "show", path, "--json").stdout.splitlines()]
    assert head[0]["format"] == "roadworthy.case" and "recordings" not in head[-1]

    listed = case(server, "list").stdout.split("\t")
    assert listed[2:5] == ["support", "3 calls", "number 42"]
    assert "total of order" in case(server, "show", listed[0]).stdout
    assert case(server, "list", "--agent", "other").stdout.startswith("No cases yet")
    assert case(server, "remove", listed[0]).returncode == 0
    assert case(server, "remove", listed[0]).returncode == 1
    assert path.exists()


def test_a_file_that_is_another_is_not_replaced_unasked(server: str, tmp_path: Path) -> None:
    path = tmp_path / "order.case.jsonl"
    assert case(server, "add", trace_id(1), "-o", path).returncode == 0
    before = path.read_bytes()
    assert case(server, "add", trace_id(1), "-o", path).returncode == 0  # the same bytes
    refused = case(server, "add", trace_id(1), "--expected", "43", "-o", path)
    assert refused.returncode == 1 and "--force" in refused.stderr
    assert path.read_bytes() == before
    forced = case(
        *(server, "add", trace_id(1), "--expected", "43", "--fix", '2={"total": 43}', "-o", path, "--force"),
        *("--input", "And the total of B-2?"),
    )
    assert forced.returncode == 0, forced.stderr
    assert "does not pass" in forced.stdout
    changed = decode(path.read_bytes())
    assert changed.input == changed.tape.input == "And the total of B-2?"
    assert changed.changes == (Change(step=2, kind=ChangeKind.RESULT, text='{"total": 43}'),)


def test_a_run_that_is_none_says_why(server: str) -> None:
    assert "There is no run 'nowhere'" in case(server, "add", "nowhere").stderr
    refused = case(server, "add", trace_id(1), "--expect-failure")
    assert refused.returncode == 1 and "ought to have answered" in refused.stderr
    assert case(server, "add", trace_id(1), "--fix", "9=x").returncode == 2
