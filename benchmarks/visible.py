"""Acknowledged to visible and to judged, and the server's memory, while it ingests at a steady rate.

The rate is 12,000 spans a second, or nine tenths of what it sustained in a short trial where the machine
gives less. A probe sends one small run four times a second and asks for it by its id until all its spans are
there, ten times a second (asking costs the server too; it makes what is found late by a tenth at most); of
one probe at a time it is asked on until it is judged. What is measured is the time from its 200 to these
answers. Where more comes than can be judged as it comes, spans come first: then it is tried at eight tenths
of what was sustained, seven, and so on, up to which rate runs are judged in time.
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine, otlp_bodies
from benchmarks.figures import Figure, Options, at_most, folder_of, quantile, run
from benchmarks.sending import TARGET, folder_for, result, sender, sustained, trial_seconds
from benchmarks.servers import Roadworthy

PROBE_EVERY = 0.25
ASK_EVERY = 0.1
GIVE_UP_SECONDS = 30
JUDGED_GIVE_UP_SECONDS = 10
JUDGED_SECONDS = 5
LEAST_TENTHS = 3


def measure(options: Options) -> list[Figure]:
    with folder_of(options, "visible") as folder:
        trial = trial_seconds(options)
        most = sustained(folder_for(folder, "trial", 0), trial)
        rate = min(TARGET, 0.9 * most)
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
        late = quantile(probed.judged, 0.95)
        in_time: float | None = rate
        if late is None or late > JUDGED_SECONDS:
            in_time = judged_in_time(folder, most, 2 * trial)
    waits, memory = probed.visible, probed.memory
    accepted = sent["spans"] / max(sent["seconds"], 0.001)
    note = f"at {accepted:,.0f} spans/s of {rate:,.0f} offered"
    whole_minutes = sent["spans_by_minute"][: int(options.seconds) // 60]
    if whole_minutes:
        note += f" ({min(whole_minutes) / 60:,.0f} in the slowest minute)"
    return [
        Figure(
            what="acknowledged to visible, p95",
            unit="s",
            ours=quantile(waits, 0.95),
            must="<= 2",
            met=at_most(quantile(waits, 0.95), 2),
            note=f"{note}, {len(waits)} probes; p50 {quantile(waits, 0.5)}",
        ),
        Figure(
            what="acknowledged to judged, p95",
            unit="s",
            ours=late,
            must=f"<= {JUDGED_SECONDS}",
            met=at_most(late, JUDGED_SECONDS),
            note=f"{len(probed.judged)} probes; p50 {quantile(probed.judged, 0.5)}",
        ),
        Figure(
            what=f"rate up to which runs are judged within {JUDGED_SECONDS} s at p95",
            unit="spans/s",
            ours=in_time,
            must="",
            met=None,
            note=f"by tenths of {most:,.0f} spans/s",
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


def judged_in_time(folder: Path, most: float, seconds: float) -> float | None:
    """Spans a second, in tenths of `most` from eight on; None where even the least is too many."""
    for tenths in range(8, LEAST_TENTHS - 1, -1):
        server = Roadworthy(folder=folder_for(folder, "judged", tenths))
        server.start()
        try:
            load = sender(server, seconds=seconds, rate=tenths / 10 * most)
            waits = probe(server, seconds).judged
            result(load)
        finally:
            server.stop()
        # The first seconds, while the server finds its pace, are not the rate's.
        late = quantile(waits[len(waits) // 4 :], 0.95)
        if late is not None and late <= JUDGED_SECONDS:
            return tenths / 10 * most
    return None


@dataclass
class Probed:
    """Seconds to visible and to judged of each probe, and MiB of memory along the way."""

    visible: list[float] = field(default_factory=list)
    judged: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def probe(server: Roadworthy, seconds: float) -> Probed:
    template, ids = otlp_bodies.one_run(), otlp_bodies.chooser()
    probed = Probed()
    waiting = threading.Thread()

    def judged(run_id: str, began: float) -> None:
        waited = until(server, run_id, began, is_judged, give_up=JUDGED_GIVE_UP_SECONDS)
        probed.judged.append(waited)

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
            if not waiting.is_alive():
                waiting = threading.Thread(target=judged, args=(run_id, began))
                waiting.start()
        probed.memory.append(machine.cost(server.pid).memory / 2**20)
        time.sleep(PROBE_EVERY)
    if waiting.ident is not None:
        waiting.join()
    return probed


def is_whole(run: dict[str, Any]) -> bool:
    return run.get("spans") == otlp_bodies.SPANS_A_RUN


def is_judged(run: dict[str, Any]) -> bool:
    return is_whole(run) and run["judged"] is not None


def until(
    server: Roadworthy,
    run_id: str,
    began: float,
    holds: Callable[[dict[str, Any]], bool],
    *,
    give_up: float = GIVE_UP_SECONDS,
) -> float:
    """Seconds from `began` until that is so; some more than `give_up` where it never is."""
    asking = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=30)
    while (waited := time.monotonic() - began) < give_up:
        asking.request("GET", f"/api/v1/runs/{run_id}")
        answer = asking.getresponse()
        found = answer.read()
        if answer.status == 200 and holds(json.loads(found)):
            break
        time.sleep(ASK_EVERY)
    asking.close()
    return waited


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=120, rounds=1)
