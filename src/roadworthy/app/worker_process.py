"""The core's child: starts the worker, answers it, starts it again when it dies."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from roadworthy.app.worker_orders import ORDERS_VARIABLE, WorkerOrders
from roadworthy.backends.telemetry.handed.calls import Answers, answer_calls
from roadworthy.features.ingest.progress import Progress
from roadworthy.kit.compiled import SWITCH as COMPILED_SWITCH

log = logging.getLogger(__name__)

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 5.0
_HEALTHY_SECONDS = 30.0
_STARTING_SECONDS = 5.0
"""A worker that is away for less is no trouble worth telling of: nothing is lost, and pages are answered."""

_FAULTS = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT})
"""Of compiled code. The next worker reads the same bodies: it would end at them again, and for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the worker said last."""

    progress: Progress
    held_bytes: int = 0
    damaged_regions: int = 0
    damaged_bytes: int = 0


_NOTHING = _Told(progress=Progress())


class WorkerProcess:
    """At most one worker runs. `launch` starts it, `serve` lets it work, `stop` ends it; once each.

    The next one is not started before all that the last one asked for is done, so that it reads what was
    written.
    """

    def __init__(self, orders: WorkerOrders) -> None:
        self._orders = orders
        self._reads: Answers = {}
        self._writes: Answers = {}
        self._serving = threading.Event()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._told = _NOTHING
        self._missing_since = time.monotonic()
        self._compiled = True
        # The kernel ends the worker with the thread that started it, so this one stays as long as the core.
        self._thread = threading.Thread(target=self._keep, name="worker", daemon=True)

    def launch(self) -> None:
        """Let it load its libraries while the core loads its own; it is answered from `serve` on."""
        self._thread.start()

    def serve(self, *, reads: Answers, writes: Answers) -> None:
        self._reads = reads
        self._writes = {**writes, "progress": self._progress}
        self._serving.set()

    def stop(self, *, timeout: float) -> None:
        """SIGTERM, then SIGKILL after `timeout` seconds: what it had not handed over is still in the log."""
        self._stopping.set()
        self._serving.set()
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                log.warning("the worker did not stop within %.0f s; killing it", timeout)
                process.kill()
        if self._thread.is_alive():
            self._thread.join(1.0)

    @property
    def alive(self) -> bool:
        """Whether a worker runs and has said so; one that is just starting counts."""
        return self._told is not _NOTHING or time.monotonic() - self._missing_since < _STARTING_SECONDS

    @property
    def watched(self) -> bool:
        """Whether one that ends is started again."""
        return self._thread.is_alive()

    @property
    def progress(self) -> Progress:
        return self._told.progress

    @property
    def short_of_time(self) -> bool:
        """Whether it leaves runs to be judged later: what takes time from it then takes it from ingest."""
        return self._told.progress.short_of_time

    @property
    def held_bytes(self) -> int:
        return self._told.held_bytes

    @property
    def damaged(self) -> tuple[int, int]:
        """Regions of the intake log that could not be read, and the bytes in them."""
        return self._told.damaged_regions, self._told.damaged_bytes

    def _progress(self, *, progress: dict[str, Any], **rest: int) -> None:
        self._told = _Told(progress=Progress(**progress), **rest)

    def _keep(self) -> None:
        wait = _FIRST_WAIT
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._run_once()
            if self._told is not _NOTHING:
                self._missing_since = time.monotonic()
                self._told = _NOTHING
            if self._stopping.is_set():
                return
            if time.monotonic() - began > _HEALTHY_SECONDS:
                wait = _FIRST_WAIT
            if -code in _FAULTS and self._compiled:
                self._compiled = False
                log.critical("the worker crashed (%d); from now on it does without compiled code", code)
            log.error("the worker ended (%d); starting it again in %.1f s", code, wait)
            self._stopping.wait(wait)
            wait = min(_LONGEST_WAIT, wait * 2)

    def _run_once(self) -> int:
        reads, their_reads = socket.socketpair()
        writes, their_writes = socket.socketpair()
        with reads, writes:
            with their_reads, their_writes:
                process = self._process = self._started(their_reads.fileno(), their_writes.fileno())
            if self._stopping.is_set():
                process.kill()
            self._serving.wait()
            answering = [
                threading.Thread(target=answer_calls, args=(sock, answers), name=name, daemon=True)
                for sock, answers, name in (
                    (reads, self._reads, "worker-reads"),
                    (writes, self._writes, "worker-writes"),
                )
            ]
            for thread in answering:
                thread.start()
            code = process.wait()
            for thread in answering:
                thread.join()
        return code

    def _started(self, *fds: int) -> subprocess.Popen[bytes]:
        command: Sequence[str] = (
            sys.executable,
            "-m",
            "roadworthy.app.worker",
            str(os.getpid()),
            *map(str, fds),
        )
        return subprocess.Popen(  # noqa: S603 (our own program)
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,  # the front reads the core's standard output
            pass_fds=fds,
            env={
                **os.environ,
                ORDERS_VARIABLE: self._orders.to_json(),
                **({} if self._compiled else {COMPILED_SWITCH: "0"}),
            },
        )
