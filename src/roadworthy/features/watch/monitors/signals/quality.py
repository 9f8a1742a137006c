"""How likely runs failed, as the calibrated model has it: of every judged run."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.features.watch.monitors.signals.signal import Reading, Refused, Signal


def read(result: Result) -> Reading:
    p = result.p_failure
    if p is None:
        return None
    # Written so that NaN is refused.
    if not 0 <= p <= 1:
        return Refused("p(failure) is not a number from 0 to 1")
    return p


SIGNAL = Signal(
    name="quality",
    title="judged quality",
    counts="mean probability that a run failed, as detectors and their model judge it",
    read=read,
    ruled=True,
    rises=False,
    share=0.3,
)
