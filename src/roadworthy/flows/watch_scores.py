"""When a run was judged, then its result goes to the watch log; once a second the monitors look at what
came, and alarms go to who takes them.

The result is durable before the verdict is written: a run that has a verdict was recorded. A crash before
the verdict has the run judged again, and recorded as what it is already.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence

from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.contracts.watch_log import WatchLog
from roadworthy.domain.result import Result, Scored
from roadworthy.domain.run import Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.handing import AlarmHanding, Sink

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
_PRUNE_SECONDS = 60.0
_WAIT_SECONDS = 2.0
_ATTRIBUTE_CHARACTERS = 200


class WatchScores:
    """`start` and `stop` once each; `on_judged` and `on_scores` from any thread, durable on return. `sink`
    takes alarms; one that raises gets them again."""

    def __init__(
        self,
        watch_log: WatchLog,
        engine: Engine,
        *,
        sink: Sink,
        attributes_of: Callable[[str], Collection[str]],
        before: Callable[[], object] = lambda: None,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        """`before` each step: what brings in more to look at."""
        self._log = watch_log
        self._engine = engine
        self._sink = sink
        self.handing = AlarmHanding(watch_log)
        self._attributes_of = attributes_of
        self._before = before
        self._tick = tick_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="watch", daemon=True)
        self._pruned = time.monotonic()
        self.problem = ""
        """Why monitors stand still, "" while they do not."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        self._stopping.set()
        self._thread.join(timeout)

    def on_judged(self, runs: Sequence[Run]) -> None:
        """Those of drills and inquiries are left out. Raises WatchLogFull and WatchLogUnavailable."""
        runs = [run for run in runs if not run.is_trial]
        wanted = {project: self._attributes_of(project) for project in {run.project for run in runs}}
        self._log.append([result_of(run, attributes=wanted[run.project]) for run in runs])

    def on_scores(self, runs: Sequence[Run], scores: Sequence[Score]) -> None:
        """Scores of any of these runs. As `on_judged`."""
        by_id = {run.id: run for run in runs if not run.is_trial}
        given = [(by_id[score.run_id], score) for score in scores if score.run_id in by_id]
        wanted = {project: self._attributes_of(project) for project in {run.project for run, _ in given}}
        self._log.append([scored_of(score, run=run, attributes=wanted[run.project]) for run, score in given])

    def _loop(self) -> None:
        while not self._stopping.wait(self._tick):
            try:
                try:
                    self._before()
                    self._engine.step()
                finally:
                    # What is wrong with one project holds up no other's alarms.
                    self.handing.hand_over(self._sink)
                self._prune()
                self.problem = self.handing.problem
            except (StoreFull, StoreUnavailable) as fault:
                if not self.problem:
                    log.warning("the monitors wait: %s", fault)
                self.problem = str(fault)
                self._stopping.wait(_WAIT_SECONDS)
            except Exception as fault:
                # The thread must outlive a fault nobody foresaw; what was not kept is done again.
                log.exception("watching failed")
                self.problem = f"{type(fault).__name__}: {fault}"
                self._stopping.wait(_WAIT_SECONDS)

    def _prune(self) -> None:
        if time.monotonic() - self._pruned > _PRUNE_SECONDS:
            self._pruned = time.monotonic()
            self._log.prune(now_ns=time.time_ns())


def result_of(run: Run, *, attributes: Collection[str] = ()) -> Result:
    tokens = [one for one in (run.input_tokens, run.output_tokens) if one is not None]
    return Result(
        project=run.project,
        run_id=run.id,
        agent=run.agent,
        at_ns=_ended(run),
        release=run.release,
        session_id=run.session_id,
        outcome=run.outcome,
        outcome_source=run.outcome_source,
        ruler=run.judged,
        p_failure=run.p_failure,
        detectors=run.detectors,
        error=run.status is RunStatus.ERROR,
        tool_calls=run.tool_calls,
        failed_tool_calls=run.failed_tool_calls,
        duration_s=None if run.duration_ns is None else run.duration_ns / 1e9,
        cost_usd=run.cost_usd,
        tokens=sum(tokens) if tokens else None,
        models=run.models,
        attributes=_wanted(run, attributes),
    )


def scored_of(score: Score, *, run: Run, attributes: Collection[str] = ()) -> Scored:
    return Scored(
        project=run.project,
        run_id=run.id,
        agent=run.agent,
        at_ns=_ended(run),
        name=score.name,
        value=score.value,
        source=score.source,
        sampled=score.sampled,
        release=run.release,
        session_id=run.session_id,
        ruler=score.evaluator_version,
        attributes=_wanted(run, attributes),
    )


def _ended(run: Run) -> int:
    return run.ended_ns or run.started_ns or run.sort_ns


def _wanted(run: Run, attributes: Collection[str]) -> dict[str, str]:
    found = {key: run.attributes.get(key) or run.step_attributes.get(key, "") for key in sorted(attributes)}
    return {key: value[:_ATTRIBUTE_CHARACTERS] for key, value in found.items() if value}
