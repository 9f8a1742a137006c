"""What a monitor would notice, and when: for people, before anything has happened."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray

from roadworthy.stats.baselines import CONFIDENCE, Tally, upper_bound
from roadworthy.stats.e_detector import SHIFTS
from roadworthy.stats.two_speed import (
    LARGEST_GAIN,
    QUIET,
    WINDOWS_A_DAY,
    Noise,
    log_ratio,
    thresholds,
    widened,
)

Floats = NDArray[np.float64]

SEED = 1
PATHS = 250
STEPS_WANTED = 100
LONGEST = 800
SMALLEST_REFERENCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Mean number of results until the alarm, and of days at the volume asked for; inf where it would hardly
    ever come. `simulated` with a fixed seed: the same question has the same answer."""

    results: float
    days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceNeed:
    needed: int
    """Judged runs that a reference should have, all in all."""
    more: int
    """How many are missing; 0 where the monitor can be armed."""


def detection_delay(q0: float, *, q: float, patience: float, per_day: float = inf) -> Delay:
    """Mean delay of the e-detector in results, from a fall to failure rate `q` until the alarm, `patience`
    (A) in results. About 10 ms, by simulating the recursion; where a delay takes thousands of results, on
    sums of several at once, with the starts within a sum spread evenly (error under 5 % against one by one).

    ValueError where q0 or q are not in [0, 1] or patience is not above 0.
    """
    if not (0 <= q0 <= 1 and 0 <= q <= 1 and patience > 0):
        raise ValueError(
            f"q0 and q of 0 to 1 and a patience above 0 were expected, not {q0}, {q}, {patience}"
        )
    rough = _rough(q0, q, patience)
    if rough > 1e6:
        return Delay(results=inf, days=inf)
    results = _simulated(q0, q, patience, at_once=max(1, round(rough / STEPS_WANTED)))
    return Delay(results=results, days=results / per_day if per_day > 0 else inf)


def noticed_after(
    q0: float, *, q: float, patience_days: float, per_day: float, found: Noise = QUIET
) -> Delay:
    """Of the two-speed form: the sooner of the fast one, against the widened null, and the slow one on counts
    of six hours. "At your volume a fall to 79 % would be noticed in about 3.7 h." """
    if per_day <= 0:
        return Delay(results=inf, days=inf)
    fast, slow = thresholds(patience_days)
    null = widened(q0, factor=found.odds_factor)
    quick = detection_delay(null, q=q, patience=fast * per_day, per_day=per_day)
    days = min(quick.days, slow_delay_days(q0, q=q, patience_days=slow, per_day=per_day, found=found))
    return Delay(results=days * per_day, days=days)


def slow_delay_days(
    q0: float, *, q: float, patience_days: float, per_day: float, found: Noise = QUIET
) -> float:
    """Mean days of the slow detector alone, changes beginning as a window does, by its recursion on counts
    drawn from the negative binomial that it supposes. inf beyond 200 days."""
    rng = np.random.default_rng(SEED)
    sums = np.zeros((len(SHIFTS), PATHS))
    alarmed = np.full(PATHS, inf)
    each, dispersion = 1 / WINDOWS_A_DAY, WINDOWS_A_DAY * found.dispersion
    mean = per_day * each * q
    for window in range(1, 200 * WINDOWS_A_DAY + 1):
        rate = np.full(PATHS, mean)
        if dispersion > 1e-9:
            rate = rng.gamma(1 / dispersion, mean * dispersion, PATHS)
        failures = rng.poisson(rate).astype(np.float64)
        sums = (each + sums) * _slow_ratios(failures, q0=q0, per_window=per_day * each, found=found)
        alarmed[(sums.mean(axis=0) >= patience_days) & np.isinf(alarmed)] = window * each
        if np.isfinite(alarmed).all():
            return float(alarmed.mean())
        sums = np.minimum(sums, 1e30)
        if window == 40 * WINDOWS_A_DAY and np.isinf(alarmed).mean() > 0.95:
            return inf
    return inf if np.isinf(alarmed).mean() > 0.05 else float(np.minimum(alarmed, 200).mean())


