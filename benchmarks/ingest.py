"""Sustained ingest until queryable, beside MLflow and Phoenix on the same bodies; memory and disk a span.

Four senders in a process of their own post 512-span bodies as fast as they are let; what counts is what can
be queried afterwards, over the time until the last of it could. Servers take turns (A B C A B C ...).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import machine
from benchmarks.figures import Figure, Options, at_least, at_most, folder_of, median, run
from benchmarks.sending import Watched, folder_for, sender, watch
from benchmarks.servers import Mlflow, NotMeasured, Phoenix, Roadworthy, Server

PEER_DRAIN_SECONDS = 120
"""Phoenix accepts in seconds what it stores in minutes; its rate is known before it is done."""
SETTLE_SECONDS = 20
"""After the last span: merges of the store go on for a while."""


def one(server: Server, options: Options) -> Watched:
    server.start()
    try:
        load = sender(server, seconds=options.seconds)
        if isinstance(server, Roadworthy):
            watched = watch(server, load)
        else:
            wait = PEER_DRAIN_SECONDS
            watched = watch(server, load, quiet_seconds=wait, drain_seconds=wait)
        time.sleep(2 if options.quick else SETTLE_SECONDS)
        # Our log keeps one segment; it does not grow with what is stored.
        watched.disk = machine.folder_bytes(server.data) - machine.folder_bytes(server.data / "intake")
        return watched
    finally:
        server.stop()


def rounds(options: Options, folder: Path) -> tuple[dict[str, list[Watched]], dict[str, str]]:
    kinds: list[type[Server]] = [Roadworthy, *([Mlflow, Phoenix] if options.peers else [])]
    found: dict[str, list[Watched]] = {}
    failed: dict[str, str] = {}
    for number in range(options.rounds):
        for kind in kinds:
            server = kind(folder=folder_for(folder, kind.__name__.lower(), number))  # type: ignore[call-arg]
            try:
                watched = one(server, options)
            except NotMeasured as reason:
                failed[server.name] = f"not measured: {reason}"
                continue
            finally:
                if options.folder is None:
                    shutil.rmtree(server.folder, ignore_errors=True)
            found.setdefault(server.name, []).append(watched)
            print(f"  round {number + 1} {server.name}: {told(watched)}", flush=True)
    return found, failed


def told(watched: Watched) -> str:
    return (
        f"{watched.stored:,} of {watched.sent['spans']:,} acknowledged spans stored,"
        f" {watched.spans_a_second:,.0f} a second, {watched.cpu_us_a_span:,.0f} us of CPU each,"
        f" answers {watched.sent['statuses']}"
    )


def measure(options: Options) -> list[Figure]:
    with folder_of(options, "ingest") as folder:
        found, failed = rounds(options, folder)
    ours = found.get("Roadworthy", [])
    rates = [watched.spans_a_second for watched in ours]
    beside: dict[str, float | str] = dict(failed)
    for name in found.keys() - {"Roadworthy"}:
        beside[name] = median([watched.spans_a_second for watched in found[name]]) or 0.0
    figures = [
        Figure(
            what="sustained ingest until queryable",
            unit="spans/s",
            ours=median(rates),
            rounds=rates,
            beside=beside,
            must="12,000 on a quiet machine",
            met=at_least(median(rates), 12_000),
            note=f"CPU a span {median([w.cpu_us_a_span for w in ours]) or 0:,.0f} us",
        )
    ]
    for name, times in (("MLflow", 10), ("Phoenix", 100)):
        theirs = beside.get(name)
        known = isinstance(theirs, float) and theirs > 0 and bool(rates)
        share = (median(rates) or 0.0) / theirs if known and isinstance(theirs, float) else None
        figures.append(
            Figure(
                what=f"sustained ingest, times {name}'s stored spans",
                unit="times",
                ours=share,
                must=f">= {times}",
                met=at_least(share, times),
                note=theirs if isinstance(theirs, str) else "",
            )
        )
    lost = [watched.sent["spans"] - watched.stored for watched in ours]
    figures += [
        Figure(
            what="acknowledged and not stored after that load (peers: two minutes after it)",
            unit="spans",
            ours=float(max(lost)) if lost else None,
            must="0",
            met=at_most(max(lost), 0) if lost else None,
            beside={
                name: float(max(w.sent["spans"] - w.stored for w in found[name]))
                for name in found.keys() - {"Roadworthy"}
            },
        ),
        _each(found, "peak memory under that load", "MiB", 1536, lambda w: w.peak_memory / 2**20),
        _each(found, "disk a span of that shape", "bytes", 900, lambda w: w.disk / max(1, w.stored)),
    ]
    return figures


def _each(
    found: dict[str, list[Watched]], what: str, unit: str, limit: float, value: Callable[[Watched], float]
) -> Figure:
    ours = [value(watched) for watched in found.get("Roadworthy", [])]
    beside = {
        name: median([value(w) for w in found[name] if w.stored]) or "nothing stored"
        for name in found.keys() - {"Roadworthy"}
    }
    middle = median(ours)
    return Figure(
        what=what,
        unit=unit,
        ours=middle,
        rounds=ours,
        beside=dict(beside),
        must=f"<= {limit:,}",
        met=at_most(middle, limit),
    )


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=60)
