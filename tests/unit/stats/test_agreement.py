"""Agreement against scikit-learn; its interval against resampling."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from roadworthy.stats.agreement import cohen_kappa, order_stability


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=80))
def test_kappa_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    found = cohen_kappa(ours, theirs)
    if len({*ours, *theirs}) == 1:
        assert found is None
    else:
        assert found is not None
        assert found.kappa == pytest.approx(cohen_kappa_score(ours, theirs))
        assert found.low <= found.kappa <= found.high


def test_the_interval_of_kappa_is_as_wide_as_resampling_says() -> None:
    rnd = random.Random(2)
    truth = [rnd.random() < 0.3 for _ in range(400)]
    judge = [y if rnd.random() < 0.85 else not y for y in truth]
    found = cohen_kappa(truth, judge)
    assert found is not None
    drawn = []
    for _ in range(1500):
        at = rnd.choices(range(400), k=400)
        again = cohen_kappa([truth[i] for i in at], [judge[i] for i in at])
        assert again is not None
        drawn.append(again.kappa)
    drawn.sort()
    assert found.low == pytest.approx(drawn[37], abs=0.02)
    assert found.high == pytest.approx(drawn[-38], abs=0.02)


def test_nothing_and_unequal_lengths() -> None:
    assert cohen_kappa([], []) is None
    with pytest.raises(ValueError, match="2 verdicts against 1"):
        cohen_kappa("ab", "a")


def test_order_stability() -> None:
    found = order_stability(["a", "b", "a", "a"], ["a", "b", "b", "a"])
    assert found is not None
    assert (found.share, found.n) == (0.75, 4)
    assert found.interval.low < 0.75 < found.interval.high
    assert order_stability([], []) is None
