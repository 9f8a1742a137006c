"""Small runs for tests of evaluators and judges."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.run import Run
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.features.judge.transcript import Transcript

MS = 1_000_000


def call(name: str, arguments: Any = "", result: str = "ok", *, failed: bool = False, ms: int = 1) -> Span:
    return Span(
        project="p",
        trace_id="a" * 32,
        span_id="",
        kind=SpanKind.TOOL,
        tool_name=name,
        name=name,
        input=arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode(),
        output=result,
        status=SpanStatus.ERROR if failed else SpanStatus.OK,
        end_ns=ms * MS,
    )


def transcript(
    answer: str = "",
    *calls: Span,
    asked: str = "Where is my order?",
    attributes: dict[str, str] | None = None,
    duration_ms: int | None = 100,
    cost_usd: float | None = 0.01,
    run_id: str = "a" * 32,
) -> Transcript:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": asked}]
    model = Span(
        project="p",
        trace_id="a" * 32,
        span_id="1" * 16,
        kind=SpanKind.LLM,
        input=orjson.dumps(messages).decode(),
        input_format=ContentFormat.MESSAGES,
        output=answer,
        output_format=ContentFormat.TEXT,
        start_ns=MS,
        end_ns=2 * MS,
    )
    for place, span in enumerate(calls, 2):
        span.span_id = f"{place:016x}"
        span.start_ns += (1 + place) * MS
        span.end_ns += (1 + place) * MS
    run = Run(
        project="p",
        id=run_id,
        sort_ns=1,
        trace_ids=("a" * 32,),
        root_span_id="1" * 16,
        agent="support",
        input=asked,
        final_answer=answer,
        duration_ns=None if duration_ms is None else duration_ms * MS,
        cost_usd=cost_usd,
        attributes=attributes or {},
    )
    return Transcript(run, [model, *calls])
