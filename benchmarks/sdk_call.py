"""What a decorated call costs its caller, beside a bare OpenTelemetry span in the same process.

Both go through one tracer provider and its queue to an endpoint that answers at once, with the same
function inside: a bare span with nothing on it, and calls decorated as tool and as agent, with their content
and without. Rounds take turns; a figure is wall time a call, less that of the undecorated function.
"""

from __future__ import annotations

import gc
import http.server
import threading
import time
from collections.abc import Callable
from typing import Any

from opentelemetry import trace

import roadworthy
from benchmarks.figures import Figure, Options, at_most, median, run
from roadworthy.sdk.setup import flush, init, shutdown

CALLS = 2_000


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


def lookup(order: str, region: str = "EU") -> dict[str, str]:
    """What a small tool does."""
    return {"order": order, "region": region, "status": "delivered"}


def bare(tracer: trace.Tracer) -> Callable[[str], dict[str, str]]:
    def call(order: str) -> dict[str, str]:
        with tracer.start_as_current_span("execute_tool lookup"):
            return lookup(order)

    return call


def microseconds(call: Callable[[str], object], calls: int) -> float:
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    for _ in range(calls):
        call("A-17")
    took = time.perf_counter() - began
    gc.enable()
    flush()
    return took / calls * 1e6


def measure(options: Options) -> list[Figure]:
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    rounds = 3 if options.quick else max(options.rounds, 5) * 4
    found: dict[str, list[float]] = {}
    for content in (True, False):
        init(endpoint=f"http://127.0.0.1:{sink.server_port}", instrument=False, content=content)
        named = {
            "function": lookup,
            "bare": bare(trace.get_tracer("bench")),
            f"tool content={content}": roadworthy.tool(lookup),
            f"agent content={content}": roadworthy.agent(lookup),
        }
        for call in named.values():
            microseconds(call, 200)
        for _ in range(rounds):
            for name, call in named.items():
                found.setdefault(name, []).append(microseconds(call, CALLS))
        shutdown()
    sink.shutdown()
    function = median(found["function"]) or 0.0
    floor = (median(found["bare"]) or 0.0) - function
    figures = []
    for name in ("tool content=True", "tool content=False", "agent content=True", "agent content=False"):
        ours = (median(found[name]) or 0.0) - function
        figures.append(
            Figure(
                what=f"decorated call, {name}",
                unit="us",
                ours=ours,
                beside={"bare OpenTelemetry span": floor},
                must="<= 1.3 x bare",
                met=at_most(ours / floor, 1.3) if floor > 0 else None,
            )
        )
    return figures


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0)
