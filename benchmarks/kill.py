"""kill -9 of all its processes at random moments under load, right after a 200: what is lost or doubled.

Each trial starts the server on the folder of the trial before, loads it, kills it, starts it again and waits
until its log is read. At the end every run that was acknowledged must be there with every span, once.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from benchmarks.figures import SEED, Figure, Options, at_most, folder_of, median, quantile, run
from benchmarks.sending import sender
from benchmarks.servers import Roadworthy, get_json

TRIALS = 100
PAGE = 200
RATE = 4_000
"""Spans a second: what a trial leaves behind must not take minutes to read back."""
DRAIN_SECONDS = 300


def measure(options: Options) -> list[Figure]:
    trials = 3 if options.quick else TRIALS
    chooser = random.Random(SEED)
    acknowledged: dict[str, int] = {}
    restarts: list[float] = []
    with folder_of(options, "kill") as folder:
        server = Roadworthy(folder=folder)
        server.start()
        for number in range(trials):
            acknowledged |= trial(server, folder / f"acknowledged-{number}", chooser.uniform(0.2, 2.5))
            restarts.append(server.start())
        drain(server)
        spans_of = stored_runs(server)
        counted = server.stored()
        server.stop()
    lost = sum(max(0, spans - spans_of.get(run_id, 0)) for run_id, spans in acknowledged.items())
    doubled = sum(max(0, spans_of.get(run_id, 0) - spans) for run_id, spans in acknowledged.items())
    doubled += max(0, counted - sum(spans_of.values()))
    return [
        Figure(
            what=f"acknowledged, then lost after kill -9 ({trials} trials)",
            unit="spans",
            ours=float(lost),
            must="0",
            met=at_most(lost, 0),
            note=f"{len(acknowledged):,} runs acknowledged",
        ),
        Figure(
            what="spans stored twice after kill -9",
            unit="spans",
            ours=float(doubled),
            must="0",
            met=at_most(doubled, 0),
            note=f"{counted:,} spans stored",
        ),
        Figure(
            what="restart to ready after kill -9, p95",
            unit="s",
            ours=quantile(restarts, 0.95),
            must="<= 5",
            met=at_most(quantile(restarts, 0.95), 5),
            note=f"median {median(restarts):.2f} s",
        ),
    ]


def trial(server: Roadworthy, ids: Path, seconds: float) -> dict[str, int]:
    """Load it, kill it after so many seconds of answers; the runs it had said 200 to."""
    ids.touch()
    load = sender(server, seconds=30, rate=RATE, acknowledged=ids, stop_on_error=True)
    while ids.stat().st_size == 0 and load.poll() is None:
        time.sleep(0.005)
    time.sleep(seconds)
    size = ids.stat().st_size
    while ids.stat().st_size == size and load.poll() is None:  # right after the next 200
        time.sleep(0.0005)
    server.kill()
    load.wait(60)
    lines = (line.split() for line in ids.read_text().splitlines())
    return {run_id: int(spans) for run_id, spans in lines}


def drain(server: Roadworthy) -> None:
    end = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < end and get_json(f"{server.api}/server")["backlog_bytes"]:
        time.sleep(0.5)
    time.sleep(1)


def stored_runs(server: Roadworthy) -> dict[str, int]:
    """Every run by its id, with how many spans it says it has."""
    found: dict[str, int] = {}
    cursor = ""
    while True:
        page = get_json(f"{server.api}/runs?limit={PAGE}{cursor}")
        found |= {item["id"]: item["spans"] for item in page["items"]}
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0, rounds=1)
