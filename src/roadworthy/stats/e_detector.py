"""Watches rates and scores for a rise: one monitor at a time, or ten thousand in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1

import numpy as np
from numpy.typing import ArrayLike, NDArray

from roadworthy.stats.shiryaev_roberts import (
    Alarmed,
    ShiryaevRoberts,
    checked_dt,
    checked_threshold,
    read_state,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SHIFTS = (0.3, 0.5, 0.75, 1.0, 1.4, 2.0, 2.8)
"""Alternatives, in log-odds above the baseline, with equal weights."""

ONE_BY_ONE = 12
"""Below so many monitors plain floats are faster than arrays; both compute the same bits."""


class EDetector(ShiryaevRoberts):
    """One monitor. x = 1 is a failure, or any score in [0, 1] that is worse the higher it is.

    Alternatives q1 = expit(logit q0 + δ). With c = e^δ - 1 the likelihood ratio (1 + c x)/(1 + c q0) of a
    Bernoulli result equals L(x) = 1 + λ (x - q0), λ = (q1 - q0)/(q0 (1 - q0)) = c/(1 + c q0): nothing is
    divided by q0, so that 0 and 1 are fine, and L has mean <= 1 for every x in [0, 1] whose mean given the
    past is at most q0. No logarithm is taken: sums, products and quotients alone, which IEEE 754 rounds
    alike everywhere.
    """

    __slots__ = ("_bets", "_odds")

    def __init__(self, threshold: float, *, shifts: Sequence[float] = SHIFTS) -> None:
        """`threshold` is A: in results where `dt` is 1, in seconds where `dt` is in seconds."""
        self._odds = _odds(shifts)
        super().__init__(threshold, weights=[1 / len(shifts)] * len(shifts))
        self._bets: dict[float, tuple[tuple[float, float], ...]] = {}

    def observe(self, x: float, *, q0: float, dt: float = 1.0, weight: float = 1.0) -> Alarmed | None:
        """One result. `q0` is the baseline of its stratum.

        `weight` is for results that were not drawn uniformly: the smallest probability with which any is
        drawn, over that with which this one was; L becomes 1 + weight λ (x - q0), whose mean over drawing
        and outcome is at most 1 as well (results not drawn have L = 1: pass `dt` on to the next). ValueError
        where x, q0 or weight are not in [0, 1], or dt is below 0; NaN is none of these.
        """
        if not (0.0 <= x <= 1.0 and 0.0 <= q0 <= 1.0 and 0.0 <= weight <= 1.0 and 0.0 <= dt <= 1e15):
            _refuse(x, q0, weight, dt)
        sums, ages = self._sums, self._ages
        y = weight * (x - q0)
        total = 0.0
        for k, (bet, share) in enumerate(self._bets.get(q0) or self._bets_at(q0)):
            inner = dt + sums[k]
            ratio = 1.0 + bet * y
            ages[k] = (ages[k] + dt * inner) * ratio
            sums[k] = here = inner * ratio
            total += share * here
        if total < self.threshold:
            self._n += 1
            return None
        return self._after(total)

    def _bets_at(self, q0: float) -> tuple[tuple[float, float], ...]:
        if len(self._bets) > 1000:  # Strata are few; a caller whose baselines move must not fill the memory.
            self._bets.clear()
        made = tuple((c / (1.0 + c * q0), w) for c, w in zip(self._odds, self._weights, strict=True))
        self._bets[q0] = made
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm of one of many monitors."""

    position: int
    """Which result of the batch raised it."""
    monitor: int
    alarmed: Alarmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    evidence: Floats
    """After each result, in their order; where it raised an alarm, the evidence that did."""
    raised: tuple[Raised, ...]
    """In the order of the results."""


