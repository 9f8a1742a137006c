"""An input as numbers: hashed TF-IDF of its words, and how it is written.

Nothing but the text goes in. Words are hashed into a fixed number of columns with signs (Weinberger et al.
2009, "Feature hashing for large scale multitask learning", ICML), so that a vector is small whatever the
language; weights are 1 + ln tf times the inverse document frequency in the reference, and the vector has
length 1. The length of the text and its shares of digits, of letters beyond ASCII and of punctuation come as
columns of their own.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

VERSION = "1"
"""Of the features: a reference made with others is learned anew."""
COLUMNS = 256
_STYLES = 4
_STYLE_WEIGHT = 0.25
CHARACTERS = 8_000
"""Of an input are looked at: the first half and the last half of so many."""
_WORDS = 400
_WORD = re.compile(r"[^\W\d_]{2,30}|\d+")
_NUMBER = "0"
"""Numbers count as one word: order 4711 and order 4712 are asked alike."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is kept of an input: its words with how often they come, and its style."""

    counts: Mapping[str, int]
    style: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Frozen with the reference."""

    inputs: int
    """So many the frequencies are of."""
    document_frequency: Mapping[str, int]
    style_mean: tuple[float, ...]
    style_scale: tuple[float, ...]


def words_of(text: str) -> Words:
    cut = text if len(text) <= CHARACTERS else text[: CHARACTERS // 2] + " " + text[-CHARACTERS // 2 :]
    found = (_NUMBER if word[0].isdigit() else word for word in _WORD.findall(cut.lower()))
    counts = Counter(found)
    length = max(1, len(cut))
    style = (
        math.log1p(len(text)),
        sum(map(str.isdigit, cut)) / length,
        sum(not char.isascii() for char in cut) / length,
        sum(not char.isalnum() and not char.isspace() for char in cut) / length,
    )
    return Words(counts=dict(counts.most_common(_WORDS)), style=style)


def weights_of(inputs: Sequence[Words], *, terms: int = 20_000) -> Weights:
    """Of a reference. `terms` are kept, the most frequent ones."""
    frequency: Counter[str] = Counter()
    for one in inputs:
        frequency.update(one.counts.keys())
    # Ties by the word, so that the same inputs give the same weights.
    kept = sorted(frequency.items(), key=lambda item: (-item[1], item[0]))[:terms]
    styles = np.array([one.style for one in inputs], dtype=np.float64).reshape(-1, _STYLES)
    scale = styles.std(axis=0)
    # A style that never varied would make any change of it infinitely strange.
    least = np.array([0.25, 0.01, 0.01, 0.01])
    return Weights(
        inputs=len(inputs),
        document_frequency=dict(kept),
        style_mean=tuple(styles.mean(axis=0).tolist()),
        style_scale=tuple(np.maximum(scale, least).tolist()),
    )


def vector_of(words: Words, weights: Weights) -> Vector:
    """The same for the same words and weights, to the last bit."""
    row = np.zeros(COLUMNS + _STYLES)
    for word, times in words.counts.items():
        column, sign = _place(word)
        seen = weights.document_frequency.get(word, 0)
        idf = math.log((1 + weights.inputs) / (1 + seen)) + 1
        row[column] += sign * (1 + math.log(times)) * idf
    norm = math.sqrt(float((row * row).sum()))
    if norm > 0:
        row /= norm
    for place in range(_STYLES):
        z = (words.style[place] - weights.style_mean[place]) / weights.style_scale[place]
        row[COLUMNS + place] = _STYLE_WEIGHT * max(-4.0, min(4.0, z))
    return row


@lru_cache(maxsize=50_000)
def _place(word: str) -> tuple[int, float]:
    number = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
    return number % COLUMNS, 1.0 if number >> 63 else -1.0
