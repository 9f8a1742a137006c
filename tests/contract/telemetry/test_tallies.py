"""Many counts in one reading, and runs asked for by what was scored."""

from __future__ import annotations

import random
from typing import Any

import pytest

from roadworthy.contracts.telemetry import (
    AggregateQuery,
    BadQuery,
    Filter,
    Op,
    RunQuery,
    Tally,
    TallyQuery,
    TelemetryStore,
)
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from tests.contract.telemetry.making import HOUR, NOON, SECOND, batch, run

MINUTE = 60 * SECOND


def _is(field: str, value: str | float) -> Filter:
    return Filter(field=field, op=Op.EQ, value=value)


def _some_runs(project: str) -> list[Run]:
    rng = random.Random(5)
    return [
        run(
            project,
            sort_ns=NOON + rng.randrange(3 * HOUR),
            agent=rng.choice(("support", "billing")),
            outcome=rng.choice(tuple(Outcome)),
            status=rng.choice((RunStatus.OK, RunStatus.ERROR)),
            p_failure=rng.choice((None, 0.25, 0.5)),
            tool_calls=rng.randrange(4),
        )
        for _ in range(200)
    ]


def test_tallies_agree_with_counting_one_by_one(store: TelemetryStore, project: str) -> None:
    runs = _some_runs(project)
    store.write(batch(runs=runs))
    support = (_is("agent", "support"),)
    unknown = (*support, _is("outcome", "unknown"), Filter(field="p_failure", op=Op.EXISTS))
    query = TallyQuery(
        tallies=(
            Tally(),
            Tally(filters=(*support, _is("outcome", "success"))),
            Tally(filters=unknown, total_of="p_failure"),
            Tally(filters=support, total_of="tool_calls"),
        ),
        from_ns=NOON,
        to_ns=NOON + 2 * HOUR,
        bucket_ns=15 * MINUTE,
    )

    rows = store.tally(project, query)

    assert [row.bucket_start_ns for row in rows] == [NOON + 15 * MINUTE * n for n in range(8)]
    for row in rows:
        held = [one for one in runs if 0 <= one.sort_ns - row.bucket_start_ns < 15 * MINUTE]
        ours = [one for one in held if one.agent == "support"]
        assert row.values == (
            len(held),
            sum(one.outcome is Outcome.SUCCESS for one in ours),
            sum(one.p_failure or 0 for one in ours if one.outcome is Outcome.UNKNOWN),
            sum(one.tool_calls for one in ours),
        )


def test_a_later_verdict_moves_a_run_from_one_tally_to_the_other(store: TelemetryStore, project: str) -> None:
    one = run(project, outcome=Outcome.SUCCESS)
    swallowed = run(project, outcome=Outcome.SUCCESS)
    store.write(batch(runs=[one, swallowed]))
    one.outcome, one.version = Outcome.FAILURE, 2
    swallowed.superseded_by, swallowed.version = one.id, 2
    store.write(batch(runs=[one, swallowed]))
    tallies = tuple(Tally(filters=(_is("outcome", word),)) for word in ("success", "failure"))

    rows = store.tally(project, TallyQuery(tallies=tallies, from_ns=NOON, to_ns=NOON + HOUR, bucket_ns=HOUR))

    assert [row.values for row in rows] == [(0.0, 1.0)]


def test_more_tallies_than_one_statement_takes(store: TelemetryStore, project: str) -> None:
    store.write(batch(runs=[run(project, tool_calls=number) for number in range(5)]))
    tallies = tuple(Tally(filters=(Filter(field="tool_calls", op=Op.GE, value=n % 5),)) for n in range(230))

    rows = store.tally(project, TallyQuery(tallies=tallies, from_ns=NOON, to_ns=NOON + HOUR, bucket_ns=HOUR))

    assert [row.values for row in rows] == [tuple(float(5 - n % 5) for n in range(230))]


