from __future__ import annotations

import numpy as np
import pytest

from roadworthy.stats.fleet_ranking import rank


def test_highest_first_ties_as_given() -> None:
    found = rank([5.0, 80.0, 5.0, 200.0], thresholds=[10.0, 100.0, 10.0, 1000.0])

    assert [each.place for each in found] == [1, 0, 2, 3]
    assert [each.evidence_share for each in found] == pytest.approx([0.8, 0.5, 0.5, 0.2])
    assert not any(each.firm for each in found)


def test_firm_are_the_first_k_that_reach_their_share() -> None:
    # K = 4: the first needs 4 A, two need 2 A each, three 4/3 A, all four A.
    assert sum(each.firm for each in rank([4.0, 0, 0, 0], thresholds=1.0)) == 1
    assert sum(each.firm for each in rank([3.9, 0, 0, 0], thresholds=1.0)) == 0
    assert sum(each.firm for each in rank([2.0, 2.0, 0, 0], thresholds=1.0)) == 2
    assert sum(each.firm for each in rank([9.0, 1.9, 1.4, 0.9], thresholds=1.0)) == 3
    assert sum(each.firm for each in rank([1.0] * 4, thresholds=1.0)) == 4


def test_one_monitor_is_firm_where_it_alarms() -> None:
    assert rank([99.0], thresholds=100.0)[0].firm is False
    assert rank([100.0], thresholds=100.0)[0].firm is True
    assert rank([], thresholds=[]) == []


def test_bad_numbers_are_refused() -> None:
    for evidence, threshold in ((-1.0, 1.0), (float("nan"), 1.0), (1.0, 0.0)):
        with pytest.raises(ValueError, match="evidence"):
            rank(np.array([evidence]), thresholds=threshold)
