"""The true rate behind a judge that errs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import sqrt
from statistics import NormalDist, fmean
from typing import Self

from roadworthy.stats.intervals import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """`interval` is not cut to [0, 1]: an interval that leaves it says that the labels are too few."""

    value: float
    interval: Interval
    weight: float
    """How much the judge is listened to: λ of PPI++; 0 is not at all."""


def on_judge_scale(rate: float, *, sensitivity: float, specificity: float) -> float:
    """Share that a judge calls failures where `rate` are: q' = q se + (1 - q)(1 - sp)."""
    return rate * sensitivity + (1 - rate) * (1 - specificity)


def labelled_mean(labels: Sequence[float], *, confidence: float = 0.95) -> Estimated:
    """Mean of the labels alone, with the normal interval: what a judge must improve on. ValueError for fewer
    than two labels."""
    _enough(labels)
    return _estimated(fmean(labels), _variance(labels) / len(labels), confidence, weight=0.0)


def ppi_mean(
    labels: Sequence[float],
    judged: Sequence[float],
    unlabelled: Sequence[float],
    *,
    confidence: float = 0.95,
) -> Estimated:
    """Mean of what people would say of everything, from a few labels and many verdicts of a judge (PPI++,
    Angelopoulos, Duchi & Zrnic 2023, arXiv:2311.01453, example 6.1):

    θ = ȳ + λ (f̄_U - f̄_L), λ = cov(y, f) / ((1 + n/N) var f), variance var(y - λ f)/n + λ² var(f_U)/N.

    `judged` are the judge's verdicts on the labelled, `unlabelled` those on the rest, drawn alike. Valid
    however bad the judge is: then λ is near 0 and the labels alone remain. ValueError for fewer than
    two of either.
    """
    _enough(labels)
    _enough(unlabelled)
    n, rest = len(labels), len(unlabelled)
    if len(judged) != n:
        raise ValueError(f"{n} labels, but verdicts on {len(judged)} of them")
    spread = _variance([*judged, *unlabelled])
    weight = _covariance(labels, judged) / ((1 + n / rest) * spread) if spread > 0 else 0.0
    value = fmean(labels) + weight * (fmean(unlabelled) - fmean(judged))
    left = [y - weight * f for y, f in zip(labels, judged, strict=True)]
    variance = _variance(left) / n + weight * weight * _variance(unlabelled) / rest
    return _estimated(value, variance, confidence, weight=weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSums:
    """What PPI++ needs of any number of results, in ten numbers: sums of two periods add up to those of
    both, so days are kept and no result."""

    n: int = 0
    """Labelled by people and judged."""
    y: float = 0.0
    yy: float = 0.0
    f: float = 0.0
    ff: float = 0.0
    yf: float = 0.0
    differ: int = 0
    rest: int = 0
    """Judged alone."""
    rest_f: float = 0.0
    rest_ff: float = 0.0

    @classmethod
    def labelled(cls, y: float, *, judged: float) -> Self:
        """One result with a person's word and the judge's, failures 1."""
        _share(y, "y")
        _share(judged, "judged")
        return cls(n=1, y=y, yy=y * y, f=judged, ff=judged**2, yf=y * judged, differ=int(y != judged))

    @classmethod
    def unlabelled(cls, judged: float) -> Self:
        _share(judged, "judged")
        return cls(rest=1, rest_f=judged, rest_ff=judged**2)

    def __add__(self, other: JudgedSums) -> JudgedSums:
        added = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        return JudgedSums(**added)


def true_rate(sums: JudgedSums, *, confidence: float = 0.95) -> Estimated | None:
    """`ppi_mean` from sums, cut to [0, 1]: the share of failures that people would find in everything.

    None below two labels. Without verdicts beyond the labelled, or where labels and judge leave no spread to
    reckon with (all alike), the interval is that of the labels alone by Wilson: no number of equal labels
    makes a rate certain. The labelled must have been drawn uniformly from all.
    """
    n, rest = sums.n, sums.rest
    if n < 2:
        return None
    together = n + rest
    spread = _moment(sums.ff + sums.rest_ff, sums.f + sums.rest_f, sums.f + sums.rest_f, together)
    weight = 0.0
    if rest >= 2 and spread > 0:
        weight = _moment(sums.yf, sums.y, sums.f, n) / ((1 + n / rest) * spread)
    value = sums.y / n + (weight * (sums.rest_f / rest - sums.f / n) if rest else 0.0)
    left = _moment(
        sums.yy - 2 * weight * sums.yf + weight**2 * sums.ff,
        sums.y - weight * sums.f,
        sums.y - weight * sums.f,
        n,
    )
    if left <= 1e-12:
        alone = wilson(round(sums.y), n=n, confidence=confidence)
        return None if alone is None else Estimated(value=sums.y / n, interval=alone, weight=0.0)
    beyond = weight**2 * _moment(sums.rest_ff, sums.rest_f, sums.rest_f, rest) / rest if rest >= 2 else 0.0
    found = _estimated(value, left / n + beyond, confidence, weight=weight)
    low, high = max(0.0, found.interval.low), min(1.0, found.interval.high)
    return Estimated(value=min(1.0, max(0.0, value)), interval=Interval(low=low, high=high), weight=weight)


DISAGREED_ON = ("failure", "success")
"""Strata of the disagreement monitor: what the person said."""


def disagreement(*, person_failed: bool, judge_failed: bool) -> tuple[str, float]:
    """(stratum, x) for a monitor on whether judge and people differ. Its strata are what the person said, so
    that its baselines are 1 - sensitivity and 1 - specificity: an agent that fails more often gives more
    results of the first stratum and no evidence, a judge that drifts gives evidence in either. Only on
    uniformly drawn labels."""
    return DISAGREED_ON[0 if person_failed else 1], float(person_failed != judge_failed)


def rogan_gladen(
    labels: Sequence[bool],
    judged: Sequence[bool],
    unlabelled: Sequence[bool],
    *,
    confidence: float = 0.95,
) -> Estimated | None:
    """(q' + sp - 1) / (se + sp - 1), error by the delta method (Rogan & Gladen 1978, American Journal of
    Epidemiology 107:71-76). For comparison: it is wider than PPI++. None where sensitivity and specificity
    cannot be known, or the judge is no better than chance."""
    failed = [f for y, f in zip(labels, judged, strict=True) if y]
    fine = [f for y, f in zip(labels, judged, strict=True) if not y]
    if not failed or not fine or not unlabelled:
        return None
    se, sp = fmean(failed), 1 - fmean(fine)
    informed = se + sp - 1
    if informed <= 0:
        return None
    seen = fmean(unlabelled)
    value = (seen + sp - 1) / informed
    variance = (
        seen * (1 - seen) / len(unlabelled)
        + value * value * se * (1 - se) / len(failed)
        + (1 - value) ** 2 * sp * (1 - sp) / len(fine)
    ) / informed**2
    return _estimated(value, variance, confidence, weight=1.0)


def _estimated(value: float, variance: float, confidence: float, *, weight: float) -> Estimated:
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * sqrt(max(0.0, variance))
    return Estimated(value=value, interval=Interval(low=value - half, high=value + half), weight=weight)


def _variance(values: Sequence[float]) -> float:
    mean = fmean(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _covariance(left: Sequence[float], right: Sequence[float]) -> float:
    a, b = fmean(left), fmean(right)
    return sum((x - a) * (y - b) for x, y in zip(left, right, strict=True)) / (len(left) - 1)


def _moment(product: float, left: float, right: float, n: int) -> float:
    """Covariance (n - 1 below) of sums."""
    return (product - left * right / n) / (n - 1)


def _share(value: float, name: str) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name}: a number of 0 to 1 was expected, not {value}")


def _enough(values: Sequence[float]) -> None:
    if len(values) < 2:
        raise ValueError(f"at least two values are needed, not {len(values)}")
