"""Two weeks of three agents, as they would have sent themselves: `support` falls from 94 % to 79 % with its
second release, `billing` stays as it was, `archive` has only begun."""

from __future__ import annotations

import random
import time
from functools import partial

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.journeys.traffic import _messages, _number, _text
from tests.product import Product, wait_until

HOUR_NS = 3_600 * 10**9
DAYS = 14
FALLS_ON_DAY = 8.0
_BATCH = 80
_BEFORE = ("Where is my order {n}?", "I want to return order {n}", "When does parcel {n} arrive?")
_AFTER = ("My voucher {n} was refused at the checkout", "Coupon code {n} gives no discount in the app")


def send(server: Product, *, per_hour: float = 7.0, seed: int = 4) -> int:
    """Sends oldest first, waits until all of it was judged, and says how many runs there are."""
    dice = random.Random(seed)
    now = time.time_ns()
    made: list[tuple[int, str, Span]] = []
    for agent, hours, rate in (
        ("support", 24 * DAYS, per_hour),
        ("billing", 24 * DAYS, per_hour / 2),
        ("archive", 6, 5.0),
    ):
        for number in range(int(hours * rate)):
            back = (hours - (number + dice.random() * 0.6) / rate) * HOUR_NS
            day = DAYS - back / HOUR_NS / 24
            at = int(now - back) - 120 * 10**9
            release = "1.1" if agent == "support" and day >= FALLS_ON_DAY else "1.0"
            made.append((at, release, _run(agent, at, day=day, number=number, dice=dice)))
    made.sort(key=lambda each: each[0])
    for first in range(0, len(made), _BATCH):
        batch = made[first : first + _BATCH]
        assert server.send(_body(batch)).status == 200
        # What waits is judged newest first: as it would have come, the older runs were judged by then.
        wait_until(partial(_judged, server, first + len(batch)), seconds=60, what="judged runs")
    return len(made)


def _judged(server: Product, count: int) -> bool:
    return bool(server.json("/api/v1/runs/count?from=-60d&filter=judged:exists")["count"] >= count)


def _run(agent: str, at: int, *, day: float, number: int, dice: random.Random) -> Span:
    changed = agent == "support" and day >= FALLS_ON_DAY
    failure = 0.21 if changed else 0.06 if agent == "support" else 0.03
    question = dice.choice(_AFTER if changed and dice.random() < 0.6 else _BEFORE).format(n=40_000 + number)
    span = Span(
        trace_id=dice.randbytes(16),
        span_id=dice.randbytes(8),
        name=f"invoke_agent {agent}",
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=at,
        end_time_unix_nano=at + int(dice.lognormvariate(8.3, 0.4)) * 10**6,
    )
    span.attributes.extend(
        [
            _text("gen_ai.operation.name", "invoke_agent"),
            _text("gen_ai.agent.name", agent),
            _text("gen_ai.request.model", "gpt-4o-mini"),
            _number("gen_ai.usage.input_tokens", 300 + dice.randrange(200)),
            _number("gen_ai.usage.output_tokens", 40 + dice.randrange(60)),
            _text("gen_ai.input.messages", _messages("user", question)),
            _text("gen_ai.output.messages", _messages("assistant", "It is on its way.")),
            _text("roadworthy.outcome", "failure" if dice.random() < failure else "success"),
        ]
    )
    return span


def _body(runs: list[tuple[int, str, Span]]) -> bytes:
    request = ExportTraceServiceRequest()
    for release in sorted({each[1] for each in runs}):
        resource = request.resource_spans.add()
        resource.resource.attributes.extend(
            [_text("service.name", "shop"), _text("service.version", release)]
        )
        resource.scope_spans.add().spans.extend(span for _, each, span in runs if each == release)
    return request.SerializeToString()
