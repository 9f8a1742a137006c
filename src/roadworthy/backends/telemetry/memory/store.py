"""A telemetry store in memory: for tests, and the yardstick the other backends are measured against.

Plain rather than fast: every read looks at everything.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from roadworthy.backends.telemetry.conditions import holds
from roadworthy.backends.telemetry.excerpts import excerpt
from roadworthy.backends.telemetry.fields import (
    Condition,
    FieldKind,
    check_limit,
    completion_field,
    run_conditions,
    span_conditions,
)
from roadworthy.backends.telemetry.memory.summaries import aggregate_rows, rejection_rows, session_rows
from roadworthy.backends.telemetry.memory.tallies import tally_rows
from roadworthy.backends.telemetry.storable import DAY_NS, day_name, day_number, day_of, storable, within
from roadworthy.backends.telemetry.words import matches, words
from roadworthy.contracts.telemetry import (
    AggregateQuery,
    AggregateRow,
    BadQuery,
    RejectionRow,
    RunPlace,
    RunQuery,
    SearchHit,
    SessionRow,
    SpanQuery,
    StoreStats,
    TallyQuery,
    TallyRow,
    TelemetryBatch,
)
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span

KEY_DAYS = 7

Key = TypeVar("Key")
Held = TypeVar("Held")


class MemoryTelemetryStore:
    """See the contract. One lock guards everything; what is read out is shared and must not be changed."""

    def __init__(self, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._lock = threading.RLock()
        self._now_ns = now_ns
        self._spans: dict[tuple[str, str, str], Span] = {}
        self._runs: dict[tuple[str, str], Run] = {}
        self._scores: dict[tuple[str, ...], Score] = {}
        self._rejections: dict[Rejection, None] = {}
        self._run_days: dict[tuple[str, str], int] = {}

    def write(self, batch: TelemetryBatch) -> None:
        with self._lock:
            for span in map(storable, batch.spans):
                known = self._spans.get((span.project, span.trace_id, span.span_id))
                if known is None or known.version <= span.version:
                    self._spans[span.project, span.trace_id, span.span_id] = span
            receipt = max((span.received_ns for span in batch.spans), default=0)
            for run in map(storable, batch.runs):
                older = self._runs.get((run.project, run.id))
                if older is None or older.version <= run.version:
                    self._runs[run.project, run.id] = run
                    self._run_days[run.project, run.id] = day_of(run.sort_ns, receipt)
            for score in map(storable, batch.scores):
                key = score_identity(score)
                said = self._scores.get(key)
                if said is None or (said.version, said.at_ns) <= (score.version, score.at_ns):
                    self._scores[key] = score
            self._rejections.update(dict.fromkeys(map(storable, batch.rejections)))

    def prepare(self, spans: Sequence[Span]) -> Sequence[object]:
        return ()

    def run(self, project: str, run_id: str) -> Run | None:
        with self._lock:
            return self._runs.get((project, run_id))

    def runs(self, project: str, query: RunQuery) -> list[Run]:
        check_limit(query.limit)
        found = self._matching(project, query)
        if query.after is not None:
            found = [run for run in found if (run.sort_ns, run.id) < query.after]
        return found[: query.limit]

    def count_runs(self, project: str, query: RunQuery) -> int:
        return len(self._matching(project, query))

    def spans_of_traces(
        self, project: str, trace_ids: Sequence[str], *, started: tuple[int, int] | None = None
    ) -> list[Span]:
        wanted = set(trace_ids)
        with self._lock:
            found = [s for s in self._spans.values() if s.project == project and s.trace_id in wanted]
        if started is not None:
            found = [s for s in found if started[0] <= s.start_ns <= started[1]]
        return sorted(found, key=lambda span: (span.start_ns, span.trace_id, span.span_id))

    def spans(self, project: str, query: SpanQuery) -> list[Span]:
        check_limit(query.limit)
        conditions, asked = span_conditions(query.filters), words(query.text)
        with self._lock:
            found = [
                span
                for span in self._spans.values()
                if span.project == project
                and within(span.start_ns, query.from_ns, query.to_ns)
                and all(holds(one, span, (span.attributes,)) for one in conditions)
                and matches(asked, span.input, span.output)
            ]
        found.sort(key=_span_order, reverse=True)
        if query.after is not None:
            found = [span for span in found if _span_order(span) < query.after]
        return found[: query.limit]

    def search(self, project: str, query: SpanQuery) -> list[SearchHit]:
        asked = words(query.text)
        if not asked:
            raise BadQuery(f"text: {query.text!r} holds no word to search for")
        hits = []
        for span in self.spans(project, query):
            places = self._owners(project, span.trace_id)
            hits.append(
                SearchHit(
                    span=span,
                    run_id=places[0].id if places else "",
                    excerpt=excerpt(asked, span),
                )
            )
        return hits

    def places_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, RunPlace]:
        found = {}
        for trace_id in trace_ids:
            for run in self._owners(project, trace_id)[:1]:
                found[trace_id] = RunPlace(run_id=run.id, sort_ns=run.sort_ns, trace_ids=run.trace_ids)
        return found

    def runs_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        owners = {trace_id: self._owners(project, trace_id) for trace_id in trace_ids}
        return {trace_id: tuple(run.id for run in runs) for trace_id, runs in owners.items() if runs}

    def traces_of_join_keys(self, project: str, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        wanted = set(keys)
        found: dict[str, set[str]] = {}
        with self._lock:
            for span in self._spans.values():
                if span.project == project:
                    for key in wanted.intersection(span.join_keys):
                        found.setdefault(key, set()).add(span.trace_id)
        return {key: tuple(sorted(traces)) for key, traces in found.items()}

    def aggregate(self, project: str, query: AggregateQuery) -> list[AggregateRow]:
        check_limit(query.limit)
        runs = self._matching(
            project, RunQuery(filters=query.filters, from_ns=query.from_ns, to_ns=query.to_ns)
        )
        return aggregate_rows(query, runs)

    def tally(self, project: str, query: TallyQuery) -> list[TallyRow]:
        window = RunQuery(from_ns=query.from_ns, to_ns=query.to_ns)
        return tally_rows(query, self._matching(project, window), holds=self._holds)

    def sessions(
        self,
        project: str,
        *,
        from_ns: int | None = None,
        limit: int = 50,
        after: tuple[int, str] | None = None,
    ) -> list[SessionRow]:
        check_limit(limit)
        rows = session_rows(self._matching(project, RunQuery(from_ns=from_ns)))
        if after is not None:
            rows = [row for row in rows if (row.last_ns, row.session_id) < after]
        return rows[:limit]

    def scores(self, project: str, run_id: str) -> list[Score]:
        run = self.run(project, run_id)
        return self._scores_of(project, ids={run_id}, runs=[run] if run else [])

    def scores_of_runs(self, project: str, runs: Sequence[Run]) -> list[Score]:
        return self._scores_of(project, ids={run.id for run in runs}, runs=runs)

    def _scores_of(self, project: str, *, ids: set[str], runs: Sequence[Run]) -> list[Score]:
        traces = [trace for run in runs for trace in run.trace_ids]
        places = {*traces, *(key for span in self.spans_of_traces(project, traces) for key in span.join_keys)}
        with self._lock:
            subjects = ids | {
                one.id for one in self._runs.values() if one.project == project and one.superseded_by in ids
            }
            found = [
                score
                for score in self._scores.values()
                if score.project == project
                and (score.run_id in subjects if score.run_id else score.trace_id in places)
            ]
        return sorted(found, key=lambda score: (score.at_ns, score.name, score.source, score.span_id))

    def each_score(
        self, project: str, *, from_ns: int | None = None, to_ns: int | None = None
    ) -> Iterator[list[Score]]:
        with self._lock:
            found = [s for s in self._scores.values() if s.project == project]
        found = [score for score in found if within(score.at_ns, from_ns, to_ns)]
        for start in range(0, len(found), 500):
            yield found[start : start + 500]

    def rejections(self, project: str, *, from_ns: int | None = None) -> list[RejectionRow]:
        with self._lock:
            found = [r for r in self._rejections if r.project == project and within(r.at_ns, from_ns, None)]
        return rejection_rows(found)

    def attribute_keys(self, project: str, *, prefix: str = "", limit: int = 200) -> list[str]:
        since = self._now_ns() // DAY_NS - KEY_DAYS
        with self._lock:
            keys = Counter(
                key
                for span in self._spans.values()
                if span.project == project and day_of(span.start_ns, span.received_ns) >= since
                for key in span.attributes
                if key.startswith(prefix)
            )
        return _most_frequent(keys, limit)

    def field_values(self, project: str, field: str, *, prefix: str = "", limit: int = 50) -> list[str]:
        asked = completion_field(field)
        values: Counter[str] = Counter()
        with self._lock:
            if asked.kind is FieldKind.ATTRIBUTE:
                spans = [span for span in self._spans.values() if span.project == project]
                values.update(span.attributes[asked.key] for span in spans if asked.key in span.attributes)
            for run in self._matching(project, RunQuery()):
                if asked.kind is FieldKind.LIST:
                    values.update(getattr(run, asked.name))
                elif asked.kind is FieldKind.TEXT:
                    values[str(getattr(run, asked.name))] += 1
        kept = Counter({one: count for one, count in values.items() if one and one.startswith(prefix)})
        return _most_frequent(kept, limit)

    def each_run(self, project: str, query: RunQuery) -> Iterator[list[Run]]:
        found = self._matching(project, query)
        for start in range(0, len(found), 500):
            yield found[start : start + 500]

    def days(self, project: str) -> list[str]:
        with self._lock:
            held = {_span_day(span) for span in self._spans.values() if span.project == project}
            held |= {day for (owner, _), day in self._run_days.items() if owner == project}
        return [day_name(day) for day in sorted(held)]

    def drop_days_before(self, project: str, day: str) -> int:
        first = _day(day)
        with self._lock:
            old = [name for name in self.days(project) if name < day]
            _keep(self._spans, lambda span: span.project != project or _span_day(span) >= first)
            days = self._run_days
            _keep(self._runs, lambda run: run.project != project or days[run.project, run.id] >= first)
            _keep(self._scores, lambda score: score.project != project or day_of(score.at_ns, 0) >= first)
            self._run_days = {key: days[key] for key in self._runs}
            self._rejections = {
                one: None
                for one in self._rejections
                if one.project != project or day_of(one.at_ns, 0) >= first
            }
        return len(old)

    def stats(self, project: str | None = None) -> StoreStats:
        with self._lock:
            spans = [span for span in self._spans.values() if project in (None, span.project)]
            runs = [
                run for run in self._runs.values() if project in (None, run.project) and not run.superseded_by
            ]
        starts = [span.start_ns for span in spans]
        return StoreStats(
            spans=len(spans),
            runs=len(runs),
            bytes_on_disk=0,
            first_ns=min(starts, default=None),
            last_ns=max(starts, default=None),
        )

    def projects(self) -> list[str]:
        with self._lock:
            held = {key[0] for key in self._spans} | {key[0] for key in self._runs}
            return sorted(held | {one.project for one in self._rejections})

    def close(self) -> None:
        """Nothing to close."""

    def _matching(self, project: str, query: RunQuery) -> list[Run]:
        """Newest first; `limit` and `after` are the caller's."""
        conditions, asked = run_conditions(query.filters), words(query.text)
        with self._lock:
            found = [
                run
                for run in self._runs.values()
                if run.project == project
                and not run.superseded_by
                and within(run.sort_ns, query.from_ns, query.to_ns)
                and all(self._holds(one, run) for one in conditions)
                and (not asked or self._said(run, asked))
            ]
        return sorted(found, key=lambda run: (run.sort_ns, run.id), reverse=True)

    def _holds(self, condition: Condition, run: Run) -> bool:
        return holds(condition, run, self._attributes_of(run), score=partial(self._score_of, run))

    def _score_of(self, run: Run, name: str) -> float | None:
        found = [
            score
            for score in self._scores.values()
            if (score.project, score.name, score.span_id) == (run.project, name, "")
            and (score.run_id == run.id if score.run_id else score.trace_id in run.trace_ids)
            and score.value is not None
        ]
        return max(found, key=lambda score: (score.at_ns, score.version)).value if found else None

    def _attributes_of(self, run: Run) -> list[Mapping[str, str]]:
        """The run's own first, then those of its spans."""
        spans = self.spans_of_traces(run.project, run.trace_ids)
        return [run.attributes, *(span.attributes for span in spans)]

    def _said(self, run: Run, asked: list[str]) -> bool:
        return any(
            matches(asked, span.input, span.output)
            for span in self.spans_of_traces(run.project, run.trace_ids)
        )

    def _owners(self, project: str, trace_id: str) -> list[Run]:
        """Runs a trace belongs to, the one named after it first."""
        with self._lock:
            found = [
                run
                for run in self._runs.values()
                if run.project == project and not run.superseded_by and trace_id in run.trace_ids
            ]
        return sorted(found, key=lambda run: (run.id != trace_id, run.sort_ns, run.id))


def _keep(held: dict[Key, Held], wanted: Callable[[Held], bool]) -> None:
    for key in [key for key, one in held.items() if not wanted(one)]:
        del held[key]


def score_identity(score: Score) -> tuple[str, ...]:
    """A score that does not name its run yet is told apart by its trace."""
    subject = score.run_id or score.trace_id
    kind = "run" if score.run_id else "trace"
    told_apart = (score.name, score.source, score.evaluator_version, score.voice)
    return (score.project, kind, subject, score.span_id, *told_apart)


def _span_order(span: Span) -> tuple[int, str, str]:
    return (span.start_ns, span.trace_id, span.span_id)


def _span_day(span: Span) -> int:
    return day_of(span.start_ns, span.received_ns)


def _day(name: str) -> int:
    try:
        return day_number(name)
    except ValueError:
        raise BadQuery(f"day: {name!r} is not a date of the form YYYY-MM-DD") from None


def _most_frequent(counted: Counter[str], limit: int) -> list[str]:
    return [one for one, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))][:limit]
