"""The one place every reader goes through, whichever door asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.telemetry import (
    AggregateQuery,
    AggregateRow,
    Filter,
    Op,
    RejectionRow,
    RunQuery,
    SearchHit,
    SessionRow,
    SpanQuery,
    StoreStats,
    TelemetryStore,
)
from roadworthy.domain.run import Run, steps_started
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.observe.alignment import Alignment, align
from roadworthy.features.observe.counting import KeptCounts
from roadworthy.features.observe.fleet import Fleet, fleet
from roadworthy.features.observe.steps import Assemble, assembled, own_spans

_MAX_SUPERSEDED = 16
_SESSION_RUNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSteps:
    """A run with its spans, by start: annotated, inferred ones included."""

    run: Run
    told: Run
    """The run as its spans tell it, without what was judged or said of it since."""
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    left: Run
    right: Run
    alignment: Alignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`runs` by start, oldest first; `truncated` where the session has more of them than are given."""

    session_id: str
    runs: tuple[Run, ...]
    truncated: bool


class ObserveService:
    """Reads of one installation. Every method takes the project first; see `TelemetryStore` for errors.

    Unknown ids are None. Safe to call from several threads.
    """

    def __init__(self, store: TelemetryStore, *, assemble: Assemble) -> None:
        self._store = store
        self._assemble = assemble
        self._counts = KeptCounts(store.stats)

    def runs(self, project: str, query: RunQuery, *, attributes: Sequence[str] = ()) -> list[Run]:
        """A run's own attributes are those of its root span; of the keys in `attributes` it is given what its
        steps say, too."""
        runs = self._store.runs(project, query)
        if not attributes:
            return runs
        wanted = set(attributes)
        return [
            replace(
                run,
                attributes={k: v for k, v in run.step_attributes.items() if k in wanted} | run.attributes,
            )
            for run in runs
        ]

    def count_runs(self, project: str, query: RunQuery) -> int:
        return self._store.count_runs(project, query)

    def run(self, project: str, run_id: str) -> Run | None:
        """The run; where it turned out to belong to another one, that one."""
        for _ in range(_MAX_SUPERSEDED):
            run = self._store.run(project, run_id)
            if run is None or not run.superseded_by:
                return run
            run_id = run.superseded_by
        return run

    def run_steps(self, project: str, run_id: str) -> RunSteps | None:
        run = self.run(project, run_id)
        return None if run is None else self._steps(project, run)

    def _steps(self, project: str, run: Run) -> RunSteps:
        spans = self._store.spans_of_traces(project, run.trace_ids, started=steps_started([run]))
        assembly = assembled(self._store, run, spans, assemble=self._assemble)
        own = own_spans(assembly, run)
        own.sort(key=lambda s: (s.start_ns, s.trace_id, s.span_id))
        told = next((one for one in assembly.runs if one.id == run.id), run)
        return RunSteps(run=run, told=told, spans=tuple(own))

    def compare(self, project: str, left_id: str, right_id: str) -> Comparison | None:
        left = self.run_steps(project, left_id)
        right = self.run_steps(project, right_id)
        if left is None or right is None:
            return None
        return Comparison(left=left.run, right=right.run, alignment=align(left.spans, right.spans))

    def scores(self, project: str, run_id: str) -> list[Score]:
        """See `scores_of`; also those of a run that is not stored (yet)."""
        run = self._store.run(project, run_id)
        return self._store.scores(project, run_id) if run is None else self.scores_of(run)

    def scores_of(self, run: Run) -> list[Score]:
        """Those said of an answer by its id are given the trace and span that hold it."""
        scores = self._store.scores_of_runs(run.project, [run])
        keys = {score.trace_id for score in scores if score.by_key}
        if not keys:
            return scores
        places: dict[str, Span] = {}
        started = steps_started([run])
        for span in self._store.spans_of_traces(run.project, run.trace_ids, started=started):
            for key in keys.intersection(span.join_keys):
                places.setdefault(key, span)
        return [_placed(score, places.get(score.trace_id)) for score in scores]

    def search(self, project: str, query: SpanQuery) -> list[SearchHit]:
        return self._store.search(project, query)

    def aggregate(self, project: str, query: AggregateQuery) -> list[AggregateRow]:
        return self._store.aggregate(project, query)

    def fleet(self, project: str, *, from_ns: int, to_ns: int, trials: bool = False) -> Fleet:
        return fleet(self._store, project, from_ns=from_ns, to_ns=to_ns, trials=trials)

    def sessions(
        self, project: str, *, from_ns: int | None, limit: int, after: tuple[int, str] | None
    ) -> list[SessionRow]:
        return self._store.sessions(project, from_ns=from_ns, limit=limit, after=after)

    def session(self, project: str, session_id: str) -> Session | None:
        """None where no run carries the id."""
        query = RunQuery(
            filters=(Filter(field="session_id", op=Op.EQ, value=session_id),), limit=_SESSION_RUNS + 1
        )
        runs = self._store.runs(project, query)
        if not runs:
            return None
        newest = runs[:_SESSION_RUNS]
        newest.sort(key=lambda run: (run.started_ns, run.id))
        return Session(session_id=session_id, runs=tuple(newest), truncated=len(runs) > _SESSION_RUNS)

    def rejections(self, project: str, *, from_ns: int | None) -> list[RejectionRow]:
        return self._store.rejections(project, from_ns=from_ns)

    def attribute_keys(self, project: str, *, prefix: str, limit: int) -> list[str]:
        return self._store.attribute_keys(project, prefix=prefix, limit=limit)

    def field_values(self, project: str, field: str, *, prefix: str, limit: int) -> list[str]:
        return self._store.field_values(project, field, prefix=prefix, limit=limit)

    def each_run(self, project: str, query: RunQuery) -> Iterator[list[Run]]:
        return self._store.each_run(project, query)

    def days(self, project: str) -> list[str]:
        return self._store.days(project)

    def stats(self, project: str | None = None) -> StoreStats:
        """Two seconds old at most, where counting takes long."""
        return self._counts.stats(project)

    def drop_days_before(self, project: str, day: str) -> int:
        dropped = self._store.drop_days_before(project, day)
        self._counts.forget()
        return dropped


def _placed(score: Score, span: Span | None) -> Score:
    return score if span is None else replace(score, trace_id=span.trace_id, span_id=span.span_id)
