"""When runs have ended, then what they were asked is compared with what is usual, and the unusual are marked.

Behind judging and apart from it: windows of time are read from the store once they have passed, so a burst
costs ingest nothing, and after a crash the window that was not committed is read again. Where more runs end
in a window than are looked at, the newest are, and how many there were is kept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from roadworthy.contracts.telemetry import (
    Filter,
    Op,
    RunQuery,
    StoreFull,
    StoreUnavailable,
    TelemetryBatch,
    TelemetryStore,
)
from roadworthy.domain.score import Score
from roadworthy.features.watch.inputs.service import InputsService, Window
from roadworthy.features.watch.inputs.watcher import Input, Tail
from roadworthy.flows.burn_error_budgets import AlarmOutbox

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
TAIL_SCORE = "tail_input"
WINDOW_S = 15
LAG_S = 45
"""So long after their end runs are there, sent and stored."""
MOST_RUNS = 400
"""Of one window. Two thousand runs a minute are looked at whole."""
_WINDOWS_A_TURN = 40
_LOOK_BACK_S = 86_400
"""What ended longer ago when watching began, or while the server was down, is not looked at."""
_LONGEST_RUN_S = 86_400
_NS = 10**9
_TEXT = 8_000


class InputWatch:
    """`refresh` every fifteen seconds; `on_runs` hears of runs written, from any thread."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        service: InputsService,
        outbox: AlarmOutbox,
        publish: Callable[[str, Sequence[str]], None],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._service = service
        self._outbox = outbox
        self._publish = publish
        self._now_s = now_s
        self._lock = threading.Lock()  # protects the two below
        self._until: dict[str, float] = {}
        """By project: until when there is something to read."""
        self._started = False

    def on_runs(self, project: str, _run_ids: Sequence[str]) -> None:
        with self._lock:
            self._until[project] = self._now_s() + LAG_S + 2 * WINDOW_S

    def refresh(self) -> int:
        """How many alarms were raised or cleared. Asks nothing of projects in which nothing was written."""
        if not self._started:
            for project in self._store.projects():
                self.on_runs(project, ())
            self._started = True
        with self._lock:
            projects = list(self._until)
        alarms = 0
        for project in projects:
            try:
                alarms += self._watch(project)
            except (StoreFull, StoreUnavailable) as fault:
                log.warning("the inputs of project %s wait for the store: %s", project, fault)
        if alarms:
            self._outbox.changed()
        self._outbox.hand_over()
        return alarms

    def _watch(self, project: str) -> int:
        now_s = self._now_s()
        end_s = (int(now_s) - LAG_S) // WINDOW_S * WINDOW_S
        start_s = max(self._service.cursor(project) // _NS, end_s - _LOOK_BACK_S)
        alarms = 0
        for _ in range(_WINDOWS_A_TURN):
            if start_s >= end_s:
                with self._lock:
                    if self._until.get(project, 0.0) <= now_s:
                        self._until.pop(project, None)
                break
            until_s = self._next(project, start_s, end_s)
            alarms += self._take(project, start_s, until_s)
            start_s = until_s
        return alarms

    def _next(self, project: str, start_s: int, end_s: int) -> int:
        """The end of the next window: as long as it may be without holding more runs than are looked at."""
        slots = (end_s - start_s) // WINDOW_S
        while slots > 1:
            until_s = start_s + slots * WINDOW_S
            if self._store.count_runs(project, _query(start_s, until_s)) <= MOST_RUNS:
                return until_s
            slots //= 2
        return start_s + WINDOW_S

    def _take(self, project: str, start_s: int, until_s: int) -> int:
        query = _query(start_s, until_s)
        runs = self._store.runs(project, query)
        there = len(runs) if len(runs) < MOST_RUNS else self._store.count_runs(project, query)
        runs.sort(key=lambda run: (run.ended_ns, run.id))
        inputs = [
            (
                run.agent,
                Input(
                    run_id=run.id,
                    at_ns=run.ended_ns,
                    text=run.input[:_TEXT],
                    session_id=run.session_id,
                ),
            )
            for run in runs
            if run.agent
        ]
        window = Window(until_ns=until_s * _NS, runs=there, inputs=inputs)
        traces = {run.id: next(iter(run.trace_ids), "") for run in runs}
        token = f"inputs:{project}:{start_s}:{until_s}"

        def mark(tails: Sequence[Tail]) -> None:
            scores = [_score(project, one, trace_id=traces[one.run_id]) for one in tails]
            self._store.write(TelemetryBatch(token=token, scores=scores))
            self._publish(project, [one.run_id for one in tails])

        return self._service.take(project, window, now_ns=int(self._now_s() * _NS), mark=mark)


def _score(project: str, tail: Tail, *, trace_id: str) -> Score:
    return Score(
        project=project,
        run_id=tail.run_id,
        trace_id=trace_id,
        name=TAIL_SCORE,
        value=round(tail.p, 6),
        label="unusual",
        source="detector",
        evaluator_version=f"inputs/{tail.reference}",
        explanation=f"Of inputs like those of the reference, {tail.p:.2%} are as unusual as this one",
        at_ns=tail.at_ns,
    )


def _query(from_s: int, to_s: int) -> RunQuery:
    """Runs that ended in that time."""
    return RunQuery(
        filters=(
            Filter(field="ended_ns", op=Op.GE, value=from_s * _NS),
            Filter(field="ended_ns", op=Op.LT, value=to_s * _NS),
        ),
        from_ns=(from_s - _LONGEST_RUN_S) * _NS,
        to_ns=to_s * _NS,
        limit=MOST_RUNS,
    )
