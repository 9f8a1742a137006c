"""Makes the runs of a drill on this machine: starts the agent, tells the server how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from roadworthy.domain.agent_ended import AgentEnded
from roadworthy.doors.cli.asking import named
from roadworthy.doors.cli.client import Client
from roadworthy.doors.cli.progress import Beat
from roadworthy.doors.cli.taken_work import TakenWork
from roadworthy.features.debug.running.command import run_command
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.telling import drill_marks, otlp_body, send

Start = Callable[[Task, Mapping[str, Any]], AgentEnded]
"""(task, what the server said with it) → how it ended. Called in threads."""


class DrillRunner(TakenWork):
    def __init__(
        self,
        client: Client,
        drill_id: str,
        *,
        start: Start,
        concurrency: int,
        gateway: str | None = None,
        progress: Callable[[Beat], None] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        super().__init__(
            client,
            f"/drills/{named(drill_id)}",
            items="runs",
            concurrency=concurrency,
            gateway=gateway,
            progress=progress,
            stop=stop,
        )
        self._drill_id = drill_id
        self._start = start

    def _make(self, one: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
        task = Task(
            number=one["number"],
            attempt=one["attempt"],
            case=one["case"],
            input=one["input"],
            timeout_s=one["timeout_s"],
            token=one["token"],
            trace_id=one["trace_id"],
            traceparent=one["traceparent"],
            gateway_url=self._gateway or taken["gateway_url"],
            otlp_url=taken["otlp_url"],
            gateway_key=taken["gateway_key"] or "",
        )
        ended = self._start(task, taken)
        if self._stop.is_set():
            # Ended by us: nothing is known of what the agent would have made of it.
            return
        marks = drill_marks(task, drill=self._drill_id, faults=one["faults"])
        told = otlp_body(task, ended, agent=taken["agent"], marks=marks, ended_ns=time.time_ns())
        send(task.otlp_url, told, key=self._client.key or "")
        self._send(f"runs/{task.number}", {"attempt": task.attempt, **ended_body(ended)})


def ended_body(ended: AgentEnded) -> dict[str, Any]:
    """As the API takes it."""
    return {
        "ending": ended.ending.value,
        "answer": ended.answer[:200_000],
        "exit_code": ended.exit_code,
        "error": ended.error[-20_000:],
        "elapsed_ms": ended.elapsed_ms,
    }


def command_start(command: Sequence[str], *, stop: threading.Event) -> Start:
    def start(task: Task, taken: Mapping[str, Any]) -> AgentEnded:
        return run_command(command, task, field=taken["answer_field"] or "", stop=stop)

    return start


def url_start() -> Start:
    def start(task: Task, taken: Mapping[str, Any]) -> AgentEnded:
        from roadworthy.features.debug.running.endpoint import run_endpoint

        return run_endpoint(
            taken["url"],
            task,
            body=taken["body"],
            field=taken["answer_field"] or "",
            # Whoever runs the command reaches what this machine reaches.
            allowed=None,
        )

    return start
