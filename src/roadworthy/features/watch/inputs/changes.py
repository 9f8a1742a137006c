"""Which words came up and which went, between a reference and recent inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from math import sqrt

from roadworthy.features.watch.inputs.features import Weights
from roadworthy.features.watch.inputs.view import Term

SHOWN = 8
_LEAST_Z = 3.0
_SHORTEST = 3


def changed_terms(
    weights: Weights, recent: Sequence[Collection[str]]
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Up and down, the surest first: words whose share of inputs differs by at least three standard errors
    (two proportions, pooled; half an input added to each side). A description, not a test: thousands are
    compared."""
    now = Counter(word for one in recent for word in set(one))
    n0, n1 = weights.inputs, len(recent)
    found = []
    for word in now.keys() | weights.document_frequency.keys():
        if len(word) < _SHORTEST and word.isascii():
            continue
        before, after = weights.document_frequency.get(word, 0), now[word]
        p0, p1 = (before + 0.5) / (n0 + 1), (after + 0.5) / (n1 + 1)
        pooled = (before + after + 1) / (n0 + n1 + 2)
        z = (p1 - p0) / sqrt(pooled * (1 - pooled) * (1 / (n0 + 1) + 1 / (n1 + 1)))
        if abs(z) >= _LEAST_Z:
            found.append((z, Term(term=word, before=before / n0, now=after / n1)))
    up = sorted((one for one in found if one[0] > 0), key=lambda one: (-one[0], one[1].term))
    down = sorted((one for one in found if one[0] < 0), key=lambda one: (one[0], one[1].term))
    return tuple(term for _, term in up[:SHOWN]), tuple(term for _, term in down[:SHOWN])
