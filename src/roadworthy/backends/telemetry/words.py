"""What a word is in full text: the same for every backend.

A word is a run of ASCII letters and digits and of any non-ASCII characters, lower case: what ClickHouse's
`splitByNonAlpha` tokenizer makes of the text. Scripts written without spaces have no such words: a
part of a query in one of them is looked for as a substring.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]+")
_NO_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
MAX_WORDS = 32


def words(text: str) -> list[str]:
    """Distinct words, in order, at most MAX_WORDS."""
    return list(dict.fromkeys(_WORD.findall(text.lower())))[:MAX_WORDS]


def has_spaces(word: str) -> bool:
    """False for scripts that do not part words by spaces."""
    return _NO_SPACES.search(word) is None


def matches(asked: list[str], *texts: str) -> bool:
    """Does every word occur in one of the texts?"""
    lowered = " ".join(texts).lower()
    there = set(_WORD.findall(lowered))
    return all(word in there if has_spaces(word) else word in lowered for word in asked)


def position(word: str, text: str) -> int | None:
    """Where a word of `words` first stands in a text; None where it does not."""
    pattern = rf"(?<![0-9a-z\u0080-\U0010ffff]){re.escape(word)}(?![0-9a-z\u0080-\U0010ffff])"
    found = re.search(pattern if has_spaces(word) else re.escape(word), text.lower())
    return found.start() if found else None
