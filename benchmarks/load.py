"""Sends OTLP over HTTP from a process of its own, as agents would: `python -m benchmarks.load --help`.

Prints one JSON object: what was acknowledged, what was refused, how long acknowledgements took and what the
sending itself cost. With --acknowledged FILE each acknowledged run is a line of that file (id, spans),
written and flushed before the next body is sent: it can be trusted after a kill -9 of the server.
"""

from __future__ import annotations

import argparse
import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from benchmarks.otlp_bodies import Body, Template, chooser, templates

TIMEOUT_SECONDS = 60


@dataclass(kw_only=True)
class Tally:
    """Of all senders together; the lock guards it."""

    spans: int = 0
    bodies: int = 0
    bytes: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    minutes: Counter[int] = field(default_factory=Counter)
    """Spans acknowledged in each minute from `began`."""
    began: float = field(default_factory=time.monotonic)
    last_ack: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    url: str
    headers: dict[str, str]
    until: float
    spans_a_second: float
    """Of one sender; 0 as fast as it is let."""
    stop_on_error: bool
    max_spans: int
    start_ns: tuple[int, int] | None
    """First and last start of the runs, spread evenly; None is now."""


def send(plan: Plan, bodies: list[Template], tally: Tally, acknowledged: TextIO | None) -> None:
    ids = chooser()
    address = urlsplit(plan.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
    number, began = 0, time.monotonic()
    while time.monotonic() < plan.until and (not plan.max_spans or tally.spans < plan.max_spans):
        start_ns = None
        if plan.start_ns is not None:
            first, last = plan.start_ns
            start_ns = first + int((last - first) * min(1.0, tally.spans / max(1, plan.max_spans)))
        body = bodies[number % len(bodies)].fresh(ids, start_ns=start_ns)
        number += 1
        sent = time.monotonic()
        try:
            connection.request("POST", address.path, body=body.content, headers=plan.headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            note(tally, body, type(error).__name__, sent, None)
            if plan.stop_on_error:
                return
            time.sleep(0.1)
            continue
        note(tally, body, str(answer.status), sent, acknowledged)
        if answer.status in (429, 503):
            time.sleep(float(answer.headers.get("Retry-After") or 0.2))
        if plan.spans_a_second:
            ahead = number * body.spans / plan.spans_a_second - (time.monotonic() - began)
            time.sleep(max(0.0, ahead))


def note(tally: Tally, body: Body, status: str, sent: float, acknowledged: TextIO | None) -> None:
    now = time.monotonic()
    with tally.lock:
        tally.statuses[status] += 1
        if status == "200":
            tally.spans += body.spans
            tally.bodies += 1
            tally.bytes += len(body.content)
            tally.milliseconds.append((now - sent) * 1000)
            tally.minutes[int(now - tally.began) // 60] += body.spans
            tally.last_ack = now
            if acknowledged is not None:
                acknowledged.write("".join(f"{run_id} {spans}\n" for run_id, spans in body.runs))
                acknowledged.flush()


def quantile(values: list[float], share: float) -> float | None:
    """By nearest rank; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="the address of /v1/traces")
    parser.add_argument(
        "--header", action="append", default=[], help="name=value, may be given several times"
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--spans", type=int, default=512, help="spans in a body")
    parser.add_argument(
        "--rate", type=float, default=0, help="spans a second over all senders; 0 is no limit"
    )
    parser.add_argument("--max-spans", type=int, default=0, help="stop after so many; 0 is no limit")
    parser.add_argument(
        "--over-days", type=float, default=0, help="spread the runs over the last so many days"
    )
    parser.add_argument("--acknowledged", type=Path, help="file for the ids of acknowledged runs")
    parser.add_argument("--stop-on-error", action="store_true", help="a sender ends when the server is gone")
    options = parser.parse_args()
    bodies = templates(spans=options.spans)
    now = time.time_ns()
    plan = Plan(
        url=options.url,
        headers={"Content-Type": "application/x-protobuf", **dict(h.split("=", 1) for h in options.header)},
        until=time.monotonic() + options.seconds,
        spans_a_second=options.rate / options.concurrency,
        stop_on_error=options.stop_on_error,
        max_spans=options.max_spans,
        start_ns=(now - int(options.over_days * 86_400e9), now) if options.over_days else None,
    )
    tally = Tally()
    cpu = time.process_time()
    out = options.acknowledged.open("a") if options.acknowledged else None
    senders = [
        threading.Thread(target=send, args=(plan, bodies, tally, out)) for _ in range(options.concurrency)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    result = {
        "spans": tally.spans,
        "began": tally.began,
        "bodies": tally.bodies,
        "bytes": tally.bytes,
        "seconds": max(tally.last_ack, tally.began) - tally.began,
        "spans_by_minute": [tally.minutes[minute] for minute in range(max(tally.minutes, default=-1) + 1)],
        "statuses": dict(tally.statuses),
        "ack_ms_p50": quantile(tally.milliseconds, 0.5),
        "ack_ms_p95": quantile(tally.milliseconds, 0.95),
        "sender_cpu_seconds": time.process_time() - cpu,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
