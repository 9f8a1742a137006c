"""What was asked twice, changed without a yes, or left at a promise."""

from __future__ import annotations

import pytest

from roadworthy.features.judge.asked_for import asked_for, given
from roadworthy.features.judge.detectors import (
    asked_again,
    unfinished_conversation,
    write_without_confirmation,
)
from tests.unit.judge.detectors.making import Talk, found

POLICY = (
    "Before you update the booking database, list the details and obtain explicit user confirmation (yes)."
)


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        ("Could you please provide your user ID?", "user id"),
        ("May I have your email address, please?", "e-mail address"),
        ("I'll need your order number to go on.", "order number"),
        ("Please share your zip code and your name.", "zip code"),
        ("What is your phone number?", "phone number"),
        ("To cancel, I need your reservation ID.", "reservation number"),
    ],
)
def test_what_is_asked_for(ask: str, kind: str) -> None:
    assert kind in {one.kind for one in asked_for(ask)}


@pytest.mark.parametrize(
    "text",
    [
        "Your order number is #W1234567.",
        "I found your reservation.",
        "Thank you!",
        "",
        "The user ID is fine.",
    ],
)
def test_what_is_no_request(text: str) -> None:
    assert not list(asked_for(text))


def test_what_was_given() -> None:
    said = given("My user ID is mia_li_3668, mail mia@example.com, zip 19122, order #W2378156.")
    assert said["user id"] == "mia_li_3668" and said["e-mail address"] == "mia@example.com"
    assert said["zip code"] == "19122" and said["order number"] == "#W2378156"
    assert given("no values here") == {}


def test_asked_again() -> None:
    talk = Talk("Hi, my user id is mia_li_3668, please cancel my flight.").says(
        "Sure. What is your reservation ID?"
    )
    talk.user("EHGLP3.").says("Could you please provide your user ID?")
    [finding] = found(asked_again.DETECTOR, talk)
    assert "mia_li_3668" in finding.reason and len(finding.evidence) == 2


def test_not_asked_again() -> None:
    first = Talk("Cancel my flight.").says("Could you please provide your user ID?").user("mia_li_3668")
    assert not found(asked_again.DETECTOR, first.says("Thank you, cancelled."))
    failed = Talk("I am mia_li_3668, user id mia_li_3668.").tool(
        "get_user", {"id": "mia_li_3668"}, "", failed=True
    )
    assert not found(asked_again.DETECTOR, failed.says("Could you please provide your user ID?"))
    named = Talk("My user id is mia_li_3668.").says(
        "Is mia_li_3668 right? Otherwise please provide your user ID."
    )
    assert not found(asked_again.DETECTOR, named)


def _change(
    said: str, *, system: str = POLICY, tool: str = "cancel_reservation", failed: bool = False
) -> Talk:
    talk = Talk("Cancel my trip.", system=system).says("I will cancel EHGLP3. Do you agree?").user(said)
    talk.says("Let me do that.")
    return talk.tool(tool, {"id": "EHGLP3"}, "ok", failed=failed).says("It is cancelled.")


@pytest.mark.parametrize("said", ["Which other ones do I have?", "My card is the one ending in 1234.", ""])
def test_changed_without_a_yes(said: str) -> None:
    [finding] = found(write_without_confirmation.DETECTOR, _change(said or "..."))
    assert finding.tool == "cancel_reservation" and finding.mode == "mast-1.1"


@pytest.mark.parametrize(
    "said", ["Yes.", "Yes, please go ahead!", "OK", "Sounds good, do it", "I confirm.", "Sí, claro"]
)
def test_changed_after_a_yes(said: str) -> None:
    assert not found(write_without_confirmation.DETECTOR, _change(said))


def test_no_yes_is_needed() -> None:
    assert not found(write_without_confirmation.DETECTOR, _change("Which one?", system="Be kind."))
    assert not found(write_without_confirmation.DETECTOR, _change("Which one?", tool="get_reservation"))
    assert not found(write_without_confirmation.DETECTOR, _change("Which?", tool="transfer_to_human_agents"))
    assert not found(write_without_confirmation.DETECTOR, _change("Which one?", failed=True))


def test_changed_before_anything_was_proposed() -> None:
    talk = Talk("Yes, cancel my trip EHGLP3.", system=POLICY).says("").tool("cancel_reservation", "{}", "ok")
    assert found(write_without_confirmation.DETECTOR, talk.says("Done."))


@pytest.mark.parametrize(
    "answer",
    [
        "Your booking was found. I will now cancel it.",
        "Thanks for your patience so far. Let me check the status of the order.",
        "I'm processing your refund. Please hold on.",
        "Ich werde jetzt die Bestellung stornieren.",
    ],
)
def test_ended_with_a_promise(answer: str) -> None:
    talk = Talk("Cancel it.", tools=["cancel"]).tool("get", "{}", "x").says(answer)
    [finding] = found(unfinished_conversation.DETECTOR, talk)
    assert finding.evidence[0].place == "answer"


@pytest.mark.parametrize(
    "answer",
    [
        "I have cancelled it.",
        "I will cancel it once you confirm.",
        "Shall I do that? I will then cancel it.",
        "Let me know if you need anything else!",
        "I'll be happy to help. Is there anything else?",
        "",
        "x" * 5_000_000,
        "\x00\x01",
    ],
)
def test_ended_otherwise(answer: str) -> None:
    assert not found(unfinished_conversation.DETECTOR, Talk("Cancel it.", tools=["cancel"]).says(answer))


def test_a_promise_that_was_kept_or_cannot_be() -> None:
    kept = Talk("Cancel it.", tools=["cancel"]).says("I will now cancel it.").tool("cancel", "{}", "ok")
    assert not found(unfinished_conversation.DETECTOR, kept)
    assert not found(unfinished_conversation.DETECTOR, Talk("Tell a story.").says("I will now sleep."))


def test_a_question_is_no_yes() -> None:
    talk = Talk("Book the flight.", system=POLICY, tools=["book_flight"])
    talk.says("It costs $300. Shall I?").user("Is there a cheaper way to do it?")
    assert found(
        write_without_confirmation.DETECTOR, talk.tool("book_flight", {"id": 1}, "booked").says("Done.")
    )
    sure = Talk("Book the flight.", system=POLICY, tools=["book_flight"])
    sure.says("It costs $300. Shall I?").user("Yes, can you do it now?")
    assert not found(
        write_without_confirmation.DETECTOR, sure.tool("book_flight", {"id": 1}, "booked").says("Done.")
    )
