"""Makes the reruns of an inquiry on this machine: starts the agent as its entry point says, kept from
this machine's files, and from the world where the rerun is a pure replay; tells the server how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.doors.cli.asking import named
from roadworthy.doors.cli.client import Client, Failed
from roadworthy.doors.cli.debug_options import RerunOptions
from roadworthy.doors.cli.debug_report import counted
from roadworthy.doors.cli.drill_runner import ended_body
from roadworthy.doors.cli.progress import Beat
from roadworthy.doors.cli.taken_work import TakenWork
from roadworthy.features.debug.inquiry import EntryPoint, Via
from roadworthy.features.debug.running.check_command import checked_by_command
from roadworthy.features.debug.running.entry import run_entry
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.files import Files
from roadworthy.features.debug.running.isolation import Guard, Isolate
from roadworthy.features.debug.running.telling import otlp_body, rerun_marks, send

_MOST_NOTES = 20


def entry_of(view: Mapping[str, Any]) -> EntryPoint:
    """Of what the API says of one."""
    known = {name: value for name, value in view.items() if value is not None}
    return EntryPoint(**{**known, "via": Via(view["via"])})


class RerunRunner(TakenWork):
    """`how` is what reruns are made in; `entry` is used in place of the inquiry's own, where one is given."""

    def __init__(
        self,
        client: Client,
        inquiry_id: str,
        *,
        concurrency: int,
        how: RerunOptions,
        entry: EntryPoint | None = None,
        progress: Callable[[Beat], None] | None = None,
        stop: threading.Event | None = None,
        alone: bool = False,
    ) -> None:
        super().__init__(
            client,
            f"/inquiries/{named(inquiry_id)}",
            items="reruns",
            concurrency=concurrency,
            gateway=how.gateway,
            progress=progress,
            stop=stop,
            alone=alone,
        )
        self._inquiry_id = inquiry_id
        self._entry = entry
        self._isolate = Isolate(how.isolate.value)
        self._files = Files(how.files.value)
        self._freeze_clock = how.freeze_clock
        self._began: dict[str, int | None] = {}
        self._used: Mapping[str, Any] = {}
        self._used_at = -1

    def _make(self, one: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
        entry = self._entry or entry_of(taken["entry"])
        task = Task(
            number=one["number"],
            attempt=one["attempt"],
            case=taken["run_id"],
            input=one["input"],
            timeout_s=taken["entry"]["timeout_s"],
            token=one["token"],
            trace_id=one["trace_id"],
            traceparent=one["traceparent"],
            gateway_url=self._gateway or taken["gateway_url"],
            otlp_url=taken["otlp_url"],
            gateway_key=taken["gateway_key"] or "",
            kind="replay",
        )
        guard = self._guard(one, taken)
        ended = run_entry(entry, task, guard=guard, stop=self._stop)
        if self._stop.is_set():
            # Ended by us: nothing is known of what the agent would have made of it.
            return
        passed, said = _checked(ended, taken["check"], task=task.input)
        marks = rerun_marks(task, inquiry=self._inquiry_id, rerun_of=taken["run_id"])
        told = otlp_body(task, ended, agent=taken["agent"], marks=marks, ended_ns=time.time_ns())
        send(task.otlp_url, told, key=self._client.key or "")
        self._send(
            f"reruns/{task.number}",
            {
                "attempt": task.attempt,
                **ended_body(ended),
                "passed": passed,
                "check_said": said,
                "notes": list(ended.notes)[:_MOST_NOTES],
            },
        )

    def _beaten(self, taken: Mapping[str, Any], under_way: Sequence[Mapping[str, Any]]) -> Beat:
        progress = taken["progress"]
        if progress["done"] != self._used_at:
            # Asked when it may have changed; a server that is away for a moment stops nothing.
            with suppress(Failed):
                self._used = self._client.get(f"/inquiries/{named(self._inquiry_id)}")
                self._used_at = progress["done"]
        return Beat(
            **progress,
            guessed=taken["kind"] == "bisect" and taken["state"] == "running",
            most=self._used["budget"]["reruns"] if self._used else None,
            cost=_cost(self._used) if self._used else "",
            trying=_tried(under_way, kind=taken["kind"]),
        )

    def _guard(self, one: Mapping[str, Any], taken: Mapping[str, Any]) -> Guard:
        live = not one["isolate"]
        if live or not self._freeze_clock:
            return Guard(isolate=self._isolate, files=self._files, live=live)
        run_id = taken["run_id"]
        # Of a bisect each rerun throws its own dice: how often it passes is what is asked.
        seed = f"{run_id}:{one['number']}" if taken["kind"] == "bisect" else run_id
        then_ns = self._recorded_at(run_id)
        return Guard(isolate=self._isolate, files=self._files, clock_ns=then_ns, seed=seed)

    def _recorded_at(self, run_id: str) -> int | None:
        """None: the run itself is gone, or not there yet. Asked once: it is the same for all reruns."""
        if run_id not in self._began:
            try:
                started = self._client.get(f"/runs/{named(run_id)}")["started_at"]
                self._began[run_id] = int(datetime.fromisoformat(started).timestamp() * 1e9)
            except (Failed, KeyError, ValueError):
                self._began[run_id] = None
        return self._began[run_id]


def _checked(ended: AgentEnded, check: Mapping[str, Any] | None, *, task: str) -> tuple[bool | None, str]:
    """What the server cannot decide; (None, "") where it can."""
    if check is None or check["how"] != "command" or ended.ending is not Ending.ANSWERED:
        return None, ""
    found = checked_by_command(check["expected"], ended.answer, task=task)
    return found.passed, found.said


def _cost(inquiry: Mapping[str, Any]) -> str:
    """And what its budget has, where that is bounded."""
    used, most = inquiry["spent"], inquiry["budget"]["usd"]
    usd = f"{used['usd']:.4f} USD" if most is None else f"{used['usd']:.4f} of {most:g} USD"
    return f"{usd} for {counted(used['calls'], 'call')}" if used["calls"] else usd


def _tried(under_way: Sequence[Mapping[str, Any]], *, kind: str) -> str:
    """The first, and how many others."""
    names = list(dict.fromkeys(_question(one, kind=kind) for one in under_way))
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else "".join(names)


def _question(one: Mapping[str, Any], *, kind: str) -> str:
    if kind != "bisect":
        return f"rerun {one['number']}"
    if one["switch"] is None:
        return "as recorded"
    return f"step {one['switch']} alone" if one["only"] else f"from step {one['switch']} on"
