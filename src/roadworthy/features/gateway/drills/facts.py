"""What an answer states that can be held against another one: numbers, names of things, dates, yes and no.

Two right answers rarely use the same words. They state the same facts.
"""

from __future__ import annotations

import re

from roadworthy.kit.matching import DATE, normal, number, numbers

_NAME = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[a-z])[a-z\d]+(?:[-_][a-z\d]+)*\b|\b[a-z]+-\d[\w-]*\b")
_NO = re.compile(
    r"\b(no|not|never|none|nothing|nobody|neither|zero|without|isn't|aren't|doesn't|didn't|wasn't)\b"
)


def facts(text: str) -> frozenset[str]:
    plain = normal(text)
    dates = set(DATE.findall(plain))
    bare = DATE.sub(" ", plain)
    found = dates | {one for one in _NAME.findall(bare) if number(one) is None}
    found |= {f"={one:f}" for one in numbers(text)}
    return frozenset(found | ({"no"} if _NO.search(plain) else set()))


def overlap(left: str, right: str) -> float:
    """Share of words that two texts have in common (Jaccard), 1 for two empty ones."""
    one, other = set(re.findall(r"\w+", normal(left))), set(re.findall(r"\w+", normal(right)))
    return len(one & other) / len(one | other) if one | other else 1.0
