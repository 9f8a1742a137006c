"""Runs that ended with nothing to say are found, those whose words were not recorded are not."""

from __future__ import annotations

from typing import Any

import pytest

from roadworthy.domain.run import RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.features.judge.detectors.no_answer import DETECTOR
from roadworthy.features.judge.transcript import Transcript
from tests.unit.judge.detectors.making import START_NS, Talk, found


def _in_agent(talk: Talk, **changes: Any) -> Transcript:
    made = talk.transcript()
    root = Span(
        project="p",
        trace_id="0" * 32,
        span_id="f" * 16,
        kind=SpanKind.AGENT,
        start_ns=START_NS - 1,
        end_ns=START_NS + 10**9,
    )
    run = made.run
    run.root_span_id, run.final_answer = root.span_id, ""
    for name, value in changes.items():
        setattr(run, name, value)
    return Transcript(run, [root, *made.spans])


def test_an_error_and_no_answer() -> None:
    talk = Talk("Hi").tool("look", "{}", "x")
    [finding] = found(
        DETECTOR,
        talk,
        status=RunStatus.ERROR,
        error="Error code: 400\nmaximum context length",
        final_answer="",
    )
    assert "maximum context length" in finding.reason and finding.evidence[0].place == "error"


@pytest.mark.parametrize(
    "answer", ["None", "null", "(none)", "[no response]", "—", " {} ", "...", "N/A", "\u200b", "<no_content>"]
)
def test_placeholders_are_no_answers(answer: str) -> None:
    assert found(DETECTOR, Talk("Hi").says("x"), final_answer=answer)


@pytest.mark.parametrize("answer", ["Yes", "42", "没有", "x" * 5_000_000, "None of the orders is late.", "0"])
def test_answers(answer: str) -> None:
    assert not found(DETECTOR, Talk("Hi").says("x"), final_answer=answer)


def test_ended_on_a_tool_or_with_an_empty_message() -> None:
    assert found(DETECTOR, _in_agent(Talk("Hi").tool("look", "{}", "x")))
    silent = Talk("Hi").says("Let me see.").user("And?").says("")
    assert found(DETECTOR, silent, final_answer="")


def test_silent_while_it_runs_without_models_and_where_nothing_is_recorded() -> None:
    assert not found(DETECTOR, Talk("Hi").says("x"), status=RunStatus.RUNNING, final_answer="")
    assert not found(DETECTOR, Talk("Hi"), final_answer="")
    spans = [
        Span(
            project="p",
            trace_id="0" * 32,
            span_id=f"{n:016x}",
            kind=kind,
            start_ns=n,
            end_ns=n,
            output_tokens=30,
        )
        for n, kind in enumerate((SpanKind.AGENT, SpanKind.LLM, SpanKind.TOOL, SpanKind.LLM), start=1)
    ]
    run = Talk("Hi").says("x").transcript(final_answer="", input="").run
    assert not found(DETECTOR, Transcript(run, spans))
    # The answer was heard, whatever the run's own field says.
    assert not found(DETECTOR, Talk("Hi").says("Here it is."), final_answer="")


def _only_call(**changes: Any) -> Transcript:
    """Of an empty text, though it counts tokens."""
    fields: dict[str, Any] = {
        "project": "p",
        "trace_id": "0" * 32,
        "span_id": "2" * 16,
        "kind": SpanKind.LLM,
        "start_ns": START_NS,
        "end_ns": START_NS + 1,
        "input": '[{"role":"user","content":"Which tariff is best?"}]',
        "input_format": ContentFormat.MESSAGES,
        "output": '[{"role":"assistant"}]',
        "output_format": ContentFormat.MESSAGES,
        "output_tokens": 640,
        "reasoning_tokens": 640,
        "finish_reason": "length",
    }
    span = Span(**{**fields, **changes})
    run = Talk("Hi").says("x").transcript(final_answer="", root_span_id=span.span_id).run
    return Transcript(run, [span])


def test_the_only_call_thought_with_all_of_its_tokens() -> None:
    [finding] = found(DETECTOR, _only_call())
    assert "no text" in finding.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"reasoning_tokens": None},
        {"reasoning_tokens": 638},
        {"output": '[{"role":"assistant","content":"The small one."}]'},
        {"output": '[{"role":"assistant","tool_calls":[{"name":"pay"}]}]'},
        {"output": "", "output_format": ContentFormat.NONE},
        {"input": "", "input_format": ContentFormat.NONE},
        {"input": '[{"role":"user"}]'},
        {"input": "7"},
        {"status": SpanStatus.ERROR},
    ],
)
def test_tokens_whose_text_was_perhaps_not_recorded(changes: dict[str, Any]) -> None:
    """A stream's text often is not, and where content is off no text is."""
    assert not found(DETECTOR, _only_call(**changes))
