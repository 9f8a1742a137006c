"""Questions over a million spans of seven days, through the API, while it ingests at half its load.

That is 6,000 spans a second, or half of what it sustained in a short trial where the machine gives less.

A week is sent in minutes here; before it is asked about, the store gets the time it needs to tidy up days at
rest, as those of a real week would long have been.

The peers are not filled to a million here (at their own rate above that takes hours); ask them by hand.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from benchmarks.figures import SEED, Figure, Options, at_most, folder_of, median, quantile, run
from benchmarks.otlp_bodies import AGENTS, RARE_WORD
from benchmarks.sending import TARGET, fill, folder_for, sender, sustained, trial_seconds
from benchmarks.servers import Roadworthy, get_json

SPANS = 1_000_000
QUICK_SPANS = 20_000
DAYS = 7
SETTLE_SECONDS = 330
"""Days that got nothing for 300 s are merged to the end."""
SETTLE_AT_MOST = 900
RUN_ATTRIBUTE = "customer.tier"
STEP_ATTRIBUTE = "gen_ai.tool.type"


def measure(options: Options) -> list[Figure]:
    spans = QUICK_SPANS if options.quick else SPANS
    with folder_of(options, "queries") as folder:
        half = min(TARGET, sustained(folder_for(folder, "trial", 0), trial_seconds(options))) / 2
        server = Roadworthy(folder=folder_for(folder, "roadworthy", 0))
        server.start()
        try:
            fill(server, spans, over_days=DAYS, seconds=3600)
            settled = 0.0 if options.quick else settle(server)
            ids = runs_of_the_week(server)
            before, began = server.stored(), time.monotonic()
            load = sender(server, seconds=6 * options.seconds + 20, rate=half)
            time.sleep(3)
            check(server)
            found = {
                what: (asked(server, paths, options.seconds), limit)
                for what, paths, limit in questions(ids, random.Random(SEED))
            }
            stored = server.stored()
            ingested = (stored - before) / (time.monotonic() - began)
            load.terminate()
            load.wait(30)
        finally:
            server.stop()
    return [
        Figure(
            what=f"{what}, p95 at {spans:,} spans",
            unit="ms",
            ours=quantile(times, 0.95),
            must=f"<= {limit:,}",
            met=at_most(quantile(times, 0.95), limit),
            note=f"{len(times)} asked, median {median(times) or 0:.0f} ms, ingesting {ingested:,.0f} spans/s"
            f" ({half:,.0f} offered), {stored:,} spans at the end,"
            f" asked {settled:,.0f} s after the week was stored",
        )
        for what, (times, limit) in found.items()
    ]


def settle(server: Roadworthy) -> float:
    """Seconds waited: until the merges of days at rest are done, which shows in the bytes they take."""
    began = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    before, now = -1, 0
    while before != now and time.monotonic() - began < SETTLE_AT_MOST:
        time.sleep(20)
        before, now = now, int(get_json(f"{server.api}/storage")["bytes_on_disk"])
    return time.monotonic() - began


def week_ago() -> str:
    return (datetime.now(UTC) - timedelta(days=DAYS)).isoformat()


def runs_of_the_week(server: Roadworthy) -> list[str]:
    """Some of each day, so that neither the newest parts nor what was read before answer for the others."""
    now = datetime.now(UTC)
    ends = [quote((now - timedelta(days=day, hours=3)).isoformat()) for day in range(DAYS)]
    pages = [get_json(f"{server.api}/runs?limit=100&to={end}")["items"] for end in ends]
    return [item["id"] for page in pages for item in page]


def check(server: Roadworthy) -> None:
    """That the questions are about something: nothing found is found fast."""
    for key in (RUN_ATTRIBUTE, STEP_ATTRIBUTE):
        rows = get_json(f"{server.api}/aggregates?by={quote(f'attributes.{key}')}")["items"]
        if not any(any(row["group"].values()) for row in rows):
            raise AssertionError(f"no run carries {key}")
    run_id = get_json(f"{server.api}/runs?limit=1&filter=status:=:ok")["items"][0]["id"]
    if len(get_json(f"{server.api}/runs/{run_id}/spans")["items"]) < 2:
        raise AssertionError(f"run {run_id} has no steps")


def questions(ids: list[str], chooser: random.Random) -> list[tuple[str, list[str], float]]:
    """What is asked, the paths to take in turn, and the limit in ms."""
    day = f"bucket=1d&from={quote(week_ago())}"
    agents = [f"/runs?limit=50&filter=agent:=:{agent}&filter=status:=:ok" for agent in AGENTS]
    return [
        ("newest 50 runs with filters", agents, 100),
        # The answer finds the run, reads all its steps and works out what they mean.
        ("one whole run", [f"/runs/{each}/spans" for each in chooser.sample(ids, len(ids))], 50),
        ("aggregates a day by agent", [f"/aggregates?by=agent&{day}"], 150),
        (
            "aggregates a day by a custom attribute",
            [f"/aggregates?by={quote(f'attributes.{RUN_ATTRIBUTE}')}&{day}"],
            500,
        ),
        (
            "aggregates a day by an attribute that only steps carry",
            [f"/aggregates?by={quote(f'attributes.{STEP_ATTRIBUTE}')}&{day}"],
            500,
        ),
        ("full text for a rare word", [f"/search?text={RARE_WORD}"], 1000),
    ]


def asked(server: Roadworthy, paths: list[str], seconds: float) -> list[float]:
    """Milliseconds of each answer, one after the other over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=60)
    times: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        path = paths[len(times) % len(paths)]
        began = time.monotonic()
        connection.request("GET", f"/api/v1{path}")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {body[:300]!r}")
        if not times:
            json.loads(body)
        times.append((time.monotonic() - began) * 1000)
    connection.close()
    return times


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=20, rounds=1)
