"""replay, fork, bisect, runner as a person types them: what is asked, what is started, what is told."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from roadworthy.doors.cli import taken_work
from roadworthy.doors.cli.debug_report import exit_code
from roadworthy.doors.cli.main import app
from tests.unit.doors.cli.inquiry_server import RUN, Inquiries, inquiry_server

AGENT = shlex.join([sys.executable, "-S", "-c", "print(42)"])
SLOW = shlex.join([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
SAME: dict[str, Any] = {
    "outcome": "identical",
    "sentences": ["The same calls at all 3 steps, and the same answer."],
}


def typed(*arguments: str) -> Result:
    """In this process: a command of its own for each would cost a second each."""
    return CliRunner().invoke(app, list(arguments), prog_name="roadworthy")


@pytest.fixture
def server() -> Iterator[Inquiries]:
    with inquiry_server(Inquiries(finding=SAME)) as ready:
        yield ready


def test_a_replay_starts_the_agent_tells_how_it_ended_and_says_what_was_found(server: Inquiries) -> None:
    server.calls = [
        {"step": 1, "kind": "model", "target": "planner", "how": "recorded", "note": None, "diff": None},
        {"step": 2, "kind": "tool", "target": "crm.order", "how": "dated", "note": None, "diff": None},
    ]
    done = typed("replay", RUN, "--command", AGENT, "--save", "--server", server.url)
    assert done.exit_code == 0, done.stderr
    assert server.asked["entry"]["command"] == AGENT and server.asked["entry"]["folder"] == str(Path.cwd())
    assert server.registered is not None and server.registered["via"] == "command"
    told = server.told[0]
    assert (told["ending"], told["answer"], told["exit_code"], told["passed"]) == ("answered", "42", 0, None)
    assert any("network of its own" in one for one in told["notes"])
    assert "   1  model  planner    recorded\n" in done.stdout
    assert "   2  tool   crm.order  recorded, but for dates\n" in done.stdout
    assert "The same calls at all 3 steps, and the same answer.\n" in done.stdout
    assert "replay i1" in done.stderr
    as_json = typed("inquiries", "show", "i1", "--json", "--server", server.url)
    assert json.loads(as_json.stdout)["finding"] == SAME


def test_of_an_agent_that_crashed_the_line_is_told_that_says_why(server: Inquiries) -> None:
    crashes = f"{sys.executable} -c 'raise ValueError(\"step 3 is missing\\nmore of it\")'"
    done = typed("replay", RUN, "--command", crashes, "--server", server.url)
    assert "Rerun 1 crashed: ValueError: step 3 is missing\n" in done.stdout


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (SAME, 0),
        ({"outcome": "diverged", "sentences": []}, 1),
        ({"outcome": "crashed", "sentences": []}, 1),
        ({"outcome": "same_calls", "sentences": []}, 3),
        ({"outcome": "cannot_tell", "sentences": []}, 3),
        (None, 3),
    ],
)
def test_the_exit_code_says_whether_it_is_identical(finding: dict[str, Any] | None, code: int) -> None:
    one = {"kind": "replay", "state": "done", "finding": finding}
    assert exit_code(one) == code
    assert exit_code({**one, "state": "out_of_budget"}) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay", RUN, "--command", "python 'x"], "--command: No closing quotation"),
        (["replay", RUN, "--callable", "agents.support"], "--callable: 'agents.support' is no function"),
        (["replay", RUN, "--url", "ftp://x"], "--url: 'ftp://x' is no address"),
        (["replay", RUN, "--command", "x", "--url", "http://x"], "expected one of --command, --callable"),
        (["replay", RUN, "--command", "x", "--folder", "/nowhere/at/all"], "--folder: there is no folder"),
        (["replay", RUN, "--python", "python3.9"], "--python: expected with --command, --callable or --url"),
        (["fork", RUN, "--at", "2", "--live", "--mixed"], "expected one of --live, --mixed"),
        (["fork", RUN, "--at", "2", "--code", "timeout"], "--code: expected with --error"),
        (["fork", RUN, "--at", "2", "--find", "Be brief."], "--find: expected with --prompt"),
        (["fork", RUN, "--at", "2", "--answer", "@/nowhere"], "--answer: /nowhere cannot be read"),
        (["bisect", RUN, "--check", "about:42"], "--check: 'about' is none; expected HOW:EXPECTED"),
        (["bisect", RUN, "--check", "contains"], "--check: contains of what?"),
        (["bisect", RUN, "--fix", "two=x"], "--fix: 'two=x' is none; expected STEP=TEXT"),
        (["bisect", RUN, "--fix", "9=x"], "--fix: there is no step 9; the run has 3"),
    ],
)
def test_bad_input_names_the_option(server: Inquiries, arguments: list[str], said: str) -> None:
    done = typed(*arguments, "--server", server.url)
    assert done.exit_code == 2 and said in done.stderr, done.stderr
    assert not server.started


def test_what_the_server_does_not_take_is_bad_input_too(server: Inquiries) -> None:
    server.refuses = (422, "body.entry: nobody registered how 'support' is started")
    done = typed("replay", RUN, "--server", server.url)
    assert done.exit_code == 2
    assert "--command: nobody registered" in done.stderr and "Say how with --command" in done.stderr
    server.refuses = (400, "body.check.expected: no evaluator 'nope'; body.budget.usd: too much")
    done = typed("bisect", RUN, "--check", "evaluator:nope", "--server", server.url)
    assert "--check.expected: no evaluator 'nope'; --budget-usd: too much (HTTP 400)" in done.stderr


def test_a_fork_says_what_is_changed_and_who_goes_on(server: Inquiries, tmp_path: Path) -> None:
    (tmp_path / "right.json").write_text('{"total": 7}')
    server.finding = {"outcome": "cannot_tell", "sentences": []}
    done = typed(
        *("fork", RUN, "--at", "2", "--result", f"@{tmp_path / 'right.json'}", "--forbid", "mail.send"),
        *("--mixed", "--live-tools", "crm.*", "--check", "number:7", "--budget-usd", "0.5", "--onwards"),
        *("--command", AGENT, "--server", server.url),
    )
    assert done.exit_code == 3, done.stderr
    assert server.asked["changes"] == [
        {"step": 2, "kind": "result", "text": '{"total": 7}', "onwards": True},
        {"step": 2, "kind": "forbid", "text": "mail.send", "onwards": True},
    ]
    assert (server.asked["fork_at"], server.asked["after"]) == (2, "mixed")
    assert server.asked["check"] == {"how": "number", "expected": "7"}
    assert server.asked["budget"] == {"calls": None, "usd": 0.5, "seconds": None}
    assert server.asked["live_tools"] == ["crm.*"]


def test_a_fork_changes_a_part_of_the_prompt_and_what_the_model_calls(
    server: Inquiries, tmp_path: Path
) -> None:
    server.finding = {"outcome": "cannot_tell", "sentences": []}
    (tmp_path / "calls.json").write_text('[{"name": "add", "arguments": {"a": 1}}]')
    agent = ("--command", AGENT, "--server", server.url)
    typed("fork", RUN, "--at", "1", "--find", "Be brief.", "--prompt", "", *agent)
    assert server.asked["changes"] == [
        {"step": 1, "kind": "prompt", "text": "", "onwards": False, "find": "Be brief."}
    ]
    typed("fork", RUN, "--at", "1", "--tool-calls", f"@{tmp_path / 'calls.json'}", *agent)
    calls = (tmp_path / "calls.json").read_text()
    assert server.asked["changes"] == [
        {"step": 1, "kind": "answer", "text": "", "onwards": False, "tool_calls": calls}
    ]


@pytest.mark.parametrize(
    ("passed", "failed", "unknown", "outcome", "code"),
    [
        (2, 0, 0, "identical", 0),
        (1, 1, 0, "identical", 1),
        (1, 0, 1, "identical", 3),
        (2, 0, 0, "diverged", 3),
    ],
)
def test_a_fork_with_a_check_passes_or_fails(
    passed: int, failed: int, unknown: int, outcome: str, code: int
) -> None:
    counts = {"passed": passed, "failed": failed, "unknown": unknown, "as_recorded": 0}
    finding = {"outcome": outcome, "sentences": [], **counts}
    check = {"how": "contains", "expected": "42"}
    assert exit_code({"kind": "fork", "state": "done", "finding": finding, "check": check}) == code


@pytest.mark.parametrize(("as_recorded", "output", "code"), [(2, "42", 0), (1, "42", 1), (0, None, 3)])
def test_a_fork_without_a_check_is_held_against_what_was_recorded(
    as_recorded: int, output: str | None, code: int
) -> None:
    finding = {"outcome": "identical", "passed": 0, "failed": 0, "unknown": 2, "as_recorded": as_recorded}
    one = {"kind": "fork", "state": "done", "check": None, "output": output, "progress": {"done": 2}}
    assert exit_code({**one, "finding": finding}) == code


@pytest.mark.parametrize(
    ("state", "code"), [("sure", 0), ("not_a_step", 1), ("unsure", 3), ("cannot_tell", 3)]
)
def test_a_bisect_found_it_or_not(state: str, code: int) -> None:
    assert exit_code({"kind": "bisect", "state": "done", "finding": {"state": state}}) == code


def test_a_bisect_is_drawn_and_a_fix_is_what_its_step_is(server: Inquiries) -> None:
    server.reruns, server.isolate = 2, False
    tried = {"number": 1, "switch": 2, "only": False, "passed": True, "why": ""}
    server.finding = {
        "state": "sure",
        "step": 2,
        "mass": [0.01, 0.02, 0.95, 0.02],
        "tried": [{**tried, "switch": None, "passed": False}, {**tried, "number": 2}],
        "sentences": ["Step 2 (crm.order) ruined it: 95 % sure."],
    }
    done = typed(
        *("bisect", RUN, "--fix", '2={"total": 7}', "--fix", "3=It is 7.", "--check", "contains:7"),
        *("--command", AGENT, "--server", server.url),
    )
    assert done.exit_code == 0, done.stderr
    assert [(one["step"], one["kind"]) for one in server.asked["changes"]] == [(2, "result"), (3, "answer")]
    picture = next(line for line in done.stdout.splitlines() if "crm.order" in line)
    assert picture == f"   2  tool   crm.order  {'#' * 23}   95.0 % < +"
    assert "nothing put right" in done.stdout and "put right from step 2 on" in done.stdout
    assert "Step 2 (crm.order) ruined it: 95 % sure." in done.stdout
    for told in server.told:
        assert told["notes"][0].startswith("It goes on live: this machine's network was open to it")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are of Linux")
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("files", ["throwaway", "keep"])
def test_what_the_agent_writes_is_kept_where_that_is_wished(
    server: Inquiries, tmp_path: Path, closed: bool, files: str
) -> None:
    server.isolate = closed
    made = tmp_path / "made.txt"
    writes = shlex.join([sys.executable, "-S", "-c", f"open({str(made)!r}, 'w'); print(42)"])
    typed("replay", RUN, "--command", writes, "--files", files, "--server", server.url)
    refused = any("could not keep it" in one for one in server.told[0]["notes"])
    assert made.exists() is (files == "keep" or refused), server.told


def test_a_check_by_command_is_run_here(server: Inquiries) -> None:
    check = f"{sys.executable} -S -c 'import sys; sys.exit(sys.stdin.read() != \"42\")'"
    server.check = {"how": "command", "expected": check}
    typed("fork", RUN, "--at", "1", "--check", f"command:{check}", "--command", AGENT, "--server", server.url)
    assert server.asked["check"] == server.check
    assert (server.told[0]["passed"], server.told[0]["check_said"]) == (
        True,
        "The check's command ended with 0.",
    )


def _begun(*arguments: str) -> subprocess.Popen[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ROADWORTHY_")}
    return subprocess.Popen(
        [sys.executable, "-m", "roadworthy.app.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean,
        start_new_session=True,
    )


def _until(condition: Any, *, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_one_that_is_interrupted_says_how_to_go_on_and_goes_on(server: Inquiries) -> None:
    first = _begun("replay", RUN, "--command", SLOW, "--server", server.url)
    _until(lambda: server.handed == 1)
    time.sleep(0.3)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=20)
    assert first.returncode == 130 and "roadworthy inquiries resume i1" in said
    assert server.told == []

    server.handed, server.entry = 0, {**server.entry, "command": AGENT}
    done = typed("inquiries", "resume", "i1", "--server", server.url)
    assert done.exit_code == 0, done.stderr
    assert server.takes[0]["alone"] is False and [one["alone"] for one in server.takes].count(True) == 1
    assert server.told[0]["answer"] == "42"


def test_one_that_somebody_else_makes_is_left_to_them(
    server: Inquiries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken_work, "_LET_GO_S", 0.1)
    server.entry, server.held = {"via": "command", "command": AGENT}, "process 7 on a laptop"
    said = typed("inquiries", "resume", "i1", "--server", server.url)
    assert said.exit_code == 1 and "process 7 on a laptop" in said.stderr
    assert server.told == []
    assert f"process {os.getpid()} on" in server.takes[0]["holder"]


def test_a_runner_makes_what_was_asked_for_elsewhere_until_it_is_stopped(server: Inquiries) -> None:
    server.registered = {"via": "command", "command": AGENT, "timeout_s": 30.0}
    waiting = _begun("runner", "--agent", "support", "--server", server.url)
    try:
        # Somebody's own way to start it is not the runner's.
        server.entry, server.started = {"via": "command", "command": SLOW}, True
        time.sleep(2.5)
        assert server.takes == []
        server.entry = {"via": "command", "command": AGENT}
        _until(lambda: server.told)
    finally:
        waiting.send_signal(signal.SIGINT)
        _, said = waiting.communicate(timeout=20)
    assert server.told[0]["answer"] == "42" and server.takes[0]["alone"] is False
    assert waiting.returncode == 130 and "waiting for inquiries of support" in said


def test_runners_share_the_work_and_a_given_entry_point_is_used(server: Inquiries) -> None:
    server.reruns, server.asked = 6, {"concurrency": 2}
    server.entry, server.started = {"via": "command", "command": SLOW}, True
    two = [
        _begun("runner", "--agent", "support", "--command", AGENT, "--server", server.url) for _ in range(2)
    ]
    try:
        _until(lambda: len(server.told) == 6)
    finally:
        for one in two:
            one.send_signal(signal.SIGINT)
            one.communicate(timeout=20)
    assert sorted(one["number"] for one in server.told) == [1, 2, 3, 4, 5, 6]
    assert {one["answer"] for one in server.told} == {"42"}


def test_nothing_is_recorded_of_an_agent_that_nobody_said_how_to_start(server: Inquiries) -> None:
    said = typed("record", "support", "--input", "What is the total?", "--server", server.url)
    assert said.exit_code == 2
    assert "nobody registered how 'support' is started" in said.stderr and "--command" in said.stderr
