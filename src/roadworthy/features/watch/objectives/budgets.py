"""An objective's error budget now, over time, and how fast it burns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from roadworthy.domain.objective import Objective
from roadworthy.features.watch.objectives.buckets import MINUTE_S, Buckets, Rows, Sums, sliced, sums
from roadworthy.features.watch.objectives.counting import coarse_seconds
from roadworthy.features.watch.objectives.periods import Period, period_at
from roadworthy.features.watch.objectives.true_share import TrueShare
from roadworthy.stats.burn_rate import (
    WINDOWS,
    Burning,
    BurnWindow,
    Counts,
    budget,
    burn_rate,
    burning,
    seconds_until_spent,
)

REACHABLE = 0.8
"""Where all runs fail, the budget of an objective of 90 % burns only ten times as fast as it may, so a factor
of 14.4 would never alarm. Factors are lowered to what this share of failures reaches."""
_EXHAUSTION = (6 * 3600, 72 * 3600)
"""The burn rate that goes on as it is: of six hours, or where too little is known of them of three days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One pair of windows. `factor` is what both rates must reach; `nominal` what it is where enough can
    fail to reach it."""

    window: BurnWindow
    nominal: float
    factor: float
    long_rate: float
    short_rate: float
    long: Sums
    short: Sums
    enough: bool
    """Whether enough is known in the long window."""
    fires: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNow:
    """Events are runs, tool executions, or slices of time (`Objective.budgeting`)."""

    period: Period
    events: Sums
    """Of the period. Of slices: those with something known."""
    runs: Sums
    """The same not cut into slices; the same as `events` where the budget is by occurrences."""
    allowed: float
    """Bad events the budget allows at this volume."""
    left: float
    """Share of the budget that is left: 1 untouched, 0 used up, below 0 overdrawn."""
    achieved: float | None
    """Share of what is known that was good, by the counts; None where nothing is."""
    exhausted_in_s: float | None
    """When the budget is used up if it burns on as it does; 0 where it is, None where it will not be before
    the period ends (of a rolling window: within as much time as it has)."""
    rates: tuple[Rate, ...]
    sliced: bool
    """Whether events are slices of time."""
    true_share: TrueShare | None = None
    """Of runs, corrected for the judge's error; None where no model judges what is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPoint:
    """One bucket of the period. `left` is the share of the budget (at the volume of the whole period) that
    was left at its end, counted from the period's begin."""

    start_s: int
    good: float
    bad: float
    unknown: float
    left: float


def burn_windows(objective: Objective) -> tuple[BurnWindow, ...]:
    """The windows with factors that can be reached, and no shorter than a slice."""
    reachable = REACHABLE / (1 - objective.target)
    least = objective.time_slice.seconds if objective.time_slice else 0
    return tuple(
        replace(one, factor=min(one.factor, reachable), short_s=max(one.short_s, least)) for one in WINDOWS
    )


def budget_now(objective: Objective, buckets: Buckets, *, now_s: float) -> BudgetNow:
    period = period_at(objective.window, now_s)
    rows = buckets.within(period.start_s, min(period.end_s, int(now_s) + coarse_seconds(objective)))
    runs = sums(rows)
    events = sums(_events(objective, rows, per=1))
    at = budget(_counts(events), objective=objective.target)
    rates = rates_now(objective, buckets, now_s=now_s)
    return BudgetNow(
        period=period,
        events=events,
        runs=runs,
        allowed=at.allowed,
        left=at.left,
        achieved=events.good / events.known if events.known else None,
        exhausted_in_s=_exhausted_in(objective, buckets, period=period, left=at.left, now_s=now_s),
        rates=rates,
        sliced=objective.time_slice is not None,
    )


def rates_now(objective: Objective, buckets: Buckets, *, now_s: float) -> tuple[Rate, ...]:
    windows = burn_windows(objective)
    lengths = {one for window in windows for one in (window.long_s, window.short_s)}
    rows = {length: _last(objective, buckets, length, now_s=now_s) for length in lengths}
    events = {length: sums(_fine_events(objective, held)) for length, held in rows.items()}
    runs = {length: sums(held) for length, held in rows.items()}
    found = burning(
        {length: _counts(held) for length, held in events.items()},
        objective=objective.target,
        windows=windows,
        minimum=1,
    )
    return tuple(
        _rate(one, nominal=nominal.factor, objective=objective, runs=runs)
        for one, nominal in zip(found, WINDOWS, strict=True)
    )


