"""Attributes of runs that only some of their spans carry: what lists show in columns."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.contracts.telemetry import TelemetryStore
from tests.contract.telemetry.making import DAY, NOON, batch, run, span, trace_id


def test_the_runs_own_value_counts_then_the_smallest_of_its_spans(
    store: TelemetryStore, project: str
) -> None:
    two_traces = run(project, trace_ids=(trace_id(), trace_id()), attributes={"tier": "own"})
    bare, silent = run(project), run(project)
    spans = [
        span(project, trace_id=two_traces.trace_ids[0], attributes={"tier": "a", "queue": "west"}),
        span(project, trace_id=two_traces.trace_ids[1], attributes={"queue": "east"}, start_ns=NOON + DAY),
        span(project, trace_id=bare.id, attributes={"tier": "gold", "other": "x"}),
        span(project, trace_id=bare.id, attributes={"tier": "", "weird 'key' \\": "1"}),
        span(project, trace_id=silent.id, attributes={"other": "x"}),
        span("another", trace_id=silent.id, attributes={"tier": "not of this project"}),
    ]
    runs = [two_traces, bare, silent]
    store.write(batch(spans=spans, runs=runs))
    assert store.attributes_of_runs(project, runs, ["tier", "queue", "weird 'key' \\"]) == {
        two_traces.id: {"tier": "own", "queue": "east"},
        bare.id: {"tier": "", "weird 'key' \\": "1"},
        silent.id: {},
    }
    assert store.attributes_of_runs(project, [], ["tier"]) == {}
    assert store.attributes_of_runs(project, [bare], []) == {bare.id: {}}


def test_only_the_newest_version_of_a_span_speaks(store: TelemetryStore, project: str) -> None:
    one = run(project)
    old = span(project, trace_id=one.id, version=1, attributes={"tier": "a"})
    store.write(batch(spans=[old], runs=[one]))
    store.write(batch(spans=[replace(old, version=2, attributes={"tier": "b"})]))
    assert store.attributes_of_runs(project, [one], ["tier"]) == {one.id: {"tier": "b"}}
