"""Whether inputs still look like those of the reference, and which single ones do not."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from roadworthy.stats.shiryaev_roberts import Alarmed, ShiryaevRoberts

Floats = NDArray[np.float64]

KAPPAS = (0.2, 0.4, 0.6, 0.8)
TAIL = 0.005
NEIGHBOURS = 10
LARGEST_PART = 1000
SMALLEST_REFERENCE = 100
LEVELS = {50: 0.0072, 100: 0.0056, 200: 0.0043, 400: 0.0036, 700: 0.0030, 1000: 0.0027}
"""By how little each order statistic may miss its bound so that, of so many, all hold with 90 %: found by
simulation (8,000 draws each, 1.7 s for the largest: too long to do while somebody waits), rounded down; a
test holds them."""
SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangeness:
    distance: float
    """Mean distance to the nearest neighbours in the reference."""
    p: float
    """Uniform for an input like the reference's, ties broken at random by the input's id: P(p <= a) = a."""
    p_bound: float
    """The same, made larger so that it holds *given* this reference (with 90 % confidence): for drift."""

    @property
    def tail(self) -> bool:
        """Whether so strange an input came up at most five times in a thousand."""
        return self.p <= TAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReference:
    """Frozen. At most 1,000 inputs to measure distances to and 1,000 to compare these with, so memory is
    bounded by what it was built from. Split-conformal: Vovk, Gammerman & Shafer 2005, section 4.1
    (inductive)."""

    points: Floats
    """Half of the reference, one input a row."""
    scale: Floats
    """What each column is divided by."""
    distances: Floats
    """Of the other half to the first, ascending."""
    neighbours: int

    @classmethod
    def built(cls, inputs: ArrayLike, *, neighbours: int = NEIGHBOURS, standardise: bool = True) -> Self:
        """From at least 100 inputs, a row each (features, an embedding), in no particular order: which half
        one falls into, and which 2,000 are taken of more, is drawn with a fixed seed. `standardise` divides
        each column by its standard deviation. ValueError of fewer, or of what is not a finite number."""
        rows = np.asarray(inputs, dtype=np.float64)
        if rows.ndim != 2 or len(rows) < SMALLEST_REFERENCE:
            raise ValueError(f"inputs: at least {SMALLEST_REFERENCE} rows were expected, not {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("inputs: finite numbers were expected")
        order = np.random.default_rng(SEED).permutation(len(rows))[: 2 * LARGEST_PART]
        half = len(order) // 2
        first, second = rows[order[:half]], rows[order[half:]]
        scale = first.std(axis=0) if standardise else np.ones(rows.shape[1])
        scale = np.where(scale > 0, scale, 1.0)
        points = np.ascontiguousarray(first / scale)
        found = np.sort([_distance(row / scale, points, neighbours) for row in second])
        return cls(points=points, scale=scale, distances=found, neighbours=neighbours)

    def judge(self, vector: ArrayLike, *, identity: str) -> Strangeness:
        """One input; `identity` (its run's id) breaks ties, always alike. Time is that of `points` x columns.
        ValueError for another number of columns, or what is not finite."""
        row = np.asarray(vector, dtype=np.float64)
        if row.shape != self.scale.shape or not np.isfinite(row).all():
            raise ValueError(f"vector: {len(self.scale)} finite numbers were expected")
        distance = _distance(row / self.scale, self.points, self.neighbours)
        n = len(self.distances)
        above = n - int(np.searchsorted(self.distances, distance, side="right"))
        at_least = n - int(np.searchsorted(self.distances, distance, side="left"))
        share = (above + _uniform(identity) * (at_least - above + 1)) / (n + 1)
        bound = float(envelope(n)[at_least]) if at_least < n else 1.0
        return Strangeness(distance=distance, p=max(share, 1e-12), p_bound=bound)

    def to_bytes(self) -> bytes:
        kept = io.BytesIO()
        np.savez(
            kept,
            points=self.points,
            scale=self.scale,
            distances=self.distances,
            neighbours=np.array([self.neighbours]),
        )
        return kept.getvalue()

    @classmethod
    def from_bytes(cls, kept: bytes) -> Self:
        """ValueError of bytes that are no reference."""
        try:
            with np.load(io.BytesIO(kept), allow_pickle=False) as read:
                return cls(
                    points=read["points"],
                    scale=read["scale"],
                    distances=read["distances"],
                    neighbours=int(read["neighbours"][0]),
                )
        except (OSError, KeyError, EOFError, ValueError, BadZipFile) as fault:
            raise ValueError("reference: bytes of InputReference.to_bytes were expected") from fault


@lru_cache(maxsize=64)
def envelope(n: int) -> Floats:
    """b_1 < ... < b_n with P(U_(i) <= b_i for all i) >= .9 for the order statistics of n uniforms.

    Where i - 1 reference distances are at least as large as a new one, its p-value *given the reference* is
    below b_i, for all new ones together with this confidence (calibration-conditional conformal p-values:
    Bates, Candès, Lei, Romano & Sesia 2023, Annals of Statistics 51:149-178, theorem 2). Without it a
    reference that happens to lack extremes would drive the evidence up for ever: the plain p-value is
    uniform only over references. Each b_i is the same quantile of Beta(i, n + 1 - i) (equal local levels),
    at `LEVELS`.
    """
    from scipy.special import betaincinv

    miss = float(np.interp(np.log(n), np.log(list(LEVELS)), list(LEVELS.values())))
    i = np.arange(1, n + 1)
    found: Floats = betaincinv(i, n + 1 - i, 1 - miss)
    found.setflags(write=False)
    return found


class InputDrift(ShiryaevRoberts):
    """Shiryaev-Roberts on bets κ p^(κ - 1) (power martingales: Vovk, Nouretdinov & Gammerman 2003, ICML; as
    a detector: Vovk 2021, "Testing randomness online", Statistical Science 36:595-611). Bets have mean <= 1
    where P(p <= a) <= a, so the mean time to a false alarm is at least A, for nine references in ten."""

    __slots__ = ("_kappas",)

    def __init__(self, threshold: float, *, kappas: Sequence[float] = KAPPAS) -> None:
        if not all(0 < kappa < 1 for kappa in kappas):
            raise ValueError(f"kappas: numbers between 0 and 1 were expected, not {kappas}")
        super().__init__(threshold, weights=[1 / len(kappas)] * len(kappas))
        self._kappas = tuple(kappas)

    def observe(self, p: float, *, dt: float = 1.0) -> Alarmed | None:
        """`Strangeness.p_bound` of the next input. ValueError where p is not above 0 and at most 1."""
        if not 0 < p <= 1:
            raise ValueError(f"p: a number above 0, at most 1, was expected, not {p}")
        return self.advance([kappa * p ** (kappa - 1) for kappa in self._kappas], dt=dt)


def _distance(row: Floats, points: Floats, neighbours: int) -> float:
    """Differences one by one, no matrix product: its last bits would depend on how many inputs came
    together."""
    squares: Floats = ((points - row) ** 2).sum(axis=1)
    k = min(neighbours, len(squares))
    return float(np.sqrt(np.sort(np.partition(squares, k - 1)[:k])).mean())


def _uniform(identity: str) -> float:
    """In (0, 1), the same for the same id, on every machine."""
    number = int.from_bytes(blake2b(identity.encode(), digest_size=8).digest())
    return ((number >> 11) + 0.5) / 2**53
