"""Ranking figures against scikit-learn, and their intervals against what they promise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from roadworthy.stats.ranking import (
    percentiles,
    precision_at_recall,
    recall_at_false_alarms,
    roc_auc,
    roc_auc_interval,
)

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60)


@given(PAIRS)
def test_auc_is_scikit_learns_ties_included(pairs: list[tuple[int, bool]]) -> None:
    scores, failed = [float(s) for s, _ in pairs], [y for _, y in pairs]
    if all(failed) or not any(failed):
        assert roc_auc(scores, failed) is None
    else:
        assert roc_auc(scores, failed) == pytest.approx(roc_auc_score(failed, scores))


@given(PAIRS, st.sampled_from([0.0, 0.05, 0.3]))
def test_recall_at_false_alarms_is_the_best_point_of_the_curve(
    pairs: list[tuple[int, bool]], rate: float
) -> None:
    scores, failed = [float(s) for s, _ in pairs], [y for _, y in pairs]
    if all(failed) or not any(failed):
        assert recall_at_false_alarms(scores, failed, rate=rate) is None
        return
    false, true, _ = roc_curve(failed, scores, drop_intermediate=False)
    best = max(t for f, t in zip(false, true, strict=True) if f <= rate + 1e-12)
    assert recall_at_false_alarms(scores, failed, rate=rate) == pytest.approx(best)


def test_precision_at_recall_flags_ties_together() -> None:
    # The first two tie: to have one of the two failures both must be flagged.
    assert precision_at_recall([3.0, 3.0, 2.0, 1.0], [True, False, True, False], recall=0.5) == 0.5
    assert precision_at_recall([3.0, 3.0, 2.0, 1.0], [True, False, True, False], recall=1.0) == 2 / 3
    assert precision_at_recall([1.0], [False], recall=0.5) is None


def test_lengths_must_match() -> None:
    with pytest.raises(ValueError, match="2 scores for 1"):
        roc_auc([1.0, 2.0], [True])


def test_the_interval_covers_the_true_area_although_attempts_at_a_task_are_alike() -> None:
    # Failures score N(d + task, 1), d = 0.95: the true area within and between tasks is simulated once.
    rnd = random.Random(5)

    def draw(tasks: int) -> tuple[list[float], list[bool], list[str]]:
        scores: list[float] = []
        failed: list[bool] = []
        names: list[str] = []
        for task in range(tasks):
            shift, hard = rnd.gauss(0, 1), rnd.random() < 0.5
            for _ in range(4):
                wrong = rnd.random() < (0.8 if hard else 0.2)
                scores.append(rnd.gauss(shift + 0.95 * wrong, 1))
                failed.append(wrong)
                names.append(str(task))
        return scores, failed, names

    big = draw(10_000)
    truth = roc_auc(big[0], big[1])
    covered = 0
    for _ in range(60):
        scores, failed, names = draw(60)
        interval = roc_auc_interval(scores, failed, clusters=names, rounds=200)
        assert interval is not None and truth is not None
        covered += interval.low <= truth <= interval.high
    assert covered >= 51


def test_no_interval_where_nothing_can_be_drawn() -> None:
    assert roc_auc_interval([1.0, 2.0], [True, False], clusters=["a", "a"]) is None
    assert roc_auc_interval([1.0, 2.0], [True, True], clusters=["a", "b"]) is None
    assert percentiles([]) is None
