"""The agent as a child process: one for each task, ended with all it started when its time is over."""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import IO

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.running.answer import answer_of
from roadworthy.features.debug.running.environment import Task, environment
from roadworthy.features.debug.running.isolation import Guard, Guarding
from roadworthy.features.debug.running.kept import CannotStart, Kept, Refused

_MOST_OUTPUT = 1_000_000
_READ_S = 2.0


def arguments_of(command: str) -> list[str]:
    """As a shell would split it. Raises ValueError for quotes that are left open, or nothing."""
    parts = shlex.split(command)
    if not parts:
        raise ValueError("expected a command like: python agent.py")
    return parts


def refusal() -> str:
    """What this machine cannot keep an agent from in a replay, and why; "" where it can."""
    with closing(Guarding(Guard(), reachable=())) as guarding:
        kept = _begun([sys.executable, "-I", "-S", "-c", ""], {}, folder="", guarding=guarding)
        kept.kill()
        return guarding.refused


def run_command(
    command: Sequence[str],
    task: Task,
    *,
    field: str = "",
    base: Mapping[str, str] | None = None,
    folder: str = "",
    guard: Guard | None = None,
    stop: threading.Event | None = None,
) -> AgentEnded:
    """The task goes to its standard input, to ROADWORTHY_TASK, and in place of `{input}` in its arguments.
    What it prints is its answer. `guard` keeps it from all but the gateway and this server's telemetry, and
    this machine's files from it; None leaves it free. `stop` ends it early (as if it hung). Every process of
    it is gone when this returns."""
    own = environment(task, base=os.environ if base is None else base)
    filled = [one.replace("{input}", task.input) for one in command]
    guarding = None
    try:
        reachable = (task.gateway_url, task.otlp_url)
        guarding = Guarding(guard, reachable=reachable, folder=folder) if guard else None
        kept = _begun(filled, own, folder=folder, guarding=guarding)
        # From here on: what its keeper took to start is none of its time.
        began = time.monotonic()
        try:
            ended, said = _seen_through(kept, task, field=field, began=began, stop=stop)
        finally:
            kept.kill()
        return replace(ended, notes=(*said, *(guarding.notes(kept) if guarding else ())))
    except (OSError, ValueError, Refused, CannotStart) as fault:
        return AgentEnded(ending=Ending.CRASHED, error=f"cannot start {fault}")
    finally:
        if guarding is not None:
            guarding.close()


def _begun(arguments: list[str], own: Mapping[str, str], *, folder: str, guarding: Guarding | None) -> Kept:
    while True:
        if guarding is not None and guarding.required and guarding.refused:
            raise Refused(f"it: {guarding.refused}")
        given = guarding.environment(own) if guarding else own
        try:
            kept = Kept(
                arguments,
                environment=given,
                folder=folder,
                spaces=guarding.spaces if guarding else None,
                writes=guarding.writes if guarding else None,
            )
        except Refused as refused:
            if guarding is None or (guarding.spaces is None and guarding.writes is None):
                raise
            guarding.fall_back(refused)
            continue
        if guarding is not None and kept.listeners:
            guarding.opened(kept.listeners)
        return kept


def _seen_through(
    kept: Kept, task: Task, *, field: str, began: float, stop: threading.Event | None
) -> tuple[AgentEnded, list[str]]:
    """How it ended, and what there is to say of its processes. Raises CannotStart."""
    stdin, stdout, stderr = kept.pipes
    said, complained = _Said(stdout), _Said(stderr, tail=True)
    _feed(stdin, task.input)
    hung = not _over(kept, until=began + task.timeout_s, stop=stop)
    if hung:
        kept.end()
    said.join()
    complained.join()
    ended = AgentEnded(
        ending=Ending.HUNG if hung else Ending.ANSWERED if kept.code == 0 else Ending.CRASHED,
        answer=answer_of(said.text(), field=field),
        exit_code=kept.code,
        error=complained.text()[-2_000:],
        elapsed_ms=(time.monotonic() - began) * 1000,
    )
    return ended, _said_of_processes(kept, hung=hung)


def _over(kept: Kept, *, until: float, stop: threading.Event | None) -> bool:
    """False where it has to be ended."""
    while (left := until - time.monotonic()) > 0 and not (stop is not None and stop.is_set()):
        if kept.over(within_s=min(left, 0.2)):
            return True
    return False


def _said_of_processes(kept: Kept, *, hung: bool) -> list[str]:
    many = "1 process" if kept.left == 1 else f"{kept.left} processes"
    said = []
    if kept.left and hung:
        said.append(f"{many} beside its own had to be ended with it.")
    elif kept.left:
        said.append(f"It left {many} behind, ended by us: an agent has to stay until it has answered.")
    if not kept.gone:
        said.append("Processes of it could not be ended, or may still run.")
    return said


class _Said:
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
        """Not for long: whoever could not be ended may hold it open."""
        self._thread.join(_READ_S)

    def text(self) -> str:
        return bytes(self._kept).decode(errors="replace")


def _feed(pipe: IO[bytes] | None, text: str) -> None:
    def write() -> None:
        if pipe is None:
            return
        try:
            with pipe:
                pipe.write(text.encode())
        except OSError:
            # It does not read its standard input.
            return

    threading.Thread(target=write, daemon=True).start()
