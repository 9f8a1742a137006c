"""A sender in a process of its own, and watching a server while it sends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.figures import Options
from benchmarks.servers import REPO, NotMeasured, Roadworthy, Server

TARGET = 12_000
"""Spans a second that a server is to sustain; "half load" is half of it."""
POLL_SECONDS = 0.5
COUNT_SECONDS = 2.0
"""Counting what is stored costs the server, so it is asked this seldom; times are late by as much at most."""


def sender(server: Server, *, seconds: float, **flags: object) -> subprocess.Popen[bytes]:
    """`flags` are those of `benchmarks.load`, with underscores; True is a bare flag."""
    command = [sys.executable, "-m", "benchmarks.load", f"--url={server.traces_url}", f"--seconds={seconds}"]
    command += [f"--header={name}={value}" for name, value in server.headers.items()]
    for name, value in flags.items():
        flag = "--" + name.replace("_", "-")
        command.append(flag if value is True else f"{flag}={value}")
    return subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE)


def result(process: subprocess.Popen[bytes], *, timeout: float = 180) -> dict[str, Any]:
    out, _ = process.communicate(timeout=timeout)
    if process.returncode:
        raise NotMeasured(f"the sender ended with {process.returncode}")
    found: dict[str, Any] = json.loads(out)
    return found


@dataclass(slots=True, kw_only=True)
class Watched:
    """`spans_a_second` counts what was stored, from the first body sent until the last span was queryable."""

    sent: dict[str, Any]
    stored: int
    spans_a_second: float
    cpu_us_a_span: float
    peak_memory: int
    disk: int
    samples: list[tuple[float, int]] = field(default_factory=list)


def watch(
    server: Server,
    process: subprocess.Popen[bytes],
    *,
    quiet_seconds: float = 20,
    drain_seconds: float = 1800,
) -> Watched:
    """Wait until all that was acknowledged can be queried, or nothing more has appeared for a while.

    A server that works off what it accepted for longer than `drain_seconds` is left; its rate is what it had
    stored by then.
    """
    before = machine.cost(server.pid)
    base = server.stored()
    peak, samples = 0, [(time.monotonic(), base)]
    sent: dict[str, Any] | None = None
    asked = ended = 0.0
    while True:
        time.sleep(POLL_SECONDS)
        if sent is None and process.poll() is not None:
            sent, ended = result(process), time.monotonic()
        peak = max(peak, machine.cost(server.pid).memory)
        if time.monotonic() - asked < COUNT_SECONDS:
            continue
        try:
            stored = server.stored()
        except OSError:  # too busy to answer: ask again
            stored = samples[-1][1]
        now = asked = time.monotonic()
        if stored != samples[-1][1]:
            samples.append((now, stored))
        if sent is None:
            continue
        quiet = now - max(samples[-1][0], ended) > quiet_seconds
        if stored - base >= sent["spans"] or quiet or now - ended > drain_seconds:
            break
    gained = samples[-1][1] - base
    seconds = samples[-1][0] - float(sent["began"])
    after = machine.cost(server.pid)
    return Watched(
        sent=sent,
        stored=gained,
        spans_a_second=gained / seconds if gained else 0.0,
        cpu_us_a_span=(after.cpu_seconds - before.cpu_seconds) * 1e6 / max(1, gained),
        peak_memory=peak,
        disk=machine.folder_bytes(server.data),
        samples=samples,
    )


def fill(server: Server, spans: int, *, over_days: float, seconds: float) -> Watched:
    """Store about `spans` spans, spread over days."""
    process = sender(server, seconds=seconds, max_spans=spans, over_days=over_days)
    return watch(server, process, quiet_seconds=60)


def folder_for(parent: Path, name: str, number: int) -> Path:
    made = parent / f"{name}-{number}"
    made.mkdir(parents=True, exist_ok=True)
    return made


def trial_seconds(options: Options) -> float:
    return 4 if options.quick else 15


def sustained(folder: Path, seconds: float) -> float:
    """Spans a second a new server takes until all of them can be queried, from senders without a rate."""
    server = Roadworthy(folder=folder)
    server.start()
    try:
        watched = watch(server, sender(server, seconds=seconds))
    finally:
        server.stop()
    return watched.spans_a_second
