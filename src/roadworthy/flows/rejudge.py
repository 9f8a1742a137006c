"""When somebody asks for it, then history is judged again, with what judges runs now."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from roadworthy.contracts.metadata import Job
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.features.judge.evaluator_book import EvaluatorBook
from roadworthy.features.judge.verdict import Evaluate
from roadworthy.features.observe.jobs import Step

KIND = "rejudge"
_RUNS_A_STEP = 100


class JudgeNow(Protocol):
    """`RunJudge.judge_now`."""

    def __call__(self, project: str, run_ids: Sequence[str], *, evaluate: Evaluate | None = None) -> None: ...


class Asking(Protocol):
    """`ModelJudging`: what takes its time and is waited for by nobody."""

    def ask(self, runs: Sequence[Run], judge_id: str) -> None: ...
    def ask_evaluators(self, runs: Sequence[Run], *, only: frozenset[str] | None) -> None: ...


LabelOf = Callable[[str, str], str]
"""What runs of an agent are judged by today, as runs carry it: (project, agent)."""


def arguments(
    *,
    filters: Sequence[Filter],
    from_ns: int | None,
    to_ns: int | None,
    evaluators: Sequence[str] = (),
    judges: Sequence[str] = (),
    outdated_only: bool = False,
) -> str:
    """Of a job: which runs are meant, the ids of the evaluators to ask (none for those switched on), and of
    the model judges to ask (none for nobody). `outdated_only` passes over runs that today's detectors and
    weights have judged already."""
    kept = [[one.field, one.op.value, one.value] for one in filters]
    # As text: JSON readers elsewhere lose the last digits of such numbers.
    return json.dumps(
        {
            "filters": kept,
            "from_ns": _text(from_ns),
            "to_ns": _text(to_ns),
            "evaluators": list(evaluators),
            "judges": list(judges),
            "outdated_only": outdated_only,
        }
    )


def query_of(kept: str, *, limit: int, after: tuple[int, str] | None = None) -> RunQuery:
    said: dict[str, Any] = json.loads(kept)
    return RunQuery(
        filters=tuple(
            Filter(field=field, op=Op(op), value=tuple(value) if isinstance(value, list) else value)
            for field, op, value in said["filters"]
        ),
        from_ns=_whole(said["from_ns"]),
        to_ns=_whole(said["to_ns"]),
        limit=limit,
        after=after,
    )


class Rejudge:
    """The work of a job of kind `rejudge`: newest runs first, a hundred at a time. Doing a piece twice writes
    what is there already."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        judge_now: JudgeNow,
        evaluators: EvaluatorBook,
        asking: Asking,
        label_of: LabelOf = lambda _project, _agent: "",
    ) -> None:
        self._store = store
        self._judge_now = judge_now
        self._evaluators = evaluators
        self._asking = asking
        self._label_of = label_of

    def __call__(self, job: Job) -> Step:
        after = None
        if job.position:
            sort_ns, run_id = json.loads(job.position)
            after = (int(sort_ns), str(run_id))
        total = job.total
        if total is None:
            total = self._store.count_runs(job.project, query_of(job.arguments, limit=1))
        runs = self._store.runs(job.project, query_of(job.arguments, limit=_RUNS_A_STEP, after=after))
        if runs:
            self._judged(job, runs)
        done = job.done + len(runs)
        if len(runs) < _RUNS_A_STEP:
            return Step(position=None, done=done, total=max(total, done))
        position = json.dumps([str(runs[-1].sort_ns), runs[-1].id])
        return Step(position=position, done=done, total=max(total, done))

    def _judged(self, job: Job, runs: Sequence[Run]) -> None:
        said = json.loads(job.arguments)
        if said.get("outdated_only"):
            runs = [run for run in runs if run.judged != self._label_of(job.project, run.agent)]
        if not runs:
            return
        asked = frozenset(said["evaluators"]) or None
        evaluate = partial(self._evaluators.scores, only=asked) if asked else None
        self._judge_now(job.project, [run.id for run in runs], evaluate=evaluate)
        # Judging asks them itself where the verdict changed; here, whatever it says.
        self._asking.ask_evaluators(runs, only=asked)
        for judge_id in said["judges"]:
            self._asking.ask(runs, judge_id)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)
