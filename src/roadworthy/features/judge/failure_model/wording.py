"""How a run talks: counts of words, and the small word lists that signals are made of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log, sqrt

from roadworthy.features.judge.letters import LETTERS_ONLY

MOST = 60_000
"""Characters of a run's talk that are read, half from its beginning and half from its end."""

_WORD = re.compile(r"[a-z]{2,}")

HEDGES = frozenset(
    [
        "perhaps",
        "maybe",
        "likely",
        "presumably",
        "seems",
        "seem",
        "appears",
        "appear",
        "ambiguous",
        "unclear",
        "insufficient",
        "missing",
        "unknown",
        "impossible",
        "cannot",
        "contradiction",
        "contradicts",
        "inconsistent",
        "unrealistic",
        "negative",
        "undefined",
        "error",
        "incorrect",
        "might",
        "possibly",
        "interpret",
        "interpretation",
    ]
)
SECOND_THOUGHTS = frozenset(
    [
        "mistake",
        "mistaken",
        "apologize",
        "apologise",
        "apologies",
        "sorry",
        "incorrect",
        "wrong",
        "error",
        "misunderstanding",
        "oversight",
        "reevaluate",
        "revised",
        "correction",
        "corrected",
        "discrepancy",
        "contradiction",
        "mismatch",
        "disagree",
        "however",
        "wait",
        "actually",
        "confusion",
    ]
)
ASSUMPTIONS = frozenset(
    ["assume", "assumes", "assumed", "assuming", "assumption", "suppose", "supposing", "presume", "interpret"]
)
AGREEMENT = frozenset(
    [
        "agree",
        "agrees",
        "verified",
        "confirm",
        "confirms",
        "confirmed",
        "consistent",
        "correct",
        "match",
        "matches",
        "validated",
        "aligned",
    ]
)
GAPS = frozenset(
    ["insufficient", "unclear", "unknown", "missing", "unspecified", "ambiguous", "undetermined"]
)
FURTHER = frozenset(["also", "additionally", "another", "addition", "both", "then", "other", "all", "well"])
"""Words with which people ask for one thing more."""
CONDITIONS = frozenset(
    [
        "if",
        "unless",
        "otherwise",
        "provided",
        "only",
        "except",
        "without",
        "instead",
        "rather",
        "within",
        "before",
        "after",
        "under",
        "over",
        "prefer",
        "least",
        "most",
        "less",
        "more",
        "cheapest",
        "lowest",
        "highest",
        "smallest",
        "largest",
        "fastest",
        "earliest",
        "latest",
        "shortest",
        "same",
    ]
)


def clip(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST // 2] + "\n" + text[-MOST // 2 :]


def words_of(texts: Iterable[str]) -> Counter[str]:
    """Words of two letters and more, with how often each is used."""
    counted = Counter(words_in(texts))
    for word in [word for word in counted if len(word) == 1]:
        del counted[word]
    return counted


def words_in(texts: Iterable[str]) -> list[str]:
    """Words in their order; of one letter, too, as far as that is less work."""
    text = clip("\n".join(texts)).lower()
    return text.translate(LETTERS_ONLY).split() if text.isascii() else _WORD.findall(text)


def count(words: Counter[str], wanted: frozenset[str]) -> int:
    # The list is shorter than most vocabularies.
    return sum(words[word] for word in wanted if word in words)


@lru_cache(maxsize=4096)
def _damped(times: int) -> float:
    return 1.0 + log(times)


def weigh(words: Mapping[str, int], rarity: dict[str, float]) -> dict[str, float]:
    """TF-IDF of length 1 with damped counts (1 + ln n) over the words of `rarity` (their idf)."""
    found = {word: _damped(times) * rarity[word] for word, times in words.items() if word in rarity}
    length = sqrt(sum(value * value for value in found.values()))
    return {word: value / length for word, value in found.items()} if length else {}
