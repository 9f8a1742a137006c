"""Input drift and judge drift, by simulation with fixed seeds."""

from __future__ import annotations

from benchmarks.input_worlds import watch_inputs, watch_judge


def test_inputs_that_stay_alarm_rarely_and_those_that_change_soon() -> None:
    found = watch_inputs(references=12, patience=2000, seed=3)

    assert found.false_alarms <= 1
    assert 0.002 <= found.tail_share <= 0.01
    assert found.delay <= 200


def test_a_plain_conformal_p_value_would_break_the_promise() -> None:
    """Why there are two p-values: uniform over references is not uniform given one."""
    found = watch_inputs(references=12, patience=2000, seed=4, size=200)

    assert found.plain_false_alarms > 1
    assert found.false_alarms <= 1


def test_a_judge_that_drifts_is_told_from_an_agent_that_falls() -> None:
    found = watch_judge(paths=60, seed=5)

    assert found.alarms_on_agent <= 0.1
    assert found.alarms_on_judge >= 0.9


def test_the_true_rate_is_covered_and_narrower_than_by_labels_alone() -> None:
    found = watch_judge(paths=60, seed=6)

    assert found.coverage >= 0.92
    assert found.width_of_labels <= 0.9
