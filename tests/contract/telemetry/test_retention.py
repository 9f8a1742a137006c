"""Whole days go, and only those of the project."""

from __future__ import annotations

from roadworthy.contracts.telemetry import RunQuery, TelemetryStore
from roadworthy.domain.rejection import Rejection
from tests.contract.telemetry.making import DAY, NOON, batch, run, span


def test_days_before_are_dropped(store: TelemetryStore, project: str) -> None:
    other = project + "-other"
    for owner in (project, other):
        for days_ago in range(4):
            at = NOON - days_ago * DAY
            task = run(owner, sort_ns=at)
            store.write(
                batch(
                    runs=[task],
                    spans=[span(owner, trace_id=task.id, start_ns=at, join_keys=(f"key-{days_ago}",))],
                    rejections=[
                        Rejection(
                            project=owner, at_ns=at, signal="logs", reason="bad", code=f"code-{days_ago}"
                        )
                    ],
                )
            )
    assert store.days(project) == ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"]
    assert store.drop_days_before(project, "2026-11-21") == 2
    assert store.days(project) == ["2026-11-21", "2026-11-22"]
    assert store.stats(project).spans == 2
    assert len(store.runs(project, RunQuery())) == 2
    assert set(store.traces_of_join_keys(project, [f"key-{number}" for number in range(4)])) == {
        "key-0",
        "key-1",
    }
    assert {row.code for row in store.rejections(project)} == {"code-0", "code-1"}
    assert store.drop_days_before(project, "2026-11-21") == 0
    assert len(store.days(other)) == 4
    assert store.stats(other).runs == 4


def test_what_was_dropped_can_be_written_again(store: TelemetryStore, project: str) -> None:
    """An import after retention, with the token it had the first time."""
    content = batch(spans=[span(project)])
    store.write(content)
    assert store.drop_days_before(project, "2030-01-01") == 1
    assert store.stats(project).spans == 0
    store.write(content)
    assert store.stats(project).spans == 1
