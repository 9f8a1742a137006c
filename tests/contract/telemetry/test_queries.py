"""Filters, full text, pages and what a wrong query is answered."""

from __future__ import annotations

import re

import pytest

from roadworthy.contracts.telemetry import (
    AggregateQuery,
    BadQuery,
    Filter,
    Op,
    RunQuery,
    SpanQuery,
    TelemetryStore,
)
from roadworthy.domain.span import SpanKind, SpanStatus
from tests.contract.telemetry.making import HOUR, NOON, batch, run, span, trace_id


def test_newest_first_and_pages_without_gaps(store: TelemetryStore, project: str) -> None:
    """Several runs of the same nanosecond, and newer ones that come in while somebody pages."""
    runs = [run(project, sort_ns=NOON + number // 3) for number in range(20)]
    store.write(batch(runs=runs))
    expected = sorted(runs, key=lambda one: (one.sort_ns, one.id), reverse=True)
    seen, after = [], None
    while page := store.runs(project, RunQuery(limit=3, after=after)):
        seen += page
        after = (page[-1].sort_ns, page[-1].id)
        store.write(batch(runs=[run(project, sort_ns=NOON + HOUR)]))
        rewritten = page[-1]
        rewritten.version += 1
        store.write(batch(runs=[rewritten]))
    assert [one.id for one in seen] == [one.id for one in expected]


def test_pages_of_spans(store: TelemetryStore, project: str) -> None:
    spans = [span(project, start_ns=NOON + number // 3) for number in range(20)]
    store.write(batch(spans=spans))
    for one in spans:
        one.version, one.status = 2, SpanStatus.ERROR
    store.write(batch(spans=spans))
    expected = sorted(spans, key=lambda one: (one.start_ns, one.trace_id, one.span_id), reverse=True)
    seen, after = [], None
    while page := store.spans(project, SpanQuery(limit=7, after=after)):
        seen += page
        after = (page[-1].start_ns, page[-1].trace_id, page[-1].span_id)
    assert seen == expected


def test_a_page_is_full_though_old_versions_match(store: TelemetryStore, project: str) -> None:
    """What matched only in an older version must not take a place on the page."""
    runs = [run(project, sort_ns=NOON + number, agent="before") for number in range(12)]
    store.write(batch(runs=runs))
    for one in runs[4:]:
        one.agent, one.version = "after", 2
    store.write(batch(runs=runs[4:]))
    asked = RunQuery(filters=(Filter(field="agent", op=Op.EQ, value="before"),), limit=3)
    assert [one.id for one in store.runs(project, asked)] == [one.id for one in (runs[3], runs[2], runs[1])]
    assert store.count_runs(project, asked) == 4


def test_few_runs_out_of_many_that_no_longer_match(store: TelemetryStore, project: str) -> None:
    """As of thousands of runs that were just judged: several looks, each at more of them than the last."""
    runs = [run(project, sort_ns=NOON + number // 2) for number in range(3000)]
    store.write(batch(runs=runs))
    left = [one for number, one in enumerate(runs) if number % 150 == 75]
    for one in runs:
        if one not in left:
            one.judged, one.version = "quick", 2
    store.write(batch(runs=[one for one in runs if one.judged]))
    left.sort(key=lambda one: (one.sort_ns, one.id), reverse=True)
    missing = (Filter(field="judged", op=Op.MISSING),)
    for limit in (1, 7, 20, 200):
        seen: list[str] = []
        after = None
        while page := store.runs(project, RunQuery(filters=missing, limit=limit, after=after)):
            assert len(page) == min(limit, len(left) - len(seen))
            seen += [one.id for one in page]
            after = (page[-1].sort_ns, page[-1].id)
        assert seen == [one.id for one in left]


def test_few_spans_out_of_many_that_no_longer_match(store: TelemetryStore, project: str) -> None:
    spans = [span(project, start_ns=NOON + number // 2, agent="before") for number in range(3000)]
    store.write(batch(spans=spans))
    left = [one for number, one in enumerate(spans) if number % 150 == 75]
    for one in spans:
        if one not in left:
            one.agent, one.version = "after", 2
    store.write(batch(spans=[one for one in spans if one.agent == "after"]))
    left.sort(key=lambda one: (one.start_ns, one.trace_id, one.span_id), reverse=True)
    before = (Filter(field="agent", op=Op.EQ, value="before"),)
    for limit in (1, 7, 20, 200):
        seen: list[str] = []
        after = None
        while page := store.spans(project, SpanQuery(filters=before, limit=limit, after=after)):
            assert len(page) == min(limit, len(left) - len(seen))
            seen += [one.span_id for one in page]
            after = (page[-1].start_ns, page[-1].trace_id, page[-1].span_id)
        assert seen == [one.span_id for one in left]


def test_each_run_gives_all_of_them_once(store: TelemetryStore, project: str) -> None:
    runs = [run(project, sort_ns=NOON + number // 5) for number in range(1203)]
    store.write(batch(runs=runs))
    blocks = list(store.each_run(project, RunQuery(limit=1)))
    assert max(map(len, blocks)) <= 1000
    assert sorted(one.id for block in blocks for one in block) == sorted(one.id for one in runs)


def test_time_window_takes_its_start_and_not_its_end(store: TelemetryStore, project: str) -> None:
    runs = [run(project, sort_ns=NOON + number) for number in range(5)]
    store.write(batch(runs=runs, spans=[span(project, start_ns=NOON + number) for number in range(5)]))
    start, end = NOON + 1, NOON + 3
    found_runs = store.runs(project, RunQuery(from_ns=start, to_ns=end))
    found_spans = store.spans(project, SpanQuery(from_ns=start, to_ns=end))
    assert [one.sort_ns - NOON for one in found_runs] == [2, 1]
    assert [one.start_ns - NOON for one in found_spans] == [2, 1]


def test_an_attribute_of_any_span_finds_the_run(store: TelemetryStore, project: str) -> None:
    by_span, by_root, neither = run(project), run(project, attributes={"tier": "gold"}), run(project)
    two_traces = run(project, trace_ids=(trace_id(), trace_id()))
    store.write(
        batch(
            runs=[by_span, by_root, neither, two_traces],
            spans=[
                span(project, trace_id=by_span.id, attributes={"tier": "gold"}),
                span(project, trace_id=by_span.id, attributes={"tier": "silver"}),
                span(project, trace_id=two_traces.trace_ids[1], attributes={"tier": "gold"}),
                span(project, trace_id=neither.id, attributes={"other": "gold"}),
            ],
        )
    )

    def found(op: Op, value: str | None) -> set[str]:
        asked = RunQuery(filters=(Filter(field="attributes.tier", op=op, value=value),))
        assert store.count_runs(project, asked) == len(store.runs(project, asked))
        return {one.id for one in store.runs(project, asked)}

    assert found(Op.EQ, "gold") == {by_span.id, by_root.id, two_traces.id}
    assert found(Op.EQ, "silver") == {by_span.id}
    assert found(Op.NE, "silver") == {by_root.id, neither.id, two_traces.id}
    assert found(Op.EXISTS, None) == {by_span.id, by_root.id, two_traces.id}
    assert found(Op.MISSING, None) == {neither.id}
    assert found(Op.CONTAINS, "OL") == {by_span.id, by_root.id, two_traces.id}


def test_full_text(store: TelemetryStore, project: str) -> None:
    task, other = run(project), run(project)
    store.write(
        batch(
            runs=[task, other],
            spans=[
                span(
                    project,
                    trace_id=task.id,
                    input="Where is my Refund?",
                    output="GRÜSSE: it was paid_out 12.5 € ago",
                ),
                span(project, trace_id=task.id, input="refunds are slow", output="東京タワーはどこですか"),
                span(project, trace_id=other.id, input='[{"text": "line\\nbreak"}]'),
            ],
        )
    )

    def hits(text: str) -> int:
        found = store.search(project, SpanQuery(text=text))
        assert len(found) == len(store.spans(project, SpanQuery(text=text)))
        owners = {hit.run_id for hit in found}
        assert owners == {one.id for one in store.runs(project, RunQuery(text=text))}
        return len(found)

    assert hits("refund") == 1
    assert hits("REFUND where") == 1
    assert hits("refund grüsse") == 1, "one word in the input, one in the output"
    assert hits("refund slow") == 0, "both words, but in two spans"
    assert hits("fund") == 0, "words, not parts of words"
    assert hits("paid out 12") == 1
    assert hits("東京タワー") == 1, "no spaces in this script: a part of it is found"
    assert hits("nothing") == 0


def test_search_shows_where(store: TelemetryStore, project: str) -> None:
    text = "before " * 100 + "the Needle lies here" + " after" * 100
    store.write(batch(spans=[span(project, output=text, kind=SpanKind.TOOL)]))
    [hit] = store.search(project, SpanQuery(text="needle"))
    assert "the Needle lies here" in hit.excerpt.text
    assert len(hit.excerpt.text) < 250
    assert hit.run_id == ""
    filters = (Filter(field="kind", op=Op.EQ, value="llm"),)
    assert store.search(project, SpanQuery(text="needle", filters=filters)) == []


def test_text_is_never_part_of_a_statement(store: TelemetryStore, project: str) -> None:
    hostile = [
        "' OR 1=1 --",
        "\\' OR 1=1 --",
        "{p0:String}",
        "a\0b",
        "%' OR '1'='1",
        "'); DROP TABLE spans; --",
    ]
    store.write(batch(runs=[run(project, agent="booking")]))
    for text in hostile:
        for field in ("agent", "attributes.key", f"attributes.{text}", "tools"):
            for op in (Op.EQ, Op.CONTAINS):
                asked = RunQuery(filters=(Filter(field=field, op=op, value=text),), text=text)
                assert store.runs(project, asked) == []
        assert store.runs(text, RunQuery()) == []
        assert store.run(project, text) is None
        assert store.field_values(project, "agent", prefix=text) == []
        assert store.attribute_keys(project, prefix=text) == []
        assert store.aggregate(project, AggregateQuery(by=(f"attributes.{text}",)))[0].group == ("",)
    assert store.count_runs(project, RunQuery()) == 1


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (Filter(field="agnt", op=Op.EQ, value="x"), "agnt"),
        (Filter(field="1=1) --", op=Op.EQ, value="x"), "1=1"),
        (Filter(field="attributes.", op=Op.EQ, value="x"), "attributes."),
        (Filter(field="project", op=Op.EQ, value="x"), "project"),
        (Filter(field="status", op=Op.EQ, value="broken"), "status"),
        (Filter(field="spans", op=Op.GT, value="many"), "spans"),
        (Filter(field="spans", op=Op.GT, value=float("nan")), "spans"),
        (Filter(field="spans", op=Op.EQ, value=2**64), "spans"),
        (Filter(field="agent", op=Op.LT, value="x"), "agent"),
        (Filter(field="agent", op=Op.EQ, value=None), "agent"),
        (Filter(field="agent", op=Op.IN, value="x"), "agent"),
        (Filter(field="agent", op=Op.IN, value=()), "agent"),
        (Filter(field="agent", op=Op.EQ, value=("x",)), "agent"),
        (Filter(field="complete", op=Op.EQ, value="perhaps"), "complete"),
    ],
)
def test_a_bad_filter_is_named(store: TelemetryStore, project: str, bad: Filter, named: str) -> None:
    with pytest.raises(BadQuery, match=re.escape(named)):
        store.runs(project, RunQuery(filters=(bad,)))
    with pytest.raises(BadQuery, match=re.escape(named)):
        store.count_runs(project, RunQuery(filters=(bad,)))


def test_other_bad_queries(store: TelemetryStore, project: str) -> None:
    for bad in (0, -1, 10**9):
        with pytest.raises(BadQuery, match="limit"):
            store.runs(project, RunQuery(limit=bad))
    for by in (("nonsense",), ("spans",), ("agent", "agent"), ("attributes.a", "attributes.b")):
        with pytest.raises(BadQuery, match=r"by|nonsense"):
            store.aggregate(project, AggregateQuery(by=by))
    with pytest.raises(BadQuery, match="bucket_ns"):
        store.aggregate(project, AggregateQuery(bucket_ns=0))
    with pytest.raises(BadQuery, match="text"):
        store.search(project, SpanQuery(text="  !? "))
    with pytest.raises(BadQuery, match="spans"):
        store.field_values(project, "spans")
    with pytest.raises(BadQuery, match="yesterday"):
        store.drop_days_before(project, "yesterday")
