"""Spans and runs for tests: every field can be given, the rest is plausible."""

from __future__ import annotations

import random
import uuid
from typing import Any

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import Handoff, Outcome, Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus

DAY = 86_400_000_000_000
HOUR = 3_600_000_000_000
SECOND = 1_000_000_000
NOON = 1_795_348_800_000_000_000
"""2026-11-22 12:00 UTC."""


def trace_id() -> str:
    return uuid.uuid4().hex


def span_id() -> str:
    return uuid.uuid4().hex[:16]


def batch(**content: Any) -> TelemetryBatch:
    return TelemetryBatch(token=uuid.uuid4().hex, **content)


def span(project: str, **fields: Any) -> Span:
    fields.setdefault("trace_id", trace_id())
    fields.setdefault("span_id", span_id())
    fields.setdefault("start_ns", NOON)
    fields.setdefault("end_ns", fields["start_ns"] + SECOND)
    fields.setdefault("received_ns", fields["start_ns"] + 2 * SECOND)
    fields.setdefault("version", 1)
    return Span(project=project, **fields)


def run(project: str, **fields: Any) -> Run:
    fields.setdefault("id", trace_id())
    fields.setdefault("sort_ns", NOON)
    fields.setdefault("started_ns", fields["sort_ns"])
    fields.setdefault("trace_ids", (fields["id"],))
    fields.setdefault("version", 1)
    return Run(project=project, **fields)


def full_span(project: str) -> Span:
    """No field has its default."""
    return Span(
        project=project,
        trace_id=trace_id(),
        span_id=span_id(),
        parent_id=span_id(),
        name="chat gpt-5",
        kind=SpanKind.LLM,
        dialect="genai",
        scope="opentelemetry.instrumentation.openai",
        start_ns=NOON + 1,
        end_ns=NOON + 2_000_000_003,
        received_ns=NOON + 3_000_000_001,
        version=77,
        status=SpanStatus.ERROR,
        error_type="RateLimitError",
        error="429: try again later",
        service="booking",
        release="2026.11",
        environment="production",
        agent="booking agent",
        workflow="book a flight",
        session_id="s-1",
        user_id="u-1",
        provider="openai",
        model_asked="gpt-5",
        model_answered="gpt-5-2026-08-07",
        response_id="chatcmpl-1",
        finish_reason="stop",
        input_tokens=1200,
        output_tokens=0,
        cache_read_tokens=1000,
        cache_write_tokens=5,
        reasoning_tokens=7,
        cost_usd=0.0123,
        tool_name="search",
        tool_call_id="call_1",
        handoff_to="refunds agent",
        input='[{"role": "user", "parts": [{"type": "text", "text": "Grüße, 東京!"}]}]',
        input_format=ContentFormat.MESSAGES,
        output="Bonjour\n\t\"you\" 'there' \\ \u2028",
        output_format=ContentFormat.TEXT,
        tool_definitions='[{"name": "search"}]',
        outcome="failure",
        outcome_reason="no seat left",
        attributes={"customer.tier": "gold", "empty": "", "weird 'key' \\": "weird\n\t'value'"},
        events='[{"name": "exception"}]',
        links='[{"trace_id": "1"}]',
        flags=("orphan", "masked"),
        merged_into=span_id(),
        join_keys=("response:1", "call:1"),
    )


def full_run(project: str) -> Run:
    """No field has its default."""
    own = trace_id()
    return Run(
        project=project,
        id=own,
        sort_ns=NOON + 5,
        version=78,
        trace_ids=(own, trace_id()),
        root_span_id=span_id(),
        name="invoke_agent booking",
        agent="booking",
        agents=("booking", "refunds"),
        service="booking service",
        release="2026.11",
        environment="production",
        session_id="s-1",
        user_id="u-1",
        started_ns=NOON,
        ended_ns=NOON + 9 * SECOND,
        duration_ns=9 * SECOND,
        status=RunStatus.ERROR,
        outcome=Outcome.FAILURE,
        outcome_source="sdk",
        outcome_reason="no seat left",
        model_calls=5,
        failed_model_calls=1,
        tool_calls=6,
        failed_tool_calls=3,
        inferred_tool_calls=2,
        inferred_failed_tool_calls=1,
        negative_results=1,
        tools=("search", "book"),
        failed_tools=("book",),
        models=("gpt-5", "gpt-5-mini"),
        input_tokens=1200,
        output_tokens=0,
        cache_read_tokens=1000,
        cache_write_tokens=5,
        reasoning_tokens=7,
        cost_usd=0.25,
        error_type="BookingError",
        error="no seat 'left' \\",
        input="Book me a seat",
        final_answer="Sorry: 没有座位",
        handoffs=(
            Handoff(
                from_agent="booking", to_agent="refunds", reason="wants money", span_id=span_id(), at_ns=NOON
            ),
        ),
        spans=12,
        merged_spans=2,
        missing_parents=1,
        unended_spans=1,
        flags=("clock_skew",),
        dialects=("genai", "openinference"),
        attributes={"customer.tier": "gold", "resource.host.name": "worker-1"},
        judged="12.3",
        p_failure=0.75,
        findings=(
            Finding(
                detector="false_success_claim",
                version=2,
                confidence=0.9,
                mode="mast-3.3",
                reason="says 'done' \\ though the tool said no: 没有",
                tool="book",
                evidence=(
                    Evidence(span_id=span_id(), place="output", excerpt="done \x00 🚚", start=3, end=9),
                    Evidence(excerpt="whole run"),
                ),
            ),
            Finding(detector="loop"),
        ),
        detectors=("false_success_claim", "loop"),
        modes=("mast-3.3",),
        issues=("i-1", "i-2"),
        superseded_by="",
        first_step_ns=NOON - 4,
        last_step_ns=NOON + 8,
    )


