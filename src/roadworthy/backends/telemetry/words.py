"""What a word is in full text, and the excerpt round a match: the same for every backend.

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
EXCERPT = 200
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


def excerpt(asked: list[str], *texts: str) -> str:
    """About EXCERPT characters round the first match of the earliest text that has one."""
    for text in texts:
        lowered = text.lower()
        for word in asked:
            pattern = rf"(?<![0-9a-z\u0080-\U0010ffff]){re.escape(word)}(?![0-9a-z\u0080-\U0010ffff])"
            found = re.search(pattern if has_spaces(word) else re.escape(word), lowered)
            if found:
                return _cut(text, found.start())
    return _cut(next((text for text in texts if text), ""), 0)


def _cut(text: str, at: int) -> str:
    start = max(0, min(at, len(text)) - EXCERPT // 3)
    end = min(len(text), start + EXCERPT)
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
