from __future__ import annotations

from math import inf

import pytest

from benchmarks.monitor_worlds import delays
from roadworthy.stats.baselines import Tally, upper_bound
from roadworthy.stats.forecast import detection_delay, noticed_after, reference_needed, slow_delay_days
from roadworthy.stats.two_speed import SLOW_SHARE, Noise

NOISY = Noise(sigma=0.5, dispersion=0.08)


@pytest.mark.parametrize(
    ("q0", "q", "patience"),
    [(0.06, 0.21, 182_500.0), (0.2, 0.35, 20_000.0), (0.02, 0.03, 20_000.0), (0.5, 0.62, 50_000.0)],
)
def test_what_is_foretold_is_what_happens(q0: float, q: float, patience: float) -> None:
    foretold = detection_delay(q0, q=q, patience=patience).results
    happened = float(delays(q0, after=q, patience=patience, paths=250, seed=11).mean())

    assert foretold == pytest.approx(happened, rel=0.12)


def test_hours_at_a_volume() -> None:
    found = detection_delay(0.06, q=0.21, patience=500 * 365, per_day=500)

    assert found.days * 24 == pytest.approx(3.6, abs=0.4)
    assert detection_delay(0.06, q=0.21, patience=500 * 365, per_day=500) == found


def test_larger_falls_and_more_results_are_noticed_sooner() -> None:
    by_fall = [noticed_after(0.06, q=q, patience_days=365, per_day=500).days for q in (0.09, 0.12, 0.21, 0.5)]
    by_volume = [noticed_after(0.06, q=0.21, patience_days=365, per_day=n).days for n in (20, 200, 2000)]

    assert by_fall == sorted(by_fall, reverse=True)
    assert by_volume == sorted(by_volume, reverse=True)


def test_noise_makes_it_slower_and_the_slow_one_takes_over() -> None:
    calm = noticed_after(0.06, q=0.21, patience_days=365, per_day=500)
    noisy = noticed_after(0.06, q=0.21, patience_days=365, per_day=500, found=NOISY)

    assert calm.days < 0.5
    assert 1 <= noisy.days <= 3
    assert noisy.days == slow_delay_days(
        0.06, q=0.21, patience_days=365 / SLOW_SHARE, per_day=500, found=NOISY
    )


def test_what_cannot_be_noticed_is_said_to_be_so() -> None:
    assert detection_delay(0.06, q=0.06, patience=1e5).results == inf
    assert detection_delay(0.06, q=0.01, patience=1e5).results == inf
    assert noticed_after(0.06, q=0.05, patience_days=365, per_day=100).days == inf
    assert noticed_after(0.06, q=0.21, patience_days=365, per_day=0).days == inf
    with pytest.raises(ValueError, match="patience"):
        detection_delay(0.06, q=0.2, patience=0)
    with pytest.raises(ValueError, match="q0"):
        detection_delay(1.06, q=0.2, patience=10)


def test_edges_of_the_baseline() -> None:
    assert 1 <= detection_delay(0.0, q=0.5, patience=1e5).results < 20
    assert detection_delay(0.001, q=1.0, patience=1e5).results < 10


def test_a_reference_is_large_enough_when_its_bound_leaves_half_the_way() -> None:
    need = reference_needed(Tally(failures=4, n=60), fall_to=0.21)

    assert need.more == need.needed - 60
    assert need.needed >= 100
    small = reference_needed(Tally(failures=4, n=60), fall_to=0.1)
    assert small.needed > need.needed
    rate = 4.5 / 61
    bound = upper_bound(Tally(failures=round(rate * small.needed), n=small.needed))
    assert bound < (rate + 0.1) / 2 + 0.005


def test_a_reference_that_is_there_needs_no_more() -> None:
    assert reference_needed(Tally(failures=60, n=1000), fall_to=0.21).more == 0
    assert reference_needed(Tally(failures=0, n=0), fall_to=0.21).more >= 100
    assert reference_needed(Tally(failures=500, n=1000), fall_to=0.21).needed >= 100
    assert reference_needed(Tally(failures=100, n=100), fall_to=0.5).needed >= 100
