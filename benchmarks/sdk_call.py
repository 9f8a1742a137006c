"""What a decorated call costs its host, beside a bare OpenTelemetry span around the same call.

    python -m benchmarks.sdk_call [--rounds 200] [--calls 200]

Each takes turns in one process, on one provider with one exporter queue, whose background thread sleeps while
it is measured; arguments and results are recorded by all of them, for the bare span as texts that were made
before. Medians of all rounds, in µs of the caller's wall time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

import roadworthy
from benchmarks.machine import describe
from roadworthy.sdk.tracer import tracer

RESULT = {"order_id": "A-17", "status": "delivered", "amount": 64.0}
ARGUMENTS_TEXT, RESULT_TEXT = json.dumps({"order_id": "A-17", "limit": 3}), json.dumps(RESULT)
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up"}
QUESTION, ANSWER = "Where is order A-17?", "It was delivered on 2 October."


def look_up(order_id: str, limit: int) -> dict[str, object]:
    return RESULT


def plain() -> None:
    look_up("A-17", limit=3)


def bare_span() -> None:
    attributes = {**TOOL, "gen_ai.tool.call.arguments": ARGUMENTS_TEXT}
    with tracer().start_as_current_span("execute_tool look_up", attributes=attributes) as span:
        look_up("A-17", limit=3)
        span.set_attribute("gen_ai.tool.call.result", RESULT_TEXT)


def bare_span_without_attributes() -> None:
    with tracer().start_as_current_span("execute_tool look_up"):
        look_up("A-17", limit=3)


tool = roadworthy.tool(look_up)
quiet_tool = roadworthy.tool("look_up", capture=False)(look_up)
ask = roadworthy.agent("desk")(lambda question: ANSWER)


@roadworthy.tool
async def look_up_async(order_id: str, limit: int) -> dict[str, object]:
    return RESULT


def decorated_tool() -> None:
    tool("A-17", limit=3)


def decorated_tool_without_content() -> None:
    quiet_tool("A-17", limit=3)


def decorated_agent() -> None:
    ask(QUESTION)


def decorated_coroutine() -> None:
    step = look_up_async("A-17", limit=3)
    try:
        step.send(None)
    except StopIteration:
        return


CASES: tuple[Callable[[], None], ...] = (
    plain,
    bare_span_without_attributes,
    bare_span,
    decorated_tool,
    decorated_agent,
    decorated_coroutine,
    decorated_tool_without_content,
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--calls", type=int, default=200, help="calls a round")
    options = parser.parse_args()
    many = len(CASES) * options.rounds * options.calls
    roadworthy.init(
        endpoint="http://127.0.0.1:9",
        agent="benchmark",
        instrument=False,
        interval_s=3600,
        max_queue_spans=4 * many,
        max_queue_bytes=1 << 62,
        exit_timeout_s=0.1,
    )
    took: dict[str, list[float]] = {case.__name__: [] for case in CASES}
    for _ in range(options.rounds):
        for case in CASES:
            begin = time.perf_counter_ns()
            for _ in range(options.calls):
                case()
            took[case.__name__].append((time.perf_counter_ns() - begin) / options.calls / 1_000)
    bare = statistics.median(took["bare_span"])
    print(json.dumps({"machine": describe(), "rounds": options.rounds, "calls": options.calls}))
    for name, micros in took.items():
        median = statistics.median(micros)
        print(f"{name:34} {median:7.2f} µs   {median / bare:5.2f} × bare_span   (fastest {min(micros):.2f})")
    os._exit(0)  # nobody listens: there is nothing to wait for


if __name__ == "__main__":
    main()
