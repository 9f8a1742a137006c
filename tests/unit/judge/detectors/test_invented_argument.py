"""Arguments out of nowhere are found; what was said, found, computed, offered or merely written is not."""

from __future__ import annotations

from typing import Any

import pytest

from roadworthy.features.judge.detectors.invented_argument import DETECTOR
from tests.unit.judge.detectors.making import Talk, found

ASKED = "I am Ann Lee. Refund order A-1723, 42.50 euros, to ann@example.com, bought on 5 May for 2 people."


def _called(arguments: Any, **more: Any) -> Talk:
    return Talk(ASKED, **more).tool("issue_refund", arguments, {"ok": True}).says("Done.")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"order_id": "B-9981"}, "B-9981"),
        ({"order": {"items": [{"sku": "SKU-77120"}]}}, "SKU-77120"),
        ({"to": "bob@example.com"}, "bob@example.com"),
        ({"amount": 77.35}, "77.35"),
        ({"account": 88231777}, "88231777"),
        ({"callback": "https://evil.example/x"}, "https://evil.example/x"),
        ({"payment_id": "credit_card_7334"}, "credit_card_7334"),
        ({"first_name": "Robert"}, "Robert"),
        ({"date": "2026-11-30"}, "2026-11-30"),
        (
            '[{"role": "assistant", "tool_calls": [{"id": "c1", "arguments": "{\\"id\\": \\"ZZ-4410\\"}"}]}]',
            "ZZ-4410",
        ),
    ],
)
def test_found(arguments: Any, shown: str) -> None:
    [finding] = found(DETECTOR, _called(arguments))
    assert shown in finding.reason and finding.tool == "issue_refund"
    assert shown in finding.evidence[0].excerpt and finding.evidence[0].place == "input"


@pytest.mark.parametrize(
    "arguments",
    [
        {"order_id": "A-1723", "amount": 42.5, "to": "Ann@Example.com", "name": "Ann"},
        {"order_id": "#W1723", "amount": 4250, "date": "2026-05-05", "seats": 2},
        {"reason": "customer asked in ticket 99121", "query": "order 55123 status", "body": "see X-9912"},
        {"limit": 500, "page_size": 1000, "dry_run": True, "note": None, "top_k": 20, "retries": 7},
        {"currency": "EUR", "country": "DE", "urgent": "true", "zone": "europe"},
        {"first_name": "王小明", "x": ""},
        {"text": "a1b2c3 " * 2000},
        "not JSON at all 99123",
        "[]",
        '{"broken": 99123',
        {},
    ],
)
def test_silent(arguments: Any) -> None:
    assert not found(DETECTOR, _called(arguments))


def test_what_tools_found_and_computed_explains() -> None:
    talk = Talk(ASKED).tool("get_order", {"id": "A-1723"}, {"user": "ann_lee_7710", "parts": [158.5, 141.25]})
    talk.tool("refund", {"user": "ann_lee_7710", "amount": 299.75}, "ok")
    assert not found(DETECTOR, talk.says("Done."))


def test_what_the_schema_names_is_no_invention() -> None:
    schema = {"type": "object", "properties": {"plan": {"enum": ["PLAN-2024", "PLAN-2025"]}}}
    tool = {"name": "issue_refund", "parameters": schema}
    assert not found(DETECTOR, _called({"kind": "PLAN-2025"}, tools=[tool]))
    assert found(DETECTOR, _called({"kind": "PLAN-3033"}, tools=[tool]))


def test_dates_are_choices_where_days_were_spoken_of() -> None:
    talk = Talk("Book a table for next Friday.").tool("book", {"date": "2026-11-27"}, "ok").says("Booked.")
    assert not found(DETECTOR, talk)


def test_silent_where_the_tool_refused_and_got_it_right_later() -> None:
    talk = Talk(ASKED).tool("pay", {"card": "card_99812"}, failed=True, error="unknown card")
    assert found(DETECTOR, talk)
    assert not found(DETECTOR, talk.tool("pay", {"card": "x"}, "ok").says("Paid."))


def test_silent_where_results_or_questions_were_not_recorded() -> None:
    talk = Talk(ASKED).tool("get_order", {"id": "A-1723"}, "").tool("pay", {"card": "card_99812"}, "")
    assert not found(DETECTOR, talk.says("Paid."))
    assert not found(DETECTOR, Talk().tool("pay", {"card": "card_99812"}, "ok").says("Paid."), input="")


def test_each_value_is_told_once_and_work_is_bounded() -> None:
    talk = Talk(ASKED)
    for number in range(1500):
        talk.tool("pay", {"card": "card_99812", "list": list(range(5000, 5200)), "n": number}, "ok")
    assert len(found(DETECTOR, talk.says("Paid."))) <= 5
