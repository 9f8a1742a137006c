"""What a model decided, whether two answers decide the same, and how often a decision is repeated."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.resampling import (
    Decision,
    Sample,
    ToolCall,
    agreement,
    decision_of,
    is_same_decision,
    most_suspicious,
    why_errors,
)
from roadworthy.features.debug.resampling_book import Resampling


def _message(value: Any) -> RecordedMessage:
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return RecordedMessage(head="200", chunks=((0.0, body),))


def _tool(name: str = "refund", **arguments: object) -> Decision:
    return Decision(calls=(ToolCall(name=name, arguments=orjson.dumps(arguments).decode()),))


CALL = {"order": 4711, "amount": 12.5}
STREAM = b"".join(
    b"data: " + orjson.dumps({"choices": [{"index": 0, "delta": delta}]}) + b"\n\n"
    for delta in (
        {
            "tool_calls": [
                {"index": 0, "id": "c1", "function": {"name": "refund", "arguments": '{"order": 4711, '}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '"amount": 12.5}'}}]},
    )
)
ANSWERS = {
    "chat": {
        "choices": [
            {
                "message": {
                    "content": None,
                    "tool_calls": [
                        {"id": "c9", "function": {"name": "refund", "arguments": orjson.dumps(CALL).decode()}}
                    ],
                }
            }
        ]
    },
    "chat, streamed": STREAM,
    "responses": {
        "output": [{"type": "function_call", "name": "refund", "arguments": orjson.dumps(CALL).decode()}]
    },
    "messages": {
        "content": [{"type": "text", "text": "Well."}, {"type": "tool_use", "name": "refund", "input": CALL}]
    },
    "gemini": {"candidates": [{"content": {"parts": [{"functionCall": {"name": "refund", "args": CALL}}]}}]},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_the_same_call_is_the_same_decision_in_every_dialect(answer: Any) -> None:
    found = decision_of(_message(answer))
    assert found is not None
    assert is_same_decision(found, _tool(amount=12.50, order=4711.0))
    assert not is_same_decision(found, _tool(order=4712, amount=12.5))
    assert not is_same_decision(found, _tool("cancel", order=4711, amount=12.5))


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", {"error": {"message": "no"}}, {"choices": []}, {"output": []}, [1]], ids=str
)
def test_an_answer_without_a_decision_has_none(answer: Any) -> None:
    assert decision_of(_message(answer)) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("It is **42**.", "it is 42", True),
        ("The total comes to 1,234.50 EUR.", "1.234,5 €: that is the total", True),
        ("The total is 41.", "The total is 42.", False),
        ("Yes, certainly.", "No.", False),
        ("yes", "Yes!", True),
    ],
)
def test_words_count_by_their_numbers_and_without_case_and_markdown(
    one: str, other: str, *, same: bool
) -> None:
    assert is_same_decision(Decision(text=one), Decision(text=other)) is same


def test_a_call_and_words_are_never_the_same_and_ids_keep_their_zeros() -> None:
    assert not is_same_decision(_tool(), Decision(text="refund"))
    assert not is_same_decision(_tool(order="007"), _tool(order="7"))
    assert is_same_decision(_tool(order="7.0"), _tool(order=7))


def _samples(step: int, *texts: str, failed: int = 0) -> list[Sample]:
    return [Sample(step=step, decision=Decision(text=one)) for one in texts] + [
        Sample(step=step, error="HTTP 500: no") for _ in range(failed)
    ]


def test_failure_probability_is_the_share_that_decides_otherwise_with_its_interval() -> None:
    samples = [*_samples(1, "41", "42", "42", "42", failed=2), *_samples(2, "a")]
    found = agreement(1, Decision(text="41"), samples)
    assert (found.asked, found.agreed, found.failed, found.failure) == (4, 1, 2, 0.75)
    # Wilson 1927, of 3 in 4.
    assert [found.low, found.high] == pytest.approx([0.3006, 0.9544], abs=1e-3)
    assert found.other == Decision(text="42") and found.other_times == 3


def test_a_step_nobody_answered_has_no_failure_probability() -> None:
    found = agreement(1, Decision(text="41"), _samples(1, failed=3))
    assert found.failure is None and (found.low, found.high) == (0.0, 1.0)


def test_a_recorded_answer_that_cannot_be_read_is_said() -> None:
    found = agreement(1, None, _samples(1, "41"))
    assert found.failure is None and "no decision" in found.note


def test_the_surest_slip_is_named_not_the_highest_share() -> None:
    once = agreement(1, Decision(text="x"), _samples(1, "1"))
    often = agreement(2, Decision(text="x"), _samples(2, *["1"] * 9, "x"))
    never = agreement(3, Decision(text="x"), _samples(3, "x", "x"))
    assert most_suspicious([once, often, never]) is often
    assert most_suspicious([never]) is None


def test_why_calls_failed_is_told_once() -> None:
    assert why_errors(_samples(1, failed=2)) == "2 calls brought no answer: HTTP 500: no"
    assert why_errors(_samples(1, failed=1)) == "1 call brought no answer: HTTP 500: no"
    mixed = [*_samples(1, failed=2), Sample(step=1, error="no answer in time")]
    assert why_errors(mixed) == "3 calls brought no answer, 2 of them: HTTP 500: no"
    assert why_errors(_samples(1, "a")) == ""


def test_a_budget_is_spent_round_by_round() -> None:
    made = Resampling(
        project="p", id="r", run_id="run", agent="a", times=3, steps=(1, 4), most_calls=4, samples=()
    )
    assert made.left() == [1, 4, 1, 4] and made.planned == 4
    begun = Resampling(
        project="p",
        id="r",
        run_id="run",
        agent="a",
        times=3,
        steps=(1, 4),
        most_calls=100,
        samples=tuple(_samples(1, "x", failed=1)),
    )
    assert begun.left() == [4, 4, 1, 4], "a call that failed counts: it may fail again, and costs"
