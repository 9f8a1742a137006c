"""Error budgets and how fast they burn: arithmetic on counts, or on sums of probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    bad: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnWindow:
    """Fires where the budget burns at least `factor` times as fast as it may, in both windows: the long one
    so that it matters, the short one so that it ends soon after the trouble does."""

    name: str
    factor: float
    long_s: int
    short_s: int
    page: bool
    """Whether somebody is to be woken; a ticket otherwise."""


WINDOWS = (
    BurnWindow(name="fast", factor=14.4, long_s=HOUR_S, short_s=300, page=True),
    BurnWindow(name="medium", factor=6.0, long_s=6 * HOUR_S, short_s=1800, page=True),
    BurnWindow(name="slow", factor=1.0, long_s=72 * HOUR_S, short_s=6 * HOUR_S, page=False),
)
"""The SRE Workbook (Beyer et al. 2018), chapter 5, table 5-8: 2 % of a 30-day budget in 1 h, 5 % in 6 h, 10
% in 3 d."""
MINIMUM_EVENTS = 20
"""In the long window: one failure of three requests burns any budget, and says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burning:
    window: BurnWindow
    long_rate: float
    short_rate: float
    fires: bool
    enough: bool
    """Whether the long window holds the minimum number of events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Over the whole period of an objective."""

    allowed: float
    """Failures that it allows at this volume."""
    spent: float
    left: float
    """Share of the budget that is left: 1 untouched, 0 used up, below 0 overdrawn."""


def burn_rate(counts: Counts, *, objective: float) -> float:
    """(bad / total) / (1 - objective): at 1 the budget lasts exactly its period. 0 of nothing. inf for any
    failure where the objective allows none. ValueError where objective is not in [0, 1], or bad is not
    within 0 to total."""
    _check(counts, objective)
    if not counts.bad:
        return 0.0
    allowed = 1 - objective
    return counts.bad / counts.total / allowed if allowed > 0 else inf


def burning(
    by_window_s: Mapping[int, Counts],
    *,
    objective: float,
    windows: Sequence[BurnWindow] = WINDOWS,
    minimum: int = MINIMUM_EVENTS,
) -> list[Burning]:
    """Each pair of windows, in their order. `by_window_s` has the counts of the last so many seconds, for
    each length that `windows` name; KeyError for one that is missing."""
    found = []
    for window in windows:
        long, short = by_window_s[window.long_s], by_window_s[window.short_s]
        fast, faster = burn_rate(long, objective=objective), burn_rate(short, objective=objective)
        enough = long.total >= minimum
        fires = enough and min(fast, faster) >= window.factor * (1 - 1e-9)
        found.append(Burning(window=window, long_rate=fast, short_rate=faster, fires=fires, enough=enough))
    return found


def budget(period: Counts, *, objective: float) -> Budget:
    """What is left. Without events, or where none may fail and none did, it is untouched; where none may
    fail and some did, it is overdrawn without end (-inf)."""
    _check(period, objective)
    allowed = (1 - objective) * period.total
    without = -inf if period.bad else 1.0
    left = 1 - period.bad / allowed if allowed > 0 else without
    return Budget(allowed=allowed, spent=period.bad, left=left)


def seconds_until_spent(of: Budget, *, rate: float, period_s: float) -> float:
    """At this burn rate: left x period / rate. 0 where it is spent, inf where nothing burns."""
    if of.left <= 0:
        return 0.0
    return of.left * period_s / rate if rate > 0 else inf


def _check(counts: Counts, objective: float) -> None:
    if not 0 <= objective <= 1:
        raise ValueError(f"objective: a share of 0 to 1 was expected, not {objective}")
    if not 0 <= counts.bad <= counts.total:
        raise ValueError(f"bad: 0 to {counts.total} were expected, not {counts.bad}")
