"""Starting small programs as agents, and seeing what became of their processes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from roadworthy.domain.agent_ended import AgentEnded
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


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
