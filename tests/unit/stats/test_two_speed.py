from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.stats.e_detector import SHIFTS
from roadworthy.stats.two_speed import (
    QUIET,
    Blocks,
    Noise,
    SlowDetector,
    Window,
    blocks,
    dispersion,
    noise,
    sigma,
    thresholds,
    widened,
    window_ratios,
)


def seen(rng: np.random.Generator, *, sd: float, count: int = 800, size: int = 400) -> Blocks:
    odds = 0.08 / 0.92 * np.exp(rng.normal(0, sd, count))
    observed = rng.binomial(size, odds / (1 + odds)).astype(float)
    rate = observed.mean() / size
    return Blocks(
        observed=observed,
        expected=np.full(count, size * rate),
        variance=np.full(count, size * rate * (1 - rate)),
    )


@pytest.mark.parametrize("sd", [0.1, 0.3, 0.5])
def test_the_noise_that_was_put_in_is_found(sd: float) -> None:
    found = sigma(seen(np.random.default_rng(4), sd=sd))

    assert found == pytest.approx(sd, rel=0.15, abs=0.03)


def test_without_noise_there_is_hardly_any() -> None:
    assert sigma(seen(np.random.default_rng(4), sd=0.0)) < 0.08
    calm = Blocks(observed=np.full(9, 3.0), expected=np.full(9, 3.0), variance=np.full(9, 2.8))
    assert sigma(calm) == 0
    assert dispersion(calm) == 0
    nothing = Blocks(observed=np.zeros(0), expected=np.zeros(0), variance=np.zeros(0))
    assert (sigma(nothing), dispersion(nothing)) == (0, 0)


def test_the_dispersion_that_was_put_in_is_found() -> None:
    rng = np.random.default_rng(6)
    rates = rng.gamma(1 / 0.08, 30 * 0.08, 2000)
    days = Blocks(
        observed=rng.poisson(rates).astype(float), expected=np.full(2000, 30.0), variance=np.full(2000, 28.0)
    )

    assert dispersion(days) == pytest.approx(0.08, rel=0.15)
    assert noise(days, days=days) == Noise(sigma=sigma(days), dispersion=dispersion(days))


def test_results_are_grouped_by_block() -> None:
    found = blocks([7, 7, 9, 7], x=[1, 0, 1, 1], rate=[0.1, 0.2, 0.1, 0.1])

    assert found.observed.tolist() == [2, 1]
    assert found.expected.tolist() == pytest.approx([0.4, 0.1])
    assert found.variance.tolist() == pytest.approx([0.09 + 0.16 + 0.09, 0.09])


@given(st.floats(0, 1), st.floats(0, 3))
def test_widening_multiplies_the_odds(q0: float, shift: float) -> None:
    wide = widened(q0, factor=exp(shift))

    assert q0 - 1e-12 <= wide <= 1
    if 0.001 < q0 < 0.999:
        assert log(wide / (1 - wide)) == pytest.approx(log(q0 / (1 - q0)) + shift, abs=1e-6)
    assert widened(0.0, factor=exp(shift)) == 0
    assert widened(1.0, factor=exp(shift)) == 1


def window_of(failures: float, *, n: int = 500, q0: float = 0.06) -> Window:
    window = Window.begun()
    for place in range(n):
        window.add(1.0 if place < failures else 0.0, q0=q0)
    return window


def mean_ratios(found: Noise, *, size: float, mean: float) -> list[float]:
    """Of windows whose counts are negative binomial of this mean and size, summed over all counts that
    matter."""
    from scipy.stats import nbinom

    template = window_of(0)
    total = np.zeros(len(SHIFTS))
    for count in range(800):
        template.failures = float(count)
        total += nbinom.pmf(count, size, size / (size + mean)) * np.array(
            window_ratios(template, found=found)
        )
    return [float(each) for each in total]


def test_a_windows_ratio_has_mean_one_under_the_null_and_less_under_better() -> None:
    found = Noise(sigma=0.3, dispersion=0.025)  # Of a day; four times of it are reckoned with.
    size = 1 / 0.15

    under_null = mean_ratios(found, size=size, mean=30)

    assert under_null[:5] == pytest.approx([1.0] * 5, abs=0.01)
    assert max(under_null) < 1.001  # The largest alternatives lose something by being cut off.
    assert max(mean_ratios(found, size=size, mean=25)) < 1
    assert max(mean_ratios(found, size=3 * size, mean=30)) < 1


def test_a_window_like_the_others_is_no_evidence_and_a_bad_one_is() -> None:
    found = Noise(sigma=0.3, dispersion=0.0125)

    assert max(window_ratios(window_of(30), found=found)) < 1.05
    assert max(window_ratios(window_of(105), found=found)) > 100
    assert max(window_ratios(window_of(105), found=QUIET)) > 1e6
    assert window_ratios(Window.begun(), found=found) == [1.0] * len(SHIFTS)
    assert window_ratios(window_of(3, n=10, q0=0.0), found=found) == [1.0] * len(SHIFTS)


def test_a_disaster_does_not_overflow() -> None:
    detector = SlowDetector(1e15)
    window = window_of(9000, n=9000, q0=0.01)

    alarmed = detector.end_window(window, found=QUIET, dt=86_400.0)

    assert alarmed is None or np.isfinite(alarmed.evidence)


def test_three_bad_windows_alarm_and_thirty_good_ones_do_not() -> None:
    found = Noise(sigma=0.5, dispersion=0.025)
    _, slow = thresholds(365.0)
    detector = SlowDetector(slow)

    for _ in range(30):
        assert detector.end_window(window_of(30), found=found, dt=1.0) is None
    alarmed = [detector.end_window(window_of(105), found=found, dt=1.0) for _ in range(3)]

    first = next(each for each in alarmed if each is not None)
    assert first.age <= 4


def test_patience_is_split_so_that_false_alarms_add_up() -> None:
    fast, slow = thresholds(365.0)

    assert 1 / fast + 1 / slow == pytest.approx(1 / 365)


def test_a_windows_noise_is_never_less_than_windows_show() -> None:
    """What follows the hours of the day evens out over a day, and is there all the same."""
    nights = np.tile([3.0, 3.0, 3.0, 15.0], 60)
    even = np.full(240, 6.0)
    windows = Blocks(observed=nights, expected=even, variance=even * 0.9)
    days = Blocks(observed=np.full(60, 24.0), expected=np.full(60, 24.0), variance=np.full(60, 21.6))

    found = noise(windows, days=days)

    assert dispersion(days) == 0
    assert 4 * found.dispersion == pytest.approx(dispersion(windows))
    assert found.dispersion > 0.1


def test_noise_of_an_hour_counts_where_an_hour_shows_any() -> None:
    rng = np.random.default_rng(8)
    calm, wild = seen(rng, sd=0.0), seen(rng, sd=0.5)
    thin = Blocks(observed=wild.observed, expected=wild.expected, variance=np.full(800, 0.5))

    assert noise(calm, days=calm, hours=wild).sigma == sigma(wild)
    assert noise(calm, days=calm, hours=thin).sigma == sigma(calm)
