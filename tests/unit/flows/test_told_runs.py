"""Which step a run ended in, of one that ended in an error."""

from __future__ import annotations

import pytest

from roadworthy.domain.run import Run, RunStatus
from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.debug.ranking.told import Doer
from roadworthy.flows.told_runs import told_run

RUN = Run(
    project="p", id="r", agent="support", input="Refund 4711", status=RunStatus.ERROR, version=1, sort_ns=1
)
LLM, TOOL = SpanKind.LLM, SpanKind.TOOL


def _span(
    at: int, kind: SpanKind = LLM, *, said: str = "", error: str = "", until: int | None = None
) -> Span:
    return Span(
        project="p",
        trace_id="t",
        span_id=f"{at:016x}",
        name="one",
        kind=kind,
        start_ns=at * 10,
        end_ns=(at if until is None else until) * 10 + 5,
        version=1,
        status=SpanStatus.ERROR if error else SpanStatus.OK,
        tool_name="refund" if kind is TOOL else "",
        output=said,
        error=error,
        agent="support",
    )


def test_a_refused_call_to_a_model_is_a_step_of_its_own() -> None:
    told = told_run(
        RUN, [_span(1, said="I look."), _span(2, TOOL, said="paid"), _span(3, error="429: slow down")]
    )
    assert told.ended_in == len(told.steps) - 1
    last = told.steps[-1]
    assert (last.doer, last.name, last.text, last.failed) == (Doer.AGENT, "support", "429: slow down", True)
    assert last.ref == f"{3:016x}"


def test_a_tool_that_failed_last_is_the_step_that_it_is_anyway() -> None:
    told = told_run(RUN, [_span(1, said="I pay it back."), _span(2, TOOL, error="locked")])
    assert told.ended_in is not None
    assert (told.steps[told.ended_in].doer, told.steps[told.ended_in].text) == (Doer.RESULT, "locked")


def test_of_calls_within_each_other_it_is_the_inner() -> None:
    told = told_run(RUN, [_span(1, TOOL, error="broken", until=9), _span(2, error="HTTP 500")])
    assert told.ended_in is not None and told.steps[told.ended_in].text == "HTTP 500"


@pytest.mark.parametrize(
    ("run", "spans"),
    [
        (RUN, [_span(1, error="429"), _span(2, said="Then it went well.")]),
        (RUN, [_span(1, said="The agent itself broke.")]),
        (RUN, []),
        (
            Run(project="p", id="r", version=1, sort_ns=1),
            [_span(1, said="I try."), _span(2, TOOL, error="locked")],
        ),
    ],
)
def test_one_that_went_on_or_ended_otherwise_ended_in_none(run: Run, spans: list[Span]) -> None:
    assert told_run(run, spans).ended_in is None
