"""Whether probabilities mean what they say, and how to make scores mean it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from roadworthy.stats.intervals import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """`n` predictions of mean `said`; `happened` is the share that came true, with its 95 % interval."""

    said: float
    happened: float
    n: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Platt:
    """p = 1 / (1 + exp(-(slope * score + intercept)))."""

    slope: float
    intercept: float


def brier(said: Sequence[float], happened: Sequence[bool]) -> float:
    """Mean of (p - y)² (Brier 1950, Monthly Weather Review 78:1-3); 0 is perfect. 0 of nothing."""
    return sum((p - y) ** 2 for p, y in zip(said, happened, strict=True)) / len(said) if said else 0.0


def reliability(said: Sequence[float], happened: Sequence[bool], *, bins: int = 10) -> list[Bin]:
    """At most `bins` bins of about equal numbers (ties are not divided), by rising p. Wilson's intervals."""
    order = sorted(range(len(said)), key=said.__getitem__)
    found: list[Bin] = []
    start = 0
    for number in range(1, bins + 1):
        end = round(number * len(order) / bins)
        while 0 < end < len(order) and said[order[end]] == said[order[end - 1]]:
            end += 1
        if end <= start:
            continue
        inside = order[start:end]
        hits = sum(happened[i] for i in inside)
        interval = wilson(hits, n=len(inside))
        found.append(
            Bin(
                said=sum(said[i] for i in inside) / len(inside),
                happened=hits / len(inside),
                n=len(inside),
                low=interval.low if interval else 0.0,
                high=interval.high if interval else 1.0,
            )
        )
        start = end
    return found


def expected_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: Σ n_b |said - happened| / Σ n_b (Naeini et al. 2015). 0 of nothing."""
    total = sum(each.n for each in bins)
    return sum(each.n * abs(each.said - each.happened) for each in bins) / total if total else 0.0


def platt(scores: Sequence[float], happened: Sequence[bool]) -> Platt:
    """Maximum likelihood of a logistic curve over scores, with Platt's targets (n1 + 1)/(n1 + 2), 1/(n0 + 2)
    instead of 1 and 0, by Newton's method (Platt 1999; Lin, Lin & Weng 2007, Machine Learning 68:267-276).
    The slope is never below 0: scores that rank the wrong way round tell nothing."""
    ones = sum(happened)
    zeros = len(happened) - ones
    targets = [(ones + 1) / (ones + 2) if y else 1 / (zeros + 2) for y in happened]
    slope, intercept = 0.0, log((ones + 1) / (zeros + 1))
    for _ in range(100):
        ga = gb = 0.0
        haa = hbb = 1e-12
        hab = 0.0
        for score, target in zip(scores, targets, strict=True):
            p = _curve(slope * score + intercept)
            d, w = p - target, p * (1 - p)
            ga += score * d
            gb += d
            haa += score * score * w
            hbb += w
            hab += score * w
        determinant = haa * hbb - hab * hab
        if determinant <= 1e-15:
            break
        da, db = (hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant
        damp = 1 / max(1.0, abs(da), abs(db))
        slope, intercept = slope - damp * da, intercept - damp * db
        if abs(da) + abs(db) < 1e-10:
            break
    if slope < 0:
        return Platt(slope=0.0, intercept=log((ones + 1) / (zeros + 1)))
    return Platt(slope=slope, intercept=intercept)


def _curve(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else 1 - 1 / (1 + exp(min(x, 700)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotonic:
    """A rising curve: linear between `at`, level beyond."""

    at: tuple[float, ...]
    value: tuple[float, ...]

    def __call__(self, score: float) -> float:
        place = bisect_right(self.at, score)
        if place == 0:
            return self.value[0]
        if place == len(self.at):
            return self.value[-1]
        left, right = self.at[place - 1], self.at[place]
        share = (score - left) / (right - left)
        return self.value[place - 1] + share * (self.value[place] - self.value[place - 1])


def isotonic(scores: Sequence[float], happened: Sequence[bool]) -> Isotonic:
    """Rising curve of least squares, by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002).
    Equal scores are averaged first. ValueError of nothing."""
    if not scores:
        raise ValueError("isotonic: no scores")
    order = sorted(range(len(scores)), key=scores.__getitem__)
    # Blocks of (first score, last score, sum, n).
    blocks: list[tuple[float, float, float, int]] = []
    for i in order:
        block = (scores[i], scores[i], float(happened[i]), 1)
        if blocks and blocks[-1][1] == scores[i]:
            block = _joined(blocks.pop(), block)
        blocks.append(block)
    pooled: list[tuple[float, float, float, int]] = []
    for block in blocks:
        while pooled and pooled[-1][2] * block[3] >= block[2] * pooled[-1][3]:
            block = _joined(pooled.pop(), block)
        pooled.append(block)
    at: list[float] = []
    value: list[float] = []
    for first, last, total, n in pooled:
        for place in (first, last) if last > first else (first,):
            at.append(place)
            value.append(total / n)
    return Isotonic(at=tuple(at), value=tuple(value))


def _joined(
    left: tuple[float, float, float, int], right: tuple[float, float, float, int]
) -> tuple[float, float, float, int]:
    return left[0], right[1], left[2] + right[2], left[3] + right[3]
