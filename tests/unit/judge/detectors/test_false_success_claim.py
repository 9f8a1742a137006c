"""What the answer says was done, against what the tools for it said."""

from __future__ import annotations

import pytest

from roadworthy.features.judge.claims import claims
from roadworthy.features.judge.detectors.false_success_claim import DETECTOR
from tests.unit.judge.detectors.making import Talk, found, handoff


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Done! I refunded 42.00 for order A-99.", "refund"),
        ("I’ve just successfully cancelled your booking.", "cancel"),
        ("Your flight has been rebooked and your refund has been processed.", "refund"),
        ("Refunded 19.99 for order A-31.", "refund"),
        ("Your reservation is now cancelled.", "cancel"),
        ("I have issued a refund of $20.", "refund"),
        ("I could not refund it, but I have cancelled the order.", "cancel"),
        ("We have updated your address and sent you a confirmation.", "send"),
        ("The meeting was successfully scheduled.", "book"),
        ("The exchange has been successfully requested.", "update"),
        ("I have issued a $50 certificate to you.", "apply"),
        ("Ich habe Ihre Bestellung A-1 storniert.", "cancel"),
        ("Ihr Flug wurde gebucht.", "book"),
        ("J'ai bien annulé votre commande.", "cancel"),
        ("Votre commande a été remboursée.", "refund"),
        ("He cancelado su reserva.", "cancel"),
        ("Se ha enviado el correo; su pedido ha sido reembolsado.", "refund"),
    ],
)
def test_claims(text: str, family: str) -> None:
    found_families = {name for claim in claims(text) for name in claim.families}
    assert family in found_families


@pytest.mark.parametrize(
    "text",
    [
        "I have not refunded order A-99.",
        "I couldn't issue the refund.",
        "Your refund has not been processed.",
        "No refund has been issued.",
        "Once your order has been cancelled, you will get a mail.",
        "If I have cancelled the wrong order, tell me.",
        "I will refund you tomorrow. It can be cancelled. It will be refunded.",
        "Shall I cancel it? Have I cancelled the right one?",
        "You have cancelled this order.",
        "Would you like to have it refunded?",
        "The order could have been cancelled.",
        "Options: 1. **Ordered by mistake** 2. **No longer needed**",
        "Ich habe die Bestellung nicht storniert.",
        "",
        "refund " * 10,
        "取消しました。",
    ],
)
def test_no_claims(text: str) -> None:
    assert not claims(text)


def test_the_tool_said_no() -> None:
    talk = Talk("Refund A-99, 42 euros.").tool(
        "issue_refund", {"order_id": "A-99"}, {"ok": False, "reason": "unknown order"}, negative=True
    )
    [finding] = found(DETECTOR, talk.says("Done! I refunded 42.00 for order A-99."))
    assert finding.tool == "issue_refund" and "unknown order" in finding.reason
    answer, result = finding.evidence
    assert answer.place == "answer" and "I refunded" in answer.excerpt and result.place == "output"


def test_the_tool_failed_and_another_deed_worked() -> None:
    talk = Talk("Cancel it and mail me.").tool("cancelOrder", "{}", failed=True, error="boom")
    talk.tool("send_email", "{}", "ok").says("I have cancelled the order and sent you an e-mail.")
    assert [finding.tool for finding in found(DETECTOR, talk)] == ["cancelOrder"]


def test_the_tool_was_never_called() -> None:
    talk = Talk("Cancel order A-1.", tools=["get_order", "cancel_order"]).tool(
        "get_order", "{}", {"id": "A-1"}
    )
    [finding] = found(DETECTOR, talk.says("Your order A-1 has been cancelled."))
    assert finding.tool == "cancel_order" and "never called" in finding.reason


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        ("cancel_order", "Your order has been cancelled."),
        ("run_sql", "Your order has been cancelled."),
        ("ask_billing_specialist", "Your order has been cancelled."),
        ("get_order", "I could not cancel the order."),
        ("get_order", "I have updated my notes."),
        ("get_order", "I have escalated the ticket."),
    ],
)
def test_silent_where_something_may_have_done_it_or_nothing_is_claimed(other: str, answer: str) -> None:
    talk = Talk("Cancel order A-1.", tools=["get_order", "cancel_order", "update_address", "escalate_ticket"])
    assert not found(DETECTOR, talk.tool(other, "{}", {"id": "A-1"}).says(answer))


def test_silent_on_a_state_that_was_read_and_after_a_hand_off() -> None:
    talk = Talk("Where is A-1?", tools=["get_order", "cancel_order"])
    talk.tool("get_order", "{}", {"status": "cancelled"}).says("Your order has been cancelled.")
    assert not found(DETECTOR, talk)
    other = Talk("Cancel A-1.", tools=["cancel_order"]).says("Your order has been cancelled.")
    assert found(DETECTOR, other) and not found(DETECTOR, other, handoffs=(handoff("billing"),))


def test_of_two_the_one_that_failed_is_found_by_its_id() -> None:
    talk = Talk("Cancel B-11 and B-22.").tool("cancel_booking", {"id": "B-11"}, "ok")
    talk.tool("cancel_booking", {"id": "B-22"}, failed=True, error="too late")
    assert not found(
        DETECTOR, Talk("Cancel").tool("cancel_booking", {"id": "B-11"}, "ok").says("I cancelled B-11.")
    )
    talk.says("I have cancelled B-11.\nI have cancelled B-22.")
    [finding] = found(DETECTOR, talk)
    assert "B-22" in finding.reason


def test_silent_without_tools() -> None:
    assert not found(DETECTOR, Talk("Write a poem.").says("I have written and sent a poem."))


def test_what_failed_since_the_user_was_last_told_is_what_is_claimed() -> None:
    tools = ["exchange_items"]
    talk = Talk("Exchange the lamp and the hose.", tools=tools).tool("exchange_items", {"item": 1}, "done")
    talk.says("The lamp is exchanged. The hose too?").user("Yes.")
    talk.tool("exchange_items", {"item": 2}, "Timed out", failed=True)
    [finding] = found(DETECTOR, talk.says("The exchange has been successfully processed."))
    assert finding.tool == "exchange_items" and "failed" in finding.reason


def test_a_charge_that_was_applied_is_no_deed_of_its_own() -> None:
    talk = Talk("Upgrade me.", tools=["upgrade", "send_certificate"]).tool("upgrade", "{}", "ok")
    assert not found(DETECTOR, talk.says("Upgraded. The charges have been applied to your credit card."))
