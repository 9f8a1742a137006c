"""Runs that ended with a technical error."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.features.watch.monitors.signals.signal import Reading, Signal


def read(result: Result) -> Reading:
    return 1.0 if result.error else 0.0


SIGNAL = Signal(
    name="errors", title="error rate", counts="runs that ended with a technical error", read=read, share=0.08
)
