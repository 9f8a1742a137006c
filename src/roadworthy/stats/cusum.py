"""The exact optimal CUSUM: what no monitor can beat when the rate after the change is known. A comparator; no
monitor of the product uses it, because that rate is not known."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

FINEST = 120
"""Units of the larger step, about: the ratio of the steps is rounded by less than a hundredth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Page's CUSUM S <- max(0, S + log L(x)) on a lattice: `up` units at a failure, -`down` at a success;
    alarm at `limit` units. log L of a Bernoulli result has two values, so with their ratio as a fraction run
    lengths are those of a finite Markov chain, exactly (Reynolds & Stoumbos 1999, Journal of Quality
    Technology 31:87-108)."""

    up: int
    down: int
    limit: int


def walk(q0: float, *, q1: float, limit: int = 1) -> Walk:
    """The log-likelihood ratio of q1 against q0, its ratio of steps rounded to a fraction of denominator <=
    40. ValueError unless 0 < q0 < q1 < 1."""
    if not 0 < q0 < q1 < 1:
        raise ValueError(f"0 < q0 < q1 < 1 was expected, not {q0}, {q1}")
    up, down = log(q1 / q0), log((1 - q0) / (1 - q1))
    ratio = Fraction(up / down).limit_denominator(min(40, max(2, round(FINEST * down / up))))
    if not ratio:
        ratio = Fraction(1, FINEST)
    return Walk(up=ratio.numerator, down=ratio.denominator, limit=limit)


def run_length(of: Walk, *, q: float) -> float:
    """Mean number of results until the alarm from S = 0 at failure rate q: the average run length at q0, the
    worst-case mean delay (Lorden's) at q1. Solves N(s) = 1 + q N(s + up) + (1 - q) N(max(0, s - down))."""
    from scipy.linalg import solve_banded

    n = of.limit
    above, below = min(of.up, n - 1), min(of.down, n - 1)
    bands: NDArray[np.float64] = np.zeros((above + below + 1, n))
    bands[above] = 1.0
    states = np.arange(n)
    inside = states[states + of.up < n]
    if inside.size:
        bands[above - of.up, inside + of.up] -= q
    target = np.maximum(states - of.down, 0)
    np.subtract.at(bands, (above + states - target, target), 1 - q)
    found = solve_banded((below, above), bands, np.ones(n))
    return float(found[0])


def calibrated(q0: float, *, q1: float, arl: float) -> Walk:
    """With the smallest limit whose average run length at q0 is at least `arl`: by Moustakides (1986, Annals
    of Statistics 14:1379-1387) no detector with that run length has a smaller worst-case mean delay at
    q1."""
    base = walk(q0, q1=q1)
    low, high = 1, base.up + 1
    while run_length(Walk(up=base.up, down=base.down, limit=high), q=q0) < arl:
        low, high = high, ceil(high * 1.5)
    while low < high:
        middle = (low + high) // 2
        if run_length(Walk(up=base.up, down=base.down, limit=middle), q=q0) >= arl:
            high = middle
        else:
            low = middle + 1
    return Walk(up=base.up, down=base.down, limit=low)


def first_alarm(of: Walk, failures: NDArray[np.int64] | NDArray[np.bool_], *, start: int = 0) -> int | None:
    """Number of results until the alarm, from S = `start` units; None where it never comes."""
    here = start
    for number, failed in enumerate(np.asarray(failures).tolist(), 1):
        here = here + of.up if failed else max(0, here - of.down)
        if here >= of.limit:
            return number
    return None
