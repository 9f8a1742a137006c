"""The targets of monitors, by simulation with fixed seeds; `benchmarks.monitors` runs the same for longer."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.monitor_worlds import (
    BAD,
    DAYS,
    DRIFT_DAYS,
    GOOD,
    Bernoulli,
    Season,
    above_one_a_year,
    alarms,
    cusum_delays,
    delays,
    dependent_alarms,
    shifted,
    watch,
)
from roadworthy.stats.cusum import calibrated, run_length
from roadworthy.stats.e_detector import EDetectors

YEAR_50 = 50.0 * DAYS


def test_the_quick_recursion_has_the_products_bits() -> None:
    rng = np.random.default_rng(1)
    nulls = np.array([[0.06] * 30, [0.2] * 30])
    quick, real = Bernoulli(30, threshold=500.0, q0=nulls), EDetectors([500.0] * 30)
    for _ in range(2000):
        failed, stratum = rng.random(30) < 0.12, rng.integers(0, 2, 30)
        alarmed = quick.observe(failed, stratum=stratum)
        found = real.observe_all(failed, q0=nulls[stratum, np.arange(30)])
        assert sorted(np.nonzero(alarmed)[0]) == [each.monitor for each in found.raised]
    assert (quick.sums.mean(axis=0) > 0).all()
    assert np.array_equal(quick.evidence, real.evidence)


@pytest.mark.parametrize("q0", [0.02, 0.06, 0.25])
@pytest.mark.parametrize("shift", [0.5, 1.0, 1.43, 2.5])
def test_delay_is_within_a_third_of_the_optimal_cusum(q0: float, shift: float) -> None:
    """The CUSUM is told the rate after the change and has a mean time to a false alarm of A exactly; the
    monitor is told nothing and has A at least."""
    q1 = shifted(q0, shift)
    best = calibrated(q0, q1=q1, arl=YEAR_50)

    ours = delays(q0, after=q1, patience=YEAR_50, paths=400, seed=1)
    theirs = cusum_delays(best, q0=q0, after=q1, paths=400, seed=1)

    assert ours.mean() <= 1.35 * theirs.mean()
    assert ours.mean() <= 1.35 * run_length(best, q=q1)


@pytest.mark.parametrize(("per_day", "hours"), [(50, 28), (500, 3.8), (10_000, 0.25)])
def test_a_fall_at_once_is_noticed(per_day: int, hours: float) -> None:
    found = delays(GOOD, after=BAD, patience=float(per_day * DAYS), paths=1000, seed=2)

    assert found.mean() / per_day * 24 <= hours


@pytest.mark.parametrize(("per_day", "days"), [(50, 7.0), (500, 3.5), (10_000, 1.5)])
def test_a_slow_fall_is_noticed(per_day: int, days: float) -> None:
    rates = np.linspace(GOOD, BAD, DRIFT_DAYS * per_day).tolist()

    found = delays(GOOD, after=rates, patience=float(per_day * DAYS), paths=150, seed=3)

    assert found.mean() / per_day <= days


def test_false_alarms_are_as_rare_as_promised() -> None:
    a_year = alarms(GOOD, q0=GOOD, patience=YEAR_50, steps=int(YEAR_50), paths=400, seed=4)
    twenty = alarms(GOOD, q0=GOOD, patience=20 * YEAR_50, steps=int(YEAR_50), paths=600, seed=5)

    assert a_year.mean() <= 1
    assert (twenty > 0).mean() <= 0.05


def test_dependence_does_not_break_the_promise() -> None:
    found = dependent_alarms(steps=5000, patience=5000.0, paths=100, seed=6)

    assert found.mean() <= 1


@pytest.mark.parametrize("n", [500, 2000])
def test_a_learned_baseline_keeps_it_for_nine_agents_in_ten(n: int) -> None:
    assert above_one_a_year(GOOD, n=n, per_day=50, paths=30, seed=7) <= 0.10


@pytest.mark.parametrize("per_day", [50, 500])
@pytest.mark.parametrize("known", [True, False])
def test_two_speeds_keep_it_under_seasons_and_noise(per_day: int, *, known: bool) -> None:
    found = watch(Season(per_day=per_day, sd=0.5, known=known), paths=30, seed=8, quiet_days=DAYS)

    assert (found.fast + found.slow).mean() <= 1


@pytest.mark.parametrize("careful", [True, False])
def test_noise_that_two_days_cannot_show_is_reckoned_with(*, careful: bool) -> None:
    world = Season(per_day=500, sd=0.5, reference_days=2, careful=careful)
    found = watch(world, paths=30, seed=8, quiet_days=60)
    a_year = (found.fast + found.slow).mean() * DAYS / 60

    assert bool(a_year <= 1) is careful


def test_one_speed_would_not() -> None:
    """Why there are two: the same worlds, with nothing forgiven."""
    found = watch(Season(per_day=500, sd=0.5, known=True), paths=10, seed=8, quiet_days=60, forgiving=False)

    assert (found.fast + found.slow).mean() * DAYS / 60 > 30


@pytest.mark.parametrize(
    ("per_day", "hours", "fall_days", "limit_days"),
    [
        (50, 1.0, 0.0, 54 / 24),
        (500, 1.0, 0.0, 36 / 24),
        (50, 6.0, 0.0, 54 / 24),
        (500, 6.0, 0.0, 36 / 24),
        (50, 6.0, float(DRIFT_DAYS), 11.5),
        (500, 6.0, float(DRIFT_DAYS), 8.5),
    ],
)
def test_two_speeds_notice_in_time(per_day: int, hours: float, fall_days: float, limit_days: float) -> None:
    found = watch(
        Season(per_day=per_day, sd=0.5, hours=hours, known=True),
        paths=150,
        seed=9,
        quiet_days=10,
        fall_days=fall_days,
        after_days=40,
    )

    assert not np.isnan(found.delays).any()
    assert found.delays.mean() <= limit_days
