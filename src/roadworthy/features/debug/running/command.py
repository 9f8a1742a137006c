"""The agent as a child process: one for each task, ended with all it started when its time is over."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.running.answer import answer_of
from roadworthy.features.debug.running.environment import Task, environment

_MOST_OUTPUT = 1_000_000
_GRACE_S = 2.0


def arguments_of(command: str) -> list[str]:
    """As a shell would split it. Raises ValueError for quotes that are left open, or nothing."""
    parts = shlex.split(command)
    if not parts:
        raise ValueError("expected a command like: python agent.py")
    return parts


def run_command(
    command: Sequence[str],
    task: Task,
    *,
    field: str = "",
    base: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
) -> AgentEnded:
    """The task goes to its standard input, to ROADWORTHY_TASK, and in place of `{input}` in its arguments.
    What it prints is its answer. `stop` ends it early (as one that hung)."""
    own = environment(task, base=os.environ if base is None else base)
    filled = [one.replace("{input}", task.input) for one in command]
    began = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 (the person at the terminal gave the command)
            filled,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=own,
            start_new_session=True,
        )
    except OSError as fault:
        return AgentEnded(ending=Ending.CRASHED, error=f"cannot start {filled[0]!r}: {fault.strerror}")
    said, complained = _Kept(process.stdout), _Kept(process.stderr, tail=True)
    _feed(process, task.input)
    hung = _wait(process, until=began + task.timeout_s, stop=stop)
    if hung:
        _end(process)
    said.join()
    complained.join()
    elapsed = (time.monotonic() - began) * 1000
    code = process.returncode
    ending = Ending.HUNG if hung else Ending.ANSWERED if code == 0 else Ending.CRASHED
    return AgentEnded(
        ending=ending,
        answer=answer_of(said.text(), field=field),
        exit_code=code,
        error=complained.text()[-2_000:],
        elapsed_ms=elapsed,
    )


class _Kept:
    """Reads a pipe to its end, so that the agent never waits for us, and keeps a bounded part."""

    def __init__(self, pipe: IO[bytes] | None, *, tail: bool = False) -> None:
        self._pipe, self._tail = pipe, tail
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._pipe is None:
            return
        with self._pipe as pipe:
            while chunk := pipe.read1(65_536):  # type: ignore[attr-defined]
                self._kept += chunk
                if self._tail:
                    del self._kept[:-_MOST_OUTPUT]
                else:
                    del self._kept[_MOST_OUTPUT:]

    def join(self) -> None:
        """A grandchild that holds the pipe open is not waited for."""
        self._thread.join(_GRACE_S)

    def text(self) -> str:
        return bytes(self._kept).decode(errors="replace")


def _feed(process: subprocess.Popen[bytes], text: str) -> None:
    def write() -> None:
        pipe = process.stdin
        if pipe is None:
            return
        try:
            with pipe:
                pipe.write(text.encode())
        except OSError:
            # It does not read its standard input.
            return

    threading.Thread(target=write, daemon=True).start()


def _wait(process: subprocess.Popen[bytes], *, until: float, stop: threading.Event | None) -> bool:
    """Whether it has to be ended."""
    while True:
        left = until - time.monotonic()
        if left <= 0 or (stop is not None and stop.is_set()):
            return process.poll() is None
        try:
            process.wait(min(left, 0.2))
        except subprocess.TimeoutExpired:
            continue
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """All it started, too: they are one session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            continue
