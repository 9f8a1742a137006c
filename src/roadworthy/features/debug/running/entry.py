"""How an agent is started for one task, whichever way it is: its command, its function, its endpoint."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from roadworthy.domain.agent_ended import AgentEnded
from roadworthy.features.debug.inquiry import EntryPoint, Via
from roadworthy.features.debug.running.callable import arguments_of_callable
from roadworthy.features.debug.running.command import arguments_of, run_command
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.isolation import Guard

ELSEWHERE = "It runs elsewhere, behind its endpoint: what it reached by itself is not known."


class BadEntry(ValueError):  # noqa: N818 (a condition, not a bug)
    """`field` of an entry point is not what was expected."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


def check_here(entry: EntryPoint) -> None:
    """Whether this machine can start it, as far as that can be seen without. Raises BadEntry."""
    if entry.via is Via.URL:
        if not entry.url.startswith(("http://", "https://")):
            raise BadEntry("url", f"{entry.url!r} is no address; expected like http://127.0.0.1:9000/ask")
        return
    _arguments(entry)
    if entry.folder and not Path(entry.folder).is_dir():
        raise BadEntry("folder", f"there is no folder {entry.folder!r} here")


def run_entry(
    entry: EntryPoint,
    task: Task,
    *,
    guard: Guard | None = None,
    stop: threading.Event | None = None,
    allowed: Sequence[str] | None = None,
) -> AgentEnded:
    """Starts it and waits until it is over, at most `task.timeout_s`. `guard` and `stop` as of `run_command`,
    `allowed` (of an endpoint) as of `kit.outbound.post`. Raises BadEntry."""
    if entry.via is not Via.URL:
        arguments = _arguments(entry)
        return run_command(
            arguments, task, field=entry.answer_field, folder=entry.folder, guard=guard, stop=stop
        )
    # Its client of HTTP costs half a second to load, which the other two need not pay.
    from roadworthy.features.debug.running.endpoint import run_endpoint

    ended = run_endpoint(entry.url, task, body=entry.body, field=entry.answer_field, allowed=allowed)
    return replace(ended, notes=(*ended.notes, ELSEWHERE)) if guard is not None else ended


def _arguments(entry: EntryPoint) -> list[str]:
    try:
        if entry.via is Via.CALLABLE:
            return arguments_of_callable(entry.callable, python=entry.python)
        return arguments_of(entry.command)
    except ValueError as wrong:
        raise BadEntry(entry.via.value, str(wrong)) from None
