"""What the benchmarks send is what they say they send; a wrong load would make every figure a lie."""

from __future__ import annotations

from collections import Counter

from benchmarks import otlp_bodies
from benchmarks.otlp_bodies import Body
from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.runs.assemble import assemble


def spans_of(body: Body) -> list[Span]:
    record = IntakeRecord(
        project="p", signal=Signal.TRACES, encoding=Encoding.PROTOBUF, received_ns=1, body=body.content
    )
    decoded = decode(record, version=1)
    assert decoded.rejections == []
    return decoded.spans


def test_a_body_holds_the_runs_it_names() -> None:
    (template,) = otlp_bodies.templates(count=1)
    body = template.fresh(otlp_bodies.chooser())
    spans = spans_of(body)
    assert len(spans) == body.spans == 512
    assert Counter(span.trace_id for span in spans) == dict(body.runs)
    calls = [span for span in spans if span.kind is SpanKind.LLM]
    content = [len(span.input) + len(span.output) for span in calls]
    assert 1_900 < sum(content) / len(content) < 2_600


def test_no_two_bodies_share_an_id() -> None:
    (template,) = otlp_bodies.templates(count=1)
    chooser = otlp_bodies.chooser()
    first, second = spans_of(template.fresh(chooser)), spans_of(template.fresh(chooser))
    for field in ("trace_id", "span_id", "response_id", "tool_call_id"):
        here = {getattr(span, field) for span in first} - {""}
        there = {getattr(span, field) for span in second} - {""}
        assert here, field
        assert here.isdisjoint(there), field


def test_a_run_of_the_load_is_one_run_to_us() -> None:
    (run,) = assemble(spans_of(otlp_bodies.one_run().fresh(otlp_bodies.chooser()))).runs
    assert (run.spans, run.model_calls, run.tool_calls, run.failed_tool_calls) == (12, 5, 6, 0)
    assert run.missing_parents == run.unended_spans == run.merged_spans == 0
