"""Runs dearer than the dearest twentieth used to be."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.features.watch.monitors.signals.signal import Reading, Signal, at_least_zero


def read(result: Result) -> Reading:
    return at_least_zero(result.cost_usd, what="the cost")


SIGNAL = Signal(
    name="cost",
    title="share of dear runs",
    counts="runs that cost more than the reference's 95th percentile",
    read=read,
    relative=True,
    unit="USD",
    share=0.08,
)
