"""Agents that hang, crash, fork or slip away: each is over in time, with every process of it, and says so."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from roadworthy.domain.agent_ended import Ending
from roadworthy.features.debug.running import files, isolation, kept
from roadworthy.features.debug.running.command import refusal
from roadworthy.features.debug.running.isolation import Guard, Isolate
from tests.unit.debug.running.agents import are_gone, is_there, ran

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are of Linux")

SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
SPAWN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {SLEEPER!r}]"
SLIPS_AWAY = (
    "import os, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        time.sleep(600)\n"
    "    os._exit(0)\n"
)


@pytest.fixture(params=["free", "isolated"])
def guard(request: pytest.FixtureRequest) -> Guard | None:
    return None if request.param == "free" else Guard()


def mark(name: str) -> dict[str, str]:
    return {"ROADWORTHY_TEST_MARK": f"{name}-{os.getpid()}-{time.monotonic_ns()}"}


def test_one_that_hangs_and_will_not_hear_of_it_is_ended_with_its_children(guard: Guard | None) -> None:
    marked = mark("hangs")
    began = time.monotonic()
    ended = ran(f"{DEAF}{SPAWN}, start_new_session=True)\n{SLEEPER}", timeout_s=0.5, guard=guard, more=marked)
    assert ended.ending is Ending.HUNG
    assert time.monotonic() - began < 6
    assert "1 process beside its own had to be ended with it." in ended.notes
    assert are_gone(marked["ROADWORTHY_TEST_MARK"])


def test_one_that_answers_and_leaves_a_child_with_its_pipe_is_not_waited_for(guard: Guard | None) -> None:
    marked = mark("forks")
    began = time.monotonic()
    ended = ran(f"{SPAWN}); print('42')", guard=guard, more=marked)
    assert (ended.ending, ended.answer, ended.exit_code) == (Ending.ANSWERED, "42", 0)
    assert time.monotonic() - began < 4
    assert any("left 1 process behind" in one for one in ended.notes)
    assert are_gone(marked["ROADWORTHY_TEST_MARK"])


def test_one_that_slips_away_from_its_session_is_found(guard: Guard | None) -> None:
    marked = mark("daemon")
    ended = ran(f"{SLIPS_AWAY}os.wait(); print('gone')", guard=guard, more=marked)
    assert (ended.ending, ended.answer) == (Ending.ANSWERED, "gone")
    assert any("left 1 process behind" in one for one in ended.notes)
    assert are_gone(marked["ROADWORTHY_TEST_MARK"])


def test_one_that_is_killed_says_by_what_and_its_children_go_with_it(guard: Guard | None) -> None:
    marked = mark("killed")
    ended = ran(f"{SPAWN}); import os; os.kill(os.getpid(), 9)", guard=guard, more=marked)
    assert (ended.ending, ended.exit_code) == (Ending.CRASHED, -9)
    assert are_gone(marked["ROADWORTHY_TEST_MARK"])


def test_one_that_is_stopped_by_its_person_is_over_at_once() -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    assert ran("import time; time.sleep(600)", stop=stop).ending is Ending.HUNG
    assert time.monotonic() - began < 2


def test_agents_go_with_a_runner_that_is_killed_and_so_does_what_it_made(tmp_path: Path) -> None:
    marked = mark("orphan")
    runner = (
        "from tests.unit.debug.running.agents import ran\n"
        "from roadworthy.features.debug.running.isolation import Guard\n"
        f"ran({SLEEPER!r}, guard=Guard(), more={marked!r})\n"
    )
    repo = Path(__file__).resolve().parents[4]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", runner], cwd=repo, env=environment)
    assert is_there(marked["ROADWORTHY_TEST_MARK"])
    (left,) = tmp_path.glob("roadworthy-rerun-*")
    files._sweep(tmp_path)
    assert left.exists(), "a folder that is in use"
    process.kill()
    process.wait()
    assert are_gone(marked["ROADWORTHY_TEST_MARK"], seconds=60)
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    os.utime(left, (0, 0))
    files._sweep(tmp_path)
    assert not left.exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, guard: Guard | None) -> None:
    missing = str(tmp_path / "nowhere")
    ended = ran("print(1)", folder=missing, guard=guard)
    assert ended.ending is Ending.CRASHED and missing in ended.error
    assert ran("import os; print(os.getcwd())", folder=str(tmp_path), guard=guard).answer == str(tmp_path)


def test_an_agent_still_has_its_pipes_its_number_and_its_files(tmp_path: Path, guard: Guard | None) -> None:
    code = (
        "import os, sys\n"
        "assert sys.stdin.read() == os.environ['ROADWORTHY_TASK']\n"
        "assert os.readlink('/proc/self') == str(os.getpid())\n"
        f"open({str(tmp_path / 'made')!r}, 'w').write('by it')\n"
        f"assert os.stat({str(tmp_path / 'made')!r}).st_uid == os.getuid()\n"
        "print(os.getuid(), 'out'); print('err', file=sys.stderr)\n"
    )
    ended = ran(code, guard=guard)
    assert (ended.answer, ended.error) == (f"{os.getuid()} out", "err\n")
    assert (tmp_path / "made").exists() is (guard is None)


def test_where_it_has_to_be_isolated_and_cannot_it_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_refused", {"spaces": "unshare: Operation not permitted"})
    ended = ran("print('here')", guard=Guard(isolate=Isolate.REQUIRE))
    assert ended.ending is Ending.CRASHED and ended.answer == ""
    assert "no network of its own (unshare: Operation not permitted)" in ended.error


def test_whether_an_agent_can_be_isolated_here_is_known_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    started = ran("print(1)", guard=Guard(isolate=Isolate.REQUIRE))
    assert (refusal() == "") is (started.ending is Ending.ANSWERED)
    monkeypatch.setattr(isolation, "_refused", {"spaces": "unshare: Operation not permitted"})
    assert refusal() == "this machine gives it no network of its own (unshare: Operation not permitted)"


def test_a_keeper_that_cannot_begin_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kept, "_KEEPER", tmp_path / "nowhere.py")
    ended = ran("print('here')")
    assert ended.ending is Ending.CRASHED and ended.answer == ""
    assert "its keeper ended with 2" in ended.error and "nowhere.py" in ended.error
