"""What an answer states that can be held against another one: numbers, names of things, dates, yes and no.

Two right answers rarely use the same words. They state the same facts.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_NUMBER = re.compile(r"(?<![\w.,-])-?\d+(?:[.,' \u00a0\u202f]\d{3})*(?:[.,]\d+)?(?![\w]|[.,]\d)")
_NAME = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[a-z])[a-z\d]+(?:[-_][a-z\d]+)*\b|\b[a-z]+-\d[\w-]*\b")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_NO = re.compile(
    r"\b(no|not|never|none|nothing|nobody|neither|zero|without|isn't|aren't|doesn't|didn't|wasn't)\b"
)
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
    plain = _DATE.sub(" ", normal(text))
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


def facts(text: str) -> frozenset[str]:
    plain = normal(text)
    dates = set(_DATE.findall(plain))
    bare = _DATE.sub(" ", plain)
    found = dates | {one for one in _NAME.findall(bare) if number(one) is None}
    found |= {f"={one:f}" for one in numbers(text)}
    return frozenset(found | ({"no"} if _NO.search(plain) else set()))


def overlap(left: str, right: str) -> float:
    """Share of words that two texts have in common (Jaccard), 1 for two empty ones."""
    one, other = set(re.findall(r"\w+", normal(left))), set(re.findall(r"\w+", normal(right)))
    return len(one & other) / len(one | other) if one | other else 1.0
