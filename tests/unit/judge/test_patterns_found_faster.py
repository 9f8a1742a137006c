"""Patterns that were written to be found faster find what the plain ones do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roadworthy.features.judge import values
from roadworthy.features.judge.detectors import secret_in_answer
from roadworthy.features.judge.failure_model import reasoning_signals

WORDS = """
    1 12 3.5 1,234.50 -7 2026-10-02 10/02/2026 3:30 pm 4,500,000 1/2 Sept. september 5 May of $ € % EUR
    a@b.co @ : // http:// https://x.io www.x.io wWw.a. #W123 GPT-4 A-99 x1 _ - . , +49 (030) 555-0100 4111
    DE89 3704 0044 0532 0130 00 078-05-1120 word septiembre. ١٢ ſep é mai
"""
PIECES = st.sampled_from(WORDS.split())
BITS = st.text(alphabet=" \n\t:.-@1aZ\u3000\u00a0", max_size=4)
TEXTS = st.lists(PIECES | BITS).map("".join) | st.lists(PIECES).map(" ".join)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:/\d+)?")
STANDING = re.compile(rf"(?<![\w:/#.,-]){values._NUMBER}(?![\w:/-])")
NEEDED = (
    (secret_in_answer._CARD, secret_in_answer._CARD_LONG),
    (secret_in_answer._IBAN, secret_in_answer._IBAN_BEGINS),
    (secret_in_answer._SSN, secret_in_answer._SSN_SHAPE),
    (secret_in_answer._PHONE, secret_in_answer._PHONE_ENDS),
)


def spans(matches: object) -> list[tuple[int, int, str | None]]:
    return [(one.start(), one.end(), one.lastgroup) for one in matches]  # type: ignore[attr-defined]


def check(text: str) -> None:
    for pattern in (values._VALUE, values._DATE):
        assert spans(values._matches(pattern, text)) == spans(pattern.finditer(text)), text
    assert spans(reasoning_signals._NUMBER.finditer(text)) == spans(NUMBER.finditer(text)), text
    assert spans(values._STANDING.finditer(text)) == spans(STANDING.finditer(text)), text
    for pattern, needed in NEEDED:
        assert pattern.search(text) is None or needed.search(text) is not None, text


@given(TEXTS)
@example("paid $ 5 in\tseptiembre.   12, at a.b+c@d.org: https://x.io/?a=1 and 1 2 3 4 5 6 7 8 9 0 1 2 3 4")
def test_the_same_is_found_in_any_text(text: str) -> None:
    check(text)


def test_the_same_is_found_in_what_frameworks_sent(shared_data: Path) -> None:
    seen = 0
    for file in sorted((shared_data / "otlp").rglob("*.pb"))[::11]:
        check(file.read_bytes()[:20_000].decode("utf-8", "replace"))
        seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    "text", ["1" * 40_000, "a1" * 20_000, "a@" * 20_000, ": " * 20_000, " " * 40_000 + "1"]
)
def test_long_texts_take_no_longer(text: str) -> None:
    check(text)
