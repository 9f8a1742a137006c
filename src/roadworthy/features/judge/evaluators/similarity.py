"""How near in meaning the text is to the one expected.

By default the cosine of TF-IDF vectors over words and pairs of words: deterministic and free, but it knows no
synonyms. With an embedding endpoint (`by = embedding`, see `similarity_by_embedding`) it does.

Formula: weight = (1 + ln tf) (1 + ln((1 + N)/(1 + df))), smoothed idf as in Manning, Raghavan, Schütze,
"Introduction to Information Retrieval" (2008), 6.4; the N documents are the two texts, the background that
the configuration brings, and what was said and found in the run.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from pydantic import Field

from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict, graded, unknown
from roadworthy.features.judge.evaluators.subject import Expecting, plain
from roadworthy.features.judge.transcript import Transcript

CHARACTERS_READ = 200_000
"""Of each text: a longer one is no nearer in meaning for its tail."""
DOCUMENTS_READ = 200
_WORD = re.compile(r"\w+")


class SimilarityConfig(Expecting):
    by: Literal["words", "embedding"] = Field(
        default="words",
        description="What is compared: words (TF-IDF, free), or vectors of the project's embedding endpoint, "
        "which know synonyms; while it cannot be had, words, and the score says so.",
    )
    threshold: float = Field(default=0.5, ge=0, le=1, description="From which value on it passes.")
    background: tuple[str, ...] = Field(
        default=(), max_length=1_000, description="Texts of the field: words common in them count for less."
    )


def evaluate(transcript: Transcript, config: SimilarityConfig) -> Verdict:
    wanted = config.wanted(transcript)
    if wanted is None:
        return unknown(config.unsaid())
    pieces = config.pieces(transcript)
    if not pieces:
        return unknown(config.nothing())
    heard = [step.text for step in transcript.sayings[:DOCUMENTS_READ]]
    heard += [used.result for used in transcript.tools[:DOCUMENTS_READ]]
    frequency = _Frequency([*config.background, *heard, wanted, *(p.text for p in pieces)])
    goal = _vector(wanted, frequency)
    value = max(_cosine(goal, _vector(piece.text, frequency)) for piece in pieces)
    return _verdict(value, config)


def near_by_cosine(config: SimilarityConfig, *, value: float, model: str) -> Verdict:
    """The same with vectors of an embedding model. Below 0 counts as 0."""
    return graded(
        value, ok=value >= config.threshold, explanation=f"cosine {value:.3f} of the vectors of {model}"
    )


def _verdict(value: float, config: SimilarityConfig) -> Verdict:
    return graded(value, ok=value >= config.threshold, explanation=f"cosine {value:.3f}")


def _terms(text: str) -> list[str]:
    words = _WORD.findall(plain(text[:CHARACTERS_READ], ignore_case=True, ignore_space=False))
    return words + [f"{a} {b}" for a, b in pairwise(words)]


class _Frequency:
    def __init__(self, texts: Iterable[str]) -> None:
        self.documents = 0
        self.of: Counter[str] = Counter()
        for text in texts:
            self.documents += 1
            self.of.update(set(_terms(text)))

    def idf(self, term: str) -> float:
        return 1.0 + math.log((1 + self.documents) / (1 + self.of[term]))


def _vector(text: str, frequency: _Frequency) -> dict[str, float]:
    return {
        term: (1 + math.log(count)) * frequency.idf(term) for term, count in Counter(_terms(text)).items()
    }


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    if not one or not other:
        return 1.0 if one == other else 0.0
    shared = math.fsum(weight * other.get(term, 0.0) for term, weight in one.items())
    return min(1.0, shared / (math.hypot(*one.values()) * math.hypot(*other.values())))


EVALUATOR = Evaluator(
    name="similarity",
    title="Similar meaning",
    description="Cosine of a text and the expected one, by their words (TF-IDF) or an embedding, in [0, 1].",
    config=SimilarityConfig,
    evaluate=evaluate,
)