def _slow_ratios(failures: Floats, *, q0: float, per_window: float, found: Noise) -> Floats:
    """`window_ratios` of many counts of equal windows."""
    null = per_window * q0
    means = [per_window * widened(q0, factor=exp(shift)) for shift in SHIFTS]
    none = np.array([log_ratio(0.0, null=null, alternative=mean, found=found) for mean in means])
    one = np.array([log_ratio(1.0, null=null, alternative=mean, found=found) for mean in means])
    gain: Floats = none[:, None] + (one - none)[:, None] * failures
    return np.asarray(np.exp(np.minimum(gain, LARGEST_GAIN)))


def reference_needed(seen: Tally, *, fall_to: float, confidence: float = CONFIDENCE) -> ReferenceNeed:
    """How many judged runs make a reference large enough to be armed on: at least 100, and so many that the
    upper bound leaves at least half of the distance, in log-odds, between the rate seen and the failure rate
    `fall_to` that is to be noticed. `fall_to` at or under the rate seen cannot be noticed: twice the odds
    are taken then."""
    rate = (seen.failures + 0.5) / (seen.n + 1)
    target = fall_to if fall_to > rate else widened(rate, factor=2.0)
    middle = 1 / (1 + exp(-(_logit(rate) + _logit(min(target, 0.999))) / 2))
    low, high = SMALLEST_REFERENCE, 10_000_000
    while low < high:
        n = (low + high) // 2
        failures = round(rate * n) if n > seen.n else seen.failures
        if upper_bound(Tally(failures=min(failures, n), n=n), confidence=confidence) <= middle:
            high = n
        else:
            low = n + 1
    return ReferenceNeed(needed=low, more=max(0, low - seen.n))


def _rough(q0: float, q: float, patience: float) -> float:
    """Results until log R_k grows to log(K A) by its drift alone, for the alternative that gets there
    first."""
    best = 0.0
    for shift in SHIFTS:
        c = exp(shift) - 1
        bet = c / (1 + c * q0)
        best = max(best, q * log(1 + bet * (1 - q0)) + (1 - q) * log(1 - bet * q0))
    return log(len(SHIFTS) * patience + 1) / best if best > 1e-12 else inf


def _simulated(q0: float, q: float, patience: float, *, at_once: int) -> float:
    """Mean results until the alarm. Begins in what the recursion looks like after a while without a
    change."""
    rng = np.random.default_rng(SEED)
    c = np.expm1(np.array(SHIFTS))[:, None]
    hit, miss = np.log((1 + c) / (1 + c * q0)), -np.log(1 + c * q0)
    sums = np.zeros((len(SHIFTS), PATHS))
    for _ in range(STEPS_WANTED):
        sums = np.minimum(_advance(sums, rng.binomial(at_once, q0, PATHS), hit, miss, at_once), patience)
    sums[:, sums.mean(axis=0) >= patience] = 0.0
    alarmed = np.zeros(PATHS)
    for step in range(1, LONGEST + 1):
        sums = np.minimum(_advance(sums, rng.binomial(at_once, q, PATHS), hit, miss, at_once), 1e200)
        alarmed[(sums.mean(axis=0) >= patience) & (alarmed == 0)] = step
        if alarmed.all():
            break
    alarmed[alarmed == 0] = LONGEST
    # Within a sum the alarm came, on the whole, half-way.
    return float(alarmed.mean() * at_once - (at_once - 1) / 2)


def _advance(sums: Floats, failures: NDArray[np.int64], hit: Floats, miss: Floats, at_once: int) -> Floats:
    """at_once results together: R Λ + Σ_j Λ^(j/at_once), the starts within as if the evidence rose evenly."""
    gain = failures * hit + (at_once - failures) * miss
    grown = np.exp(np.clip(gain, -700, 460))
    if at_once == 1:
        return np.asarray((1 + sums) * grown)
    within = np.where(np.abs(gain) < 1e-9, 1.0, np.expm1(gain) / np.where(gain == 0, 1.0, gain))
    return np.asarray(sums * grown + at_once * within)


def _logit(p: float) -> float:
    return log(p / (1 - p))
