"""Nothing was found, and the answer knows all about it."""

from __future__ import annotations

from typing import Any

import pytest

from roadworthy.features.judge.detectors.used_empty_result import DETECTOR
from tests.unit.judge.detectors.making import Talk, found

CLAIM = "The warranty of the X200 covers the battery for three years."


@pytest.mark.parametrize(
    "result",
    [
        "[]",
        "{}",
        "null",
        "None",
        '""',
        "No results found.",
        "0 results",
        "Order not found",
        "There are no matching documents",
        {"results": []},
        {"results": [], "total": 0},
        {"count": 0, "query": "x"},
        {"status": "not_found", "order_id": "A-99"},
        {"found": False},
        [{"type": "text", "text": "[]"}],
        {"content": '{"documents": []}', "type": "tool"},
        "Keine Treffer",
        "Aucun résultat",
    ],
)
def test_found(result: Any) -> None:
    talk = Talk("Is the battery covered?").tool("search_docs", {"q": "battery"}, result).says(CLAIM)
    [finding] = found(DETECTOR, talk)
    assert finding.tool == "search_docs" and [one.place for one in finding.evidence] == ["output", "answer"]


@pytest.mark.parametrize(
    "result",
    [
        "",
        "The battery is covered for three years.",
        {"results": [{"text": "covered"}]},
        {"results": [], "answer": "covered for three years"},
        {"count": 3},
        {"status": "delivered"},
        [0, 1],
        "no",
        '{"broken": [',
        "\x00\xff",
        "nothing " * 2000,
        "No results for x, but see: battery three years",
    ],
)
def test_silent_where_something_was_found(result: Any) -> None:
    assert not found(DETECTOR, Talk("?").tool("search_docs", {"q": "battery"}, result).says(CLAIM))


@pytest.mark.parametrize(
    "answer",
    [
        "I could not find anything about the battery of the X200.",
        "Dazu habe ich leider nichts gefunden, das Handbuch schweigt darüber.",
        "Which model do you have, the X200 or the X300 with the big battery?",
        "Done.",
        "",
    ],
)
def test_silent_where_the_answer_says_so_or_says_nothing(answer: str) -> None:
    assert not found(DETECTOR, Talk("?").tool("search_docs", "{}", "[]").says(answer))


def test_silent_where_anything_else_was_found() -> None:
    both = Talk("?").tool("search_docs", "{}", "[]").tool("search_web", "{}", "three years").says(CLAIM)
    assert not found(DETECTOR, both)
    earlier = Talk("?").tool("search_docs", "{}", "three years").says("Which model?").user("X200")
    assert not found(DETECTOR, earlier.tool("search_docs", "{}", "[]").says(CLAIM))


def test_deeds_that_return_nothing_are_no_look_ups() -> None:
    assert not found(
        DETECTOR, Talk("Send it").tool("send_mail", "{}", "null").says("I have sent the mail to Ann.")
    )


def _ran(output: str, answer: str, *, code: int = 0) -> Talk:
    word = "failed" if code else "succeeded"
    ran = f"exitcode: {code} (execution {word})\nCode output: {output}"
    return Talk("How many?").says("```python\nf()\n```", agent="coder").says(ran, agent="runner").says(answer)


def test_code_that_printed_nothing() -> None:
    [finding] = found(DETECTOR, _ran("\n", "So there are 70 of them."))
    assert "70" in finding.reason and "exitcode" in finding.evidence[0].excerpt
    assert not found(DETECTOR, _ran("70\n", "So there are 70 of them."))
    assert not found(DETECTOR, _ran("\n", "That cannot be told."))
    assert not found(DETECTOR, _ran("Traceback", "So there are 70 of them.", code=1))


def test_values_that_nobody_gave_are_found_beside_a_question() -> None:
    talk = Talk("Where is my order?").tool("search_orders", {"q": "order"}, "[]")
    assert found(DETECTOR, talk.says("It was sent on 2026-03-04 for $41.20. Do you want to return it?"))
    assert not found(DETECTOR, Talk("?").tool("search", "{}", "[]").says("Which order do you mean?"))
