"""Runs in which a tool failed, of those that called any."""

from __future__ import annotations

from roadworthy.domain.result import Result
from roadworthy.features.watch.monitors.signals.signal import Reading, Signal


def read(result: Result) -> Reading:
    if result.tool_calls <= 0:
        return None
    # Whether any failed, not how many: the calls of one run fail together.
    return 1.0 if result.failed_tool_calls > 0 else 0.0


SIGNAL = Signal(
    name="tool_failures",
    title="tool failure rate",
    counts="runs in which a tool call failed, of those that called tools",
    read=read,
    share=0.08,
)
