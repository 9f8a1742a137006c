"""What people see where two calls differ."""

from __future__ import annotations

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from roadworthy.features.debug.tape.difference import MOST_CHARACTERS, MOST_LINES, alike, difference, printed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def call(value: object) -> str:
    return f"/v1/chat/completions\n{json.dumps(value)}"


@given(JSON)
def test_what_is_equal_has_no_difference(value: object) -> None:
    assert difference(call(value), call(value)) == ""
    assert alike(printed(call(value)), printed(call(value))) == 1.0


@given(JSON, JSON)
def test_what_differs_has_one_that_is_bounded(one: object, other: object) -> None:
    found = difference(call(one), call(other))

    if printed(call(one)) != printed(call(other)):
        assert found
    lines = found.split("\n")
    assert len(lines) <= MOST_LINES + 1 and all(len(line) <= MOST_CHARACTERS + 1 for line in lines)


def test_a_long_text_differs_in_its_sentence_alone() -> None:
    before = " ".join(f"Rule {at} says that nothing is promised." for at in range(60))
    after = before.replace("Rule 30 says", "Rule 30 tells")

    lines = difference(call({"system": before}), call({"system": after})).splitlines()

    assert [line for line in lines[2:] if line[:1] in "+-"] == [
        "-  Rule 30 says that nothing is promised.",
        "+  Rule 30 tells that nothing is promised.",
    ]


def test_two_large_calls_that_share_nothing_are_compared_in_time() -> None:
    one, other = ({"rows": [f"{name} {at}" for at in range(20_000)]} for name in ("a", "b"))

    began = time.perf_counter()
    found = difference(call(one), call(other))

    assert time.perf_counter() - began < 5
    assert found.splitlines()[-1].endswith("more lines differ or stand between")
