"""Worlds in which monitors are tried: what is simulated in `benchmarks.monitors` and in tests/simulation.

Failures are 1. Every world is drawn from a seed. Detectors are those of the product; where millions of
results are needed, `Bernoulli` computes the very same bits with less checking (a test holds it to that).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, expm1, log, pi, sin

import numpy as np
from numpy.typing import ArrayLike, NDArray

from roadworthy.stats.baselines import Tally, upper_bound
from roadworthy.stats.cusum import Walk
from roadworthy.stats.e_detector import SHIFTS
from roadworthy.stats.two_speed import (
    QUIET,
    WINDOW_HOURS,
    WINDOWS_A_DAY,
    Blocks,
    Noise,
    SlowDetector,
    Window,
    cautious,
    noise,
    thresholds,
    widened,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WORST = 1.35
"""How much slower than the optimal CUSUM a monitor may be, for shifts of .5 and more in log-odds."""
GOOD, BAD = 0.06, 0.21
"""Completion of 94 % and of 79 %."""
DAYS = 365
DRIFT_DAYS = 14


def shifted(q: float, shift: float) -> float:
    return widened(q, factor=exp(shift))


class Bernoulli:
    """`EDetectors.observe_all` for outcomes 0 and 1 and baselines known beforehand: all ratios are in one
    table."""

    def __init__(self, monitors: int, *, threshold: float, q0: ArrayLike) -> None:
        """`q0` by stratum, or by stratum and monitor."""
        null = np.atleast_1d(np.asarray(q0, dtype=np.float64))
        null = np.broadcast_to(null if null.ndim > 1 else null[:, None], (len(null), monitors))
        c = np.array([expm1(shift) for shift in SHIFTS])[:, None, None]
        bets = c / (1.0 + c * null)
        ratios = np.stack([1.0 + bets * (x - null) for x in (0.0, 1.0)], axis=2)
        self._ratios = np.ascontiguousarray(ratios.reshape(len(SHIFTS), -1))
        self._threshold = threshold
        self._place = np.arange(monitors)
        self.sums = np.zeros((len(SHIFTS), monitors))

    @property
    def evidence(self) -> Floats:
        share = 1 / len(SHIFTS)
        total = 0.0 + share * self.sums[0]
        for row in self.sums[1:]:
            total = total + share * row
        return np.asarray(total)

    def observe(self, failed: Bools, *, stratum: NDArray[np.int64] | int = 0) -> Bools:
        """Which monitors alarm."""
        monitors = len(self._place)
        np.add(self.sums, 1.0, out=self.sums)
        self.sums *= self._ratios.take((failed + 2 * stratum) * monitors + self._place, axis=1)
        alarmed: Bools = np.zeros(monitors, dtype=bool)
        if self.sums.max() < self._threshold:
            return alarmed
        alarmed = self.evidence >= self._threshold
        self.sums[:, alarmed] = 0.0
        return alarmed


def draws(rng: np.random.Generator, *, steps: int, paths: int) -> NDArray[np.float32]:
    return rng.random((steps, paths), dtype=np.float32)


def delays(
    q0: float, *, after: Sequence[float] | float, patience: float, paths: int, seed: int, warm: int = 2000
) -> Floats:
    """Results from the change to the first alarm, on paths that ran `warm` results before it. `after` is the
    rate, or the rate of each result (the last goes on for ever)."""
    rng = np.random.default_rng(seed)
    detectors = Bernoulli(paths, threshold=patience, q0=[q0])
    for row in draws(rng, steps=warm, paths=paths):
        detectors.observe(row < q0)
    rates = [after] if isinstance(after, float) else list(after)
    found = np.zeros(paths)
    step = 0
    while not found.all():
        for row in draws(rng, steps=500, paths=paths):
            alarmed = detectors.observe(row < rates[min(step, len(rates) - 1)])
            step += 1
            found[alarmed & (found == 0)] = step
    return found


def cusum_delays(of: Walk, *, q0: float, after: float, paths: int, seed: int, warm: int = 2000) -> Floats:
    """The same paths for the optimal CUSUM."""
    rng = np.random.default_rng(seed)
    here = np.zeros(paths, dtype=np.int64)
    found = np.zeros(paths)
    step = -warm
    while not found.all():
        for row in draws(rng, steps=warm if step < 0 else 500, paths=paths):
            failed = row < (q0 if step < 0 else after)
            here = np.where(failed, here + of.up, np.maximum(0, here - of.down))
            step += 1
            alarmed = here >= of.limit
            here[alarmed] = 0
            if step > 0:
                found[alarmed & (found == 0)] = step
    return found


def alarms(q: float, *, q0: float, patience: float, steps: int, paths: int, seed: int) -> NDArray[np.int64]:
    """How many each path raises within so many results of rate q."""
    rng = np.random.default_rng(seed)
    detectors = Bernoulli(paths, threshold=patience, q0=[q0])
    found = np.zeros(paths, dtype=np.int64)
    for start in range(0, steps, 1000):
        for row in draws(rng, steps=min(1000, steps - start), paths=paths):
            found += detectors.observe(row < q)
    return found


def dependent_alarms(*, steps: int, patience: float, paths: int, seed: int) -> NDArray[np.int64]:
    """Of a null with memory: a result's chance of failure depends on the one before (.1 after a failure, .04
    after a success), and given the past is at most the baseline, .1."""
    rng = np.random.default_rng(seed)
    detectors = Bernoulli(paths, threshold=patience, q0=[0.1])
    found = np.zeros(paths, dtype=np.int64)
    last = np.zeros(paths, dtype=bool)
    for row in draws(rng, steps=steps, paths=paths):
        last = row < np.where(last, 0.1, 0.04)
        found += detectors.observe(last)
    return found


def above_one_a_year(
    q: float, *, n: int, per_day: int, paths: int, seed: int, plug_in: bool = False
) -> float:
    """Share of agents of failure rate q that would have more than one false alarm a year at A = 1 year,
    their baseline learned from n results: each count of failures with its binomial probability, its alarms
    simulated."""
    from scipy.stats import binom

    total = 0.0
    for failures in range(n + 1):
        chance = float(binom.pmf(failures, n, q))
        tally = Tally(failures=failures, n=n)
        q0 = tally.rate if plug_in else upper_bound(tally)
        if chance < 1e-5 or q0 >= q:  # From q0 = q on it is proven.
            continue
        steps = per_day * DAYS
        found = alarms(q, q0=q0, patience=float(steps), steps=steps, paths=paths, seed=seed)
        total += chance if found.mean() > 1 else 0.0
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Two task types, an easy and a hard one, whose mix follows the hours of the day and the days of the
    week; on top a latent disturbance of the log-odds that all share (Ornstein-Uhlenbeck, correlation time
    six hours)."""

    per_day: int
    sd: float
    rates: tuple[float, float] = (0.03, 0.13)
    hours: float = 6.0
    reference_days: int = 60
    careful: bool = False
    """Whether noise that so few days cannot show is reckoned with."""
    known: bool = False
    """Whether the monitor knows the long-run rate of each task type, instead of a bound from its
    reference."""

    @property
    def long_run(self) -> tuple[float, ...]:
        """The mean rate of each task type over the disturbance (Gauss-Hermite)."""
        at, weights = np.polynomial.hermite_e.hermegauss(40)
        return tuple(
            float((disturbed(rate, self.sd * at) * weights).sum() / weights.sum()) for rate in self.rates
        )

    def hard_share(self, hour: int) -> float:
        weekend = (hour // 24) % 7 >= 5
        return 0.3 + 0.2 * sin(2 * pi * (hour % 24) / 24) + (0.06 if weekend else -0.024)

    def counts(self, hour: int) -> int:
        """Results of this hour: even over the day."""
        return (hour + 1) * self.per_day // 24 - hour * self.per_day // 24


@dataclass(slots=True)
class Weather:
    """The disturbance, hour by hour, of each path."""

    rng: np.random.Generator
    sd: float
    hours: float
    here: Floats

    @classmethod
    def begun(cls, rng: np.random.Generator, *, sd: float, hours: float, paths: int) -> Weather:
        return cls(rng, sd, hours, rng.normal(0, 1, paths) * sd)

    def next(self) -> Floats:
        keep = exp(-1 / self.hours)
        self.here = keep * self.here + self.rng.normal(0, 1, len(self.here)) * self.sd * (1 - keep**2) ** 0.5
        return self.here


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What the reference of a path taught."""

    bounds: tuple[float, ...]
    """q0 of each stratum."""
    noise: Noise


def learn(world: Season, *, paths: int, rng: np.random.Generator) -> list[Learned]:
    """A reference of each path, as a monitor learns it: bounds by stratum, noise by hours, by blocks of
    six hours and by days."""
    days = world.reference_days
    weather = Weather.begun(rng, sd=world.sd, hours=world.hours, paths=paths)
    seen = np.zeros((days * 24, 2, paths))
    failed = np.zeros((days * 24, 2, paths))
    for hour in range(days * 24):
        here = weather.next()
        hard = rng.binomial(world.counts(hour), world.hard_share(hour), paths)
        seen[hour] = world.counts(hour) - hard, hard
        for kind, rate in enumerate(world.rates):
            failed[hour, kind] = rng.binomial(seen[hour, kind].astype(int), disturbed(rate, here))
    found = [_learned(seen[:, :, path], failed[:, :, path], careful=world.careful) for path in range(paths)]
    if world.known:
        return [Learned(bounds=world.long_run, noise=each.noise) for each in found]
    return found


def disturbed(rate: float, by: Floats) -> Floats:
    """expit(logit rate + by)"""
    odds = rate / (1 - rate) * np.exp(by)
    return np.asarray(odds / (1 + odds))


def _learned(seen: Floats, failed: Floats, *, careful: bool) -> Learned:
    tallies = [
        Tally(failures=int(bad), n=int(n))
        for bad, n in zip(failed.sum(axis=0), seen.sum(axis=0), strict=True)
    ]
    rates = np.array([tally.rate for tally in tallies])

    def grouped(hours: int) -> Blocks:
        def by(each: Floats) -> Floats:
            return np.asarray(each.sum(axis=1).reshape(-1, hours).sum(axis=1))

        return Blocks(observed=by(failed), expected=by(seen * rates), variance=by(seen * rates * (1 - rates)))

    found = noise(grouped(WINDOW_HOURS), days=grouped(24), hours=grouped(1))
    days, spread = len(seen) / 24, 0.0
    if careful:
        found = cautious(found, days=days)
        spread = found.dispersion / days
    return Learned(
        bounds=tuple(upper_bound(tally, spread=1 + spread * tally.failures) for tally in tallies), noise=found
    )


@dataclass(kw_only=True)
class TwoSpeed:
    """The production form, A of a year, on a path for each of `learned`."""

    world: Season
    learned: list[Learned]

    def __post_init__(self) -> None:
        fast, slow = thresholds(float(DAYS))
        nulls = [[widened(q, factor=each.noise.odds_factor) for q in each.bounds] for each in self.learned]
        self.fast = Bernoulli(len(self.learned), threshold=fast * self.world.per_day, q0=np.array(nulls).T)
        self.slow = [SlowDetector(slow) for _ in self.learned]
        self._begin_window()

    def _begin_window(self) -> None:
        self._failures = np.zeros(len(self.learned))
        self._hard = np.zeros(len(self.learned), dtype=np.int64)
        self._n = 0

    def observe(self, failed: Bools, *, hard: NDArray[np.int64]) -> Bools:
        self._failures += failed
        self._hard += hard
        self._n += 1
        return self.fast.observe(failed, stratum=hard)

    def end_window(self) -> Bools:
        alarmed = np.zeros(len(self.learned), dtype=bool)
        for path, each in enumerate(self.learned):
            hard = int(self._hard[path])
            window = Window.begun()
            window.failures, window.n = float(self._failures[path]), self._n
            for q, n in zip(each.bounds, (self._n - hard, hard), strict=True):
                window.expected += n * q
                for k, shift in enumerate(SHIFTS):
                    window.alternatives[k] += n * shifted(q, shift)
            ended = self.slow[path].end_window(window, found=each.noise, dt=1 / WINDOWS_A_DAY)
            alarmed[path] = ended is not None
        self._begin_window()
        return alarmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    fast: NDArray[np.int64]
    """False alarms of each path before the change."""
    slow: NDArray[np.int64]
    delays: Floats
    """Days from the change to the first alarm of either; nan where it did not come."""


def watch(
    world: Season,
    *,
    paths: int,
    seed: int,
    quiet_days: int,
    fall_days: float | None = None,
    after_days: int = 0,
    forgiving: bool = True,
) -> Watched:
    """Runs the production form through `quiet_days`, then, for `after_days` more, through a fall from about
    94 % to about 79 % within `fall_days` (0: at once) that begins at an hour drawn for each path. Not
    `forgiving`: as if the references had shown no noise."""
    rng = np.random.default_rng(seed)
    learned = learn(world, paths=paths, rng=rng)
    if not forgiving:
        learned = [Learned(bounds=each.bounds, noise=QUIET) for each in learned]
    form = TwoSpeed(world=world, learned=learned)
    weather = Weather.begun(rng, sd=world.sd, hours=world.hours, paths=paths)
    begins = quiet_days * 24 + rng.integers(0, 24, paths)
    counted = [np.zeros(paths, dtype=np.int64), np.zeros(paths, dtype=np.int64)]
    found = np.full(paths, np.nan)

    def note(alarmed: Bools, *, at_hour: float, of: int) -> None:
        counted[of] += alarmed & (at_hour < begins)
        fresh = alarmed & (at_hour >= begins) & np.isnan(found)
        found[fresh] = (at_hour - begins[fresh]) / 24

    for hour in range((quiet_days + after_days) * 24):
        here = weather.next()
        past = (hour - begins) / 24
        share = np.zeros(paths) if fall_days is None else np.where(past >= 0, 1.0, 0.0)
        if fall_days:
            share = np.clip(past / fall_days, 0.0, 1.0)
        rates = np.array([_fallen(rate, share, here) for rate in world.rates])
        n = world.counts(hour)
        kinds = (draws(rng, steps=n, paths=paths) < world.hard_share(hour)).astype(np.int64)
        chance = draws(rng, steps=n, paths=paths)
        for number in range(n):
            failed = chance[number] < rates[kinds[number], np.arange(paths)]
            note(form.observe(failed, hard=kinds[number]), at_hour=hour + (number + 1) / n, of=0)
        if hour % WINDOW_HOURS == WINDOW_HOURS - 1:
            note(form.end_window(), at_hour=hour + 1.0, of=1)
        if fall_days is not None and not np.isnan(found).any():
            break
    return Watched(fast=counted[0], slow=counted[1], delays=found)


def _fallen(rate: float, share: Floats, here: Floats) -> Floats:
    """The share of the way from a task type's rate to that after the fall, linear in the rate; disturbed."""
    bad = shifted(rate, log(BAD / (1 - BAD)) - log(GOOD / (1 - GOOD)))
    now = rate + share * (bad - rate)
    odds = now / (1 - now) * np.exp(here)
    return np.asarray(odds / (1 + odds))