WORDS = [
    "refund",
    "order",
    "flight",
    "seat",
    "Müller",
    "delay",
    "東京タワー",
    "ticket",
    "cancel",
    "hotel",
    "price",
    "42",
    "night_owl",
]


def invented(project: str, *, seed: int, runs: int) -> TelemetryBatch:
    """A fleet's worth of runs, each field with few values so that filters match some and not all."""
    rnd = random.Random(seed)
    made_runs, made_spans = [], []
    for number in range(runs):
        one, steps = _invented_run(rnd, project, number)
        made_runs.append(one)
        made_spans.extend(steps)
    return TelemetryBatch(token=f"invented-{seed}", spans=made_spans, runs=made_runs)


def _invented_run(rnd: random.Random, project: str, number: int) -> tuple[Run, list[Span]]:
    own = f"{rnd.getrandbits(128):032x}"
    traces = (own,) if rnd.random() < 0.8 else (own, f"{rnd.getrandbits(128):032x}")
    sort_ns = NOON - rnd.randrange(4 * 24) * HOUR // 2 - (number // 2)
    known = rnd.random() < 0.7
    attributes = {"tier": rnd.choice(("gold", "free"))} if rnd.random() < 0.6 else {}
    steps = [
        _invented_span(rnd, project, rnd.choice(traces), sort_ns + step)
        for step in range(rnd.randrange(1, 5))
    ]
    one = Run(
        project=project,
        id=own,
        sort_ns=sort_ns,
        version=rnd.randrange(1, 5),
        trace_ids=traces,
        name=rnd.choice(("book", "Refund")),
        agent=rnd.choice(("booking", "refunds", "triage")),
        agents=tuple(rnd.sample(("booking", "refunds", "triage"), rnd.randrange(3))),
        release=rnd.choice(("1", "2", "")),
        session_id=rnd.choice(("", "s1", "s2", "s3")),
        user_id=rnd.choice(("", "u1", "u2")),
        started_ns=sort_ns - rnd.randrange(3),
        ended_ns=sort_ns + rnd.randrange(1, 10**9) if known else 0,
        duration_ns=rnd.randrange(10**9) if known else None,
        status=rnd.choice(list(RunStatus)),
        outcome=rnd.choice(list(Outcome)),
        model_calls=rnd.randrange(4),
        tool_calls=rnd.randrange(4),
        failed_tool_calls=rnd.randrange(2),
        tools=tuple(rnd.sample(("search", "book", "Pay"), rnd.randrange(3))),
        input_tokens=rnd.randrange(1000) if known else None,
        output_tokens=rnd.randrange(1000) if known and rnd.random() < 0.5 else None,
        # Binary fractions: sums do not depend on their order.
        cost_usd=rnd.randrange(64) / 64 if known else None,
        input=" ".join(rnd.choices(WORDS, k=3)),
        final_answer=" ".join(rnd.choices(WORDS, k=3)),
        missing_parents=rnd.choice((0, 0, 1)),
        attributes=attributes,
        step_attributes=steps[0].attributes if rnd.random() < 0.8 else {},
    )
    return one, steps


def _invented_span(rnd: random.Random, project: str, trace: str, start_ns: int) -> Span:
    attributes = {"lane": str(rnd.randrange(4))} if rnd.random() < 0.3 else {}
    if rnd.random() < 0.5:
        attributes["tier"] = rnd.choice(("gold", "silver", "", "7.0", "7"))
    return Span(
        project=project,
        trace_id=trace,
        span_id=f"{rnd.getrandbits(64):016x}",
        start_ns=start_ns,
        end_ns=start_ns + rnd.randrange(10**9) if rnd.random() < 0.8 else 0,
        received_ns=start_ns + SECOND,
        version=rnd.randrange(1, 5),
        kind=rnd.choice((SpanKind.LLM, SpanKind.TOOL)),
        status=rnd.choice(list(SpanStatus)),
        tool_name=rnd.choice(("", "search", "book")),
        input_tokens=rnd.choice((None, 0, 7, 1000)),
        cost_usd=rnd.choice((None, 0.0, 0.5)),
        input=" ".join(rnd.choices(WORDS, k=4)),
        output=" ".join(rnd.choices(WORDS, k=4)),
        attributes=attributes,
        flags=rnd.choice(((), ("orphan",), ("orphan", "masked"))),
    )
