"""Estimates through a judge: unbiased, covering, and narrower than without it."""

from __future__ import annotations

import random

import pytest

from roadworthy.stats.judge_error import labelled_mean, on_judge_scale, ppi_mean, rogan_gladen


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
