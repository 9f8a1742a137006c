"""How often an agent really did its job where a model judges: the judge's error corrected by people's labels.

An objective of judged success counts 1 - p(failure) of runs about which nobody said anything. What the model
gets wrong is in that count. Of the runs that people judged both words are known, and PPI++ makes the true
share of all out of them (`stats.judge_error`). Budgets and burn rates stay on the counts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from roadworthy.contracts.telemetry import Filter, Op, RunQuery, Tally, TallyQuery, TelemetryStore
from roadworthy.domain.objective import IndicatorKind, Objective
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.signals.disagreement import TRUTH
from roadworthy.features.watch.monitors.true_rate import LEAST
from roadworthy.features.watch.objectives.buckets import DAY_S
from roadworthy.features.watch.objectives.indicators import scope_of
from roadworthy.features.watch.objectives.periods import Period
from roadworthy.stats.intervals import Interval
from roadworthy.stats.judge_error import JudgedSums, true_rate

NS = 1_000_000_000
MOST_LABELLED = 2_000
"""The newest; of more the interval would be hardly narrower."""
MOST_SPREAD = 2_000
"""So many runs tell how the model's judgements spread; their mean is that of all."""
KEPT_SECONDS = 30.0


class Correction(StrEnum):
    CORRECTED = "corrected"
    TOO_FEW_LABELS = "too_few_labels"
    NOT_NEEDED = "not_needed"
    """Somebody said of every run how it ended, or nothing is known at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueShare:
    """Share of runs that were good. `value` and `interval` (95 %) only of what is corrected."""

    state: Correction
    labels: int
    """Runs that both people (or a business system) and the model judged."""
    judged_alone: int
    """Runs of which only the model's word is known."""
    raw: float | None
    """By the counts, the model taken at its word."""
    value: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Counts of a period. Labelled and alone have a p(failure); the rest of known has somebody's word."""

    good: float
    bad: float
    alone: float
    alone_bad: float
    labelled: float
    labelled_bad: float


class TrueShares:
    """Each half a minute old at most. Safe to call from several threads. Raises as the store does."""

    def __init__(self, store: TelemetryStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[tuple[object, ...], tuple[float, TrueShare]] = {}

    def of(self, objective: Objective, *, period: Period) -> TrueShare | None:
        """None where no model judges what the objective counts."""
        if objective.indicator.kind is not IndicatorKind.JUDGED_SUCCESS:
            return None
        key = (objective.project, scope_of(objective), period.start_s, period.end_s)
        at = time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] > at:
            return kept[1]
        found = true_share(self._store, objective, period=period)
        with self._lock:
            self._kept = {one: held for one, held in self._kept.items() if held[0] > at}
            self._kept[key] = (at + KEPT_SECONDS, found)
        return found


def true_share(store: TelemetryStore, objective: Objective, *, period: Period) -> TrueShare:
    """Runs of which somebody else than people said how they ended count as they were said; those labelled or
    judged alone count by PPI++ together."""
    told = _told(store, objective, period)
    known = told.good + told.bad
    labels, judged_alone = round(told.labelled), round(told.alone)
    raw = told.good / known if known > 0 else None
    if not judged_alone:
        return TrueShare(state=Correction.NOT_NEEDED, labels=labels, judged_alone=0, raw=raw)
    rate = None
    if labels >= LEAST:
        rate = true_rate(_sums(store, objective, period, told))
    if rate is None:
        return TrueShare(state=Correction.TOO_FEW_LABELS, labels=labels, judged_alone=judged_alone, raw=raw)
    drawn = told.labelled + told.alone
    said_bad = told.bad - told.labelled_bad - told.alone_bad

    def good(failing: float) -> float:
        return min(1.0, max(0.0, 1 - (said_bad + drawn * failing) / known))

    return TrueShare(
        state=Correction.CORRECTED,
        labels=labels,
        judged_alone=judged_alone,
        raw=raw,
        value=good(rate.value),
        interval=Interval(low=good(rate.interval.high), high=good(rate.interval.low)),
    )


def _labelled(scope: tuple[Filter, ...]) -> tuple[Filter, ...]:
    return (
        *scope,
        Filter(field="p_failure", op=Op.EXISTS),
        Filter(field="outcome_source", op=Op.IN, value=tuple(sorted(TRUTH))),
    )


def _alone(scope: tuple[Filter, ...]) -> tuple[Filter, ...]:
    return (*scope, _is(Outcome.UNKNOWN), Filter(field="p_failure", op=Op.EXISTS))


def _is(outcome: Outcome) -> Filter:
    return Filter(field="outcome", op=Op.EQ, value=str(outcome))


def _told(store: TelemetryStore, objective: Objective, period: Period) -> _Told:
    scope = scope_of(objective)
    labelled, alone = _labelled(scope), _alone(scope)
    query = TallyQuery(
        tallies=(
            Tally(filters=(*scope, _is(Outcome.SUCCESS))),
            Tally(filters=(*scope, _is(Outcome.FAILURE))),
            Tally(filters=alone),
            Tally(filters=alone, total_of="p_failure"),
            Tally(filters=(*labelled, _is(Outcome.SUCCESS))),
            Tally(filters=(*labelled, _is(Outcome.FAILURE))),
        ),
        from_ns=period.start_s * NS,
        to_ns=period.end_s * NS,
        bucket_ns=DAY_S * NS,
    )
    sums = [0.0] * len(query.tallies)
    for row in store.tally(objective.project, query):
        sums = [held + value for held, value in zip(sums, row.values, strict=True)]
    success, failure, judged, judged_bad, labelled_good, labelled_bad = sums
    return _Told(
        good=success + judged - judged_bad,
        bad=failure + judged_bad,
        alone=judged,
        alone_bad=judged_bad,
        labelled=labelled_good + labelled_bad,
        labelled_bad=labelled_bad,
    )


def _sums(store: TelemetryStore, objective: Objective, period: Period, told: _Told) -> JudgedSums:
    scope = scope_of(objective)

    def newest(filters: tuple[Filter, ...], limit: int) -> list[tuple[Outcome, float]]:
        query = RunQuery(filters=filters, from_ns=period.start_s * NS, to_ns=period.end_s * NS, limit=limit)
        found = store.runs(objective.project, query)
        return [(run.outcome, run.p_failure) for run in found if run.p_failure is not None]

    sums = JudgedSums()
    for outcome, said in newest(_labelled(scope), MOST_LABELLED):
        if outcome is not Outcome.UNKNOWN:
            sums += JudgedSums.labelled(float(outcome is Outcome.FAILURE), judged=said)
    return sums + _rest(told, [said for _, said in newest(_alone(scope), MOST_SPREAD)])


def _rest(told: _Told, some: Sequence[float]) -> JudgedSums:
    """The mean of all and the variance of some."""
    n = round(told.alone)
    mean = told.alone_bad / n
    centre = fmean(some) if some else mean
    variance = sum((one - centre) ** 2 for one in some) / max(1, len(some) - 1)
    return JudgedSums(rest=n, rest_f=told.alone_bad, rest_ff=n * mean * mean + (n - 1) * variance)
