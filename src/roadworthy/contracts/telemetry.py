"""What a telemetry store promises, whichever engine is behind it.

Promises
- `write` returns once the batch is durable, or raises and has written nothing that a second `write` of the
  same batch would double. Writing a batch twice, or the same span, run or score in two batches, leaves the
  state of writing it once; of two versions of one thing the higher `version` is read.
- Reads see every write that returned before them. No read returns a row of another project; a query
  without a project cannot be written.
- Methods are synchronous and may be called from several threads at once; they release the GIL while the
  engine works.
- Empty results are empty, never errors; an unknown id is None.
- Text comes back as it was written, NUL bytes included; lone surrogates as "?". Whole numbers are clamped to
  64 bits; a cost or score that is not a finite number is unknown.
- Errors: `StoreFull` (no space: nothing was written, try again later), `StoreUnavailable` (the engine is
  down), `BadQuery` (names the field and what was expected).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryBatch:
    """One unit of writing. `token` names it: the same token always comes with the same content."""

    token: str
    spans: Sequence[Span] = ()
    runs: Sequence[Run] = ()
    scores: Sequence[Score] = ()
    rejections: Sequence[Rejection] = ()
    prepared: Sequence[object] = ()
    """What `IngestStore.prepare` made of `spans`, of all of them; empty where that was not asked for."""
    left: Collection[tuple[str, str]] = ()
    """Project and id of the runs that there was no time to judge."""


class Op(StrEnum):
    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN = "in"
    CONTAINS = "contains"
    """Substring, without regard to case."""
    EXISTS = "exists"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """`field` is a field of Run (or of Span in span queries), or `attributes.<key>`; on runs also
    `scores.<name>`: the value of the score of that name said last of the run as a whole (of a run's trace
    where no run was named), as an optional number.

    On runs, `attributes.<key>` is true where any span of the run carries it. `value` is a str, a number,
    a bool, or a tuple of them for `Op.IN`; None for EXISTS and MISSING. Durations are ns, costs USD.

    NE and MISSING are "not EQ" and "not EXISTS", so they are true of what is unknown. On a field that is a
    list the others are true where any element fits. Attributes are text; they are compared as numbers where
    the value is one. Where a trace holds several runs, its spans speak for all of them.
    """

    field: str
    op: Op
    value: str | float | int | bool | tuple[str | float | int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """`text` is full text over inputs and outputs of all spans: every word must occur in one span.

    Order is by `sort_ns`, newest first; from_ns <= sort_ns < to_ns. `after` is the cursor of the last page:
    runs strictly older.
    """

    filters: tuple[Filter, ...] = ()
    text: str = ""
    from_ns: int | None = None
    to_ns: int | None = None
    limit: int = 50
    after: tuple[int, str] | None = None
    """(sort_ns, id) of the last row already seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanQuery:
    """Newest start first; from_ns <= start_ns < to_ns; `after` is (start_ns, trace_id, span_id)."""

    filters: tuple[Filter, ...] = ()
    text: str = ""
    from_ns: int | None = None
    to_ns: int | None = None
    limit: int = 50
    after: tuple[int, str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateQuery:
    """Runs grouped by `by` (fields of Run, or at most one `attributes.<key>`) and by buckets of time.

    `bucket_ns` None is one bucket. A run counts once in the group of each element of a list; of an attribute
    its own value counts, else that of `Run.step_attributes`, else "".
    """

    by: tuple[str, ...] = ()
    bucket_ns: int | None = None
    filters: tuple[Filter, ...] = ()
    from_ns: int | None = None
    to_ns: int | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateRow:
    """`group` holds the values of `by`, in order. Unknown sums are None; `cost_known` and `tokens_known` say
    how many runs the sums cover. Durations are ns over ended runs."""

    group: tuple[str, ...]
    bucket_start_ns: int
    runs: int
    errors: int
    successes: int
    failures: int
    model_calls: int
    tool_calls: int
    failed_tool_calls: int
    input_tokens: int | None
    output_tokens: int | None
    tokens_known: int
    cost_usd: float | None
    cost_known: int
    duration_p50_ns: float | None
    duration_p95_ns: float | None
    last_started_ns: int
    p_failure: float | None = None
    """Mean over the runs that have one; `p_failure_known` says how many."""
    p_failure_known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many runs fulfil all `filters`; with `total_of`, the sum of that numeric field of theirs, unknown
    counting as 0."""

    filters: tuple[Filter, ...] = ()
    total_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyQuery:
    """Many tallies in one reading of the runs with from_ns <= sort_ns < to_ns, by buckets of `bucket_ns`, and
    with `by` apart for each value of that text field."""

    tallies: tuple[Tally, ...]
    from_ns: int
    to_ns: int
    bucket_ns: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyRow:
    """`bucket_start_ns` is a multiple of `bucket_ns`; `values` are in the order of the tallies; `group` is
    the value of `by`."""

    bucket_start_ns: int
    values: tuple[float, ...]
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """About 240 characters round a match, as they were said and not as they are stored.

    `role` is who said it (system, user, assistant, tool), "" where the content is no chat. Of several places
    that hold the most of the words it is the last, what role system says aside.
    """

    text: str
    role: str
    place: Literal["input", "output"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    span: Span
    run_id: str
    """"" while the span has not been joined to a run yet."""
    excerpt: Excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """Runs that share a session id."""

    session_id: str
    runs: int
    agents: tuple[str, ...]
    user_id: str
    started_ns: int
    last_ns: int
    errors: int
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None
    first_input: str
    last_answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionRow:
    """Rejections of one reason, added up."""

    code: str
    reason: str
    signal: str
    rejections: int
    count: int
    """Spans, log records or data points."""
    first_ns: int
    last_ns: int
    user_agent: str
    sample: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlace:
    """Where a trace belongs, as already stored."""

    run_id: str
    sort_ns: int
    trace_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStats:
    spans: int
    runs: int
    bytes_on_disk: int
    first_ns: int | None
    last_ns: int | None


class IngestStore(Protocol):
    """What taking spans in asks of a store; the promises are the module's."""

    def write(self, batch: TelemetryBatch) -> None: ...

    def prepare(self, spans: Sequence[Span]) -> Sequence[object]:
        """What can be done for writing these spans before their batch is full: while they are still in the
        processor's cache it takes half the time. Nothing is stored, and nobody else need understand it."""
        ...

    def spans_of_traces(
        self, project: str, trace_ids: Sequence[str], *, started: tuple[int, int] | None = None
    ) -> list[Span]:
        """All spans of the traces, by start; each span once, its newest version.

        `started`: the first and the last start among them, where they are known (`domain.run.steps_started`):
        others need not be looked at, nor given.
        """
        ...

    def places_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, RunPlace]:
        """Which stored run each trace belongs to; traces of no run are left out."""
        ...

    def traces_of_join_keys(self, project: str, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Traces whose spans carry each join key; unknown keys are left out."""
        ...


class TelemetryStore(IngestStore, Protocol):
    """See the module's promises. Every read takes the project first."""

    def run(self, project: str, run_id: str) -> Run | None:
        """The run, a superseded one included (its `superseded_by` says where to look)."""
        ...

    def runs(self, project: str, query: RunQuery) -> list[Run]:
        """At most `query.limit` rows; superseded runs are left out."""
        ...

    def count_runs(self, project: str, query: RunQuery) -> int: ...

    def runs_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Ids of all stored runs of each trace, the one named after it first; those of none are left out."""
        ...

    def spans(self, project: str, query: SpanQuery) -> list[Span]: ...

    def search(self, project: str, query: SpanQuery) -> list[SearchHit]: ...

    def aggregate(self, project: str, query: AggregateQuery) -> list[AggregateRow]: ...

    def tally(self, project: str, query: TallyQuery) -> list[TallyRow]:
        """By time and group; those in which no run started are left out."""
        ...

    def sessions(
        self,
        project: str,
        *,
        from_ns: int | None = None,
        limit: int = 50,
        after: tuple[int, str] | None = None,
    ) -> list[SessionRow]:
        """Last active first; `after` is (last_ns, session_id)."""
        ...

    def scores(self, project: str, run_id: str) -> list[Score]:
        """See `scores_of_runs`; also those of a run that is not stored (yet)."""
        ...

    def scores_of_runs(self, project: str, runs: Sequence[Run]) -> list[Score]:
        """Scores said of the runs, of runs these replaced, and where no run was named, of their traces or of
        a join key of their spans. By time; each as it was written."""
        ...

    def each_score(
        self, project: str, *, from_ns: int | None = None, to_ns: int | None = None
    ) -> Iterator[list[Score]]:
        """All scores with from_ns <= at_ns < to_ns, in blocks and in no order, for exports."""
        ...

    def rejections(self, project: str, *, from_ns: int | None = None) -> list[RejectionRow]:
        """Last seen first."""
        ...

    def attribute_keys(self, project: str, *, prefix: str = "", limit: int = 200) -> list[str]:
        """Keys seen in the last seven days, most frequent first."""
        ...

    def field_values(self, project: str, field: str, *, prefix: str = "", limit: int = 50) -> list[str]:
        """Values of a text field of Run or of `attributes.<key>`, most frequent first (completions).

        Of attributes, values that only replaced versions of a span had may still be among them for a while.
        """
        ...

    def each_run(self, project: str, query: RunQuery) -> Iterator[list[Run]]:
        """All runs of the query, newest first, in blocks of at most 1000, for exports.

        `limit` and `after` are ignored.
        """
        ...

    def days(self, project: str) -> list[str]:
        """Days (YYYY-MM-DD, UTC) that hold data, oldest first."""
        ...

    def drop_days_before(self, project: str, day: str) -> int:
        """Drop whole days older than `day`; how many days went. Cheap at any size."""
        ...

    def stats(self, project: str | None = None) -> StoreStats: ...

    def projects(self) -> list[str]:
        """Projects that hold data."""
        ...

    def close(self) -> None: ...


class StoreFull(Exception):  # noqa: N818 (a condition, not a bug)
    """No space left: nothing of the batch was written."""


class StoreUnavailable(Exception):  # noqa: N818
    """The engine is not there, or another process owns its folder."""


class BadQuery(ValueError):  # noqa: N818
    """A query names a field or a value that cannot be; says what was expected."""
