"""The recursion under every monitor: Shiryaev-Roberts over a few alternatives at once, and its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from struct import Struct

LARGEST_PATIENCE = 1e15
"""Evidence starts anew at the threshold, so that no value can overflow below this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarmed:
    """The evidence reached the threshold; the detector has started anew."""

    evidence: float
    threshold: float
    age: float
    """How long ago the change probably began, in the unit of `dt`: the mean of the change point, each start
    weighed by its likelihood (every start equally likely beforehand). Never more than what was seen since
    the last start."""
    n: int
    """Results since the detector last started anew, this one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a detector stands between two results."""

    evidence: float
    threshold: float
    age: float
    n: int

    @property
    def share(self) -> float:
        """Evidence over threshold, in [0, 1)."""
        return self.evidence / self.threshold


class ShiryaevRoberts:
    """R_k <- (dt + R_k) L_k for each alternative k; alarm where Σ w_k R_k >= A, then from 0 again.

    Shiryaev 1963 and Roberts 1966, with a mixture over alternatives as an e-detector (Shin, Ramdas & Rinaldo
    2024, "E-detectors", arXiv:2203.03532, definitions 2.2 and 2.7). Where E[L_k | past] <= 1 for all k, Σ
    w_k R_k minus the time passed is a supermartingale (w sums to 1), so by optional stopping the mean time
    to a false alarm is at least A, under any dependence; and the mean number of false alarms in a time T is
    at most T/A, which bounds the probability of any.

    `dt` 1 counts results and A is in results; `dt` in seconds and A in seconds counts time, which holds
    where the gaps say nothing about outcomes. Plain floats in a fixed order: the state after any results
    depends on the results alone, to the last bit, and on nothing about how they were cut into batches.
    """

    __slots__ = ("_ages", "_n", "_sums", "_weights", "threshold")

    def __init__(self, threshold: float, *, weights: Sequence[float]) -> None:
        """ValueError where the threshold is not within 0 to 1e15, or the weights are not shares of 1."""
        self.threshold = checked_threshold(threshold)
        self._weights = checked_weights(weights)
        self._sums = [0.0] * len(weights)
        self._ages = [0.0] * len(weights)
        self._n = 0

    def advance(self, ratios: Sequence[float], *, dt: float = 1.0) -> Alarmed | None:
        """One result, as its likelihood ratio under each alternative. ValueError for a ratio that is not a
        number >= 0, or a `dt` below 0."""
        if len(ratios) != len(self._sums):
            raise ValueError(f"ratios: {len(self._sums)} were expected, not {len(ratios)}")
        checked_dt(dt)
        if not all(0.0 <= ratio <= LARGEST_PATIENCE for ratio in ratios):
            raise ValueError(f"ratios: numbers of 0 to {LARGEST_PATIENCE:g} were expected, not {ratios}")
        total = 0.0
        for k, ratio in enumerate(ratios):
            inner = dt + self._sums[k]
            self._ages[k] = (self._ages[k] + dt * inner) * ratio
            self._sums[k] = here = inner * ratio
            total += self._weights[k] * here
        return self._after(total)

    def _after(self, total: float) -> Alarmed | None:
        self._n += 1
        if total < self.threshold:
            return None
        alarmed = Alarmed(evidence=total, threshold=self.threshold, age=self._age(total), n=self._n)
        self.restart()
        return alarmed

    def restart(self) -> None:
        self._sums = [0.0] * len(self._sums)
        self._ages = [0.0] * len(self._ages)
        self._n = 0

    @property
    def standing(self) -> Standing:
        total = 0.0
        for weight, here in zip(self._weights, self._sums, strict=True):
            total += weight * here
        return Standing(evidence=total, threshold=self.threshold, age=self._age(total), n=self._n)

    def _age(self, total: float) -> float:
        weighed = 0.0
        for weight, here in zip(self._weights, self._ages, strict=True):
            weighed += weight * here
        return weighed / total if total > 0 else 0.0

    @property
    def state(self) -> bytes:
        """All that the next results depend on, exactly: (1 + 2K) little-endian doubles."""
        return _layout(len(self._sums)).pack(float(self._n), *self._sums, *self._ages)

    @state.setter
    def state(self, kept: bytes) -> None:
        """ValueError where it is not the state of a detector with as many alternatives."""
        n, sums, ages = read_state(kept, alternatives=len(self._sums))
        self._n, self._sums, self._ages = n, sums, ages


def read_state(kept: bytes, *, alternatives: int) -> tuple[int, list[float], list[float]]:
    """(n, R, ages) out of `ShiryaevRoberts.state`. ValueError where the bytes are something else."""
    layout = _layout(alternatives)
    if len(kept) != layout.size:
        raise ValueError(f"state: {layout.size} bytes were expected, not {len(kept)}")
    n, *values = layout.unpack(kept)
    if not all(isfinite(value) and value >= 0 for value in (n, *values)):
        raise ValueError("state: numbers >= 0 were expected")
    return int(n), values[:alternatives], values[alternatives:]


def _layout(alternatives: int) -> Struct:
    return Struct(f"<{1 + 2 * alternatives}d")


def checked_threshold(threshold: float) -> float:
    if not 0 < threshold <= LARGEST_PATIENCE:
        raise ValueError(f"threshold: a number above 0, at most {LARGEST_PATIENCE:g}, not {threshold}")
    return float(threshold)


def checked_weights(weights: Sequence[float]) -> tuple[float, ...]:
    if not weights or not all(weight > 0 for weight in weights) or abs(sum(weights) - 1) > 1e-9:
        raise ValueError(f"weights: shares above 0 that sum to 1 were expected, not {weights}")
    return tuple(float(weight) for weight in weights)


def checked_dt(dt: float) -> None:
    if not 0 <= dt <= LARGEST_PATIENCE:
        raise ValueError(f"dt: a time of 0 to {LARGEST_PATIENCE:g} was expected, not {dt}")
