"""Limits, surrenders, and people who get what no tool was tried on."""

from __future__ import annotations

import pytest

from roadworthy.domain.run import RunStatus
from roadworthy.features.judge.detectors.gave_up_early import DETECTOR
from tests.unit.judge.detectors.making import Talk, found, handoff
from tests.unit.judge.detectors.test_no_answer import _in_agent

HUMAN = "transfer_to_human_agents"


@pytest.mark.parametrize(
    "error",
    [
        "GraphRecursionError: Recursion limit of 25 reached",
        "MaxTurnsExceeded: Max turns (10) exceeded",
        "UsageLimitExceeded: request_limit of 50",
        "Agent stopped due to iteration limit or time limit.",
    ],
)
def test_limits(error: str) -> None:
    [finding] = found(DETECTOR, Talk("Hi").says("Hm"), status=RunStatus.ERROR, error=error, final_answer="")
    assert finding.mode == "mast-3.1"


@pytest.mark.parametrize(
    "answer",
    [
        "Agent stopped due to max iterations.",
        "Sorry, need more steps to process this request.",
        "I was unable to complete the migration.",
        "We couldn't finish the report, the data is too large.",
        "I am giving up.",
        "Leider: Ich konnte die Aufgabe nicht lösen.",
    ],
)
def test_surrenders(answer: str) -> None:
    assert found(DETECTOR, Talk("Do it").says(answer))


@pytest.mark.parametrize(
    "answer",
    [
        "I could not issue the refund for order A-23: it timed out. I have escalated the ticket.",
        "All is done. If you cannot complete the form, call us.",
        "The maximum number of steps is 10 by default.",
        "",
        "x" * 300_000,
    ],
)
def test_silent(answer: str) -> None:
    assert not found(DETECTOR, Talk("Do it", tools=["a_tool"]).tool("a_tool", "{}", "ok").says(answer))


def test_handed_to_a_person_untried() -> None:
    offered = ["get_order", HUMAN]
    [finding] = found(DETECTOR, Talk("Hi", tools=offered).tool(HUMAN, '{"summary": "?"}', "ok").says("Bye."))
    assert finding.tool == HUMAN
    said = "Let me transfer you to a human agent. I have transferred you to a human agent."
    assert found(DETECTOR, Talk("Hi", tools=offered).says(said))
    tried = Talk("Hi", tools=offered).tool("get_order", "{}", "x").tool(HUMAN, "{}", "ok").says("Bye.")
    assert not found(DETECTOR, tried)
    assert not found(DETECTOR, Talk("Hi").says(said))
    assert not found(DETECTOR, Talk("I want to talk to a human!", tools=offered).says(said))
    [finding] = found(DETECTOR, Talk("Hi", tools=offered).says("Bye."), handoffs=(handoff("human_agents"),))
    assert "person" in finding.reason


def test_ended_on_a_tool() -> None:
    [finding] = found(DETECTOR, _in_agent(Talk("Hi").tool("look", "{}", "x")))
    assert finding.tool == "look"
    assert not found(DETECTOR, _in_agent(Talk("Hi").tool("look", "{}", "x").says("")))
    assert not found(DETECTOR, Talk("Hi").tool("look", "{}", "x"), final_answer="")


def test_silent_while_it_runs() -> None:
    talk = Talk("Hi").says("I am giving up.")
    assert not found(DETECTOR, talk, status=RunStatus.RUNNING)
