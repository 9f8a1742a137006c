"""Where outcomes and scores go, while a run is open and after it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from opentelemetry import trace

import roadworthy
from roadworthy.sdk import faults
from tests.unit.sdk.collector import Collector

Start = Callable[..., None]


def test_an_outcome_inside_the_agent_is_on_its_span(collector: Collector, start: Start) -> None:
    start()

    @roadworthy.tool
    def refund() -> None:
        roadworthy.outcome("failure", reason="the order does not exist")

    @roadworthy.agent
    def run() -> None:
        refund()

    run()
    roadworthy.flush()
    agent = collector.named("invoke_agent run")
    assert agent.attributes["roadworthy.outcome"] == "failure"
    assert agent.attributes["roadworthy.outcome.reason"] == "the order does not exist"
    assert "roadworthy.outcome" not in collector.named("execute_tool refund").attributes


def test_an_outcome_after_the_agent_has_answered_joins_its_trace(collector: Collector, start: Start) -> None:
    start()
    with trace.get_tracer("web").start_as_current_span("POST /ask"):
        roadworthy.agent("run")(lambda: None)()
        roadworthy.outcome("success")
    roadworthy.flush()
    agent, late = collector.named("invoke_agent run"), collector.named("roadworthy.outcome")
    assert late.trace_id == agent.trace_id
    assert late.parent_id == agent.span_id
    assert late.attributes["roadworthy.outcome"] == "success"
    assert "roadworthy.outcome" not in collector.named("POST /ask").attributes


def test_a_framework_without_our_decorators_gets_it_on_its_current_span(
    collector: Collector, start: Start
) -> None:
    start()
    with trace.get_tracer("framework").start_as_current_span("agent run"):
        roadworthy.outcome("success")
    roadworthy.flush()
    assert collector.named("agent run").attributes["roadworthy.outcome"] == "success"


def test_a_stored_handle_reaches_the_run_later(collector: Collector, start: Start) -> None:
    start()
    handles: list[str | None] = []
    roadworthy.agent("run")(lambda: handles.append(roadworthy.current_run()))()

    roadworthy.score("thumbs", True, label="up", explanation="fast", run=handles[0])

    roadworthy.flush()
    agent, late = collector.named("invoke_agent run"), collector.named("roadworthy.score")
    assert handles == [f"{agent.trace_id}-{agent.span_id}"]
    assert (late.trace_id, late.parent_id) == (agent.trace_id, agent.span_id)
    assert late.events == [
        (
            "gen_ai.evaluation.result",
            {
                "gen_ai.evaluation.name": "thumbs",
                "roadworthy.score.source": "sdk",
                "gen_ai.evaluation.score.value": 1.0,
                "gen_ai.evaluation.score.label": "up",
                "gen_ai.evaluation.explanation": "fast",
            },
        )
    ]


def test_a_score_is_an_event_of_the_step_that_is_open(collector: Collector, start: Start) -> None:
    start()
    with roadworthy.agent("a"), roadworthy.tool("t"):
        roadworthy.score("relevance", 0.25)
    roadworthy.flush()
    tool = collector.named("execute_tool t")
    assert tool.events[0][1] == {
        "gen_ai.evaluation.name": "relevance",
        "roadworthy.score.source": "sdk",
        "gen_ai.evaluation.score.value": 0.25,
    }


@pytest.mark.parametrize(
    ("say", "names"),
    [
        (lambda: roadworthy.outcome("maybe"), "outcome must be"),  # type: ignore[arg-type]
        (lambda: roadworthy.outcome("success", run="42"), "run must be"),
        (lambda: roadworthy.score("", 1), "score name"),
        (lambda: roadworthy.score("empty"), "needs a value or a label"),
        (lambda: roadworthy.score("x", "much"), "could not convert"),  # type: ignore[arg-type]
        (lambda: roadworthy.score("x", 4, label="of 5"), "a number from 0 to 1, not 4"),
        (lambda: roadworthy.score("x", -0.1), "a number from 0 to 1, not -0.1"),
        (lambda: roadworthy.score("x", math.nan), "a number from 0 to 1, not nan"),
        (lambda: roadworthy.score("x", math.inf), "a number from 0 to 1, not inf"),
    ],
)
def test_nonsense_is_said_in_the_log_and_breaks_nothing(
    say: Callable[[], None],
    names: str,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    start()
    with pytest.raises(ValueError, match=names):
        say()
    monkeypatch.setenv("ROADWORTHY_STRICT", "0")
    say()
    say()
    assert [names in record.getMessage() for record in caplog.records] == [True], "said once, with the reason"


def test_an_outcome_outside_any_run_is_told_not_lost_in_silence(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    faults.forget()
    roadworthy.outcome("success")
    assert "outside any run" in caplog.text
