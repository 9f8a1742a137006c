"""How a monitor stands: what the doors say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite

from roadworthy.domain.monitor import Monitor, Phase
from roadworthy.features.watch.monitors.alarming import usual_rate
from roadworthy.features.watch.monitors.bank import Bank
from roadworthy.features.watch.monitors.reference import LIMIT_SAMPLES
from roadworthy.features.watch.monitors.signals.signal import Signal
from roadworthy.features.watch.monitors.signals.table import VOLUME, signal_of
from roadworthy.features.watch.monitors.volume import Volume
from roadworthy.features.watch.monitors.watched import Note, Watched
from roadworthy.features.watch.monitors.wording import Claim, claims, yearly
from roadworthy.stats.baselines import Tally, bounds, upper_bound
from roadworthy.stats.forecast import noticed_after
from roadworthy.stats.intervals import Interval
from roadworthy.stats.two_speed import Noise, widened

DAY_S = 86_400.0
_FALLS = (0.02, 0.05, 0.1, 0.15, 0.3)
"""Rises of the failure rate that a forecast is made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What is missing until it is armed."""

    results: int
    results_needed: int
    hours: float
    hours_needed: float

    @property
    def more_results(self) -> int:
        return max(0, self.results_needed - self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    n: int
    mean: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    name: str
    n: int
    rate: float
    bound: float
    pooled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Rates are of what is bad, however a signal is said."""

    monitor: Monitor
    signal: Signal
    phase: Phase
    learning: Learning | None
    usual: float | None
    bound: float | None
    limit: float | None
    """95th percentile of a quantity."""
    sigma: float
    dispersion: float
    fast_share: float
    """Evidence over threshold."""
    slow_share: float
    armed_ns: int
    reference_from_ns: int
    reference_to_ns: int
    reference_n: int
    alarm_id: str
    seen: Seen
    """Over the last day."""
    per_day: float
    """Results a day over the last week."""
    refused: Mapping[str, int]
    notes: tuple[Note, ...]
    strata: tuple[Stratum, ...]
    claims: tuple[Claim, ...]
    yearly: float

    @property
    def share(self) -> float:
        return max(self.fast_share, self.slow_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A rise of the failure rate to `rate` would be noticed after `hours`, on average; inf: hardly ever."""

    rate: float
    hours: float
    results: float


def standing(
    watched: Watched, bank: Bank, *, day: tuple[int, float], week_n: int, volume: Volume | None = None
) -> Standing:
    """`volume` is the agent's."""
    monitor, signal = watched.monitor, signal_of(watched.monitor.signal)
    assert signal is not None  # noqa: S101 - checked when it was made
    armed = watched.baseline is not None
    fast, slow = bank.shares(watched.slot) if armed and watched.phase is Phase.ARMED else (0.0, 0.0)
    usual, bound = usual_rate(watched) if armed else (None, None)
    strata = watched.baseline.strata.items() if watched.baseline is not None else ()
    return Standing(
        monitor=monitor,
        signal=signal,
        phase=_phase(watched, volume),
        learning=_learning(watched),
        usual=usual,
        bound=bound,
        limit=watched.limit,
        sigma=watched.noise.sigma,
        dispersion=watched.noise.dispersion,
        fast_share=fast,
        slow_share=slow,
        armed_ns=watched.armed_ns,
        reference_from_ns=watched.reference_from_ns,
        reference_to_ns=watched.reference_to_ns,
        reference_n=sum(each.reference.n for _, each in strata),
        alarm_id=watched.alarm_id,
        seen=seen_of(*day),
        per_day=max(float(day[0]), week_n / 7),
        refused=dict(watched.refused),
        notes=tuple(reversed(watched.notes)),
        strata=tuple(
            Stratum(name=name, n=each.reference.n, rate=each.rate, bound=each.q0, pooled=each.pooled)
            for name, each in strata
        ),
        claims=tuple(claims(monitor, signal=signal, noise=watched.noise, armed=armed)),
        yearly=0.0 if monitor.signal == VOLUME else yearly(monitor.patience_s),
    )


def _phase(watched: Watched, volume: Volume | None) -> Phase:
    if watched.monitor.paused:
        return Phase.PAUSED
    if watched.monitor.signal != VOLUME or volume is None:
        return watched.phase
    if volume.silent or volume.jumped:
        return Phase.ALARMED
    return Phase.ARMED if volume.known(hours=watched.monitor.reference_hours) else Phase.LEARNING


def seen_of(n: int, total: float) -> Seen:
    if not n:
        return Seen(n=0, mean=None, interval=None)
    tally = Tally(failures=min(total, float(n)), n=n)
    return Seen(n=n, mean=tally.rate, interval=bounds(tally))


def _learning(watched: Watched) -> Learning | None:
    reference = watched.reference
    if reference is None or watched.monitor.signal == VOLUME:
        return None
    signal = signal_of(watched.monitor.signal)
    first = LIMIT_SAMPLES if signal is not None and signal.relative else 0
    have = LIMIT_SAMPLES if first and reference.limit is not None else len(reference.samples)
    return Learning(
        results=reference.n + have,
        results_needed=(watched.monitor.reference_results or reference.needed) + first,
        hours=reference.span_hours,
        hours_needed=watched.monitor.reference_hours,
    )


def forecast(watched: Watched, *, per_day: float) -> list[Noticed]:
    """What would be noticed when; before it is armed, as if the reference had what it still needs. Tens of
    milliseconds the first time."""
    if watched.monitor.signal == VOLUME or per_day <= 0:
        return []
    if watched.baseline is not None:
        rate, bound = usual_rate(watched)
        found = watched.noise
    else:
        reference = watched.reference
        n = reference.n if reference is not None else 0
        rate = (reference.total if reference is not None else 0.0) / n if n else 0.05
        needed = watched.monitor.reference_results or (reference.needed if reference is not None else 100)
        bound = upper_bound(Tally(failures=float(round(rate * needed)), n=needed))
        found = Noise(sigma=0.0, dispersion=0.0)
    days = watched.monitor.patience_s / DAY_S
    return [
        _noticed(
            round(bound, 4),
            round(rate + fall, 3),
            round(found.sigma, 2),
            round(found.dispersion, 3),
            round(days),
            float(f"{per_day:.2g}"),
        )
        for fall in _FALLS
        if rate + fall < 0.98
    ]


@lru_cache(maxsize=20_000)
def _noticed(
    bound: float, rate: float, sigma: float, dispersion: float, days: int, per_day: float
) -> Noticed:
    if rate <= widened(bound, factor=1.05):
        return Noticed(rate=rate, hours=inf, results=inf)
    found = Noise(sigma=sigma, dispersion=dispersion)
    delay = noticed_after(bound, q=rate, patience_days=float(days), per_day=per_day, found=found)
    hours = delay.days * 24 if isfinite(delay.days) else inf
    return Noticed(rate=rate, hours=hours, results=delay.results)
