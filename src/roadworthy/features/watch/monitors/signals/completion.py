"""Did the task succeed, as somebody says of every run."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.signals.signal import Reading, Refused, Signal

EVERY_RUN = frozenset({"business", "api", "sdk", "otel", "evaluator"})
"""Sources that speak of runs as they come. People and judges pick theirs, often those that look bad: a share
among them says nothing about all."""


def read(result: Result) -> Reading:
    if result.outcome is Outcome.UNKNOWN:
        return None
    if result.outcome_source not in EVERY_RUN:
        return Refused(f"the outcome was said by a {result.outcome_source or 'nobody'}, who picks runs")
    return 1.0 if result.outcome is Outcome.FAILURE else 0.0


SIGNAL = Signal(
    name="completion",
    title="completion",
    counts="runs said to have failed, of those whose outcome was said",
    read=read,
    rises=False,
    share=0.3,
)
