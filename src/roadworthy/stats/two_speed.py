"""The production form of a monitor: a fast detector that forgives what the reference shows of noise, and a
slow one on daily counts that forgives less.

Empirical: σ̂ and the dispersion are estimated, so that the promise of the recursion holds for them only as
far as the reference shows all the noise there is. docs/reference/monitors-proof.md says what was simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from roadworthy.stats.e_detector import SHIFTS
from roadworthy.stats.shiryaev_roberts import Alarmed, ShiryaevRoberts

Floats = NDArray[np.float64]

WIDENING = 3.5
DISPERSION_FACTOR = 1.5
LARGEST_GAIN = 30.0
"""Of a day, in nats: nothing may overflow, and a ratio cut off keeps a mean of at most 1."""
UNSEEN_SIGMA, UNSEEN_DISPERSION = 0.5, 0.08
PARTS = 2
"""The patience A is split: each of the two has 2 A, so that their false alarms add up to 1/A."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Failures of a reference by block (an hour, six hours, a day): seen, expected, and the binomial
    variance."""

    observed: Floats
    expected: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    sigma: float
    """Standard deviation of the failure rate's log-odds around the baseline, beyond chance; 0 where none is
    seen."""
    dispersion: float
    """φ of daily counts, variance = μ + φ μ²; 0 where they spread no wider than Poisson's."""

    @property
    def odds_factor(self) -> float:
        """By how much the fast detector's null is widened, as a factor of the odds."""
        return exp(WIDENING * self.sigma)


QUIET = Noise(sigma=0.0, dispersion=0.0)


def blocks(block: ArrayLike, *, x: ArrayLike, rate: ArrayLike) -> Blocks:
    """Groups a reference by the block each result fell into (any integer, such as hours since 1970 / 6).
    `rate` is the rate seen in the stratum of each (`StratumBaseline.rate`, not its bound)."""
    _, place = np.unique(np.asarray(block), return_inverse=True)
    rates = np.broadcast_to(np.asarray(rate, dtype=np.float64), place.shape)

    def sums(of: Floats) -> Floats:
        return np.bincount(place, weights=of).astype(np.float64)

    seen = np.broadcast_to(np.asarray(x, dtype=np.float64), place.shape)
    return Blocks(observed=sums(seen), expected=sums(rates), variance=sums(rates * (1 - rates)))


def sigma(of: Blocks) -> float:
    """σ̂² = Σ[(O_b - E_b)² - V_b] / Σ V_b², no less than 0 (moments: on the log-odds scale dE/dη = V, so
    noise of variance σ² adds V² σ²)."""
    spread = float(((of.observed - of.expected) ** 2 - of.variance).sum())
    square = float((of.variance**2).sum())
    return sqrt(max(0.0, spread / square)) if square > 0 else 0.0


def dispersion(days: Blocks) -> float:
    """φ̂ = Σ[(O - E)² - E] / Σ E², no less than 0: moments of the negative binomial (variance μ + φ μ²)."""
    spread = float(((days.observed - days.expected) ** 2 - days.expected).sum())
    square = float((days.expected**2).sum())
    return max(0.0, spread / square) if square > 0 else 0.0


def noise(of: Blocks, *, days: Blocks) -> Noise:
    """What a reference shows: hourly or six-hourly blocks, and the same by days."""
    return Noise(sigma=sigma(of), dispersion=dispersion(days))


def cautious(found: Noise, *, days: float) -> Noise:
    """The noise to reckon with when the reference spans few days: what these cannot have shown is added, as
    much as a disturbance of sd .5 makes on two days and a quarter of that for each doubling (σ² + .25
    (2/days)², φ + .08 (2/days)²). After two weeks next to nothing is left of it.

    A convention, made by simulation: under noise of sd .5 that lasts six hours, at 500 results a day,
    references of two and four days would give 14 and 4.5 false alarms a year without it (tests/simulation
    holds it).
    """
    missing = min(1.0, 2 / days) ** 2 if days > 0 else 1.0
    return Noise(
        sigma=sqrt(found.sigma**2 + UNSEEN_SIGMA**2 * missing),
        dispersion=found.dispersion + UNSEEN_DISPERSION * missing,
    )


def widened(q0: float, *, factor: float) -> float:
    """expit(logit q0 + log factor): the failure rate at odds `factor` times as high; 0 and 1 stay."""
    return q0 * factor / (1.0 - q0 + q0 * factor)


@dataclass(slots=True, kw_only=True)
class Day:
    """What the slow detector needs of the day that is running."""

    failures: float = 0.0
    expected: float = 0.0
    alternatives: list[float]
    """Expected failures under each alternative."""
    n: int = 0

    @classmethod
    def begun(cls, *, shifts: Sequence[float] = SHIFTS) -> Day:
        return cls(alternatives=[0.0] * len(shifts))

    def add(self, x: float, *, q0: float, shifts: Sequence[float] = SHIFTS) -> None:
        """One result; `q0` is the bound of its stratum, not widened."""
        self.failures += x
        self.expected += q0
        for k, shift in enumerate(shifts):
            self.alternatives[k] += widened(q0, factor=exp(shift))
        self.n += 1


def slow_ratios(day: Day, *, found: Noise) -> list[float]:
    """Likelihood ratio of a day's count under each alternative: negative binomial of mean μ and size
    r = 1/(1.5 φ̂), with r known and the same under both:

        (μ1/μ0)^O ((r + μ0)/(r + μ1))^(O + r),

    Poisson's (μ1/μ0)^O exp(μ0 - μ1) where φ̂ is 0. Mean <= 1 under every negative binomial of mean <= μ0 and
    size >= r. 1 for a day without results or where no failure can be."""
    return [
        exp(min(log_ratio(day.failures, null=day.expected, alternative=mu, found=found), LARGEST_GAIN))
        for mu in day.alternatives
    ]


def log_ratio(failures: float, *, null: float, alternative: float, found: Noise) -> float:
    """Logarithm of one of these, not cut off; linear in `failures`."""
    if null <= 0 or alternative <= null:
        return 0.0
    gain = failures * log(alternative / null)
    if found.dispersion < 1e-9:
        return gain - (alternative - null)
    size = 1 / (DISPERSION_FACTOR * found.dispersion)
    return gain - (failures + size) * log((size + alternative) / (size + null))


class SlowDetector(ShiryaevRoberts):
    """Daily counts. `dt` of `end_day` is in the unit of the threshold: 1 for days, 86,400 for seconds."""

    __slots__ = ()

    def __init__(self, threshold: float, *, shifts: Sequence[float] = SHIFTS) -> None:
        super().__init__(threshold, weights=[1 / len(shifts)] * len(shifts))

    def end_day(self, day: Day, *, found: Noise, dt: float) -> Alarmed | None:
        return self.advance(slow_ratios(day, found=found), dt=dt)


def thresholds(patience: float) -> tuple[float, float]:
    """(fast, slow) in the unit of `patience`."""
    return patience * PARTS, patience * PARTS
