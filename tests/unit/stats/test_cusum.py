from __future__ import annotations

import numpy as np
import pytest

from roadworthy.stats.cusum import Walk, calibrated, first_alarm, run_length, walk


def test_run_lengths_worked_out_by_hand() -> None:
    # A failure alarms at once: geometric.
    assert run_length(Walk(up=5, down=1, limit=5), q=0.1) == pytest.approx(10)
    # Two failures in a row, a success undoing one: N0 = 1 + q N1 + (1-q) N0, N1 = 1 + (1-q) N0.
    q = 0.25
    assert run_length(Walk(up=1, down=1, limit=2), q=q) == pytest.approx((1 + q) / q**2)


@pytest.mark.parametrize(("q0", "q1"), [(0.06, 0.21), (0.02, 0.05), (0.3, 0.5), (0.6, 0.9)])
def test_the_computed_run_length_is_the_simulated_one(q0: float, q1: float) -> None:
    found = calibrated(q0, q1=q1, arl=300)
    rng = np.random.default_rng(8)
    lengths = []
    for _ in range(600):
        length = first_alarm(found, rng.random(6000) < q0)
        assert length is not None
        lengths.append(length)

    exact = run_length(found, q=q0)
    assert exact >= 300
    assert run_length(Walk(up=found.up, down=found.down, limit=found.limit - 1), q=q0) < 300
    assert np.mean(lengths) == pytest.approx(exact, rel=4 / 600**0.5)
    assert run_length(found, q=q1) < exact / 3


def test_the_walk_keeps_the_ratio_of_its_steps() -> None:
    found = walk(0.06, q1=0.21)

    assert found.up / found.down == pytest.approx(np.log(0.21 / 0.06) / np.log(0.94 / 0.79), rel=1e-3)
    for q0, q1 in ((0.2, 0.1), (0.0, 0.1), (0.5, 1.0)):
        with pytest.raises(ValueError, match="q0"):
            walk(q0, q1=q1)


def test_no_alarm_is_none() -> None:
    assert first_alarm(Walk(up=1, down=1, limit=3), np.zeros(10, dtype=bool)) is None
    assert first_alarm(Walk(up=1, down=1, limit=3), np.ones(10, dtype=bool)) == 3
    assert first_alarm(Walk(up=1, down=1, limit=3), np.ones(10, dtype=bool), start=2) == 1
