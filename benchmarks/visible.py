"""Acknowledged to visible and to judged, and the server's memory, while it ingests at a steady rate.

The rate is 12,000 spans a second, or nine tenths of what it sustained in a short trial where the machine
gives less. A probe sends one small run four times a second and asks for it by its id until all its spans are
there, and then until it is judged; what is measured is the time from its 200 to these answers.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine, otlp_bodies
from benchmarks.figures import Figure, Options, at_most, folder_of, quantile, run
from benchmarks.sending import folder_for, result, sender, watch
from benchmarks.servers import Roadworthy

TARGET = 12_000
PROBE_EVERY = 0.25
GIVE_UP_SECONDS = 30
TRIAL_SECONDS = 15


def measure(options: Options) -> list[Figure]:
    with folder_of(options, "visible") as folder:
        rate = sustained(folder_for(folder, "trial", 0), 4 if options.quick else TRIAL_SECONDS)
        server = Roadworthy(folder=folder_for(folder, "load", 0))
        server.start()
        try:
            time.sleep(5)
            idle = machine.cost(server.pid).memory / 2**20
            load = sender(server, seconds=options.seconds, rate=rate)
            probed = probe(server, options.seconds)
            sent = result(load)
        finally:
            server.stop()
    waits, memory = probed.visible, probed.memory
    accepted = sent["spans"] / max(sent["seconds"], 0.001)
    note = f"at {accepted:,.0f} spans/s of {rate:,.0f} offered, {len(waits)} probes"
    return [
        Figure(
            what="acknowledged to visible, p95",
            unit="s",
            ours=quantile(waits, 0.95),
            must="<= 2",
            met=at_most(quantile(waits, 0.95), 2),
            note=f"{note}; p50 {quantile(waits, 0.5)}",
        ),
        Figure(
            what="acknowledged to judged, p95",
            unit="s",
            ours=quantile(probed.judged, 0.95),
            must="<= 5",
            met=at_most(quantile(probed.judged, 0.95), 5),
            note=f"{len(probed.judged)} probes; p50 {quantile(probed.judged, 0.5)}",
        ),
        Figure(
            what="memory under that load, peak",
            unit="MiB",
            ours=max(memory, default=None),
            must="<= 1,536, flat",
            met=at_most(max(memory, default=None), 1536),
            note=f"medians of quarters: {told(quarters(memory))} MiB; {options.seconds:g} s of load",
        ),
        Figure(what="memory idle", unit="MiB", ours=idle, must="<= 500", met=at_most(idle, 500)),
    ]


def quarters(values: Sequence[float]) -> list[float]:
    """The median of each quarter, in order: merges make single values swing by a fifth."""
    each = max(1, len(values) // 4)
    parts = [values[at : at + each] for at in range(0, 4 * each, each)]
    return [statistics.median(part) for part in parts if part]


def told(values: Sequence[float]) -> str:
    return ", ".join(f"{value:,.0f}" for value in values)


def sustained(folder: Path, seconds: float) -> float:
    server = Roadworthy(folder=folder)
    server.start()
    try:
        watched = watch(server, sender(server, seconds=seconds))
    finally:
        server.stop()
    return min(TARGET, 0.9 * watched.spans_a_second)


@dataclass
class Probed:
    """Seconds to visible and to judged of each probe, and MiB of memory along the way."""

    visible: list[float] = field(default_factory=list)
    judged: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def probe(server: Roadworthy, seconds: float) -> Probed:
    template, ids = otlp_bodies.one_run(), otlp_bodies.chooser()
    probed = Probed()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = template.fresh(ids)
        sending = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        sending.request(
            "POST", "/v1/traces", body=body.content, headers={"Content-Type": "application/x-protobuf"}
        )
        answer = sending.getresponse()
        answer.read()
        sending.close()
        if answer.status == 200:
            began, run_id = time.monotonic(), body.runs[0][0]
            probed.visible.append(until(server, run_id, began, is_whole))
            probed.judged.append(until(server, run_id, began, is_judged))
        probed.memory.append(machine.cost(server.pid).memory / 2**20)
        time.sleep(PROBE_EVERY)
    return probed


def is_whole(run: dict[str, Any]) -> bool:
    return run.get("spans") == otlp_bodies.SPANS_A_RUN


def is_judged(run: dict[str, Any]) -> bool:
    return is_whole(run) and run["judged"] is not None


def until(server: Roadworthy, run_id: str, began: float, holds: Callable[[dict[str, Any]], bool]) -> float:
    """Seconds from `began` until that is so; GIVE_UP_SECONDS where it never is."""
    asking = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=30)
    while (waited := time.monotonic() - began) < GIVE_UP_SECONDS:
        asking.request("GET", f"/api/v1/runs/{run_id}")
        answer = asking.getresponse()
        found = answer.read()
        if answer.status == 200 and holds(json.loads(found)):
            break
        time.sleep(0.02)
    asking.close()
    return waited


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=120, rounds=1)
