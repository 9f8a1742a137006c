"""Makes the runs of a drill on this machine: takes them, starts the agent, tells the server how it ended."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from roadworthy.domain.agent_ended import AgentEnded
from roadworthy.doors.cli.asking import named
from roadworthy.doors.cli.client import Client, Failed
from roadworthy.features.debug.running.command import run_command
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.telling import drill_marks, otlp_body, send

_POLL_S = 0.5
_PATIENCE_S = 120.0
"""How long a server that does not answer is waited for: it may be starting anew."""
_GATEWAY_S = 15.0
Start = Callable[[Task, Mapping[str, Any]], AgentEnded]
"""(task, what the server said with it) → how it ended. Called in threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    done: int
    planned: int
    running: int


class DrillRunner:
    """`stop` ends it: agents under way are ended, and their runs handed out again when the drill goes on."""

    def __init__(
        self,
        client: Client,
        drill_id: str,
        *,
        start: Start,
        concurrency: int,
        gateway: str | None = None,
        progress: Callable[[Beat], None] = lambda _beat: None,
        stop: threading.Event | None = None,
    ) -> None:
        self._client = client
        self._drill_id = drill_id
        self._path = f"/drills/{named(drill_id)}"
        self._start = start
        self._concurrency = concurrency
        self._gateway = gateway
        self._progress = progress
        self._stop = stop or threading.Event()
        self._ready = False

    def run(self) -> str:
        """The drill's state at the end: done, or cancelled. Raises Failed."""
        under_way: set[Future[None]] = set()
        alone = True
        with ThreadPoolExecutor(max_workers=self._concurrency) as pool:
            while not self._stop.is_set():
                free = self._concurrency - len(under_way)
                taken = self._send("take", {"most": max(1, free), "alone": alone}) if free else None
                if taken is not None:
                    alone = False
                    self._tell(taken)
                    if taken["runs"]:
                        self._wait_for_gateway(taken)
                    under_way |= {pool.submit(self._made, one, taken) for one in taken["runs"]}
                    if taken["state"] != "running" and not under_way:
                        return str(taken["state"])
                under_way = self._waited(under_way, idle=taken is not None and not taken["runs"])
        return "stopped"

    def _waited(self, under_way: set[Future[None]], *, idle: bool) -> set[Future[None]]:
        if not under_way:
            if idle:
                self._stop.wait(_POLL_S)
            return under_way
        over, left = wait(under_way, timeout=_POLL_S, return_when=FIRST_COMPLETED)
        for one in over:
            one.result()
        return left

    def _made(self, one: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
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
        told = otlp_body(
            task,
            ended,
            agent=taken["agent"],
            marks=drill_marks(task, drill=self._drill_id, faults=one["faults"]),
            ended_ns=time.time_ns(),
        )
        send(task.otlp_url, told, key=self._client.key or "")
        self._send(
            f"runs/{task.number}",
            {
                "attempt": task.attempt,
                "ending": ended.ending.value,
                "answer": ended.answer[:200_000],
                "exit_code": ended.exit_code,
                "error": ended.error[-20_000:],
                "elapsed_ms": ended.elapsed_ms,
            },
        )

    def _send(self, what: str, body: Mapping[str, Any]) -> Any:
        """Sent again while the server is away: what it was told twice changes nothing."""
        ends = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._client.send("POST", f"{self._path}/{what}", body=body)
            except Failed as failed:
                if "no answer from" not in str(failed) or time.monotonic() > ends or self._stop.is_set():
                    raise
                self._stop.wait(_POLL_S)

    def _wait_for_gateway(self, taken: Mapping[str, Any]) -> None:
        """The drill's key is new: it holds at the gateway within two seconds."""
        if self._ready:
            return
        address = (self._gateway or taken["gateway_url"]).rstrip("/")
        key = taken["gateway_key"] or ""
        ends = time.monotonic() + _GATEWAY_S
        while not self._stop.is_set():
            said = _asked(f"{address}/v1/models", key=key)
            if said == "":
                self._ready = True
                return
            if time.monotonic() > ends:
                raise Failed(f"the gateway at {address} takes no calls of this drill: {said}")
            self._stop.wait(0.25)

    def _tell(self, taken: Mapping[str, Any]) -> None:
        self._progress(Beat(**taken["progress"]))


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


def _asked(url: str, *, key: str) -> str:
    """Why it gave no list of models; "" where it did."""
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {key}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 (the address is the server's or the person's)
            return ""
    except urllib.error.HTTPError as refused:
        with refused:
            return f"HTTP {refused.code}: {refused.read(300).decode(errors='replace')}"
    except (OSError, ValueError) as fault:
        return str(fault)
