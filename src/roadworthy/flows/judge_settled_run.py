"""When a run has been quiet, then it is judged; when something new was said of it, then it is judged again.

What is to be judged is kept in memory only: a run that was written and not judged says so itself (`judged` is
empty), so after a crash, and whenever there is nothing else to do, such runs are looked for. Judging a run
twice writes the same row twice, and of two rows of one version one is read: judged once, not twice, not
never.

Ingest comes first: while the worker is short of time, the runs it leaves wait, and of the others (what people
ask for, agents with evaluators of their own, large runs) a hundred a second at most are judged here. Later
they are judged as `flows/catching_up.py` says. Most runs are judged where they come in
(`flows/judge_on_arrival.py`); this hears of the others.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from roadworthy.contracts.telemetry import (
    Filter,
    Op,
    RunQuery,
    StoreFull,
    StoreUnavailable,
    TelemetryBatch,
    TelemetryStore,
)
from roadworthy.domain.run import Run, RunStatus, steps_started
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.judge.judging_progress import JudgingProgress
from roadworthy.features.judge.verdict import Evaluate, Judged, Rules, judge_run
from roadworthy.features.observe.steps import Assembly, own_spans
from roadworthy.flows.catching_up import CatchingUp
from roadworthy.flows.runs_to_judge import RunsToJudge

log = logging.getLogger(__name__)

QUIET_SECONDS = 1.0
"""So long after a run was last written it is taken for settled."""
ENDLESS_SECONDS = 600.0
"""A run that still waits for its end is judged after this time as what it is."""
_TRACE_ID = 32
_SPANS_AT_ONCE = 4_000
_CANNOT_KEPT = 1_000
"""Runs that could not be judged are not looked for again every minute."""
_SEARCH_SECONDS = 60.0
_SEARCH_AGAIN_SECONDS = 2.0
_SEARCH_DAYS = 7
_POLL_SECONDS = 0.2


class Assemble(Protocol):
    """The assembly of a run's traces, with runs under the ids they are stored under."""

    def __call__(self, store: TelemetryStore, run: Run, spans: Sequence[Span]) -> Assembly: ...


RulesOf = Callable[[str, str], Rules]
"""How runs of an agent of a project are judged: (project, agent)."""


