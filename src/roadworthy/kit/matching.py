"""Whether a text states what was expected, however it is written: as a number, exactly, or contained.

Pure, and linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_NUMBER = re.compile(r"(?<![\w.,-])-?\d+(?:[.,' \u00a0\u202f]\d{3})*(?:[.,]\d+)?(?![\w]|[.,]\d)")
DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_WORDS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
}
_WORD = re.compile(r"\b(" + "|".join(list(_WORDS)[2:]) + r")\b")
"""From two on: "one" is more often no number."""


def normal(text: str) -> str:
    """Lower case, one space, without the marks of Markdown and the stop at the end."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    plain = re.sub(r"[*_`#>]+", "", plain)
    return re.sub(r"\s+", " ", plain).strip().strip(".!? \"'")


def numbers(text: str) -> frozenset[Decimal]:
    """Values, however they are written: 1,234.50 and 1.234,5 are one."""
    plain = DATE.sub(" ", normal(text))
    found = {value for one in _NUMBER.findall(plain) if (value := number(one)) is not None}
    return frozenset(found | {Decimal(_WORDS[one]) for one in _WORD.findall(plain)})


def number(text: str) -> Decimal | None:
    """None for what is no number. The last of two kinds of marks is the decimal one; a single kind is one of
    thousands where three digits follow each."""
    bare = re.sub(r"[' \u00a0\u202f€$£%]", "", text.strip())
    comma, dot = bare.rfind(","), bare.rfind(".")
    if comma >= 0 and dot >= 0:
        thousands = "," if dot > comma else "."
        bare = bare.replace(thousands, "").replace(",", ".")
    elif comma >= 0:
        bare = bare.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+", bare) else bare.replace(",", ".")
    elif bare.count(".") > 1:
        bare = bare.replace(".", "")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        return None
    return value.normalize() if value.is_finite() else None


def is_same(text: str, expected: str) -> bool:
    """Without case, spaces and Markdown."""
    return normal(text) == normal(expected)


def contains(text: str, expected: str) -> bool:
    """As whole words, with punctuation set apart."""
    return f" {normal(expected)} " in f" {_apart(text)} "


def states_number(text: str, expected: str) -> bool:
    """As a value, however either is written; False where `expected` is no number."""
    value = number(expected)
    return value is not None and value in numbers(text)


def _apart(text: str) -> str:
    words = normal(text)
    for mark in '.,;:!?()[]"':
        words = words.replace(f"{mark} ", " ")
    return words.strip('.,;:!?()[]"')