class EDetectors:
    """Many monitors: the same recursion, on arrays of K alternatives by M monitors.

    Bit for bit what as many `EDetector`s would compute, whichever call is used and however the results are
    cut into batches. States are interchangeable with theirs. Not for several threads at once.
    """

    def __init__(self, thresholds: ArrayLike, *, shifts: Sequence[float] = SHIFTS) -> None:
        """One threshold a monitor."""
        given = np.array(thresholds, dtype=np.float64, ndmin=1)
        self.thresholds: Floats = np.array([checked_threshold(each) for each in given.tolist()])
        self._shifts = tuple(shifts)
        self._odds: Floats = np.array(_odds(shifts))[:, None]
        self._weight = 1 / len(shifts)
        self._sums: Floats = np.zeros((len(shifts), len(given)))
        self._ages: Floats = np.zeros((len(shifts), len(given)))
        self._n: Integers = np.zeros(len(given), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.thresholds)

    def observe_all(
        self, x: ArrayLike, *, q0: ArrayLike, dt: ArrayLike = 1.0, weight: ArrayLike = 1.0
    ) -> Observed:
        """One result for every monitor, in their order. ValueError as of `EDetector.observe`; nothing has
        changed then."""
        values = _Results.checked(x, q0=q0, dt=dt, weight=weight, size=len(self))
        evidence, raised = self._step(slice(None), values, np.arange(len(self)))
        return Observed(evidence=evidence, raised=tuple(raised))

    def observe(
        self,
        monitors: ArrayLike,
        *,
        x: ArrayLike,
        q0: ArrayLike,
        dt: ArrayLike = 1.0,
        weight: ArrayLike = 1.0,
    ) -> Observed:
        """Results in order, each with the index of its monitor, which may come any number of times.
        ValueError as of `EDetector.observe`, and for an index that there is not; nothing has changed then."""
        of = np.array(monitors, dtype=np.int64, ndmin=1)
        if of.size and (of.min() < 0 or of.max() >= len(self)):
            raise ValueError(f"monitors: indices of 0 to {len(self) - 1} were expected")
        values = _Results.checked(x, q0=q0, dt=dt, weight=weight, size=len(of))
        evidence = np.zeros(len(of))
        raised: list[Raised] = []
        waves, left = _waves(of)
        for positions in waves:
            evidence[positions], found = self._step(of[positions], values.at(positions), positions)
            raised += found
        for positions in left:
            raised += self._one_by_one(int(of[positions[0]]), values, positions, evidence)
        return Observed(evidence=evidence, raised=tuple(sorted(raised, key=lambda each: each.position)))

    def _step(
        self, of: Integers | slice, values: _Results, positions: Integers
    ) -> tuple[Floats, list[Raised]]:
        """At most one result a monitor. The order of operations is that of `EDetector.observe`."""
        sums, ages = self._sums[:, of], self._ages[:, of]
        ratio = self._odds / (1.0 + self._odds * values.q0)
        ratio *= values.weight * (values.x - values.q0)
        ratio += 1.0
        sums = values.dt + sums
        ages = values.dt * sums + ages
        ages *= ratio
        sums *= ratio
        self._sums[:, of], self._ages[:, of] = sums, ages
        self._n[of] += 1
        total = _weighed(sums, self._weight)
        raised = []
        for place in np.nonzero(total >= self.thresholds[of])[0].tolist():
            monitor = place if isinstance(of, slice) else int(of[place])
            raised.append(self._alarm(monitor, int(positions[place]), float(total[place])))
        return total, raised

    def _alarm(self, monitor: int, position: int, total: float) -> Raised:
        age = float(_weighed(self._ages[:, monitor], self._weight)) / total
        threshold, n = float(self.thresholds[monitor]), int(self._n[monitor])
        self.restart(monitor)
        alarmed = Alarmed(evidence=total, threshold=threshold, age=age, n=n)
        return Raised(position=position, monitor=monitor, alarmed=alarmed)

    def _one_by_one(
        self, monitor: int, values: _Results, positions: Integers, evidence: Floats
    ) -> list[Raised]:
        one = self.one(monitor)
        raised = []
        for position in positions.tolist():
            alarmed = one.observe(
                float(values.x[position]),
                q0=float(values.q0[position]),
                dt=float(values.dt[position]),
                weight=float(values.weight[position]),
            )
            if alarmed is not None:
                raised.append(Raised(position=position, monitor=monitor, alarmed=alarmed))
            evidence[position] = one.standing.evidence if alarmed is None else alarmed.evidence
        self.set_state(monitor, one.state)
        return raised

    def one(self, monitor: int) -> EDetector:
        """A copy of one of them, to go on by itself."""
        made = EDetector(float(self.thresholds[monitor]), shifts=self._shifts)
        made.state = self.state(monitor)
        return made

    def restart(self, monitor: int) -> None:
        self._sums[:, monitor] = 0.0
        self._ages[:, monitor] = 0.0
        self._n[monitor] = 0

    @property
    def evidence(self) -> Floats:
        """Σ w_k R_k of each now."""
        return _weighed(self._sums, self._weight)

    @property
    def ages(self) -> Floats:
        """`Alarmed.age`, were each to alarm now; 0 before the first result."""
        evidence = self.evidence
        weighed = _weighed(self._ages, self._weight)
        return np.divide(weighed, evidence, out=np.zeros_like(weighed), where=evidence > 0)

    def state(self, monitor: int) -> bytes:
        """As `ShiryaevRoberts.state`."""
        return self.states([monitor])[0]

    def states(self, monitors: ArrayLike) -> list[bytes]:
        of = np.array(monitors, dtype=np.int64, ndmin=1)
        rows = np.vstack([self._n[of].astype(np.float64), self._sums[:, of], self._ages[:, of]]).T
        return [row.tobytes() for row in np.ascontiguousarray(rows, dtype="<f8")]

    def set_state(self, monitor: int, kept: bytes) -> None:
        """ValueError where it is not the state of a detector with as many alternatives."""
        n, sums, ages = read_state(kept, alternatives=len(self._shifts))
        self._n[monitor] = n
        self._sums[:, monitor] = sums
        self._ages[:, monitor] = ages


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    x: Floats
    q0: Floats
    dt: Floats
    weight: Floats

    @classmethod
    def checked(cls, x: ArrayLike, *, q0: ArrayLike, dt: ArrayLike, weight: ArrayLike, size: int) -> _Results:
        columns = [
            np.broadcast_to(np.asarray(each, dtype=np.float64), (size,)) for each in (x, q0, weight, dt)
        ]
        limits = (1.0, 1.0, 1.0, 1e15)
        for each, limit in zip(columns, limits, strict=True):
            wrong = ~((each >= 0) & (each <= limit))
            if wrong.any():
                place = int(np.argmax(wrong))
                _refuse(*(float(column[place]) for column in columns))
        return cls(x=columns[0], q0=columns[1], weight=columns[2], dt=columns[3])

    def at(self, positions: Integers) -> _Results:
        return _Results(
            x=self.x[positions],
            q0=self.q0[positions],
            dt=self.dt[positions],
            weight=self.weight[positions],
        )