def _rate(one: Burning, *, nominal: float, objective: Objective, runs: dict[int, Sums]) -> Rate:
    # What is known of runs makes the minimum, also where slices of time are the events.
    enough = runs[one.window.long_s].known >= objective.min_events
    return Rate(
        window=one.window,
        nominal=nominal,
        factor=one.window.factor,
        long_rate=one.long_rate,
        short_rate=one.short_rate,
        long=runs[one.window.long_s],
        short=runs[one.window.short_s],
        enough=enough,
        fires=one.fires and enough,
    )


def history(objective: Objective, buckets: Buckets, *, now_s: float, most: int) -> list[BudgetPoint]:
    """The period so far in at most `most` buckets of whole hours (or slices, where these are longer)."""
    period = period_at(objective.window, now_s)
    end = min(period.end_s, int(now_s) + buckets.coarse_s)
    rows = buckets.within(period.start_s, end)
    events = _events(objective, rows, per=1)
    allowed = (1 - objective.target) * sums(events).known
    hour = max(1, 3600 // buckets.coarse_s)
    per = max(1, -(-len(rows) // (most * hour))) * hour
    points, spent = [], 0.0
    for place in range(0, len(rows), per):
        held, counted = sums(rows[place : place + per]), sums(events[place : place + per])
        spent += counted.bad
        points.append(
            BudgetPoint(
                start_s=period.start_s + place * buckets.coarse_s,
                good=held.good,
                bad=held.bad,
                unknown=held.unknown,
                left=1 - spent / allowed if allowed > 0 else 1.0,
            )
        )
    return points


def began_s(objective: Objective, buckets: Buckets, *, long_s: int, factor: float, now_s: float) -> int:
    """When it probably began to burn at `factor`: the begin of the stretch up to now that holds the most bad
    beyond what `factor` allows (the place where a CUSUM of the minutes was last at zero)."""
    rows = buckets.last(long_s, now_s=now_s)
    over = rows[:, 1] - factor * (1 - objective.target) * (rows[:, 0] + rows[:, 1])
    back = np.cumsum(over[::-1])
    first = len(over) - 1 - int(back.argmax()) if len(back) else 0
    while first < len(over) - 1 and over[first] <= 0:
        first += 1
    return int(now_s) // MINUTE_S * MINUTE_S - (len(over) - 1 - first) * MINUTE_S


def _last(objective: Objective, buckets: Buckets, length: int, *, now_s: float) -> Rows:
    step = objective.time_slice.seconds if objective.time_slice else MINUTE_S
    return buckets.last(length, now_s=now_s, step_s=step)


def _fine_events(objective: Objective, rows: Rows) -> Rows:
    per = objective.time_slice.seconds // MINUTE_S if objective.time_slice else 1
    return _events(objective, rows, per=per)


def _events(objective: Objective, rows: Rows, *, per: int) -> Rows:
    if objective.time_slice is None:
        return rows
    return sliced(rows, per=per, target=objective.time_slice.target)


def _exhausted_in(
    objective: Objective, buckets: Buckets, *, period: Period, left: float, now_s: float
) -> float | None:
    if left <= 0:
        return 0.0
    for length in _EXHAUSTION:
        rows = _last(objective, buckets, length, now_s=now_s)
        if sums(rows).known < objective.min_events and length != _EXHAUSTION[-1]:
            continue
        rate = burn_rate(_counts(sums(_fine_events(objective, rows))), objective=objective.target)
        whole = budget(Counts(bad=0, total=0), objective=objective.target)
        seconds = seconds_until_spent(replace(whole, left=left), rate=rate, period_s=period.seconds)
        until = period.seconds if objective.window.rolling else period.end_s - now_s
        return seconds if seconds <= until else None
    return None


def _counts(events: Sums) -> Counts:
    return Counts(bad=events.bad, total=events.known)


def named(rates: Sequence[Rate], name: str) -> Rate:
    return next(one for one in rates if one.window.name == name)
