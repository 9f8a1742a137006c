"""What an agent was asked while it was learned what is usual; frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

import numpy as np
import orjson

from roadworthy.features.watch.inputs.features import VERSION, Weights, Words, vector_of, weights_of
from roadworthy.stats.conformal_drift import InputReference, Strangeness

_SEPARATOR = b"\n"
_WEIGHING = 4
LEARNED_FROM = 600
"""Inputs: 150 for the weights of words, 225 to measure distances to, 225 to compare these with (a p of 0.005
needs 200)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`id` names it in alarms and scores: another sample is another reference."""

    id: str
    n: int
    from_ns: int
    to_ns: int
    weights: Weights
    points: InputReference

    @classmethod
    def learned(cls, inputs: Sequence[Words], *, from_ns: int, to_ns: int) -> Self:
        """`inputs` in their order. Every fourth makes the weights and nothing else: an input whose own words
        made the weights would look less strange than a new one of the same kind."""
        weights = weights_of(inputs[::_WEIGHING])
        rest = [one for place, one in enumerate(inputs) if place % _WEIGHING]
        rows = np.array([vector_of(one, weights) for one in rest])
        name = blake2b(rows.tobytes(), digest_size=6).hexdigest()
        return cls(
            id=name,
            n=len(inputs),
            from_ns=from_ns,
            to_ns=to_ns,
            weights=weights,
            points=InputReference.built(rows, standardise=False),
        )

    def judge(self, words: Words, *, identity: str) -> Strangeness:
        return self.points.judge(vector_of(words, self.weights), identity=identity)

    def to_bytes(self) -> bytes:
        head = {
            "version": VERSION,
            "id": self.id,
            "n": self.n,
            "from_ns": self.from_ns,
            "to_ns": self.to_ns,
            "weights": self.weights,
        }
        return orjson.dumps(head) + _SEPARATOR + self.points.to_bytes()

    @classmethod
    def from_bytes(cls, kept: bytes) -> Self | None:
        """None for one that was made with other features."""
        head, _, points = kept.partition(_SEPARATOR)
        values = orjson.loads(head)
        if values["version"] != VERSION:
            return None
        return cls(
            id=values["id"],
            n=values["n"],
            from_ns=values["from_ns"],
            to_ns=values["to_ns"],
            weights=_weights(values["weights"]),
            points=InputReference.from_bytes(points),
        )


def _weights(values: Mapping[str, object]) -> Weights:
    kept: dict[str, object] = dict(values)
    for name in ("style_mean", "style_scale"):
        kept[name] = tuple(kept[name])  # type: ignore[arg-type]
    return Weights(**kept)  # type: ignore[arg-type]