def _waves(of: Integers) -> tuple[list[Integers], list[Integers]]:
    """Positions in groups to be done after each other: first waves with each monitor at most once, then, for
    the few monitors with many results, the rest of each."""
    order = np.argsort(of, kind="stable")
    sorted_of = of[order]
    starts = np.nonzero(np.r_[True, sorted_of[1:] != sorted_of[:-1]])[0] if of.size else np.zeros(0, int)
    sizes = np.diff(np.r_[starts, of.size])
    waves: list[Integers] = []
    turn = 0
    while (busy := sizes > turn).sum() >= ONE_BY_ONE:
        waves.append(order[starts[busy] + turn])
        turn += 1
    left = [
        order[start + turn : start + size]
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)
        if size > turn
    ]
    return waves, left


def _weighed(rows: Floats, weight: float) -> Floats:
    """Σ w row, one after the other: `sum` would add in an order that depends on the layout."""
    total = 0.0 + weight * rows[0]
    for row in rows[1:]:
        total = total + weight * row
    return np.asarray(total)


def _odds(shifts: Sequence[float]) -> list[float]:
    if not shifts or not all(0 < shift <= 20 for shift in shifts):
        raise ValueError(f"shifts: log-odds above 0, at most 20, were expected, not {shifts}")
    return [expm1(shift) for shift in shifts]


def _refuse(x: float, q0: float, weight: float, dt: float) -> None:
    for name, value in (("x", x), ("q0", q0), ("weight", weight)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name}: a number of 0 to 1 was expected, not {value}")
    checked_dt(dt)
