"""What the doors use of objectives."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.telemetry import Filter, RunQuery, TelemetryStore
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.objective import Objective
from roadworthy.features.watch.objectives.book import ObjectiveBook, check
from roadworthy.features.watch.objectives.budgets import (
    BudgetNow,
    BudgetPoint,
    Rate,
    began_s,
    budget_now,
    history,
    rates_now,
)
from roadworthy.features.watch.objectives.burn_alarms import RUNS_SHOWN, BurnAlarms, Evidence, Watched
from roadworthy.features.watch.objectives.counting import NS, Counts
from roadworthy.features.watch.objectives.indicators import Measure, measure
from roadworthy.features.watch.objectives.openslo_in import FromOpenSlo, objectives_of
from roadworthy.features.watch.objectives.openslo_out import openslo_of
from roadworthy.features.watch.objectives.true_share import TrueShares


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveNow:
    """An objective with its budget, and the alarms that stand."""

    objective: Objective
    budget: BudgetNow
    burning: tuple[Alarm, ...]
    good_runs: tuple[tuple[Filter, ...], ...]
    bad_runs: tuple[tuple[Filter, ...], ...]
    """Each: filters of the runs that are meant."""


class ObjectiveService:
    """Of one installation. Safe to call from several threads. Raises as the stores do."""

    def __init__(
        self, store: TelemetryStore, *, book: ObjectiveBook, counts: Counts, alarms: BurnAlarms
    ) -> None:
        self._store = store
        self._true_shares = TrueShares(store)
        self.book = book
        self.counts = counts
        self.alarms = alarms

    def now(self, objective: Objective, *, now_s: float | None = None) -> ObjectiveNow:
        """Ten seconds old at most; one that was just saved is counted first."""
        at = time.time() if now_s is None else now_s
        how = measure(objective)
        return ObjectiveNow(
            objective=objective,
            budget=self._corrected(objective, self._budget(objective, now_s=at)),
            burning=tuple(self.alarms.standing(objective.project, objective.id)),
            good_runs=how.good_runs,
            bad_runs=how.bad_runs,
        )

    def history(self, objective: Objective, *, most: int, now_s: float | None = None) -> list[BudgetPoint]:
        """The period so far, in at most so many buckets."""
        at = time.time() if now_s is None else now_s
        self._budget(objective, now_s=at)
        buckets = self.counts.of(objective)
        return [] if buckets is None else history(objective, buckets, now_s=at, most=most)

    def try_out(self, objective: Objective, *, now_s: float | None = None) -> BudgetNow:
        """Its budget, would it be kept. Raises ObjectiveInvalid."""
        check(objective)
        at = time.time() if now_s is None else now_s
        apart = Counts(self._store)
        apart.follow(objective.project, [objective], now_s=at)
        buckets = apart.of(objective)
        assert buckets is not None  # noqa: S101 (it was just counted)
        return self._corrected(objective, budget_now(objective, buckets, now_s=at))

    def as_openslo(self, objectives: Sequence[Objective]) -> str:
        """OpenSLO v1, YAML."""
        return openslo_of(objectives)

    def from_openslo(self, text: str, *, project: str) -> FromOpenSlo:
        """Nothing is kept yet. Raises OpenSloInvalid, which names the field."""
        return objectives_of(text, project=project)

    def watch(self, project: str, *, now_s: float) -> int:
        """Count what changed, raise and clear alarms; how many alarms changed."""
        objectives = self.book.all(project)
        self.counts.follow(project, objectives, now_s=now_s)
        watched = []
        for one in objectives:
            buckets = self.counts.of(one)
            if buckets is not None:
                watched.append(Watched(objective=one, rates=rates_now(one, buckets, now_s=now_s)))

        def evidence(objective: Objective, rate: Rate) -> Evidence:
            return self._evidence(objective, rate, now_s=now_s)

        return self.alarms.watch(project, watched, now_ns=int(now_s * NS), evidence=evidence)

    def _corrected(self, objective: Objective, budget: BudgetNow) -> BudgetNow:
        return replace(budget, true_share=self._true_shares.of(objective, period=budget.period))

    def _budget(self, objective: Objective, *, now_s: float) -> BudgetNow:
        buckets = self.counts.of(objective)
        if buckets is None:
            self.counts.follow(objective.project, self.book.all(objective.project), now_s=now_s)
            buckets = self.counts.of(objective)
        if buckets is None:
            # It was changed or deleted while this was asked.
            return self.try_out(objective, now_s=now_s)
        return budget_now(objective, buckets, now_s=now_s)

    def _evidence(self, objective: Objective, rate: Rate, *, now_s: float) -> Evidence:
        buckets = self.counts.of(objective)
        since = int(now_s) - rate.window.long_s
        if buckets is not None:
            since = began_s(objective, buckets, long_s=rate.window.long_s, factor=rate.factor, now_s=now_s)
        return Evidence(
            since_ns=since * NS,
            run_ids=self._bad_runs(objective.project, measure(objective), from_ns=since * NS),
        )

    def _bad_runs(self, project: str, how: Measure, *, from_ns: int) -> tuple[str, ...]:
        found: dict[str, int] = {}
        for filters in how.bad_runs:
            query = RunQuery(filters=filters, from_ns=from_ns, limit=RUNS_SHOWN)
            found |= {run.id: run.sort_ns for run in self._store.runs(project, query)}
        newest: Sequence[str] = sorted(found, key=lambda run_id: (-found[run_id], run_id))
        return tuple(newest[:RUNS_SHOWN])
