"""When people have said enough about an agent's runs, then its failure model is fitted to what they said."""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from math import sqrt

from roadworthy.contracts.telemetry import AggregateQuery, Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.run import Outcome, Run
from roadworthy.features.judge.failure_model.model import FailureModel, from_json, prior
from roadworthy.features.judge.failure_model.reading import Reading, read
from roadworthy.features.judge.model_book import ModelBook
from roadworthy.features.judge.outcomes import PRECEDENCE
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.observe.steps import StepsOf
from roadworthy.features.watch.monitors.orders import Refitted
from roadworthy.kit.parent import die_with_parent

log = logging.getLogger(__name__)

LEAST_LABELS = 20
_RUNS_LOOKED_AT = 1_000
_AGENTS = 200
_SECONDS = 300.0
_COMPARED = 300
"""Runs on which the old model and the new one are compared; with fewer than `_LEAST_COMPARED` they are
not."""
_LEAST_COMPARED = 50
_CLEAN_NS = 4 * 86_400 * 10**9
"""Runs are compared that are older than this, where there are enough: a fall that is being noticed would say
of itself how the two differ."""
_NINETY_PERCENT = 1.2816
_TEACHERS = tuple(source for source in PRECEDENCE if source not in ("judge", "evaluator"))
"""Whose word is learned from: a model that learns from models would confirm itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    run_id: str
    reading: Reading
    failed: bool


def fitted(labels: Sequence[Label]) -> bytes:
    """The prior moved by the labels, as JSON. ValueError where they are too few or all alike."""
    # Only here, so that only the process that fits loads scikit-learn.
    from roadworthy.features.judge.failure_model.fit import Example, refit

    examples = [Example(reading=one.reading, failed=one.failed, task=one.run_id) for one in labels]
    return refit(prior(), examples, source=f"{len(labels)} labelled runs of this agent").as_json()


class ModelRefit:
    """`refresh` is one look at every agent; bounded by `_RUNS_LOOKED_AT` runs of each."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        book: ModelBook,
        steps_of: StepsOf,
        again: Callable[[str, Sequence[str]], None],
        refitted: Callable[[str, Refitted], None] = lambda _project, _change: None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`refitted` hears of a new model before any run is judged by it."""
        self._store = store
        self._book = book
        self._steps_of = steps_of
        self._again = again
        self._refitted = refitted
        self._clock = clock
        self._fitted_with: dict[tuple[str, str], int] = {}

    def refresh(self) -> int:
        """How many agents got other weights."""
        return sum(
            self._refresh(project, agent)
            for project in self._store.projects()
            for agent in self._taught(project)
        )

    def _taught(self, project: str) -> list[str]:
        """Agents with enough labels, and more of them than at the last look."""
        rows = self._store.aggregate(
            project, AggregateQuery(by=("agent",), filters=_labelled(), limit=_AGENTS)
        )
        taught = []
        for row in rows:
            agent, labels = row.group[0], row.runs
            # A tenth more, or it is not worth the work.
            if labels >= LEAST_LABELS and labels >= 1.1 * self._fitted_with.get((project, agent), 0):
                self._fitted_with[project, agent] = labels
                taught.append(agent)
        return taught

    def _refresh(self, project: str, agent: str) -> bool:
        query = RunQuery(
            filters=(*_labelled(), Filter(field="agent", op=Op.EQ, value=agent)), limit=_RUNS_LOOKED_AT
        )
        runs = self._store.runs(project, query)
        model = self._fitted([self._label(run) for run in runs], agent=agent)
        if model is None:
            return False
        compared = self._compared(project, agent, model)
        if compared is not None:
            self._refitted(project, compared)
        self._book.save(project, agent, model)
        self._again(project, [run.id for run in runs])
        return True

    def _compared(self, project: str, agent: str, model: FailureModel) -> Refitted | None:
        """The new model on runs that the present one judged, in the form of what judges are called
        (`Run.judged` ends with the model's label). None: too few."""
        present = self._book.of(project, agent)
        if present.label == model.label:
            return None
        old = [run for run in self._judged(project, agent, to_ns=self._clock() - _CLEAN_NS) if run.judged]
        runs = old if len(old) >= _LEAST_COMPARED else self._judged(project, agent, to_ns=None)
        newest = next((run.judged for run in runs if run.judged.endswith(f".{present.label}")), "")
        same = [run for run in runs if newest and run.judged == newest and run.p_failure is not None]
        if len(same) < _LEAST_COMPARED:
            return None
        changes = [
            model.p(Transcript(run, self._steps_of(run)), run.findings) - (run.p_failure or 0.0)
            for run in same
        ]
        mean = sum(changes) / len(changes)
        variance = sum((one - mean) ** 2 for one in changes) / (len(changes) - 1)
        return Refitted(
            agent=agent,
            before=newest,
            after=newest.removesuffix(present.label) + model.label,
            shift=mean,
            most=mean + _NINETY_PERCENT * sqrt(variance / len(changes)),
            n=len(changes),
        )

    def _judged(self, project: str, agent: str, *, to_ns: int | None) -> list[Run]:
        filters = (Filter(field="agent", op=Op.EQ, value=agent), Filter(field="p_failure", op=Op.EXISTS))
        return self._store.runs(project, RunQuery(filters=filters, to_ns=to_ns, limit=_COMPARED))

    def _label(self, run: Run) -> Label:
        transcript = Transcript(run, self._steps_of(run))
        return Label(
            run_id=run.id,
            reading=read(transcript, run.findings),
            failed=run.outcome is Outcome.FAILURE,
        )

    def _fitted(self, labels: Sequence[Label], *, agent: str) -> FailureModel | None:
        """In a process of its own: scikit-learn takes much memory, and would keep it."""
        pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            # Where this process is killed, the other one would wait for work for ever.
            initializer=die_with_parent,
            initargs=(os.getpid(),),
        )
        try:
            with pool:
                return from_json(pool.submit(fitted, list(labels)).result(_SECONDS))
        except ValueError as fault:
            log.info("the failure model of agent %r stays as it is: %s", agent, fault)
        except (BrokenProcessPool, TimeoutError) as fault:
            log.warning("fitting the failure model of agent %r failed: %r", agent, fault)
        return None


def _labelled() -> tuple[Filter, ...]:
    return (
        Filter(field="outcome", op=Op.IN, value=(str(Outcome.SUCCESS), str(Outcome.FAILURE))),
        Filter(field="outcome_source", op=Op.IN, value=_TEACHERS),
    )
