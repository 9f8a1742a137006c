"""Runs that use more tokens than the most wasteful twentieth used to."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.features.watch.monitors.signals.signal import Reading, Signal, at_least_zero


def read(result: Result) -> Reading:
    return at_least_zero(result.tokens, what="the number of tokens")


# Never there by itself: cost says the same where prices are known.
SIGNAL = Signal(
    name="tokens",
    title="share of long runs",
    counts="runs that used more tokens than the reference's 95th percentile",
    read=read,
    relative=True,
    unit="tokens",
)
