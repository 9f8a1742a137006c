"""Calibration against scikit-learn."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from roadworthy.stats.calibration import brier, expected_error, isotonic, platt, reliability

SAID = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


@given(SAID)
def test_brier_is_scikit_learns(pairs: list[tuple[float, bool]]) -> None:
    said, happened = [p for p, _ in pairs], [y for _, y in pairs]
    assert brier(said, happened) == pytest.approx(brier_score_loss(happened, said, pos_label=True))


@given(SAID)
def test_bins_hold_each_prediction_once_and_no_tie_is_divided(pairs: list[tuple[float, bool]]) -> None:
    said, happened = [p for p, _ in pairs], [y for _, y in pairs]
    bins = reliability(said, happened, bins=5)
    assert len(bins) <= 5
    assert sum(one.n for one in bins) == len(said)
    assert sum(one.n * one.said for one in bins) == pytest.approx(sum(said))
    assert sum(one.n * one.happened for one in bins) == pytest.approx(sum(happened))
    assert [one.said for one in bins] == sorted(one.said for one in bins)
    assert all(one.low <= one.happened <= one.high for one in bins)


def test_a_perfect_forecaster_has_no_expected_error() -> None:
    assert expected_error(reliability([0.0] * 5 + [1.0] * 5, [False] * 5 + [True] * 5)) == 0.0
    assert expected_error([]) == 0.0


def test_platt_is_the_logistic_curve_of_greatest_likelihood() -> None:
    rnd = random.Random(3)
    scores = [rnd.gauss(0, 2) for _ in range(4000)]
    happened = [rnd.random() < 1 / (1 + np.exp(-(0.7 * s - 1))) for s in scores]
    ours = platt(scores, happened)
    theirs = LogisticRegression(C=1e9).fit(np.array(scores)[:, None], happened)
    # Platt's targets differ from 0 and 1 by 1 / n.
    assert ours.slope == pytest.approx(float(theirs.coef_[0][0]), rel=0.02)
    assert ours.intercept == pytest.approx(float(theirs.intercept_[0]), rel=0.02)


def test_platt_of_separable_scores_stays_finite_and_of_reversed_ones_is_level() -> None:
    clear = platt([0.0, 1.0, 2.0, 3.0], [False, False, True, True])
    assert 0 < clear.slope < 20
    reversed_ = platt([3.0, 2.0, 1.0, 0.0] * 5, [False, False, True, True] * 5)
    assert reversed_.slope == 0
    assert platt([1.0] * 4, [True, False, False, False]).slope == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=60))
def test_isotonic_is_scikit_learns(pairs: list[tuple[int, bool]]) -> None:
    scores, happened = [float(s) for s, _ in pairs], [y for _, y in pairs]
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores, np.array(happened, dtype=float))
    ours = isotonic(scores, happened)
    for score in scores:
        assert ours(score) == pytest.approx(float(theirs.predict([score])[0]))
    assert ours(-5) == ours(min(scores))
    assert ours(50) == ours(max(scores))


def test_isotonic_of_nothing() -> None:
    with pytest.raises(ValueError, match="no scores"):
        isotonic([], [])
