"""A failure that nobody mentions is found; one that is admitted, made good or asked about is not."""

from __future__ import annotations

import pytest

from roadworthy.features.judge.detectors.tool_error_ignored import DETECTOR
from tests.unit.judge.detectors.making import Talk, found

TIMEOUT = "TimeoutError: payment service timed out after 200 ms"


def _refund(answer: str) -> Talk:
    return (
        Talk("Please refund order A-23.")
        .tool("lookup_order", {"order_id": "A-23"}, {"status": "delivered"})
        .tool("issue_refund", {"order_id": "A-23"}, failed=True, error=TIMEOUT)
        .says(answer)
    )


def test_a_time_out_that_the_answer_passes_over() -> None:
    [finding] = found(DETECTOR, _refund("Done! Your refund of 42.50 is on its way."))
    assert finding.tool == "issue_refund" and TIMEOUT in finding.reason
    assert [evidence.place for evidence in finding.evidence] == ["error", "answer"]


def test_a_no_that_the_answer_passes_over() -> None:
    talk = Talk("Refund A-99.").tool("issue_refund", "{}", {"ok": False}, negative=True)
    [finding] = found(DETECTOR, talk.says("Done! I refunded 42.00 for order A-99."))
    assert "said no" in finding.reason and finding.confidence == 0.95


@pytest.mark.parametrize(
    "answer",
    [
        "I could not issue the refund for order A-23: the payment service timed out twice.",
        "I’m afraid the payment didn’t go through.",
        "Unfortunately the refund failed. I escalated the ticket.",
        "Die Erstattung konnte leider nicht ausgeführt werden.",
        "Le remboursement n'a pas pu être effectué.",
        "No se pudo hacer el reembolso.",
        "К сожалению, вернуть деньги не удалось.",
        "返金処理に失敗しました。",
        "There is a charge on the card of 42.50. Shall I use another one?",
        "The card was refused. Please confirm which card I should use.",
        "",
    ],
)
def test_silent_where_the_answer_admits_or_asks(answer: str) -> None:
    assert not found(DETECTOR, _refund(answer))


@pytest.mark.parametrize(
    "answer",
    [
        "Your refund is on its way, no problem! Is there anything else I can help you with?",
        "Sorry for the delay. Your money is on its way. If you don't see it in 5 days, write to us.",
    ],
)
def test_politeness_is_no_admission(answer: str) -> None:
    assert found(DETECTOR, _refund(answer))


def test_silent_where_a_retry_or_another_way_worked() -> None:
    failing = Talk("Refund A-23.").tool("issue_refund", {"order_id": "A-23"}, failed=True)
    assert not found(
        DETECTOR, failing.tool("issue_refund", {"order_id": "A-23"}, {"ok": True}).says("Refunded.")
    )
    searching = Talk("Who am I?").tool("find_user_by_email", "{}", "Error: not found", hidden=True)
    assert not found(DETECTOR, searching.tool("find_user_by_name", "{}", "user_1").says("You are user_1."))


def test_silent_where_it_had_been_done_before() -> None:
    twice = Talk("Cancel X.").tool("cancel", {"id": "X1"}, "ok").tool("cancel", {"id": "X1"}, failed=True)
    assert not found(DETECTOR, twice.says("X is cancelled."))
    said = Talk("Cancel X.").tool("cancel", {"id": "X1"}, failed=True, error="X1 is already cancelled")
    assert not found(DETECTOR, said.says("X is cancelled."))


def test_what_was_told_along_the_way_counts_too() -> None:
    talk = Talk("Cancel X.").tool("cancel_order", {"id": "X1"}, failed=True, error="boom")
    talk.says("Your order has been cancelled.").user("Thanks!").says("You are welcome.")
    [finding] = found(DETECTOR, talk)
    assert finding.evidence[1].place == "output"


def test_protocol_steps_are_no_tools() -> None:
    assert not found(DETECTOR, Talk("Hi").tool("tools/list", failed=True).says("Hello, here you are."))
