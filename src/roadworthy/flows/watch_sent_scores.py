"""When a score was sent for a run (by telemetry or the API), then the monitors of that score get it.

A score may come before its run or after it, and name a run, a trace or a join key: runs and scores are both
announced once they can be read, and what belongs together is read then. Only projects in which somebody
watches a score are asked for anything. After a start the runs of the last hour are looked at again: what was
announced to a process that is gone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from roadworthy.contracts.telemetry import (
    Filter,
    Op,
    RunQuery,
    StoreFull,
    StoreUnavailable,
    TelemetryStore,
)
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score

log = logging.getLogger(__name__)

SENT = frozenset({"sdk", "otel", "api"})
"""Who sends scores of runs as they come. People and models pick theirs, and are heard elsewhere."""
MOST_WAITING = 50_000
"""Runs and traces of a project; beyond them the oldest are not looked at."""
_AT_ONCE = 500
_LOOK_BACK_NS = 3_600 * 10**9

Take = Callable[[Sequence[Run], Sequence[Score]], None]


class SentScores:
    """`on_runs` and `on_scored` from any thread, at once; `refresh` from one. `take` is durable on return and
    knows doubles."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        names_of: Callable[[str], Collection[str]],
        take: Take,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`names_of` a project: the scores that are watched."""
        self._store = store
        self._names_of = names_of
        self._take = take
        self._clock = clock
        self._lock = threading.Lock()  # protects the two below
        self._runs: dict[str, dict[str, None]] = {}
        self._keys: dict[str, dict[str, None]] = {}
        self._started = False

    def on_runs(self, project: str, run_ids: Iterable[str]) -> None:
        """These runs can be read."""
        self._put(self._runs, project, run_ids)

    def on_scored(self, project: str, keys: Iterable[str]) -> None:
        """Scores of these traces or join keys can be read."""
        self._put(self._keys, project, keys)

    def refresh(self) -> int:
        """How many scores were handed on. Raises StoreUnavailable, and has lost nothing then."""
        if not self._started:
            self._look_back()
            self._started = True
        with self._lock:
            projects = sorted(self._runs.keys() | self._keys.keys())
        return sum(self._work(project) for project in projects)

    def forget(self, project: str) -> None:
        with self._lock:
            self._runs.pop(project, None)
            self._keys.pop(project, None)

    def _put(self, into: dict[str, dict[str, None]], project: str, things: Iterable[str]) -> None:
        if not self._names_of(project):
            return
        with self._lock:
            waiting = into.setdefault(project, {})
            for one in things:
                waiting[one] = None
            while len(waiting) > MOST_WAITING:
                del waiting[next(iter(waiting))]

    def _look_back(self) -> None:
        from_ns = self._clock() - _LOOK_BACK_NS
        for project in self._store.projects():
            if self._names_of(project):
                runs = self._store.runs(project, RunQuery(from_ns=from_ns, limit=1_000))
                self.on_runs(project, [run.id for run in runs])

    def _work(self, project: str) -> int:
        taken = 0
        while True:
            with self._lock:
                ids = list(self._runs.get(project, ()))[:_AT_ONCE]
                keys = list(self._keys.get(project, ()))[:_AT_ONCE]
            if not ids and not keys:
                self.forget(project)
                return taken
            try:
                taken += self._hand_on(project, ids, keys)
            except (StoreFull, StoreUnavailable):
                raise
            except Exception:
                log.exception("sent scores of %d runs of project %s were not watched", len(ids), project)
            with self._lock:
                for waiting, done in ((self._runs, ids), (self._keys, keys)):
                    for one in done:
                        waiting.get(project, {}).pop(one, None)

    def _hand_on(self, project: str, ids: Sequence[str], keys: Sequence[str]) -> int:
        names = self._names_of(project)
        joined = self._store.traces_of_join_keys(project, keys) if keys else {}
        traces = [*ids, *keys, *(trace for found in joined.values() for trace in found)]
        places = self._store.places_of_traces(project, traces)
        wanted = dict.fromkeys([*ids, *keys, *(place.run_id for place in places.values())])
        runs = [
            run
            for run in self._store.runs(
                project,
                RunQuery(filters=(Filter(field="id", op=Op.IN, value=tuple(wanted)),), limit=len(wanted)),
            )
            if not run.superseded_by
        ]
        scores = [
            one
            for one in self._store.scores_of_runs(project, runs)
            if one.source in SENT and one.name in names and one.value is not None
        ]
        if not scores:
            return 0
        unknown = {one.trace_id for one in scores if not one.run_id}
        joined |= self._store.traces_of_join_keys(project, sorted(unknown - joined.keys()))
        of_run = {run.id: run.id for run in runs}
        of_trace = {trace: run.id for run in runs for trace in run.trace_ids}
        placed = []
        for one in scores:
            run_id = of_run.get(one.run_id) or of_trace.get(one.trace_id)
            for trace in () if run_id else joined.get(one.trace_id, ()):
                run_id = run_id or of_trace.get(trace)
            if run_id:
                placed.append(replace(one, run_id=run_id))
        self._take(runs, placed)
        return len(placed)
