"""The store as another process sees it: the same promises, over sockets and files."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.handed.calls import Answers, CallFailed, answer_calls
from roadworthy.backends.telemetry.handed.serving import read_answers, write_answers
from roadworthy.backends.telemetry.handed.store import HandedTelemetryStore, caller
from roadworthy.contracts.telemetry import BadQuery, IngestStore, RunQuery, StoreFull, StoreUnavailable
from roadworthy.domain.score import Score
from tests.contract.telemetry.making import batch, full_run, full_span, run, span, trace_id
from tests.unit.ingest_flow.test_consumer import body, consuming, fill, ids, wait_for


@dataclass
class Link:
    """The side with the engine, and the store as the other side has it."""

    engine: ChdbTelemetryStore
    folder: Path
    announced: list[tuple[str, str]] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reads: Answers = field(default_factory=dict)
    writes: Answers = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reads = read_answers(self.engine)
        self.writes = write_answers(
            self.engine,
            folder=self.folder,
            on_runs=self._on_runs,
            on_said=self._on_said,
            on_unjudged=lambda _, ids: self.unjudged.extend(ids),
            on_left=lambda _, ids: self.left.extend(ids),
        )

    def _on_runs(self, project: str, run_ids: Sequence[str]) -> None:
        found = {one.id for one in self.engine.runs(project, RunQuery(limit=1000))}
        self.announced += [(project, ident) for ident in run_ids if ident in found]

    def _on_said(self, project: str, traces: Sequence[str]) -> None:
        self.said += [(project, trace) for trace in traces]

    def open(self) -> tuple[HandedTelemetryStore, list[socket.socket]]:
        ends: list[socket.socket] = []
        theirs: list[socket.socket] = []
        for answers in (self.reads, self.writes):
            ours, other = socket.socketpair()
            threading.Thread(target=answer_calls, args=(ours, answers), daemon=True).start()
            ends.append(ours)
            theirs.append(other)
        reads, writes = map(caller, theirs)
        return HandedTelemetryStore(reads=reads, writes=writes, folder=self.folder), [*ends, *theirs]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChdbTelemetryStore]:
    opened = ChdbTelemetryStore(tmp_path_factory.mktemp("telemetry"))
    yield opened
    opened.close()


@pytest.fixture
def link(engine: ChdbTelemetryStore, tmp_path: Path) -> Link:
    return Link(engine=engine, folder=tmp_path / "handed")


@pytest.fixture
def store(link: Link) -> Iterator[IngestStore]:
    opened, sockets = link.open()
    yield opened
    for sock in sockets:
        sock.close()


def test_spans_and_runs_come_back_as_they_were(store: IngestStore, link: Link, project: str) -> None:
    one, whole = full_span(project), full_run(project)
    store.write(batch(spans=[one], runs=[whole]))

    assert store.spans_of_traces(project, [one.trace_id]) == [one]
    assert link.engine.run(project, whole.id) == whole
    places = store.places_of_traces(project, list(whole.trace_ids))
    assert places == link.engine.places_of_traces(project, list(whole.trace_ids)) != {}
    keys = list(one.join_keys)
    assert store.traces_of_join_keys(project, keys) == link.engine.traces_of_join_keys(project, keys) != {}
    assert list(link.folder.iterdir()) == [], "files that arrived are gone"


def test_unknown_stays_unknown(store: IngestStore, project: str) -> None:
    one = span(project, input_tokens=None, cost_usd=None)
    store.write(batch(spans=[one]))
    assert store.spans_of_traces(project, [one.trace_id]) == [one]
    assert store.spans_of_traces(project, []) == []
    assert store.places_of_traces(project, [trace_id()]) == {}


def test_runs_without_a_verdict_are_told_apart_from_those_there_was_no_time_for(
    store: IngestStore, link: Link, project: str
) -> None:
    judged, declined, left = run(project, judged="1.x"), run(project), run(project)
    content = batch(runs=[judged, declined, left])
    store.write(replace(content, left={(project, left.id), (project, judged.id)}))
    assert (link.unjudged, link.left) == ([declined.id], [left.id])


def test_a_batch_written_twice_is_there_once(store: IngestStore, link: Link, project: str) -> None:
    content = batch(spans=[span(project) for _ in range(3)], runs=[run(project)])
    store.write(content)
    store.write(content)
    stats = link.engine.stats(project)
    assert (stats.spans, stats.runs) == (3, 1)


def test_text_no_json_can_carry_is_stored_all_the_same(store: IngestStore, project: str) -> None:
    torn = span(project, input="half \ud83d of a pair", join_keys=("torn \ud83d key",))
    store.write(batch(spans=[torn]))
    (read,) = store.spans_of_traces(project, [torn.trace_id])
    assert read.input == "half ? of a pair"
    assert list(store.traces_of_join_keys(project, ["torn \ud83d key"]).values()) == [(torn.trace_id,)]


def test_runs_are_announced_once_they_can_be_read(store: IngestStore, link: Link, project: str) -> None:
    other = f"{project}-other"
    runs = [run(project), run(project), run(other)]
    store.write(batch(runs=runs))
    assert sorted(link.announced) == sorted((one.project, one.id) for one in runs)


def test_words_that_change_a_verdict_are_announced_by_what_they_were_said_of(
    store: IngestStore, link: Link, project: str
) -> None:
    trace = trace_id()
    outcome = Score(project=project, trace_id=trace, name="outcome", label="fail", source="otel")
    words = [
        outcome,
        replace(outcome, trace_id="response:r-1"),
        replace(outcome, trace_id=trace_id(), name="tone"),
        replace(outcome, trace_id=trace, name="tone", mode="refused"),
    ]
    store.write(batch(scores=words))
    assert set(link.said) == {(project, trace), (project, "response:r-1")}


def test_a_listener_that_fails_has_nothing_written_again(link: Link, project: str) -> None:
    def fails(_project: str, _run_ids: Sequence[str]) -> None:
        raise RuntimeError("not now")

    link.writes = write_answers(link.engine, folder=link.folder, on_runs=fails, on_said=fails)
    store, _ = link.open()
    one = run(project)
    store.write(batch(runs=[one]))
    assert link.engine.run(project, one.id) == one


@pytest.mark.parametrize("fault", [StoreFull, StoreUnavailable, BadQuery])
def test_what_the_engine_says_is_heard(link: Link, project: str, fault: type[Exception]) -> None:
    def refuse(**_: object) -> None:
        raise fault("says \ud83d why")

    link.writes = {**link.writes, "insert": refuse}
    link.reads = {**link.reads, "spans_of_traces": refuse}
    store, _ = link.open()
    with pytest.raises(fault, match=r"says . why"):
        store.write(batch(spans=[span(project)]))
    with pytest.raises(fault, match=r"says . why"):
        store.spans_of_traces(project, [trace_id()])
    assert list(link.folder.iterdir()) == []


def test_a_core_that_is_gone_is_a_store_that_is_away(link: Link, project: str) -> None:
    store, sockets = link.open()
    for sock in sockets[:2]:
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()
    with pytest.raises(StoreUnavailable):
        store.write(batch(spans=[span(project)]))
    with pytest.raises(StoreUnavailable):
        store.traces_of_join_keys(project, ["k"])


def test_a_folder_that_went_is_a_store_that_is_away(store: IngestStore, link: Link, project: str) -> None:
    link.folder.rmdir()
    with pytest.raises(StoreUnavailable):
        store.write(batch(spans=[span(project)]))


@pytest.mark.parametrize(
    "asked",
    [
        {"file": "../1.arrow"},
        {"file": "/etc/passwd"},
        {"table": "spans SELECT 1"},
        {"columns": ["project", "a) VALUES ("]},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_only_files_tables_and_columns_can_be_named(link: Link, asked: dict[str, object]) -> None:
    ours, theirs = socket.socketpair()
    threading.Thread(target=answer_calls, args=(ours, link.writes), daemon=True).start()
    with theirs, pytest.raises(CallFailed, match="name"):
        values = {"table": "spans", "columns": ["project"], "file": "1.arrow", "token": "t", **asked}
        caller(theirs).call("insert", **values)


def test_one_row_the_engine_cannot_take_stops_no_other(link: Link, tmp_path: Path) -> None:
    """The consumer, over the link: the rows beside the impossible one arrive."""
    insert: Callable[..., object] = link.writes["insert"]

    def refuse_poison(*, table: str, file: str, **rest: object) -> None:
        if table == "spans" and b"poison" in (link.folder / file).read_bytes():
            raise RuntimeError("the engine cannot take this")
        insert(table=table, file=file, **rest)

    link.writes = {**link.writes, "insert": refuse_poison}
    store, _ = link.open()
    fill(tmp_path / "intake", body(71), body(72, name="poison"), body(73))
    with consuming(tmp_path / "intake", store) as consumer:
        wait_for(lambda: consumer.progress.records == 3)
        assert consumer.progress.refused_by_store == 1
    assert {one.trace_id for one in store.spans_of_traces("default", sorted(ids(71, 72, 73)))} == ids(71, 73)
    (told,) = link.engine.rejections("default")
    assert told.code == "refused_by_store"


def test_a_newer_version_replaces_an_older(store: IngestStore, project: str) -> None:
    old = span(project, name="old", version=1)
    new = replace(old, name="new", version=2)
    store.write(batch(spans=[new]))
    store.write(batch(spans=[old]))
    assert store.spans_of_traces(project, [old.trace_id]) == [new]
