"""Values that nothing explains are found, in whatever spelling; what was seen in another one is not."""

from __future__ import annotations

from typing import Any

import pytest

from roadworthy.features.judge.detectors.ungrounded_value import DETECTOR
from roadworthy.features.judge.values import values
from tests.unit.judge.detectors.making import Talk, found

ORDER = {
    "order_id": "A-17",
    "amount": 1234.5,
    "tax": 0.2,
    "delivered_on": "2026-10-02T15:30:00Z",
    "email": "Ann.Lee@example.com",
    "url": "https://shop.example/orders/17",
    "prices": [158.25, 141.5],
    "weight_g": 2500,
    "phone": "+49 30 1234567",
}


def _answer(text: str, result: Any = ORDER, **more: Any) -> Talk:
    return Talk("Where is order A-17?", **more).tool("get_order", {"id": "A-17"}, result).says(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It costs 42.50 dollars.", "42.50"),
        ("It costs $1,243.50.", "$1,243.50"),
        ("It was delivered on 2026-10-05.", "2026-10-05"),
        ("It was delivered on October 27th.", "October 27th"),
        ("Your number is R-8812-X.", "R-8812-X"),
        ("Write to help@shop.example for that.", "help@shop.example"),
        ("See https://shop.example/returns/form.", "https://shop.example/returns/form"),
        ("There are 8731 in stock.", "8731"),
        ("You get 35 % off.", "35 %"),
        ("Es kostet 77,35 €.", "77,35 €"),
        ("価格は 8731 円です。", "8731"),
    ],
)
def test_found(text: str, value: str) -> None:
    [finding] = found(DETECTOR, _answer(text))
    assert value in finding.reason and finding.mode == "ungrounded"
    assert value in finding.evidence[0].excerpt


@pytest.mark.parametrize(
    "text",
    [
        "Order A-17 (A17, #a-17) costs $1,234.50, that is 1234.5 USD or 1.234,50 €.",
        "VAT is 20%, so 20 percent.",
        "It came on 2 October 2026, on Oct 2nd, on 02.10.2026, on 10/2/2026, on 2/10/26 and on October 2.",
        "It came at 3:30 PM, 15:30.",
        "Together they cost $299.75; the difference is $16.75.",
        "About $1,235, with 20% off $987.60.",
        "It weighs 2.5 kg.",
        "Write to ann.lee@example.com or see shop.example/orders/17.",
        "1. First\n2. Second\n13. Thirteenth\nYou have 3 orders since 2019.",
        "It takes 24 hours, 100% sure, on the 3rd try, with GPT-4.",
        "You can return it within 14 days, until 16 October 2026.",
        "Call +49-30-1234567.",
        "```\nprint(987654)\n``` and `x = 55555`",
        "Nothing to say.",
        "",
    ],
)
def test_silent(text: str) -> None:
    assert not found(DETECTOR, _answer(text, system="Returns are possible for 14 days."))


def test_steps_of_a_calculation_explain_the_next() -> None:
    text = "158.25 + 141.5 = 299.75, and twice 299.75 is 599.5; less 20.00 it is 579.5."
    assert not found(DETECTOR, _answer(text, [158.25, 141.5, 20]))


def test_what_users_and_instructions_say_explains() -> None:
    talk = Talk("I paid 77.31 with card 4242.", system="The fee is 55.20.").tool("get_order", "{}", {"id": 1})
    assert not found(DETECTOR, talk.says("You paid 77.31 with 4242; the fee is 55.20."))


def test_what_comes_later_does_not_explain() -> None:
    talk = Talk("Hi").tool("get_order", "{}", {"id": 1}).says("Your code is XK-8812.")
    [finding] = found(DETECTOR, talk.user("Is it XK-8812?").says("Yes, XK-8812."))
    assert len(finding.evidence) == 1 and finding.evidence[0].place == "output"


def test_silent_without_tools_and_where_results_were_not_recorded() -> None:
    assert not found(
        DETECTOR, Talk("When did Goethe die?").says("On 22 March 1832, after 82 years, 7 months.")
    )
    assert not found(DETECTOR, _answer("It costs 42.50.", ""))
    assert found(DETECTOR, Talk("Price?", tools=["get_price"]).says("It costs 42.50 dollars."))


@pytest.mark.parametrize(
    "text",
    ["9" * 5000, "1,2,3,4" * 3000, "a1-" * 5000, "1." * 5000, "\x00\ud800 77", "1e999 ٣٤٥ ²³", "99/99/9999"],
)
def test_odd_texts_do_no_harm(text: str) -> None:
    list(values(text))
    found(DETECTOR, _answer(text))


def test_a_huge_answer_and_many_steps_are_looked_at_in_part() -> None:
    talk = Talk("Sum up.")
    for number in range(2000):
        talk.tool("get", {"n": number}, {"value": number * 1.37})
    found(DETECTOR, talk.says("Total 123456.78. " * 300_000))


@pytest.mark.parametrize(
    ("answer", "differs"), [("It is 17.", False), ("It is 17 of 3, so 3.5", True), ("Done.", False)]
)
def test_the_answer_ends_on_what_the_code_gave(answer: str, differs: bool) -> None:
    ran = "exitcode: 0 (execution succeeded)\nCode output: 17\n"
    talk = Talk("How many?").says("```python\nf()\n```").says(ran, agent="runner").says(answer)
    assert bool(found(DETECTOR, talk)) is differs
