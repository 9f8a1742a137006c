"""Runs slower than the slowest twentieth used to be."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.features.watch.monitors.signals.signal import Reading, Signal, at_least_zero


def read(result: Result) -> Reading:
    return at_least_zero(result.duration_s, what="the duration")


SIGNAL = Signal(
    name="latency",
    title="share of slow runs",
    counts="runs slower than the reference's 95th percentile",
    read=read,
    relative=True,
    unit="s",
    share=0.08,
)
