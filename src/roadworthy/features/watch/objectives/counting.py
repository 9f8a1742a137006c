"""Counts of every objective, exact and cheap: kept in memory, and read again from the store only where
something changed.

The telemetry store is the truth: a run's verdict may change weeks later, and its count with it. So counts are
not added up from a stream of results but tallied from the runs as they are stored. What keeps that cheap is
knowing which runs changed: one reading of the minutes concerned then corrects all objectives of a project.
After a start everything is tallied once; every six hours once more, for what no signal was given of (days
that were dropped).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from roadworthy.contracts.telemetry import Tally, TallyQuery, TallyRow, TelemetryStore
from roadworthy.domain.objective import IndicatorKind, Objective
from roadworthy.features.watch.objectives.book import period_days
from roadworthy.features.watch.objectives.buckets import DAY_S, MINUTE_S, Buckets, Tallied
from roadworthy.features.watch.objectives.indicators import Measure, measure

NS = 1_000_000_000
AGENT = "agent"
RECOUNT_SECONDS = 6 * 3600.0
SCORES_SECONDS = 60.0
SCORES_LATE_S = 86_400
"""A score that changes no verdict is not announced with its run: what began within a day is read again every
minute where an objective counts scores, and what is older with the next recount."""
QUARTER_S = 900
HOUR_S = 3600
_READINGS = 8
"""At most so many stretches of time are read in one turn, changes far apart with what lies between."""
_NEAR = 10
"""Buckets: what lies between two changes so near is read with them, because a reading costs more."""
_CHANGED_KEPT = 200_000
"""Runs whose time is still to be looked up. Of more than that everything is counted anew."""
_LOOKED_UP = 5_000
_TRACE_ID = 32


@dataclass(slots=True)
class _Counted:
    objective: Objective
    measure: Measure
    buckets: Buckets
    ready: bool = False
    """Whether it was counted."""


@dataclass(slots=True)
class _Project:
    counted: dict[str, _Counted] = field(default_factory=dict)
    changed: dict[str, None] = field(default_factory=dict)
    """Runs that were written."""
    all_changed: bool = False
    recounted: float = float("-inf")
    scores_read: float = float("-inf")


@dataclass(slots=True)
class CountingProgress:
    """Since the start; read by /metrics."""

    readings: int = 0
    seconds: float = 0.0
    recounts: int = 0


class Counts:
    """Safe to call from several threads."""

    def __init__(self, store: TelemetryStore) -> None:
        self.progress = CountingProgress()
        self._store = store
        self._lock = threading.Lock()  # protects what changed; never held while the store is asked
        self._reading = threading.Lock()  # one reading at a time: two would put each other's counts back
        self._projects: dict[str, _Project] = {}

    def on_runs(self, project: str, run_ids: Sequence[str]) -> None:
        """These runs are new or changed, and can be read. Returns at once; from any thread."""
        with self._lock:
            held = self._projects.get(project)
            if held is None or held.all_changed:
                return
            held.changed.update(dict.fromkeys(run_ids))
            if len(held.changed) > _CHANGED_KEPT:
                held.changed, held.all_changed = {}, True

    def follow(self, project: str, objectives: Sequence[Objective], *, now_s: float) -> None:
        """Count these, up to now. Asks the store only where something changed. Raises as the store does; what
        was to be read is then still to be read."""
        with self._reading:
            held = self._held(project)
            fresh = self._fresh(held, objectives, now_s=now_s)
            if not held.counted:
                return
            due = time.monotonic() - held.recounted > RECOUNT_SECONDS
            changed, everything = self._taken(held)
            try:
                if due or everything:
                    self._count_all(project, list(held.counted.values()))
                    held.recounted = time.monotonic()
                    self.progress.recounts += 1
                else:
                    if fresh:
                        self._count_all(project, fresh)
                    self._count_changed(project, held, changed)
                    self._count_scores(project, held, now_s=now_s)
            except BaseException:
                with self._lock:
                    held.changed.update(changed)
                    held.all_changed = held.all_changed or everything
                for one in fresh:
                    held.counted.pop(one.objective.id, None)
                raise
            for one in fresh:
                one.ready = True

    def of(self, objective: Objective) -> Buckets | None:
        """As of the last `follow`, without waiting for one that goes on; None before it was counted first.
        Only to be read."""
        with self._lock:
            held = self._projects.get(objective.project)
        counted = held.counted.get(objective.id) if held else None
        if counted is None or not counted.ready or counted.objective != objective:
            return None
        return counted.buckets

    def _held(self, project: str) -> _Project:
        with self._lock:
            return self._projects.setdefault(project, _Project())

    def _taken(self, held: _Project) -> tuple[dict[str, None], bool]:
        with self._lock:
            changed, everything = held.changed, held.all_changed
            held.changed, held.all_changed = {}, False
            return changed, everything

    def _fresh(self, held: _Project, objectives: Sequence[Objective], *, now_s: float) -> list[_Counted]:
        """Those that are new or were changed; those that are gone go."""
        wanted = {one.id: one for one in objectives}
        for gone in held.counted.keys() - wanted.keys():
            del held.counted[gone]
        fresh = []
        for one in objectives:
            known = held.counted.get(one.id)
            if known is not None and known.objective == one:
                known.buckets.roll(now_s)
                continue
            keep_s = (period_days(one.window) + 1) * DAY_S
            buckets = Buckets(now_s=now_s, keep_s=keep_s, coarse_s=coarse_seconds(one))
            held.counted[one.id] = _Counted(objective=one, measure=measure(one), buckets=buckets)
            fresh.append(held.counted[one.id])
        return fresh

    def _count_all(self, project: str, counted: Sequence[_Counted]) -> None:
        for coarse_s in sorted({one.buckets.coarse_s for one in counted}):
            same = [one for one in counted if one.buckets.coarse_s == coarse_s]
            start = min(one.buckets.coarse_start_s for one in same)
            self._count_coarse(project, same, start, same[0].buckets.fine_start_s, step_s=coarse_s)
        first = counted[0].buckets
        self._count_minutes(project, counted, first.fine_start_s, first.end_s)

    def _count_scores(self, project: str, held: _Project, *, now_s: float) -> None:
        scored = [one for one in held.counted.values() if one.objective.indicator.kind is IndicatorKind.SCORE]
        if scored and time.monotonic() - held.scores_read > SCORES_SECONDS:
            today = int(now_s) // MINUTE_S * MINUTE_S
            self._count_minutes(project, scored, today - SCORES_LATE_S, scored[0].buckets.end_s)
            held.scores_read = time.monotonic()

    def _count_changed(self, project: str, held: _Project, changed: Iterable[str]) -> None:
        counted = list(held.counted.values())
        fine_start = counted[0].buckets.fine_start_s
        minutes: set[int] = set()
        older: set[int] = set()
        for at_s in self._times(project, list(changed)):
            if at_s >= fine_start:
                minutes.add(at_s // MINUTE_S * MINUTE_S)
            else:
                older.add(at_s // HOUR_S * HOUR_S)
        for from_s, to_s in stretches(minutes, step_s=MINUTE_S):
            self._count_minutes(project, counted, from_s, to_s)
        for from_s, to_s in stretches(older, step_s=HOUR_S):
            for coarse_s in sorted({one.buckets.coarse_s for one in counted}):
                same = [one for one in counted if one.buckets.coarse_s == coarse_s]
                self._count_coarse(project, same, from_s, min(to_s, fine_start), step_s=coarse_s)

    def _times(self, project: str, run_ids: Sequence[str]) -> Iterator[int]:
        """When the runs started (Unix seconds), as they are filed."""
        traces = [one for one in run_ids if len(one) <= _TRACE_ID]
        for start in range(0, len(traces), _LOOKED_UP):
            asked = traces[start : start + _LOOKED_UP]
            found = self._store.places_of_traces(project, asked)
            for run_id in asked:
                place = found.get(run_id)
                if place is not None:
                    yield place.sort_ns // NS
                if place is None or place.run_id != run_id:
                    yield from self._time_of(project, run_id)
        # One of several runs in a trace is named after its first span, too, and has no place of its own.
        for run_id in run_ids:
            if len(run_id) > _TRACE_ID:
                yield from self._time_of(project, run_id)

    def _time_of(self, project: str, run_id: str) -> Iterator[int]:
        """Also of a run that turned out to belong to another one: it no longer counts."""
        run = self._store.run(project, run_id)
        if run is not None:
            yield run.sort_ns // NS

    def _count_minutes(self, project: str, counted: Sequence[_Counted], from_s: int, to_s: int) -> None:
        for one, tallied in self._tallied(project, counted, from_s, to_s, step_s=MINUTE_S):
            one.buckets.put_minutes(from_s, to_s, tallied)

    def _count_coarse(
        self, project: str, counted: Sequence[_Counted], from_s: int, to_s: int, *, step_s: int
    ) -> None:
        if from_s < to_s:
            for one, tallied in self._tallied(project, counted, from_s, to_s, step_s=step_s):
                one.buckets.put_coarse(from_s, to_s, tallied)

    def _tallied(
        self, project: str, counted: Sequence[_Counted], from_s: int, to_s: int, *, step_s: int
    ) -> list[tuple[_Counted, Tallied]]:
        began = time.monotonic()
        places: dict[Tally, int] = {}
        for one in counted:
            for term in one.measure.terms:
                places.setdefault(shared(term.tally), len(places))
        query = TallyQuery(
            tallies=tuple(places), from_ns=from_s * NS, to_ns=to_s * NS, bucket_ns=step_s * NS, by=AGENT
        )
        by_agent: dict[str, list[TallyRow]] = {}
        for row in self._store.tally(project, query):
            by_agent.setdefault(row.group, []).append(row)
        self.progress.readings += 1
        self.progress.seconds += time.monotonic() - began
        arrays = {agent: _arrays(rows) for agent, rows in by_agent.items()}
        nothing = np.zeros(0, dtype=np.int64), np.zeros((0, len(places)))
        found = []
        for one in counted:
            starts, values = arrays.get(one.objective.agent, nothing)
            found.append((one, Tallied(starts=starts, rows=_added(one.measure, places, values))))
        return found


def shared(tally: Tally) -> Tally:
    """Without its agent: one tally for all agents, told apart by the group of a row."""
    return replace(tally, filters=tuple(one for one in tally.filters if one.field != AGENT))


def _arrays(rows: Sequence[TallyRow]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    starts = np.array([row.bucket_start_ns // NS for row in rows], dtype=np.int64)
    return starts, np.array([row.values for row in rows], dtype=np.float64)


def _added(how: Measure, places: dict[Tally, int], values: NDArray[np.float64]) -> NDArray[np.float64]:
    added = np.zeros((len(values), 3))
    for term in how.terms:
        column = values[:, places[shared(term.tally)]]
        for place, weight in enumerate((term.good, term.bad, term.total)):
            if weight:
                added[:, place] += weight * column
    # Sums of probabilities: 1 - 1.0 may come out a hair below nothing.
    return np.maximum(added, 0.0)


def coarse_seconds(objective: Objective) -> int:
    """Rolling windows begin at a full hour; local midnights are at a quarter of one in some places."""
    if objective.time_slice is not None:
        return objective.time_slice.seconds
    return HOUR_S if objective.window.rolling else QUARTER_S


def stretches(starts: Iterable[int], *, step_s: int, most: int = _READINGS) -> list[tuple[int, int]]:
    """Stretches of time, at most `most` of them, that together cover every bucket named by its start. Those
    with the largest gaps between them stay apart."""
    ordered = sorted(starts)
    if not ordered:
        return []
    gaps = sorted(
        (
            (after - before, place)
            for place, (before, after) in enumerate(pairwise(ordered))
            if after - before > _NEAR * step_s
        ),
        reverse=True,
    )
    cuts = sorted(place for _, place in gaps[: most - 1])
    bounds = [-1, *cuts, len(ordered) - 1]
    return [(ordered[low + 1], ordered[high] + step_s) for low, high in pairwise(bounds)]
