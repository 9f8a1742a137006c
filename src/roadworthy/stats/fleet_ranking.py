"""Many monitors at once: which of them deserve attention first, and which would survive a look at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    place: int
    """Index of the monitor in what was given."""
    evidence_share: float
    """Evidence over its own threshold."""
    firm: bool
    """Whether it is among the k* that the e-detector BH procedure picks."""


def rank(evidence: ArrayLike, *, thresholds: ArrayLike) -> list[Ranked]:
    """All monitors by evidence over threshold, highest first, ties in the order given. The first k* = max{k
    : M_(k) >= K A / k} are firm (the e-detector Benjamini-Hochberg procedure, Dandapanthula & Ramdas 2025,
    "Multiple testing in multi-stream sequential change detection", arXiv:2501.04130).

    What it promises is error over patience: the share of false ones among the firm, per time waited, stays
    under 1/A. It is no false discovery rate.

    `evidence` is Σ w_k R_k, or for a monitor that has alarmed and started anew the evidence with which it
    did: otherwise none could reach K A. ValueError for evidence below 0 or a threshold that is not above
    0."""
    values = np.atleast_1d(np.asarray(evidence, dtype=np.float64))
    limits = np.broadcast_to(np.asarray(thresholds, dtype=np.float64), values.shape)
    if not (values >= 0).all() or not (limits > 0).all():
        raise ValueError("evidence: numbers >= 0, and thresholds above 0, were expected")
    shares = values / limits
    order = np.argsort(-shares, kind="stable")
    count = len(values)
    needed = count / np.arange(1, count + 1)
    reached = np.nonzero(shares[order] >= needed)[0]
    firm = int(reached[-1]) + 1 if reached.size else 0
    return [
        Ranked(place=int(place), evidence_share=float(shares[place]), firm=number < firm)
        for number, place in enumerate(order)
    ]