class RunJudge:
    """`start` and `stop` once each. `on_runs` hears of every run written, from any thread; `publish` of every
    run that got another verdict; `on_judged` gets those runs before they are written and is to return
    soon. While the worker is `short_of_time`, what it left waits."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        assemble: Assemble,
        rules_of: RulesOf,
        publish: Callable[[str, Sequence[str]], None],
        on_judged: Callable[[Sequence[Run]], None] = lambda _: None,
        on_scores: Callable[[Sequence[Run], Sequence[Score]], None] = lambda _runs, _scores: None,
        short_of_time: Callable[[], bool] = lambda: False,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self.progress = JudgingProgress()
        self._store = store
        self._assemble = assemble
        self._rules_of = rules_of
        self._publish = publish
        self._on_judged = on_judged
        self._on_scores = on_scores
        self._short_of_time = short_of_time
        self._quiet = quiet_seconds
        self._runs_to_judge = RunsToJudge()
        self._catching_up = CatchingUp()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="judge", daemon=True)
        self._boot = f"{os.getpid():x}-{time.time_ns():x}"
        self._numbers = itertools.count(1)
        self._search_at = 0.0
        self._cannot: dict[tuple[str, str], None] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout)

    @property
    def waiting(self) -> int:
        return len(self._runs_to_judge)

    @property
    def late_seconds(self) -> float:
        """For how long the run that waits longest could have been judged."""
        return self._runs_to_judge.late_seconds

    def on_runs(self, project: str, run_ids: Sequence[str]) -> None:
        """These runs were written."""
        self._runs_to_judge.put(project, run_ids, after=self._quiet)

    def on_left_runs(self, project: str, run_ids: Sequence[str]) -> None:
        """These were written by a worker that had no time to judge them, and can wait until there is."""
        self._runs_to_judge.put(project, run_ids, after=self._quiet, left=True)

    def again(self, project: str, run_ids: Sequence[str]) -> None:
        """Something was said of these runs."""
        self._runs_to_judge.ask(project, run_ids)
        self._wake.set()

    def on_judged_runs(self, project: str, run_ids: Sequence[str]) -> None:
        """These runs were written with a verdict. Of one that something was said of meanwhile, the verdict
        does not know."""
        if late := self._runs_to_judge.asked_lately(project, run_ids):
            self.again(project, late)

    def handed_in(
        self, project: str, runs: Sequence[Run], *, written_before: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """Runs that were judged elsewhere and are about to be written: the issues each belongs to, by id. One
        that people may know already (`written_before`) and have said something of is left out: it is to be
        written without a verdict, and is judged here. Raises StoreFull and StoreUnavailable."""
        doubtful = set(written_before)
        taken = [run for run in runs if run.id not in doubtful or not self._spoken_of(run)]
        for run in taken:
            run.issues = self._rules_of(project, run.agent).fingerprint(run, run.findings)
        # As below: after a crash before they are written they come again.
        self._on_judged(taken)
        self.progress.judged += len(taken)
        return {run.id: run.issues for run in taken}

    def _spoken_of(self, run: Run) -> bool:
        return any(score.changes_verdict for score in self._store.scores_of_runs(run.project, [run]))

    def judge_now(self, project: str, run_ids: Sequence[str], *, evaluate: Evaluate | None = None) -> None:
        """In the caller's thread: these runs, settled or not known to be. `evaluate` in place of the
        evaluators that are switched on. Raises StoreFull and StoreUnavailable."""
        self._judge(project, run_ids, evaluate=evaluate)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self._turn()
            except (StoreFull, StoreUnavailable) as fault:
                log.warning("judging waits for the store: %s", fault)
                self._stopping.wait(2.0)
                continue
            except Exception:
                # The thread must outlive a fault nobody foresaw; what was due is found again.
                log.exception("judging failed")
                self._stopping.wait(2.0)
                continue
            if not busy:
                self._wake.wait(_POLL_SECONDS)
                self._wake.clear()

    def _turn(self) -> bool:
        """Whether there was anything to do."""
        short = self._short_of_time()
        began = time.monotonic()
        catch_up = self._catching_up.may(short_of_time=short, now=began)
        taken = self._runs_to_judge.take(short_of_time=short, left=catch_up)
        if taken.ids:
            self.progress.lag_seconds = taken.lag_seconds
        for project, ids in taken.ids.items():
            try:
                self._judge(project, ids)
            except (StoreFull, StoreUnavailable):
                self._runs_to_judge.put(project, ids, after=2.0, left=taken.left)
                raise
        searched = not taken.ids and catch_up and began >= self._search_at
        if searched:
            # Where many are found, there may be more than one look round finds.
            again = _SEARCH_AGAIN_SECONDS if self._search() else _SEARCH_SECONDS
            self._search_at = time.monotonic() + again
        if taken.left or searched:
            self._catching_up.worked(now=time.monotonic())
        if short and taken.ids:
            # Nor may what people ask for add up to a load.
            self._stopping.wait(_POLL_SECONDS)
        return bool(taken.ids)

    def _search(self) -> int:
        """Runs nobody judged: after a crash, an import, or more runs at once than are kept waiting. How many
        are due now."""
        found = 0
        from_ns = time.time_ns() - _SEARCH_DAYS * 86_400 * 10**9
        missing = (Filter(field="judged", op=Op.EQ, value=""),)
        for project in self._store.projects():
            query = RunQuery(filters=missing, from_ns=from_ns, limit=1000)
            ids: list[str] = []
            while not ids and (runs := self._store.runs(project, query)):
                # Those that wait for their end may be more than that, and newer than all others.
                ids = [run.id for run in runs if not self._is_known(project, run.id)]
                query = replace(query, after=(runs[-1].sort_ns, runs[-1].id))
            if ids:
                self._runs_to_judge.put(project, ids, after=0.0, left=True)
            found += len(ids)
        return found

    def _is_known(self, project: str, run_id: str) -> bool:
        return (project, run_id) in self._cannot or self._runs_to_judge.waits_for_end(project, run_id)

    def _judge(self, project: str, ids: Sequence[str], *, evaluate: Evaluate | None = None) -> None:
        began = time.monotonic()
        settled = self._settled(project, self._runs(project, ids))
        runs: list[Run] = []
        scores: list[Score] = []
        for block in _blocks(settled):
            judged, given = self._verdicts(project, block, evaluate=evaluate)
            runs += judged
            scores += given
        if runs:
            # Before the verdict is in the store: after a crash in between, the run is judged again.
            self._on_judged(runs)
        if scores:
            self._on_scores(settled, scores)
        if runs or scores:
            # All at once: each write waits for its turn among those of ingest.
            token = f"judge:{self._boot}:{next(self._numbers)}"
            self._store.write(TelemetryBatch(token=token, runs=runs, scores=scores))
            changed = dict.fromkeys([*(run.id for run in runs), *(score.run_id for score in scores)])
            self._publish(project, list(changed))
        self.progress.judged += len(settled)
        self.progress.batches += 1
        self.progress.seconds += time.monotonic() - began

    def _runs(self, project: str, ids: Sequence[str]) -> list[Run]:
        places = self._store.places_of_traces(project, ids)
        times = [place.sort_ns for place in places.values()]
        # One of several runs in a trace is named after its first span, too, and has no place of its own.
        alone = [self._store.run(project, one) for one in ids if len(one) > _TRACE_ID]
        found = [run for run in alone if run is not None and not run.superseded_by]
        if not times:
            return found
        query = RunQuery(
            filters=(Filter(field="id", op=Op.IN, value=tuple(places)),),
            from_ns=min(times),
            to_ns=max(times) + 1,
            limit=len(places),
        )
        return [*self._store.runs(project, query), *found]

    def _settled(self, project: str, runs: Sequence[Run]) -> list[Run]:
        """Without those that wait for their end and may still get it."""
        settled: list[Run] = []
        now_ns = time.time_ns()
        for run in runs:
            age = (now_ns - max(run.started_ns, run.sort_ns)) / 1e9
            if run.status is RunStatus.RUNNING and 0 <= age < ENDLESS_SECONDS:
                self._runs_to_judge.wait_for_end(project, run.id, seconds=ENDLESS_SECONDS - age)
            else:
                settled.append(run)
        return settled

    def _verdicts(
        self, project: str, runs: Sequence[Run], *, evaluate: Evaluate | None
    ) -> tuple[list[Run], list[Score]]:
        """The runs whose verdict is another one now, and the scores that were not there yet."""
        traces = list(dict.fromkeys(trace for run in runs for trace in run.trace_ids))
        by_trace: dict[str, list[Span]] = {}
        for span in self._store.spans_of_traces(project, traces, started=steps_started(runs)):
            by_trace.setdefault(span.trace_id, []).append(span)
        said: dict[str, list[Score]] = {}
        for score in self._store.scores_of_runs(project, runs):
            said.setdefault(score.run_id or score.trace_id, []).append(score)
        changed: list[Run] = []
        fresh: list[Score] = []
        for run in runs:
            spans = [span for trace in run.trace_ids for span in by_trace.get(trace, ())]
            scores = _said_of(run, spans, said)
            if run.judged and not (spans or scores):
                continue  # Imported before its steps: the verdict that it brought along knew them.
            try:
                judged = self._verdict(run, spans, scores=scores, evaluate=evaluate)
            except (StoreFull, StoreUnavailable):
                raise
            except Exception:
                # A run that cannot be judged is shown as not judged; the others go on.
                log.exception("run %s could not be judged", run.id)
                self.progress.failed += 1
                self._cannot[project, run.id] = None
                if len(self._cannot) > _CANNOT_KEPT:
                    del self._cannot[next(iter(self._cannot))]
                continue
            if judged.run != replace(run, version=judged.run.version):
                changed.append(judged.run)
            known = {_said(score) for score in scores}
            fresh += [score for score in judged.scores if _said(score) not in known]
        return changed, fresh

    def _verdict(
        self, run: Run, spans: Sequence[Span], *, scores: Sequence[Score], evaluate: Evaluate | None
    ) -> Judged:
        rules = self._rules_of(run.project, run.agent)
        if evaluate is not None:
            rules = replace(rules, evaluate=evaluate)
        assembly = self._assemble(self._store, run, spans)
        # As the spans tell it: what a verdict put into the stored row must not count as said by the SDK.
        told = next((one for one in assembly.runs if one.id == run.id), run)
        judged = judge_run(
            replace(told, sort_ns=run.sort_ns, cost_usd=run.cost_usd),
            own_spans(assembly, run),
            rules=rules,
            scores=scores,
        )
        # One above what is stored: it wins over that row, and loses against any that ingest writes later,
        # whose versions are offsets in the log, many bytes apart.
        judged.run.version = run.version + 1
        return judged


def _said(score: Score) -> tuple[str, str, str, float | None, str]:
    return score.name, score.source, score.evaluator_version, score.value, score.label


def _said_of(run: Run, spans: Sequence[Span], said: Mapping[str, Sequence[Score]]) -> list[Score]:
    if not said:
        return []
    keys = dict.fromkeys((run.id, *run.trace_ids, *(key for span in spans for key in span.join_keys)))
    return sorted((one for key in keys for one in said.get(key, ())), key=lambda score: score.at_ns)


def _blocks(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Runs whose spans are read at once: few enough to be held in memory."""
    block: list[Run] = []
    spans = 0
    for run in runs:
        if block and spans + run.spans > _SPANS_AT_ONCE:
            yield block
            block, spans = [], 0
        block.append(run)
        spans += run.spans
    if block:
        yield block
