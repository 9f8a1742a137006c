"""Hand-offs that go back and forth or lose what was known, plans with a hole, statuses that were not read."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from roadworthy.domain.run import Handoff, Run
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.judge.detectors import (
    claim_contradicts_result,
    handoff_ping_pong,
    lost_context_at_handoff,
    plan_step_skipped,
)
from roadworthy.features.judge.transcript import Transcript
from tests.unit.judge.detectors.making import START_NS, Talk, found


def _handoffs(*names: str) -> tuple[Handoff, ...]:
    return tuple(
        Handoff(from_agent=one, to_agent=other, at_ns=START_NS + at * 10**9, reason="not mine")
        for at, (one, other) in enumerate(pairwise(names))
    )


def test_ping_pong() -> None:
    talk = Talk("Refund A-1.").says("Sorry.")
    [finding] = found(handoff_ping_pong.DETECTOR, talk, handoffs=_handoffs("a", "b", "a", "b", "a"))
    assert "4 times" in finding.reason and len(finding.evidence) == 4
    unnamed = tuple(Handoff(from_agent="", to_agent=name, at_ns=at) for at, name in enumerate("ababab"))
    assert found(handoff_ping_pong.DETECTOR, talk, handoffs=unnamed)


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("a", "b"),
        ("a", "b", "a", "b"),
        ("a", "b", "c", "a", "b", "c", "a"),
        ("a", "a", "a", "a", "a", "a"),
    ],
)
def test_no_ping_pong(names: tuple[str, ...]) -> None:
    assert not found(handoff_ping_pong.DETECTOR, Talk("?").says("x"), handoffs=_handoffs(*names))


def test_no_ping_pong_where_work_is_done() -> None:
    spans = [
        Span(
            project="p",
            trace_id="0" * 32,
            span_id=f"{at + 1:016x}",
            kind=SpanKind.TOOL,
            tool_name="work",
            start_ns=START_NS + at * 10**9 + 5 * 10**8,
            end_ns=START_NS + at * 10**9 + 6 * 10**8,
        )
        for at in range(5)
    ]
    run = Run(project="p", id="r", sort_ns=1, handoffs=_handoffs("boss", "w", "boss", "w", "boss", "w"))
    assert not found(handoff_ping_pong.DETECTOR, Transcript(run, spans))


def _handed(*, told: str, says: str, asked: str = "Refund order A-31, mail mia@example.com.") -> Transcript:
    def call(number: int, agent: str, heard: list[dict[str, str]], answer: str) -> Span:
        return Span(
            project="p",
            trace_id="0" * 32,
            span_id=f"{number:016x}",
            kind=SpanKind.LLM,
            agent=agent,
            start_ns=START_NS + number * 10**9,
            end_ns=START_NS + number * 10**9 + 1,
            input=json.dumps(heard),
            input_format=ContentFormat.MESSAGES,
            output=json.dumps([{"role": "assistant", "content": answer}]),
            output_format=ContentFormat.MESSAGES,
        )

    spans = [
        call(1, "triage", [{"role": "user", "content": asked}], "I hand you over."),
        call(3, "Billing Specialist", [{"role": "user", "content": told}], says),
    ]
    handoff = Handoff(from_agent="triage", to_agent="billing_specialist", at_ns=START_NS + 2 * 10**9)
    run = Run(project="p", id="r", sort_ns=1, input=asked, final_answer=says, handoffs=(handoff,))
    return Transcript(run, spans)


def test_context_that_is_lost() -> None:
    [finding] = found(lost_context_at_handoff.DETECTOR, _handed(told="Do a refund.", says="Which one?"))
    assert "A-31" in finding.reason and finding.mode == "mast-2.4"
    asked = _handed(told="Refund order A-31.", says="Could you please provide your e-mail address?")
    [finding] = found(lost_context_at_handoff.DETECTOR, asked)
    assert "mia@example.com" in finding.reason


@pytest.mark.parametrize(
    ("told", "says"),
    [("Refund order A-31.", "Refunded."), ("", "Refunded."), ("Handle A-31.", "Is that all?")],
)
def test_context_that_is_kept(told: str, says: str) -> None:
    assert not found(lost_context_at_handoff.DETECTOR, _handed(told=told, says=says))


def test_nothing_to_lose() -> None:
    assert not found(
        lost_context_at_handoff.DETECTOR, _handed(told="Sing.", says="La.", asked="Sing a song.")
    )
    assert not found(lost_context_at_handoff.DETECTOR, Talk("A-31?").says("Yes."))


TOOLS = ["lookup_order", "check_policy", "issue_refund", "send_mail"]
PLAN = "1. Use lookup_order to find it.\n2. Check policy of the EU.\n3. Call issue_refund.\n4. Tell the user."


def _planned(plan: str, *called: str, answer: str = "All is done.", failed: bool = False) -> Talk:
    talk = Talk("Refund A-1.", tools=TOOLS).says(plan)
    for name in called:
        talk.tool(name, "{}", "ok", failed=failed)
    return talk.says(answer)


def test_a_step_that_was_skipped() -> None:
    [finding] = found(plan_step_skipped.DETECTOR, _planned(PLAN, "lookup_order", "issue_refund"))
    assert finding.tool == "check_policy" and "step 2" in finding.reason


def test_a_step_of_the_task() -> None:
    talk = Talk(f"Please do this:\n{PLAN}", tools=TOOLS).tool("lookup_order", "{}", "x")
    [finding] = found(plan_step_skipped.DETECTOR, talk.tool("check_policy", "{}", "x").says("All is done."))
    assert finding.tool == "issue_refund" and finding.reason.startswith("The task demands")


@pytest.mark.parametrize(
    ("plan", "called", "answer"),
    [
        (PLAN, ("lookup_order", "check_policy", "issue_refund"), "Done."),
        (PLAN, ("lookup_order",), "Done."),
        (PLAN, (), "Done."),
        (PLAN, ("lookup_order", "issue_refund"), "I skipped the policy."),
        (PLAN, ("lookup_order", "issue_refund"), "I could not check the policy."),
        (PLAN.replace("Check policy", "If needed, check policy"), ("lookup_order", "issue_refund"), "Done."),
        ("1. Be kind.\n2. Be quick.\n3. Be right.", ("lookup_order",), "Done."),
        ("No plan.", ("lookup_order",), "Done."),
        (PLAN, ("lookup_order", "issue_refund"), ""),
    ],
)
def test_no_step_was_skipped(plan: str, called: tuple[str, ...], answer: str) -> None:
    assert not found(plan_step_skipped.DETECTOR, _planned(plan, *called, answer=answer), final_answer=answer)


def test_a_failure_explains_a_step_that_is_missing() -> None:
    talk = _planned(PLAN, "lookup_order", "issue_refund", failed=True)
    assert not found(plan_step_skipped.DETECTOR, talk)


def _looked_up(result: Any, answer: str, *, then: str = "") -> Talk:
    talk = Talk("Where is A-31?").tool("lookup_order", {"order_id": "A-31"}, result)
    if then:
        talk.tool(then, "{}", "ok")
    return talk.says(answer)


IN_TRANSIT = {"order_id": "A-31", "status": "in_transit", "amount": 19.99}


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (IN_TRANSIT, "Order A-31 was delivered."),
        (IN_TRANSIT, "The order A-31 is currently **cancelled**."),
        ([IN_TRANSIT, {"order_id": "A-17", "status": "delivered"}], "A-31 is delivered, enjoy it."),
    ],
)
def test_another_status(result: Any, answer: str) -> None:
    [finding] = found(claim_contradicts_result.DETECTOR, _looked_up(result, answer))
    assert "in-transit" in finding.reason and finding.tool == "lookup_order"


@pytest.mark.parametrize(
    ("result", "answer", "then"),
    [
        (IN_TRANSIT, "Order A-31 is in transit.", ""),
        (IN_TRANSIT, "Order A-31 is shipped.", ""),
        (IN_TRANSIT, "Order A-31 is not delivered yet.", ""),
        (IN_TRANSIT, "The payment of A-31 was approved.", ""),
        ({"order_id": "A-31", "status": "returned"}, "Order A-31 was delivered.", ""),
        (IN_TRANSIT, "Once A-31 is delivered you can return it.", ""),
        (IN_TRANSIT, "Order A-31 was cancelled.", "cancel_order"),
        (IN_TRANSIT, "Order A-99 is delivered.", ""),
        (
            [IN_TRANSIT, {"order_id": "A-17", "status": "delivered"}],
            "A-17 is delivered and A-31 is in transit.",
            "",
        ),
        ({"order_id": "A-31", "status": "ok"}, "Order A-31 is delivered.", ""),
        ('{"status": "broken', "Order A-31 is delivered.", ""),
        ({"status": {"deep": []}}, "It is delivered.", ""),
        ("", "", ""),
    ],
)
def test_no_other_status(result: Any, answer: str, then: str) -> None:
    assert not found(claim_contradicts_result.DETECTOR, _looked_up(result, answer, then=then))
