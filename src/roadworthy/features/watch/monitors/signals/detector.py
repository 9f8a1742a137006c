"""Runs in which one detector found something: `detector:<name>`."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.features.watch.monitors.signals.signal import Reading, Signal

PREFIX = "detector:"


def signal_of(name: str) -> Signal:
    detector = name.removeprefix(PREFIX)

    def read(result: Result) -> Reading:
        return 1.0 if detector in result.detectors else 0.0

    return Signal(
        name=name,
        title=f"rate of {detector}",
        counts=f"runs in which the detector {detector} found something",
        read=read,
        ruled=True,
    )
