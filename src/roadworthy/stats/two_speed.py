"""The production form of a monitor: a fast detector that forgives what the reference shows of noise, and a
slow one on counts of six hours that forgives less.

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
WINDOW_HOURS = 6
"""Of what the slow detector counts."""
WINDOWS_A_DAY = 24 // WINDOW_HOURS
LEAST_VARIANCE = 3.0
"""An hour shows noise of its own where it holds so much binomial variance on average: about fifty results at
a rate of 6 %. With less, chance is all there is to see."""
LARGEST_GAIN = 30.0
"""Of a window, in nats: nothing may overflow, and a ratio cut off keeps a mean of at most 1."""
UNSEEN_SIGMA, UNSEEN_DISPERSION = 0.5, 0.08
FAST_SHARE, SLOW_SHARE = 0.2, 0.8
"""Of the false alarms that the patience A allows: the fast detector has A/.2, the slow one A/.8, so that they
add up to 1/A. Under noise the slow one does the work; without any, the fast one hardly misses what it gives
(thresholds enter delays by their logarithm)."""


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
    """φ of daily counts, variance = μ + φ μ²; 0 where they spread no wider than Poisson's. Or a quarter of
    that of six-hourly counts, where that is more."""

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


def noise(of: Blocks, *, days: Blocks, hours: Blocks | None = None) -> Noise:
    """What a reference shows: blocks of six hours, the same by days, and by hours.

    σ̂ is the larger of that of six-hourly blocks and, where an hour holds enough (`LEAST_VARIANCE`), that of
    hours: a disturbance that lasts an hour is averaged away in six, and the fast detector, which sees every
    result, would take it for a fall. The dispersion is the larger of that of days and a quarter of that of
    windows, so that four times of it (see `window_ratios`) is never less than windows show: what
    follows the hours of the day evens out over a day."""
    found = sigma(of)
    if hours is not None and len(hours.variance) and hours.variance.mean() >= LEAST_VARIANCE:
        found = max(found, sigma(hours))
    return Noise(sigma=found, dispersion=max(dispersion(days), dispersion(of) / WINDOWS_A_DAY))


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
class Window:
    """What the slow detector needs of the six hours that are running."""

    failures: float = 0.0
    expected: float = 0.0
    alternatives: list[float]
    """Expected failures under each alternative."""
    n: int = 0

    @classmethod
    def begun(cls, *, shifts: Sequence[float] = SHIFTS) -> Window:
        return cls(alternatives=[0.0] * len(shifts))

    def add(self, x: float, *, q0: float, shifts: Sequence[float] = SHIFTS) -> None:
        """One result; `q0` is the bound of its stratum, not widened."""
        self.failures += x
        self.expected += q0
        for k, shift in enumerate(shifts):
            self.alternatives[k] += widened(q0, factor=exp(shift))
        self.n += 1


def window_ratios(window: Window, *, found: Noise) -> list[float]:
    """Likelihood ratio of six hours' count under each alternative: negative binomial of mean μ and size
    r = 1/(1.5 · 4 φ̂), with r known and the same under both:

        (μ1/μ0)^O ((r + μ0)/(r + μ1))^(O + r),

    Poisson's (μ1/μ0)^O exp(μ0 - μ1) where φ̂ is 0. Mean <= 1 under every negative binomial of mean <= μ0 and
    size >= r. 1 for a window without results or where no failure can be.

    φ̂ is that of a day, and a window is given four times of it: as much as makes four windows that know
    nothing of each other spread as widely as the day does. A disturbance that lasts for hours makes them
    alike, so the plain dispersion of windows would make one bad afternoon look like several (as the long-run
    variance does in Newey & West 1987, Econometrica 55:703-708, with the day as the lag)."""
    return [
        exp(min(log_ratio(window.failures, null=window.expected, alternative=mu, found=found), LARGEST_GAIN))
        for mu in window.alternatives
    ]


def log_ratio(failures: float, *, null: float, alternative: float, found: Noise) -> float:
    """Logarithm of one of these, not cut off; linear in `failures`."""
    if null <= 0 or alternative <= null:
        return 0.0
    gain = failures * log(alternative / null)
    if found.dispersion < 1e-9:
        return gain - (alternative - null)
    size = 1 / (DISPERSION_FACTOR * WINDOWS_A_DAY * found.dispersion)
    return gain - (failures + size) * log((size + alternative) / (size + null))


class SlowDetector(ShiryaevRoberts):
    """Counts of six hours. `dt` of `end_window` is in the unit of the threshold: .25 for days, 21,600 for
    seconds."""

    __slots__ = ()

    def __init__(self, threshold: float, *, shifts: Sequence[float] = SHIFTS) -> None:
        super().__init__(threshold, weights=[1 / len(shifts)] * len(shifts))

    def end_window(self, window: Window, *, found: Noise, dt: float) -> Alarmed | None:
        return self.advance(window_ratios(window, found=found), dt=dt)


def thresholds(patience: float) -> tuple[float, float]:
    """(fast, slow) in the unit of `patience`."""
    return patience / FAST_SHARE, patience / SLOW_SHARE
