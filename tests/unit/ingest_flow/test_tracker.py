"""Which traces become one run, whatever the order they come in and whatever was evicted or restarted."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence

import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import RunQuery, TelemetryBatch
from roadworthy.domain.run import Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind
from roadworthy.features.ingest.runs.tracker import RunTracker

_versions = itertools.count(1)
NOW = time.time_ns()


def span(trace: int, ident: int, *, start: int = 0, keys: tuple[str, ...] = (), **fields: object) -> Span:
    values: dict[str, object] = {
        "project": "default",
        "trace_id": f"{trace:032x}",
        "span_id": f"{ident:016x}",
        "kind": SpanKind.LLM,
        "start_ns": NOW + start,
        "end_ns": NOW + start + 10,
        "received_ns": NOW,
        "version": next(_versions),
        "join_keys": keys,
    }
    return Span(**(values | fields))  # type: ignore[arg-type]


def one_run(spans: Sequence[Span]) -> list[Run]:
    """A stand-in for assembly: one run a bundle, so that these tests see the tracker alone."""
    first = min(spans, key=lambda s: (s.start_ns, s.trace_id))
    return [
        Run(
            project=first.project,
            id=first.trace_id,
            sort_ns=first.start_ns,
            started_ns=first.start_ns,
            version=max(s.version for s in spans),
            trace_ids=tuple(sorted({s.trace_id for s in spans})),
            spans=len(spans),
            status=RunStatus.OK,
        )
    ]


class Pipeline:
    """Tracker and store as the consumer drives them; `restart` forgets the memory, as a crash does."""

    def __init__(self, *, memory_bytes: int = 1 << 30) -> None:
        self.store = MemoryTelemetryStore()
        self.memory_bytes = memory_bytes
        self.tokens = itertools.count()
        self.restart()

    def restart(self) -> None:
        self.tracker = RunTracker(
            store=self.store, assemble=one_run, memory_bytes=self.memory_bytes, now_ns=time.time_ns()
        )

    def take(self, *spans: Span) -> None:
        stored = self.tracker.add(spans)
        runs = self.tracker.settle(everything=True)
        self.store.write(TelemetryBatch(token=f"t{next(self.tokens)}", spans=stored, runs=runs))
        self.tracker.written(self.tracker.batch)

    def runs(self) -> list[Run]:
        return self.store.runs("default", RunQuery(limit=1000))


def test_a_trace_is_a_run_and_late_spans_update_it() -> None:
    p = Pipeline()
    p.take(span(1, 1))
    p.take(span(1, 2, start=5))
    assert [(r.id, r.spans) for r in p.runs()] == [(f"{1:032x}", 2)]


def test_a_shared_key_joins_traces_into_the_run_seen_first() -> None:
    p = Pipeline()
    p.take(span(2, 1, start=50, keys=("toolcall:abc",)))
    p.take(span(1, 1, start=0, keys=("toolcall:abc",)))
    (run,) = p.runs()
    assert run.id == f"{2:032x}", "the name people have already seen stays"
    assert run.started_ns == NOW, "the true start is that of the earlier trace"
    assert run.spans == 2


@pytest.mark.parametrize("guess", ["talk:", "used:", "failed:", "echo:"])
def test_keys_of_words_and_times_gather_only_so_many_traces(guess: str) -> None:
    """A steady flow of equal calls, of which each ends just after the one before, is no one thing."""
    p = Pipeline()
    for number in range(200):
        p.take(span(1 + number, 1, start=number, keys=(f"{guess}{number}", f"{guess}{number + 1}")))
    assert 3 < len(p.runs()) < 8


def test_two_runs_that_turn_out_to_be_one_leave_a_pointer() -> None:
    p = Pipeline()
    p.take(span(1, 1, keys=("a",)))
    p.take(span(2, 1, keys=("b",)))
    assert len(p.runs()) == 2
    p.take(span(3, 1, keys=("a", "b")))
    (run,) = p.runs()
    assert run.spans == 3
    gone = {f"{1:032x}", f"{2:032x}"} - {run.id}
    old = p.store.run("default", gone.pop())
    assert old is not None and old.superseded_by == run.id


def test_after_a_restart_a_late_span_finds_its_run() -> None:
    p = Pipeline()
    p.take(span(1, 1, keys=("a",)))
    p.take(span(2, 1, keys=("a",)))
    p.restart()
    p.take(span(2, 2, start=9))
    (run,) = p.runs()
    assert (run.id, run.spans) == (f"{1:032x}", 3)


def test_after_a_restart_a_join_key_finds_its_run() -> None:
    p = Pipeline()
    p.take(span(1, 1, keys=("a",)))
    p.restart()
    p.take(span(2, 1, start=10**12, keys=("a",)))
    (run,) = p.runs()
    assert (run.id, run.spans) == (f"{1:032x}", 2)


def test_after_a_restart_the_earliest_span_of_a_batch_finds_its_run() -> None:
    p = Pipeline()
    p.take(span(1, 1))
    p.restart()
    p.take(span(1, 2, start=10**12), span(1, 3, start=1))
    (run,) = p.runs()
    assert run.spans == 3


def test_traces_that_come_in_turns_keep_their_spans() -> None:
    p = Pipeline()
    one, two = span(1, 1), span(2, 1, keys=("a",))
    p.take(one, two, span(1, 2), span(1, 3, project="other"), span(1, 4), span(2, 2), span(3, 1, keys=("a",)))
    assert {(r.id, r.spans) for r in p.runs()} == {(f"{1:032x}", 3), (f"{2:032x}", 3)}
    assert [r.spans for r in p.store.runs("other", RunQuery(limit=10))] == [1]


def test_replaying_the_log_changes_nothing() -> None:
    p = Pipeline()
    spans = [span(1, 1, keys=("a",)), span(2, 1, keys=("a",)), span(3, 1), span(3, 2)]
    for s in spans:
        p.take(s)
    before = p.runs()
    p.restart()
    for s in spans:
        p.take(s)
    assert p.runs() == before


def test_eviction_changes_nothing_but_memory() -> None:
    roomy, tight = Pipeline(), Pipeline(memory_bytes=20_000)
    plan = [(trace, ident) for trace in range(1, 60) for ident in range(1, 5)]
    random.Random(7).shuffle(plan)
    for trace, ident in plan:
        one = span(trace, ident, start=trace * 100 + ident, keys=(f"k{trace // 2}",))
        roomy.take(one)
        tight.take(one)
    assert tight.tracker.held_bytes <= 40_000 < roomy.tracker.held_bytes

    def shape(p: Pipeline) -> list[tuple[tuple[str, ...], int]]:
        return sorted((r.trace_ids, r.spans) for r in p.runs())

    assert shape(tight) == shape(roomy)
    assert len(shape(tight)) == 30


def test_an_ended_span_beats_its_own_start_report() -> None:
    p = Pipeline()
    p.take(span(1, 1, end_ns=NOW + 10))
    p.take(span(1, 1, end_ns=0))
    (kept,) = p.store.spans_of_traces("default", [f"{1:032x}"])
    assert kept.end_ns == NOW + 10


def test_a_placeholder_gives_its_content_to_the_span_that_comes() -> None:
    p = Pipeline()
    p.take(
        span(
            1,
            1,
            flags=(SpanFlag.PLACEHOLDER,),
            input="hello",
            input_format=ContentFormat.TEXT,
            kind=SpanKind.OTHER,
        )
    )
    p.restart()
    p.take(span(1, 1, model_asked="m"))
    (kept,) = p.store.spans_of_traces("default", [f"{1:032x}"])
    assert (kept.model_asked, kept.input, kept.flags) == ("m", "hello", ())


def test_projects_never_share_a_run() -> None:
    p = Pipeline()
    p.take(span(1, 1, keys=("a",)), span(1, 1, keys=("a",), project="other"))
    assert [r.spans for r in p.runs()] == [1]
    assert [r.spans for r in p.store.runs("other", RunQuery())] == [1]


def test_several_runs_in_one_bundle_keep_their_own_names() -> None:
    """Weak keys gather traces that assembly then tells apart: each run has and keeps a name of its own."""

    def run_a_trace(spans: Sequence[Span]) -> list[Run]:
        traces = sorted({s.trace_id for s in spans})
        return [run for trace in traces for run in one_run([s for s in spans if s.trace_id == trace])]

    p = Pipeline()
    p.tracker._assemble = run_a_trace
    p.take(span(2, 1, keys=("k",)))
    p.take(span(1, 1, keys=("k",)))
    p.take(span(3, 1, keys=("k",)), span(1, 2))
    assert sorted((r.id, r.spans) for r in p.runs()) == [(f"{1:032x}", 2), (f"{2:032x}", 1), (f"{3:032x}", 1)]