def test_apart_by_a_field(store: TelemetryStore, project: str) -> None:
    runs = _some_runs(project)
    store.write(batch(runs=runs))
    query = TallyQuery(
        tallies=(Tally(), Tally(filters=(_is("outcome", "success"),))),
        from_ns=NOON,
        to_ns=NOON + 3 * HOUR,
        bucket_ns=HOUR,
        by="agent",
    )

    rows = store.tally(project, query)

    assert [(row.bucket_start_ns, row.group) for row in rows] == [
        (NOON + hour * HOUR, agent) for hour in range(3) for agent in ("billing", "support")
    ]
    for row in rows:
        held = [
            one for one in runs if one.agent == row.group and 0 <= one.sort_ns - row.bucket_start_ns < HOUR
        ]
        assert row.values == (len(held), sum(one.outcome is Outcome.SUCCESS for one in held))


def test_no_runs_no_rows(store: TelemetryStore, project: str) -> None:
    assert not store.tally(project, TallyQuery(tallies=(Tally(),), from_ns=0, to_ns=NOON, bucket_ns=HOUR))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (TallyQuery(tallies=(), from_ns=0, to_ns=1, bucket_ns=1), "tallies"),
        (TallyQuery(tallies=(Tally(),), from_ns=0, to_ns=1, bucket_ns=0), "bucket_ns"),
        (TallyQuery(tallies=(Tally(total_of="agent"),), from_ns=0, to_ns=1, bucket_ns=1), "total_of: agent"),
        (TallyQuery(tallies=(Tally(total_of="nosuch"),), from_ns=0, to_ns=1, bucket_ns=1), "nosuch"),
        (TallyQuery(tallies=(Tally(),), from_ns=0, to_ns=1, bucket_ns=1, by="tools"), "by: tools"),
    ],
)
def test_what_cannot_be_tallied(store: TelemetryStore, project: str, query: TallyQuery, said: str) -> None:
    with pytest.raises(BadQuery, match=said):
        store.tally(project, query)


def test_runs_are_found_by_the_score_said_last(store: TelemetryStore, project: str) -> None:
    low, high, traced, spoken, never = (run(project, sort_ns=NOON + n) for n in range(5))

    def said(value: float | None, at: int, **what: Any) -> Score:
        return Score(project=project, name="helpful", value=value, at_ns=NOON + at, source="api", **what)

    store.write(
        batch(
            runs=[low, high, traced, spoken, never],
            scores=[
                said(0.9, 1, run_id=low.id, evaluator_version="a"),
                said(0.2, 2, run_id=low.id, evaluator_version="b"),
                said(0.8, 20 * HOUR, run_id=high.id),
                said(0.5, 3, trace_id=traced.id),
                said(0.95, 3, run_id=spoken.id, span_id="a" * 16),
                said(None, 3, run_id=never.id),
                Score(project=project, name="other", value=1.0, at_ns=NOON, run_id=never.id, source="api"),
            ],
        )
    )

    def found(op: Op, value: float | tuple[float, ...] | None = None) -> list[Run]:
        wanted = Filter(field="scores.helpful", op=op, value=value)
        query = RunQuery(filters=(wanted,), from_ns=NOON, to_ns=NOON + HOUR)
        assert store.count_runs(project, query) == len(store.runs(project, query))
        return sorted((one for one in store.runs(project, query)), key=lambda one: one.sort_ns)

    assert [one.id for one in found(Op.GE, 0.5)] == [high.id, traced.id]
    assert [one.id for one in found(Op.LT, 0.5)] == [low.id]
    assert [one.id for one in found(Op.IN, (0.2, 0.8))] == [low.id, high.id]
    assert [one.id for one in found(Op.EXISTS)] == [low.id, high.id, traced.id]
    assert [one.id for one in found(Op.MISSING)] == [spoken.id, never.id]
    assert [one.id for one in found(Op.NE, 0.2)] == [high.id, traced.id, spoken.id, never.id]


def test_a_score_is_a_number(store: TelemetryStore, project: str) -> None:
    with pytest.raises(BadQuery, match=r"scores\.helpful: 'much' is not a number"):
        store.runs(project, RunQuery(filters=(_is("scores.helpful", "much"),)))
    with pytest.raises(BadQuery, match=r"scores\.helpful is a number"):
        store.aggregate(project, AggregateQuery(by=("scores.helpful",)))
