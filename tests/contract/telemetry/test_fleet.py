"""The fleet board over a store: as many agents as there are."""

from __future__ import annotations

from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.features.observe.fleet import SPARK_BUCKETS, fleet
from tests.contract.telemetry.making import HOUR, NOON, batch, run

AGENTS = 500


def test_five_hundred_agents_each_with_its_whole_sparkline(store: TelemetryStore, project: str) -> None:
    """24 buckets of 500 agents are more rows than one answer of a store holds."""
    runs = [
        run(project, agent=f"agent {number:03}", sort_ns=NOON + hour * HOUR + number)
        for number in range(AGENTS)
        for hour in range(SPARK_BUCKETS)
    ]
    store.write(batch(runs=runs))

    board = fleet(store, project, from_ns=NOON, to_ns=NOON + SPARK_BUCKETS * HOUR)

    assert len(board.rows) == AGENTS
    assert {tuple(point.runs for point in row.spark) for row in board.rows} == {(1,) * SPARK_BUCKETS}


def test_more_than_a_thousand_agents_are_all_listed(store: TelemetryStore, project: str) -> None:
    store.write(batch(runs=[run(project, agent=f"agent {number:04}") for number in range(1_200)]))

    board = fleet(store, project, from_ns=NOON - HOUR, to_ns=NOON + HOUR)

    assert len(board.rows) == 1_200
    assert {sum(point.runs for point in row.spark) for row in board.rows} == {1}
