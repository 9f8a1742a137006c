"""What is written is read back, once, in its newest version, by its own project."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from roadworthy.contracts.telemetry import RunQuery, SpanQuery, TelemetryBatch, TelemetryStore
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import RunStatus
from roadworthy.domain.score import Score
from roadworthy.domain.span import SpanStatus
from tests.contract.telemetry.making import DAY, NOON, batch, full_run, full_span, run, span, trace_id


def test_every_field_of_a_span_comes_back(store: TelemetryStore, project: str) -> None:
    written = full_span(project)
    store.write(batch(spans=[written]))
    assert store.spans_of_traces(project, [written.trace_id]) == [written]
    assert store.spans(project, SpanQuery()) == [written]


def test_every_field_of_a_run_comes_back(store: TelemetryStore, project: str) -> None:
    written = full_run(project)
    store.write(batch(runs=[written]))
    assert store.run(project, written.id) == written
    assert store.runs(project, RunQuery()) == [written]


def test_unknown_is_not_nought(store: TelemetryStore, project: str) -> None:
    unknown = span(project)
    nought = replace(span(project), input_tokens=0, cost_usd=0.0)
    store.write(batch(spans=[unknown, nought]))
    read = {one.span_id: one for one in store.spans(project, SpanQuery())}
    assert read[unknown.span_id].input_tokens is None
    assert read[unknown.span_id].cost_usd is None
    assert read[nought.span_id].input_tokens == 0
    assert read[nought.span_id].cost_usd == 0.0


def test_an_empty_batch_changes_nothing(store: TelemetryStore, project: str) -> None:
    store.write(TelemetryBatch(token="nothing"))
    assert store.runs(project, RunQuery()) == []
    assert store.stats(project).spans == 0


def test_a_batch_written_twice_is_there_once(store: TelemetryStore, project: str) -> None:
    one = run(project)
    content = batch(
        runs=[one],
        spans=[span(project, trace_id=one.id, join_keys=("k",)) for _ in range(3)],
        scores=[Score(project=project, trace_id=one.id, run_id=one.id, name="good", value=1.0, at_ns=NOON)],
        rejections=[
            Rejection(project=project, at_ns=NOON, signal="traces", reason="bad", code="bad_json", count=2)
        ],
    )
    store.write(content)
    store.write(content)
    store.write(replace(content, token=content.token + "again"))
    assert len(store.spans_of_traces(project, [one.id])) == 3
    assert len(store.spans(project, SpanQuery())) == 3
    assert store.runs(project, RunQuery()) == [one]
    assert store.count_runs(project, RunQuery()) == 1
    assert len(store.scores(project, one.id)) == 1
    assert [row.count for row in store.rejections(project)] == [2]
    assert store.traces_of_join_keys(project, ["k"]) == {"k": (one.id,)}
    assert (store.stats(project).spans, store.stats(project).runs) == (3, 1)


def test_spans_are_looked_for_where_they_started(store: TelemetryStore, project: str) -> None:
    trace = trace_id()
    starts = (NOON - 40 * DAY, NOON - DAY, NOON, NOON + 7)
    written = [span(project, trace_id=trace, start_ns=at, received_ns=NOON) for at in starts]
    for one in written:
        store.write(batch(spans=[one, span(project, start_ns=one.start_ns)]))
    assert store.spans_of_traces(project, [trace]) == written
    assert store.spans_of_traces(project, [trace], started=(starts[0], starts[-1])) == written
    assert store.spans_of_traces(project, [trace], started=(NOON - DAY, NOON)) == written[1:3]
    many = [trace, *(trace_id() for _ in range(30))]
    assert store.spans_of_traces(project, many, started=(NOON, NOON + 7)) == written[2:]


@pytest.mark.parametrize("newer_first", [False, True])
def test_the_higher_version_is_read(store: TelemetryStore, project: str, newer_first: bool) -> None:
    old_span = span(project, version=3, status=SpanStatus.UNSET, attributes={"seen": "no"})
    new_span = replace(
        old_span, version=9, status=SpanStatus.ERROR, start_ns=NOON + 7, attributes={"seen": "yes"}
    )
    old_run = run(project, id=old_span.trace_id, version=3)
    new_run = replace(old_run, version=9, status=RunStatus.ERROR, started_ns=NOON - 5)
    batches = [batch(spans=[old_span], runs=[old_run]), batch(spans=[new_span], runs=[new_run])]
    for one in reversed(batches) if newer_first else batches:
        store.write(one)
    assert store.spans_of_traces(project, [old_span.trace_id]) == [new_span]
    assert store.spans_of_traces(project, [old_span.trace_id], started=(NOON, NOON + 7)) == [new_span]
    assert store.spans(project, SpanQuery()) == [new_span]
    assert store.run(project, old_run.id) == new_run
    assert store.runs(project, RunQuery()) == [new_run]


def test_two_versions_in_one_batch(store: TelemetryStore, project: str) -> None:
    old = run(project, version=1)
    new = replace(old, version=2, agent="later")
    store.write(batch(runs=[new, old]))
    assert store.runs(project, RunQuery()) == [new]


def test_a_run_taken_in_by_another_is_in_no_list(store: TelemetryStore, project: str) -> None:
    early = run(project, sort_ns=NOON, version=1)
    late = run(project, sort_ns=NOON + 1, version=1)
    store.write(batch(runs=[early, late]))
    joined = replace(early, trace_ids=(early.id, late.id), version=2)
    gone = replace(late, superseded_by=early.id, version=2)
    store.write(batch(runs=[joined, gone]))
    assert store.runs(project, RunQuery()) == [joined]
    assert store.count_runs(project, RunQuery()) == 1
    assert store.run(project, late.id) == gone
    places = store.places_of_traces(project, [early.id, late.id])
    assert {trace: place.run_id for trace, place in places.items()} == {early.id: early.id, late.id: early.id}
    assert places[late.id].trace_ids == (early.id, late.id)
    assert places[late.id].sort_ns == NOON


def test_places_of_traces(store: TelemetryStore, project: str) -> None:
    several = run(project, trace_ids=(trace_id(), trace_id(), trace_id()))
    store.write(batch(runs=[several]))
    places = store.places_of_traces(project, [*several.trace_ids, trace_id()])
    assert set(places) == set(several.trace_ids)
    assert {place.run_id for place in places.values()} == {several.id}
    assert store.places_of_traces(project, []) == {}
    moved = replace(several, trace_ids=several.trace_ids[:1], version=2)
    store.write(batch(runs=[moved]))
    assert set(store.places_of_traces(project, several.trace_ids)) == set(several.trace_ids[:1])


def test_one_trace_of_several_runs_belongs_to_the_one_named_after_it(
    store: TelemetryStore, project: str
) -> None:
    trace = trace_id()
    first = run(project, id=f"{trace}-{'a' * 16}", trace_ids=(trace,), sort_ns=NOON - 5)
    named = run(project, id=trace, sort_ns=NOON)
    store.write(batch(runs=[first, named]))
    assert store.places_of_traces(project, [trace])[trace].run_id == trace
    assert store.runs_of_traces(project, [trace, trace_id()]) == {trace: (trace, first.id)}
    assert store.runs_of_traces(project, []) == {}
    assert store.run(project, first.id) == first


def test_join_keys(store: TelemetryStore, project: str) -> None:
    one, two = span(project, join_keys=("a", "b")), span(project, join_keys=("b",))
    store.write(batch(spans=[one, two]))
    assert store.traces_of_join_keys(project, ["a", "b", "c"]) == {
        "a": (one.trace_id,),
        "b": tuple(sorted((one.trace_id, two.trace_id))),
    }
    assert store.traces_of_join_keys(project, []) == {}


def test_no_project_sees_another(store: TelemetryStore, project: str) -> None:
    other = project + "-other"
    mine, theirs = run(project), run(other)
    shared_trace = trace_id()
    store.write(
        batch(
            runs=[mine, theirs],
            spans=[
                span(project, trace_id=shared_trace, join_keys=("k",)),
                span(other, trace_id=shared_trace),
            ],
        )
    )
    assert store.runs(project, RunQuery()) == [mine]
    assert store.run(project, theirs.id) is None
    assert [one.project for one in store.spans_of_traces(project, [shared_trace])] == [project]
    assert [one.project for one in store.spans(other, SpanQuery())] == [other]
    assert store.places_of_traces(project, [theirs.id]) == {}
    assert store.traces_of_join_keys(other, ["k"]) == {}
    assert {project, other} <= set(store.projects())


def test_unknown_things_are_empty(store: TelemetryStore, project: str) -> None:
    assert store.run(project, "no such run") is None
    assert store.spans_of_traces(project, []) == []
    assert store.spans_of_traces(project, [trace_id()]) == []
    assert store.scores(project, trace_id()) == []
    assert store.rejections(project) == []
    assert store.days(project) == []
    assert store.sessions(project) == []


@pytest.mark.parametrize(
    "text",
    [
        "nul \0 byte",
        'it\'s \\ "quoted"\n\t\r',
        "emoji 🎈 and 東京",
        "'; DROP TABLE spans; --",
        "{p0:String}",
        "%s %(a)s",
    ],
)
def test_any_text_comes_back(store: TelemetryStore, project: str, text: str) -> None:
    written = span(
        project,
        input=text,
        name=text,
        session_id=text,
        attributes={text: text},
        join_keys=(text,),
        flags=(text,),
    )
    task = run(project, id=text, trace_ids=(text,), agent=text, tools=(text,), attributes={text: text})
    store.write(batch(spans=[written], runs=[task]))
    assert store.spans_of_traces(project, [written.trace_id]) == [written]
    assert store.run(project, text) == task
    assert store.traces_of_join_keys(project, [text]) == {text: (written.trace_id,)}


def test_lone_surrogates_are_replaced(store: TelemetryStore, project: str) -> None:
    written = span(
        project, input="half \ud83d of a pair", attributes={"k\udc00": "v\udc00"}, flags=("f\udc00",)
    )
    store.write(batch(spans=[written]))
    [read] = store.spans_of_traces(project, [written.trace_id])
    assert read.input == "half ? of a pair"
    assert read.attributes == {"k?": "v?"}
    assert read.flags == ("f?",)


def test_a_text_of_five_megabytes(store: TelemetryStore, project: str) -> None:
    written = span(project, input="large " * 900_000, output="x" * 5_000_000)
    store.write(batch(spans=[written]))
    assert store.spans_of_traces(project, [written.trace_id]) == [written]


def test_ten_thousand_attributes(store: TelemetryStore, project: str) -> None:
    written = span(project, attributes={f"key.{number}": str(number) for number in range(10_000)})
    store.write(batch(spans=[written]))
    assert store.spans_of_traces(project, [written.trace_id]) == [written]


@pytest.mark.parametrize(
    "start_ns", [-5, 0, 1, NOON - 4000 * DAY, NOON + 4000 * DAY, 2**63 - 1, -(2**63) + 1]
)
def test_clocks_that_are_off(store: TelemetryStore, project: str, start_ns: int) -> None:
    written = span(project, start_ns=start_ns, end_ns=start_ns, received_ns=NOON)
    task = run(project, id=written.trace_id, sort_ns=start_ns)
    store.write(batch(spans=[written], runs=[task]))
    assert store.spans_of_traces(project, [written.trace_id]) == [written]
    assert store.runs(project, RunQuery()) == [task]
    assert store.spans(project, SpanQuery()) == [written]
    assert len(store.days(project)) == 1


def test_numbers_no_store_holds(store: TelemetryStore, project: str) -> None:
    written = span(project, start_ns=2**70, input_tokens=2**80, cost_usd=math.nan)
    infinite = span(project, cost_usd=math.inf)
    store.write(batch(spans=[written, infinite]))
    [read] = store.spans_of_traces(project, [written.trace_id])
    assert (read.start_ns, read.input_tokens, read.cost_usd) == (2**63 - 1, 2**63 - 1, None)
    assert store.spans_of_traces(project, [infinite.trace_id])[0].cost_usd is None


def test_clocks_off_by_years_do_not_make_partitions(store: TelemetryStore, project: str) -> None:
    spans = [span(project, start_ns=NOON - number * DAY, received_ns=NOON) for number in range(0, 4000, 20)]
    store.write(batch(spans=spans))
    assert len(store.spans(project, SpanQuery(limit=1000))) == 200
    assert len(store.days(project)) <= 3


def test_more_days_than_one_insert_takes(store: TelemetryStore, project: str) -> None:
    spans = [span(project, start_ns=NOON - number * DAY) for number in range(250)]
    content = batch(spans=spans)
    store.write(content)
    store.write(content)
    assert len(store.days(project)) == 250
    assert store.stats(project).spans == 250


def test_scores_the_last_one_said_counts(store: TelemetryStore, project: str) -> None:
    task = run(project, trace_ids=(trace_id(), trace_id()))
    said = Score(
        project=project,
        trace_id=task.trace_ids[0],
        run_id=task.id,
        name="good",
        value=0.0,
        source="reviewer",
        at_ns=NOON,
    )
    by_trace = replace(said, run_id="", trace_id=task.trace_ids[1], name="polite", at_ns=NOON + 9)
    of_others = replace(said, run_id=trace_id())
    store.write(batch(runs=[task], scores=[said, by_trace, of_others]))
    again = replace(said, value=1.0, label="yes", explanation="looked again", at_ns=NOON + 5, version=1)
    other_version = replace(said, evaluator_version="2", value=None, at_ns=NOON + 6)
    store.write(batch(scores=[again, other_version]))
    assert store.scores(project, task.id) == [again, other_version, by_trace]


def test_scores_move_with_their_run(store: TelemetryStore, project: str) -> None:
    gone, stays = run(project, version=1), run(project, version=1)
    said = Score(project=project, trace_id=gone.id, run_id=gone.id, name="good", value=1.0, at_ns=NOON)
    store.write(batch(runs=[gone, stays], scores=[said]))
    assert store.scores(project, stays.id) == []
    store.write(
        batch(
            runs=[
                replace(gone, superseded_by=stays.id, version=2),
                replace(stays, trace_ids=(stays.id, gone.id), version=2),
            ]
        )
    )
    assert store.scores(project, stays.id) == [said]


def test_rejections_add_up_by_reason(store: TelemetryStore, project: str) -> None:
    first = Rejection(
        project=project, at_ns=NOON, signal="traces", reason="trace_id: 3 bytes", code="bad_trace_id", count=2
    )
    second = replace(first, at_ns=NOON + 5, count=3, user_agent="otel/1.40", sample="00ff")
    other = replace(first, at_ns=NOON + 9, code="bad_json", reason="not JSON", count=0)
    store.write(batch(rejections=[first, second, other]))
    rows = store.rejections(project)
    assert [(row.code, row.rejections, row.count) for row in rows] == [
        ("bad_json", 1, 0),
        ("bad_trace_id", 2, 5),
    ]
    assert (rows[1].first_ns, rows[1].last_ns) == (NOON, NOON + 5)
    assert (rows[1].user_agent, rows[1].sample) == ("otel/1.40", "00ff")
    assert [row.code for row in store.rejections(project, from_ns=NOON + 6)] == ["bad_json"]
