"""A team's own answer comes after what its members said, however early its span began."""

from __future__ import annotations

from roadworthy.domain.run import Run
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.judge.transcript import Transcript


def _speaker(number: int, *, start: int, end: int, output: str, parent: str = "") -> Span:
    return Span(
        project="p",
        trace_id="0" * 32,
        span_id=f"{number:016x}",
        parent_id=parent,
        kind=SpanKind.AGENT,
        agent=f"agent-{number}",
        start_ns=start,
        end_ns=end,
        output=output,
        output_format=ContentFormat.TEXT,
    )


def _said(*spans: Span) -> list[str]:
    run = Run(project="p", id="r", sort_ns=1)
    return [step.text for step in Transcript(run, spans).sayings]


def test_an_outer_answer_comes_last_and_once() -> None:
    outer = _speaker(1, start=1, end=10, output="third")
    inner = [
        _speaker(2, start=2, end=3, output="first", parent=outer.span_id),
        _speaker(3, start=4, end=6, output="second", parent=outer.span_id),
    ]

    assert _said(outer, *inner) == ["first", "second", "third"]
    assert _said(outer, *inner, _speaker(4, start=7, end=10, output="third")) == ["first", "second", "third"]


def test_what_has_not_ended_is_heard_at_the_end() -> None:
    assert _said(
        _speaker(1, start=1, end=0, output="open"), _speaker(2, start=2, end=3, output="closed")
    ) == ["closed", "open"]
