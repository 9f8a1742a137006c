from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.stats.baselines import (
    DAY_NS,
    Baseline,
    Tally,
    baseline,
    bounds,
    clean_until,
    tightened,
    upper_bound,
)

TALLY = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def tally(failures: float, n: int) -> Tally:
    return Tally(failures=failures, n=n)


def at_most(k: int, n: int, q: float) -> float:
    return float(sum(comb(n, i) * q**i * (1 - q) ** (n - i) for i in range(k + 1)))


@settings(deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_at_the_bound_so_few_failures_have_a_chance_of_one_in_ten(pair: tuple[int, int]) -> None:
    failures, n = pair
    q = upper_bound(tally(failures, n))

    assert at_most(failures, n, q) == pytest.approx(0.1, abs=1e-9)


def test_edges() -> None:
    assert upper_bound(tally(0, 0)) == 1
    assert upper_bound(tally(5, 5)) == 1
    assert upper_bound(tally(0, 100)) == pytest.approx(1 - 0.1 ** (1 / 100))
    assert bounds(tally(0, 0)) is None
    none, every = bounds(tally(0, 10)), bounds(tally(10, 10))
    assert none is not None
    assert every is not None
    assert none.low == 0
    assert none.high == pytest.approx(0.3085, abs=1e-4)  # Clopper & Pearson's table, n = 10
    assert every.low == pytest.approx(1 - none.high)
    assert every.high == 1


@settings(deadline=None)
@given(TALLY, st.floats(0.01, 0.99))
def test_sums_of_scores_have_a_wider_bound_than_counts(pair: tuple[int, int], more: float) -> None:
    failures, n = pair
    if failures + more >= n:
        return
    assert upper_bound(tally(failures + more, n)) >= upper_bound(tally(failures, n)) - 1e-12


@pytest.mark.parametrize(
    ("failures", "n", "confidence", "name"),
    [
        (3, 2, 0.9, "failures"),
        (-1, 2, 0.9, "failures"),
        (float("nan"), 2, 0.9, "failures"),
        (1, 2, 1.0, "conf"),
    ],
)
def test_bad_numbers_are_refused_by_name(failures: float, n: int, confidence: float, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        upper_bound(tally(failures, n), confidence=confidence)


def test_small_strata_share_a_bound_no_lower_than_the_whole() -> None:
    found = baseline({"refund": tally(60, 1000), "other": tally(0, 30), "rare": tally(1, 40)})

    assert found.of("refund").q0 == upper_bound(tally(60, 1000))
    assert not found.of("refund").pooled
    assert found.of("other") == found.of("rare") == found.of("never seen")
    assert found.of("rare").pooled
    assert found.of("rare").q0 == max(upper_bound(tally(1, 70)), upper_bound(tally(61, 1070)))


def test_a_reference_without_failures_has_a_baseline_above_zero() -> None:
    assert 0 < baseline({"": tally(0, 500)}).of("").q0 < 0.005


def test_a_reference_without_results_is_refused() -> None:
    for empty in ({}, {"a": tally(0, 0)}):
        with pytest.raises(ValueError, match="reference"):
            baseline(empty)


def test_clean_means_two_weeks_old() -> None:
    assert clean_until(20 * DAY_NS) == 6 * DAY_NS


def test_tightened_only_by_four_times_as_many_and_never_upwards() -> None:
    start = baseline({"a": tally(30, 500), "b": tally(1, 20)})

    assert tightened(start, clean={"a": tally(110, 1950), "b": tally(2, 60)}) == start
    better = tightened(start, clean={"a": tally(120, 2100), "b": tally(2, 60)})
    worse = tightened(start, clean={"a": tally(600, 2100), "b": tally(30, 60)})
    assert better.tightened == 1
    assert better.of("a").q0 < start.of("a").q0
    assert better.of("a").reference == tally(120, 2100)
    assert worse.of("a").q0 == start.of("a").q0
    assert worse.of("b").q0 == start.of("b").q0
    # The next one is counted from there.
    assert tightened(better, clean={"a": tally(90, 8000), "b": tally(3, 90)}) == better


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(200, 3000)), min_size=2, max_size=5))
def test_tightening_never_raises_a_bound(parts: list[tuple[int, int]]) -> None:
    failures, n = parts[0]
    current: Baseline = baseline({"a": tally(failures, n)})
    for more, size in parts[1:]:
        failures, n = failures + more, n + size
        before = current.of("a").q0
        current = tightened(current, clean={"a": tally(failures, n)})
        assert current.of("a").q0 <= before


def test_a_reference_whose_days_differ_tells_less() -> None:
    sample = Tally(failures=60, n=1000)

    assert upper_bound(sample, spread=1.0) == upper_bound(sample)
    assert upper_bound(sample, spread=4.0) == pytest.approx(upper_bound(Tally(failures=15, n=250)), abs=1e-12)
    scores = Tally(failures=60.5, n=1000)
    assert upper_bound(scores, spread=4.0) == pytest.approx(
        upper_bound(Tally(failures=60.5 / 4, n=250)), abs=1e-9
    )
    with pytest.raises(ValueError, match="spread"):
        upper_bound(sample, spread=0.5)


def test_the_bound_holds_where_whole_days_are_better_or_worse() -> None:
    """Eight days whose rates vary by half: the plain bound is too low for far more than one agent in ten."""
    rng = np.random.default_rng(3)
    dispersion, days, per_day, q = 0.1, 8, 400, 0.06
    rates = np.minimum(rng.gamma(1 / dispersion, q * dispersion, (400, days)), 1.0)
    failures = rng.binomial(per_day, rates).sum(axis=1)

    def too_low(overdispersion: float) -> float:
        found = [
            baseline(
                {"": Tally(failures=int(bad), n=days * per_day)}, overdispersion=overdispersion
            ).others.q0
            for bad in failures
        ]
        return float(np.mean(np.array(found) < q))

    assert too_low(0.0) > 0.2
    assert too_low(dispersion / days) < 0.13
