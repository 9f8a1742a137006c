"""Which scores belong to which run, and all of them one after another."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.score import Score
from tests.contract.telemetry.making import HOUR, NOON, batch, run, span, trace_id


def said(project: str, *, of: str, name: str = "good", at_ns: int = NOON, **fields: object) -> Score:
    values: dict[str, object] = {"value": 1.0, "source": "otel", "version": 1, **fields}
    return Score(project=project, trace_id=of, name=name, at_ns=at_ns, **values)  # type: ignore[arg-type]


def test_a_score_of_a_join_key_belongs_to_the_run_whose_span_has_it(
    store: TelemetryStore, project: str
) -> None:
    first, second = run(project), run(project)
    store.write(batch(scores=[said(project, of="response:a"), said(project, of="response:nobody's")]))
    spans = [
        span(project, trace_id=first.id, join_keys=("response:a", "toolcall:1")),
        span(project, trace_id=second.id, join_keys=("response:b",)),
    ]
    store.write(batch(spans=spans, runs=[first, second]))
    assert store.scores(project, first.id) == [said(project, of="response:a")]
    assert store.scores(project, second.id) == []
    assert store.scores("other", first.id) == []
    store.write(batch(scores=[said(project, of="response:b", value=0.0)]))
    assert [score.value for score in store.scores(project, second.id)] == [0.0]


def test_scores_of_several_runs(store: TelemetryStore, project: str) -> None:
    runs = [run(project, trace_ids=(trace_id(), trace_id())) for _ in range(4)]
    gone = run(project, trace_ids=(runs[1].trace_ids[0],), superseded_by=runs[1].id)
    scores = [
        said(project, of=runs[0].trace_ids[1], at_ns=NOON + 1),
        said(project, of="", run_id=runs[1].id, at_ns=NOON + 2),
        said(project, of="", run_id=gone.id, at_ns=NOON + 3),
        said(project, of=runs[3].trace_ids[0], at_ns=NOON + 4),
    ]
    store.write(batch(runs=[*runs, gone], scores=scores))
    assert store.scores_of_runs(project, runs[:3]) == scores[:3]
    assert store.scores_of_runs(project, []) == []


def test_each_score_comes_once_and_as_said_last(store: TelemetryStore, project: str) -> None:
    scores = [said(project, of=trace_id(), name=f"n{n % 7}", at_ns=NOON + n) for n in range(5_200)]
    revised = replace(scores[17], value=0.0, version=2, at_ns=NOON + HOUR)
    store.write(batch(scores=scores))
    store.write(batch(scores=[revised, said("another", of=trace_id())]))
    everything = [score for block in store.each_score(project) for score in block]
    expected = {score.trace_id: score for score in [*scores, revised]}
    assert {score.trace_id: score for score in everything} == expected
    assert len(everything) == len(expected)
    some = [
        one for block in store.each_score(project, from_ns=NOON + 5_000, to_ns=NOON + 5_010) for one in block
    ]
    assert sorted(some, key=lambda one: one.at_ns) == scores[5_000:5_010]
    assert list(store.each_score(project, from_ns=NOON + 2 * HOUR)) == []


def test_two_reviewers_of_one_run_are_both_kept_and_each_counts_once(
    store: TelemetryStore, project: str
) -> None:
    here = run(project)
    words = [
        said(project, of="", run_id=here.id, name="outcome", source="reviewer", author=who, at_ns=NOON + n)
        for n, who in enumerate(("ann", "bob"))
    ]
    revised = replace(words[0], value=0.0, at_ns=NOON + 9, version=2)
    store.write(batch(runs=[here], scores=words))
    store.write(batch(scores=[revised]))
    assert store.scores(project, here.id) == [words[1], revised]
    everything = [score for block in store.each_score(project) for score in block]
    assert sorted(everything, key=lambda one: one.at_ns) == [words[1], revised]


def test_a_machine_is_one_voice_whatever_name_it_answered(store: TelemetryStore, project: str) -> None:
    here = run(project)
    first = said(project, of="", run_id=here.id, source="judge", author="small-1", evaluator_version="tone/1")
    second = replace(first, author="small-2", value=0.0, version=2)
    store.write(batch(runs=[here], scores=[first]))
    store.write(batch(scores=[second]))
    assert store.scores(project, here.id) == [second]
    assert [score for block in store.each_score(project) for score in block] == [second]
