"""Runs, spans and scores out to files and in again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, SpanQuery, TelemetryBatch, TelemetryStore
from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import Handoff, Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.observe.files import TransferService
from roadworthy.features.observe.parquet import NotParquet
from roadworthy.features.observe.records import BadRecord, Noun, record_of, run_from, score_from, span_from
from roadworthy.features.observe.transfer import Form, What, export_file, import_file

HOUR = 3_600_000_000_000
START = 1_764_000_000_000_000_000
EVERYTHING = RunQuery(limit=1000)
FORMS = pytest.mark.parametrize("form", list(Form))


def a_span(number: int, *, trace: int = 0, start: int | None = None) -> Span:
    return Span(
        project="default",
        trace_id=f"{trace or number:032x}",
        span_id=f"{number:016x}",
        name="chat",
        kind=SpanKind.LLM,
        start_ns=START + number if start is None else start,
        received_ns=START + number,
        version=number,
        input="wörds \u2028 \n 🚚",
        input_format=ContentFormat.TEXT,
        input_tokens=0,
        cost_usd=0.25,
        attributes={"a.b": "c", "": "empty key"},
        flags=("unended",),
        join_keys=("response:1",),
    )


def a_run(number: int) -> Run:
    return Run(
        project="default",
        id=f"{number:032x}",
        sort_ns=START + number,
        version=number,
        trace_ids=(f"{number:032x}",),
        agent="support",
        started_ns=START + number,
        duration_ns=None,
        status=RunStatus.ERROR,
        outcome=Outcome.SUCCESS,
        cost_usd=None,
        output_tokens=7,
        handoffs=(Handoff(from_agent="a", to_agent="b", at_ns=5),),
        tools=("x", "y"),
        p_failure=0.5,
        findings=(Finding(detector="loop", evidence=(Evidence(excerpt="a 🚚", start=1, end=2),)),),
        attributes={"tier": "gold"},
        spans=1,
    )


def a_score(number: int, *, trace: str | None = None) -> Score:
    return Score(
        project="default",
        trace_id=f"{number:032x}" if trace is None else trace,
        span_id=f"{number:016x}",
        name="helpful",
        value=None if number % 2 else 0.5,
        label="so so",
        source="judge",
        evaluator_version="2",
        explanation="wörds \u2028 \n 🚚",
        evidence=(Evidence(place="answer", excerpt="so"),),
        cost_usd=0.001,
        at_ns=START + number,
        version=number,
    )


def filled(runs: Sequence[Run], spans: Sequence[Span], scores: Sequence[Score] = ()) -> MemoryTelemetryStore:
    store = MemoryTelemetryStore()
    store.write(TelemetryBatch(token="t", runs=runs, spans=spans, scores=scores))
    return store


def exported(store: TelemetryStore, *, what: What, form: Form, query: RunQuery = EVERYTHING) -> bytes:
    return b"".join(export_file(store, "default", query, what=what, form=form))


def all_scores(store: TelemetryStore, project: str = "default") -> dict[str, Score]:
    blocks = store.each_score(project)
    return {f"{one.trace_id}/{one.run_id}": replace(one, project="") for block in blocks for one in block}


def all_spans(store: MemoryTelemetryStore, project: str = "default") -> dict[str, Span]:
    return {span.span_id: span for span in store.spans(project, SpanQuery(limit=10_000))}


@FORMS
def test_out_and_in_again_is_the_same(form: Form) -> None:
    numbers = range(1, 1300)
    store = filled([a_run(n) for n in numbers], [a_span(n) for n in numbers], [a_score(n) for n in numbers])
    copy = MemoryTelemetryStore()
    for what in What:
        file = exported(store, what=what, form=form)
        done = import_file(copy, "default", io.BytesIO(file), what=what, form=form)
        assert (done.runs + done.spans + done.scores, done.skipped, done.errors) == (1299, 0, [])
    assert copy.runs("default", EVERYTHING) == store.runs("default", EVERYTHING)
    assert all_spans(copy) == all_spans(store)
    assert all_scores(copy) == all_scores(store)


@pytest.fixture(params=["memory", "chdb"])
def either_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TelemetryStore]:
    opened = MemoryTelemetryStore() if request.param == "memory" else ChdbTelemetryStore(tmp_path)
    yield opened
    opened.close()


@FORMS
def test_scores_of_every_kind_come_back_from_either_store(either_store: TelemetryStore, form: Form) -> None:
    of_run = replace(a_score(2, trace=""), run_id=a_run(2).id, span_id="")
    of_answer = replace(a_score(3, trace="response:1"), span_id="")
    of_nobody = a_score(9)
    scores = [a_score(1), of_run, of_answer, of_nobody]
    numbers = (1, 2, 3)
    either_store.write(
        TelemetryBatch(
            token="t", runs=[a_run(n) for n in numbers], spans=[a_span(n) for n in numbers], scores=scores
        )
    )
    for what in What:
        file = exported(either_store, what=what, form=form)
        for _ in range(2):
            import_file(either_store, "other", io.BytesIO(file), what=what, form=form)
    assert len(all_scores(either_store, "other")) == 4
    assert all_scores(either_store, "other") == all_scores(either_store)
    assert [one.explanation for one in either_store.scores("other", a_run(2).id)] == [
        of_run.explanation,
        of_answer.explanation,
    ], "its own, and the one of the answer it holds"


def test_with_filters_the_scores_are_those_of_the_runs() -> None:
    store = filled([a_run(1), replace(a_run(2), agent="billing")], [], [a_score(n) for n in (1, 2, 3)])
    query = RunQuery(filters=(Filter(field="agent", op=Op.EQ, value="billing"),))
    lines = exported(store, what=What.SCORES, form=Form.JSONL, query=query).splitlines()
    assert [orjson.loads(line)["trace_id"] for line in lines] == [a_score(2).trace_id]
    timed = RunQuery(from_ns=START + 2, to_ns=START + 3)
    lines = exported(store, what=What.SCORES, form=Form.JSONL, query=timed).splitlines()
    assert [orjson.loads(line)["trace_id"] for line in lines] == [a_score(2).trace_id]


@FORMS
def test_the_same_file_twice_changes_nothing(form: Form) -> None:
    store = filled([a_run(n) for n in range(1, 20)], [])
    file = exported(store, what=What.RUNS, form=form)
    newer = replace(a_run(3), version=99, agent="billing")
    store.write(TelemetryBatch(token="newer", runs=[newer]))
    for _ in range(2):
        import_file(store, "default", io.BytesIO(file), what=What.RUNS, form=form)
    assert store.count_runs("default", EVERYTHING) == 19
    assert store.run("default", newer.id) == newer, "what is newer than the file stays"


@FORMS
def test_a_file_goes_into_the_project_that_is_asked_for(form: Form) -> None:
    store = filled([a_run(1)], [a_span(1)])
    for what in What:
        file = exported(store, what=what, form=form)
        import_file(store, "other", io.BytesIO(file), what=what, form=form)
    assert [run.id for run in store.runs("other", EVERYTHING)] == [a_run(1).id]
    assert store.runs("other", EVERYTHING)[0].project == "other"
    assert list(all_spans(store, "other")) == [a_span(1).span_id]


@FORMS
def test_nothing_is_a_file_too(form: Form) -> None:
    file = exported(MemoryTelemetryStore(), what=What.RUNS, form=form)
    done = import_file(MemoryTelemetryStore(), "default", io.BytesIO(file), what=What.RUNS, form=form)
    assert (done.runs, done.skipped) == (0, 0)


def test_spans_of_every_time_are_exported_once() -> None:
    far = [0, 1, START - 400 * 24 * HOUR, START, START + HOUR, START + 25 * HOUR, 2**62]
    spans = [a_span(n, start=start) for n, start in enumerate(far, 1)]
    store = filled([], spans)
    lines = exported(store, what=What.SPANS, form=Form.JSONL).splitlines()
    assert sorted(orjson.loads(line)["span_id"] for line in lines) == [s.span_id for s in spans]


def test_with_filters_the_spans_are_those_of_the_runs() -> None:
    store = filled([a_run(1), replace(a_run(2), agent="billing")], [a_span(n) for n in (1, 2, 3)])
    query = RunQuery(filters=(Filter(field="agent", op=Op.EQ, value="billing"),))
    lines = exported(store, what=What.SPANS, form=Form.JSONL, query=query).splitlines()
    assert [orjson.loads(line)["span_id"] for line in lines] == [a_span(2).span_id]


def test_runs_of_one_trace_give_its_spans_once() -> None:
    runs = [replace(a_run(n), trace_ids=("f" * 32,)) for n in (1, 2)]
    spans = [replace(a_span(n), trace_id="f" * 32) for n in (1, 2)]
    query = RunQuery(filters=(Filter(field="agent", op=Op.EQ, value="support"),))
    lines = exported(filled(runs, spans), what=What.SPANS, form=Form.JSONL, query=query).splitlines()
    assert len(lines) == 2


def test_a_line_that_cannot_be_read_is_passed_over_and_named() -> None:
    good = orjson.dumps(record_of(a_run(1)))
    bad = orjson.dumps(record_of(a_run(2)) | {"model_calls": "three"})
    file = io.BytesIO(b"\n".join([good, b"{", bad, b"[]", b"", b'{"id": "x"}', b"\xff\xfe"]))
    store = MemoryTelemetryStore()
    done = import_file(store, "default", file, what=What.RUNS, form=Form.JSONL)
    assert (done.runs, done.skipped) == (1, 5)
    assert done.errors[1] == "3: model_calls: expected a whole number of 64 bits"
    assert done.errors[3] == "6: sort_ns: missing"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_a_file_that_is_no_parquet_is_refused(content: bytes) -> None:
    with pytest.raises(NotParquet):
        import_file(MemoryTelemetryStore(), "default", io.BytesIO(content), what=What.RUNS, form=Form.PARQUET)


@FORMS
def test_a_file_of_spans_is_not_taken_for_runs(form: Form) -> None:
    file = exported(filled([], [a_span(1)]), what=What.SPANS, form=form)
    store = MemoryTelemetryStore()
    done = import_file(store, "default", io.BytesIO(file), what=What.RUNS, form=form)
    assert (done.runs, done.skipped) == (0, 1)
    assert store.projects() == []


def test_secrets_in_a_file_are_masked_on_the_way_in() -> None:
    store = MemoryTelemetryStore()

    def mask(spans: Sequence[Span]) -> None:
        for span in spans:
            span.input = span.input.replace("wörds", "***")

    told: list[str] = []
    said_of: list[str] = []
    service = TransferService(
        store,
        mask_spans=mask,
        mask_text=lambda text: text.replace("hunter2", "***"),
        on_runs=lambda project, ids: told.extend(ids),
        on_said=lambda project, traces: said_of.extend(traces),
    )
    spans = orjson.dumps(record_of(a_span(1)))
    scores = orjson.dumps(record_of(replace(a_score(1), explanation="it said hunter2")))
    runs = orjson.dumps(record_of(replace(a_run(1), input="my password is hunter2")))
    service.take_in("default", io.BytesIO(spans), what=What.SPANS, form=Form.JSONL)
    service.take_in("default", io.BytesIO(runs), what=What.RUNS, form=Form.JSONL)
    service.take_in("default", io.BytesIO(scores), what=What.SCORES, form=Form.JSONL)
    assert (told, said_of) == ([a_run(1).id], [a_span(1).trace_id])
    assert store.spans_of_traces("default", [a_span(1).trace_id])[0].input.startswith("***")
    run = store.run("default", a_run(1).id)
    assert run is not None
    assert run.input == "my password is ***"
    assert [score.explanation for score in store.scores("default", run.id)] == ["it said ***"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.data())
def test_a_record_with_any_field_spoilt_is_read_or_refused(data: st.DataObject) -> None:
    things: list[Noun] = [a_run(1), a_span(1), a_score(1)]
    thing: Noun = data.draw(st.sampled_from(things))
    record = record_of(thing)
    makers: dict[type[Any], Callable[..., Noun]] = {Run: run_from, Span: span_from, Score: score_from}
    make = makers[type(thing)]
    name = data.draw(st.sampled_from(sorted(record)))
    spoilt = record | {name: data.draw(JSON)}
    try:
        made = make(spoilt, project="default")
    except BadRecord as error:
        assert str(error).startswith(name)
    else:
        assert record_of(made)["project"] == "default"
