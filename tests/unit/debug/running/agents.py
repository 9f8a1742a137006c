"""Starting small programs as agents, and seeing what became of their processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from roadworthy.domain.agent_ended import AgentEnded
from roadworthy.features.debug.running import kept
from roadworthy.features.debug.running.command import run_command
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.isolation import Guard

TASK = Task(
    number=3,
    attempt=1,
    case="a",
    input='What is "A-1"?',
    timeout_s=30,
    token="rwr1.x.y",
    trace_id="ab" * 16,
    traceparent=f"00-{'ab' * 16}-{'ab' * 8}-01",
    gateway_url="http://127.0.0.1:8421/",
    otlp_url="",
    gateway_key="rw_key",
    kind="replay",
)


def ran(
    code: str,
    *,
    task: Task = TASK,
    timeout_s: float = 30,
    guard: Guard | None = None,
    stop: threading.Event | None = None,
    folder: str = "",
    more: Mapping[str, str] | None = None,
) -> AgentEnded:
    return run_command(
        [sys.executable, "-c", code],
        replace(task, timeout_s=timeout_s),
        base={**os.environ, **(more or {})},
        guard=guard,
        stop=stop,
        folder=folder,
    )


NOBODY = 65_534


def ran_as_nobody(code: str, *, folder: Path, home: Path, layer_size: str = "25%") -> str:
    """What `ran` says of `code`, started in `folder` by somebody who is not root: answer, error and notes, a
    line each. `home` is theirs. Takes root, and an interpreter that others may start (else "")."""
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin")
    if python is None:
        return ""
    # The package itself may be where they cannot read it.
    package = home / "package" / "roadworthy" / "features" / "debug"
    package.mkdir(parents=True)
    shutil.copytree(kept._KEEPER.parent, package / "running")
    doing = (
        "import encodings.idna, os, sys\n"
        "from pathlib import Path\n"
        "from tests.unit.debug.running.agents import ran\n"
        "from roadworthy.features.debug.running import files, kept\n"
        f"files.LAYER_SIZE = {layer_size!r}\n"
        "from roadworthy.features.debug.running.isolation import Guard\n"
        f"kept._KEEPER, sys.executable = Path({str(package / 'running' / kept._KEEPER.name)!r}), {python!r}\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        f"ended = ran({code!r}, guard=Guard(), folder={str(folder)!r}, timeout_s=20)\n"
        "print(ended.answer, ended.error, *ended.notes, sep='\\n')\n"
    )
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    temporary = Path(tempfile.gettempdir())
    for parent in home.parents:
        if temporary in parent.parents:
            parent.chmod(parent.stat().st_mode | 0o011)
    done = subprocess.run(
        [sys.executable, "-c", doing],
        cwd=Path(__file__).resolve().parents[4],
        env={**os.environ, "TMPDIR": str(home), "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_there(mark: str, *, seconds: float = 20) -> bool:
    """Whether a process with `mark` in its environment is, before the time is over."""
    ends = time.monotonic() + seconds
    while not _marked(mark):
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def are_gone(mark: str, *, seconds: float = 5) -> bool:
    """Whether no process has `mark` in its environment any more (whatever its number, in whichever
    namespace)."""
    ends = time.monotonic() + seconds
    while _marked(mark):
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def _marked(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes() and is_running(int(path.parent.name)):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
