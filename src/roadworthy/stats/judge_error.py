"""The true rate behind a judge that errs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean

from roadworthy.stats.intervals import Interval


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


def _enough(values: Sequence[float]) -> None:
    if len(values) < 2:
        raise ValueError(f"at least two values are needed, not {len(values)}")
