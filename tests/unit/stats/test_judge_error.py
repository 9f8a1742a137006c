"""Estimates through a judge: unbiased, covering, and narrower than without it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.stats.judge_error import (
    JudgedSums,
    disagreement,
    labelled_mean,
    on_judge_scale,
    ppi_mean,
    rogan_gladen,
    true_rate,
)


def _draw(
    rnd: random.Random, *, n: int, rest: int, rate: float, se: float, sp: float
) -> tuple[list[bool], list[bool], list[bool]]:
    def judged(truth: bool) -> bool:
        return rnd.random() < (se if truth else 1 - sp)

    labels = [rnd.random() < rate for _ in range(n)]
    return labels, [judged(y) for y in labels], [judged(rnd.random() < rate) for _ in range(rest)]


@pytest.mark.parametrize(("se", "sp"), [(0.9, 0.95), (0.5, 0.5), (0.2, 0.3)])
def test_ppi_covers_however_bad_the_judge(se: float, sp: float) -> None:
    rnd = random.Random(7)
    covered, widths, plain = 0, 0.0, 0.0
    for _ in range(400):
        y, f, rest = _draw(rnd, n=200, rest=3000, rate=0.3, se=se, sp=sp)
        found = ppi_mean(y, f, rest)
        covered += found.interval.low <= 0.3 <= found.interval.high
        widths += found.interval.high - found.interval.low
        alone = labelled_mean(y).interval
        plain += alone.high - alone.low
    assert covered >= 370
    assert widths <= plain * 1.001


def test_ppi_is_its_formula() -> None:
    y, f, rest = [1.0, 0.0, 1.0, 0.0], [0.9, 0.2, 0.6, 0.3], [0.5, 0.7, 0.1]
    found = ppi_mean(y, f, rest)
    everything = [*f, *rest]
    mean = sum(everything) / 7
    spread = sum((x - mean) ** 2 for x in everything) / 6
    covariance = sum((a - 0.5) * (b - 0.5) for a, b in zip(y, f, strict=True)) / 3
    weight = covariance / ((1 + 4 / 3) * spread)
    assert found.weight == pytest.approx(weight)
    assert found.value == pytest.approx(0.5 + weight * (sum(rest) / 3 - 0.5))


def test_a_judge_that_always_says_the_same_is_not_listened_to() -> None:
    found = ppi_mean([1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0])
    assert found.weight == 0
    assert found.value == pytest.approx(2 / 3)


def test_rogan_gladen_undoes_the_judge_scale() -> None:
    labels = [True] * 100 + [False] * 100
    judged = [True] * 90 + [False] * 10 + [True] * 20 + [False] * 80
    seen = on_judge_scale(0.4, sensitivity=0.9, specificity=0.8)
    rest = [True] * round(seen * 1000) + [False] * (1000 - round(seen * 1000))
    found = rogan_gladen(labels, judged, rest)
    assert found is not None
    assert found.value == pytest.approx(0.4)
    assert rogan_gladen([True], [True], [True]) is None
    assert rogan_gladen([True, False], [False, True], [True, False]) is None


def test_too_few_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        labelled_mean([1.0])
    with pytest.raises(ValueError, match="verdicts on 1"):
        ppi_mean([1.0, 0.0], [1.0], [1.0, 0.0])


def summed(labels: list[float], judged: list[float], rest: list[float]) -> JudgedSums:
    total = JudgedSums()
    for y, f in zip(labels, judged, strict=True):
        total = total + JudgedSums.labelled(y, judged=f)
    for f in rest:
        total = total + JudgedSums.unlabelled(f)
    return total


@settings(max_examples=100)
@given(
    pairs=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=40),
    rest=st.lists(st.floats(0, 1), min_size=2, max_size=60),
)
def test_sums_tell_what_the_results_tell(pairs: list[tuple[float, float]], rest: list[float]) -> None:
    labels, judged = [y for y, _ in pairs], [f for _, f in pairs]
    whole = ppi_mean(labels, judged, rest)
    found = true_rate(summed(labels, judged, rest))

    assert found is not None
    if found.interval.high - found.interval.low > 1e-3 and found.weight and abs(whole.weight) < 1e3:
        assert found.value == pytest.approx(min(1, max(0, whole.value)), abs=1e-5)
        assert found.interval.low == pytest.approx(max(0, whole.interval.low), abs=1e-3)
        assert found.interval.high == pytest.approx(min(1, whole.interval.high), abs=1e-3)
    assert 0 <= found.interval.low <= found.value <= found.interval.high <= 1


def test_days_add_up() -> None:
    first, second = summed([1, 0], [1, 1], [0, 1]), summed([0], [0], [1, 1, 0])

    assert first + second == summed([1, 0, 0], [1, 1, 0], [0, 1, 1, 1, 0])
    assert (first + second).differ == 1


def test_labels_that_are_all_alike_make_no_rate_certain() -> None:
    found = true_rate(summed([0.0] * 20, [0.0] * 20, [0.0] * 500))

    assert found is not None
    assert found.value == 0
    assert found.interval.high == pytest.approx(0.161, abs=0.001)
    assert true_rate(summed([1.0], [1.0], [0.0] * 9)) is None
    assert true_rate(JudgedSums()) is None


def test_without_verdicts_beyond_the_labelled_the_labels_are_all_there_is() -> None:
    found = true_rate(summed([1, 0, 0, 0], [1, 0, 0, 0], []))

    assert found is not None
    assert found.weight == 0
    assert found.value == pytest.approx(labelled_mean([1, 0, 0, 0]).value)


def test_disagreement_is_told_by_what_the_person_said() -> None:
    assert disagreement(person_failed=True, judge_failed=False) == ("failure", 1.0)
    assert disagreement(person_failed=False, judge_failed=False) == ("success", 0.0)


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_refused_by_name(bad: float) -> None:
    with pytest.raises(ValueError, match="y"):
        JudgedSums.labelled(bad, judged=0.0)
    with pytest.raises(ValueError, match="judged"):
        JudgedSums.unlabelled(bad)
