"""Wilson's interval against published values, its promises, and simulation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.stats.intervals import wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3 (score, no continuity correction).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_values(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n=n)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_it_holds_the_share_and_stays_in_bounds(case: tuple[int, int]) -> None:
    n, successes = case
    interval = wilson(successes, n=n)
    assert interval is not None
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    mirrored = wilson(n - successes, n=n)
    assert mirrored is not None
    assert interval.low == pytest.approx(1 - mirrored.high)


def test_nothing_seen_is_no_interval() -> None:
    assert wilson(0, n=0) is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, n=n)


def test_about_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    rng = random.Random(7)
    truth, n, trials = 0.06, 200, 4000
    held = 0
    for _ in range(trials):
        interval = wilson(sum(rng.random() < truth for _ in range(n)), n=n)
        assert interval is not None
        held += interval.low <= truth <= interval.high
    # 3 standard deviations of the count, plus Wilson's own wobble at small shares.
    assert 0.93 < held / trials < 0.98
