"""The failure rate that a monitor takes for normal: an upper bound from a frozen reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, log

from roadworthy.stats.intervals import Interval

CONFIDENCE = 0.9
"""A plug-in rate breaks the promise of about half of all monitors; with this bound it holds for nine in
ten."""
SMALL_STRATUM = 100
LAG_DAYS = 14
GROWTH = 4
QUARANTINE_DAYS = 4
"""How old results must be before noise is learned from them: while a fall is being noticed, it must not pass
for noise."""
DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Failures among n results. Scores in [0, 1] may be summed: `failures` is then their sum."""

    failures: float
    n: int

    @property
    def rate(self) -> float:
        return self.failures / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumBaseline:
    q0: float
    """Upper bound of the failure rate; what the monitor bets against."""
    rate: float
    """The rate seen, for people to read and for expected counts."""
    reference: Tally
    pooled: bool
    """Whether it was too small to stand alone: the reference is then that of all small strata together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """`strata` by name, and what a stratum is given that the reference did not have."""

    strata: Mapping[str, StratumBaseline]
    others: StratumBaseline
    confidence: float
    tightened: int = 0

    def of(self, stratum: str) -> StratumBaseline:
        return self.strata.get(stratum, self.others)


def upper_bound(tally: Tally, *, confidence: float = CONFIDENCE, spread: float = 1.0) -> float:
    """Clopper-Pearson's one-sided upper limit of a proportion: the q with P(X <= failures | n, q) = 1 -
    confidence, which is the `confidence` quantile of Beta(failures + 1, n - failures) (Clopper & Pearson
    1934, Biometrika 26:404-413). 1 where n is 0; above 0 even without a failure: 1 - (1 - confidence)^(1/n).

    A sum of scores that is no whole number gets the limit n KL(rate, q) = -log(1 - confidence) instead, which
    holds for any results in [0, 1] (Hoeffding 1963, JASA 58:13-30, theorem 1) and is a little wider.

    `spread` is the design effect: how many times its binomial variance the number of failures has. The tally
    is then worth n/spread results (Kish 1965, "Survey Sampling", 8.2; for Clopper and Pearson's limits Korn &
    Graubard 1998, Survey Methodology 24:193-201): an approximation, where 1 is exact. ValueError below 1.
    """
    _check(tally, confidence)
    if not spread >= 1:
        raise ValueError(f"spread: a number of 1 or more was expected, not {spread}")
    if tally.failures >= tally.n:
        return 1.0
    if tally.failures != int(tally.failures):
        return _chernoff(tally.rate, budget=-spread * log(1 - confidence) / tally.n)
    from scipy.special import betaincinv  # Takes a third of a second to import: only where it is needed.

    return float(betaincinv(tally.failures / spread + 1, (tally.n - tally.failures) / spread, confidence))


def _chernoff(rate: float, *, budget: float) -> float:
    """The largest q with KL(rate, q) <= budget, for a rate within 0 and 1."""
    low, high = rate, 1.0
    for _ in range(60):
        q = (low + high) / 2
        near = rate * log(rate / q) + (1 - rate) * log((1 - rate) / (1 - q)) if q < 1 else inf
        low, high = (q, high) if near <= budget else (low, q)
    return high


def bounds(tally: Tally, *, confidence: float = 0.95) -> Interval | None:
    """Two-sided, by the same limits on either side (for whole numbers Clopper and Pearson's). None of
    nothing."""
    if not tally.n:
        return None
    side = (1 + confidence) / 2
    successes = Tally(failures=tally.n - tally.failures, n=tally.n)
    return Interval(low=1 - upper_bound(successes, confidence=side), high=upper_bound(tally, confidence=side))


def baseline(
    strata: Mapping[str, Tally],
    *,
    confidence: float = CONFIDENCE,
    small: int = SMALL_STRATUM,
    overdispersion: float = 0.0,
) -> Baseline:
    """Upper bounds for each stratum of a frozen reference. ValueError of a reference without results.

    Strata with fewer than `small` results are put together and share one bound. It is taken to be the larger
    of two: that of the small ones together and that of the whole reference, so that no small stratum is held
    to less than the agent as a whole achieves. Within the pool the promise then holds for the mix that the
    reference had (a changed mix is for the input-drift alert to say). A stratum that the reference lacks
    gets the same bound.

    Each stratum's bound holds with `confidence` by itself. Where strata alternate (task types, languages)
    errors of several even out and the whole holds with more.

    `overdispersion` is φ over the days of the reference: where whole days are better or worse than others
    (variance μ + φ μ² of a day's failures), a few of them tell less than so many independent results. A tally
    then has `spread` 1 + overdispersion · failures.
    """

    def bound(tally: Tally) -> float:
        return upper_bound(tally, confidence=confidence, spread=1 + overdispersion * tally.failures)

    def alone(tally: Tally, *, pooled: bool) -> StratumBaseline:
        return StratumBaseline(q0=bound(tally), rate=tally.rate, reference=tally, pooled=pooled)

    whole = _together(strata.values())
    if not whole.n:
        raise ValueError("reference: at least one result was expected")
    little = {name: tally for name, tally in strata.items() if tally.n < small}
    pool = _together(little.values()) if little else whole
    others = alone(max((pool, whole), key=bound), pooled=True)
    return Baseline(
        strata={
            name: others if name in little else alone(tally, pooled=False) for name, tally in strata.items()
        },
        others=others,
        confidence=confidence,
    )


def clean_until(now_ns: int, *, lag_days: int = LAG_DAYS) -> int:
    """Results after this time may not tighten a baseline yet: a slow decline could hide in them."""
    return now_ns - lag_days * DAY_NS


def tightened(
    current: Baseline,
    *,
    clean: Mapping[str, Tally],
    small: int = SMALL_STRATUM,
    overdispersion: float = 0.0,
) -> Baseline:
    """The baseline after more clean results, the reference's included: never higher than before.

    Clean are results older than `clean_until`, from days on which no alarm stood and no incident was open.
    Nothing changes until they are four times as many as those behind the current bound. The j-th tightening
    is at confidence 1 - .1/4^j, so that all of them together add at most .034 to the chance that some bound
    is too low. Baselines are tightened, never loosened: one that follows the data swallows slow declines.
    """
    had = sum(each.reference.n for each in _distinct(current))
    if _together(clean.values()).n < GROWTH * had:
        return current
    turn = current.tightened + 1
    confidence = 1 - 0.1 / 4**turn
    fresh = baseline(clean, confidence=confidence, small=small, overdispersion=overdispersion)
    lower = {name: _lower(current.of(name), fresh.of(name)) for name in {**current.strata, **fresh.strata}}
    return Baseline(
        strata=lower,
        others=_lower(current.others, fresh.others),
        confidence=current.confidence,
        tightened=turn,
    )


def _lower(old: StratumBaseline, new: StratumBaseline) -> StratumBaseline:
    """The lower bound, with the larger reference, so that growth is counted from there."""
    return StratumBaseline(q0=min(old.q0, new.q0), rate=new.rate, reference=new.reference, pooled=new.pooled)


def _distinct(of: Baseline) -> list[StratumBaseline]:
    """Each reference once: pooled strata share theirs."""
    alone = [each for each in of.strata.values() if not each.pooled]
    pooled = [each for each in of.strata.values() if each.pooled]
    return alone + pooled[:1]


def _together(tallies: Iterable[Tally]) -> Tally:
    each = list(tallies)
    return Tally(failures=sum(one.failures for one in each), n=sum(one.n for one in each))


def _check(tally: Tally, confidence: float) -> None:
    if not 0 <= tally.failures <= tally.n:
        raise ValueError(f"failures: 0 to n={tally.n} were expected, not {tally.failures}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: a number between 0 and 1 was expected, not {confidence}")
