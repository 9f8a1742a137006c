"""Every signal there is, in one visible table."""

from __future__ import annotations

from functools import lru_cache

from roadworthy.features.watch.monitors.signals import (
    completion,
    cost,
    detector,
    disagreement,
    errors,
    latency,
    quality,
    score,
    tokens,
    tool_failures,
    volume,
)
from roadworthy.features.watch.monitors.signals.signal import Signal

SIGNALS: tuple[Signal, ...] = (
    completion.SIGNAL,
    quality.SIGNAL,
    tool_failures.SIGNAL,
    errors.SIGNAL,
    latency.SIGNAL,
    cost.SIGNAL,
    tokens.SIGNAL,
    disagreement.SIGNAL,
    volume.SIGNAL,
)
FAMILIES = {detector.PREFIX: detector.signal_of, score.PREFIX: score.signal_of}
"""Signals that carry a name of the user's."""
_BY_NAME = {signal.name: signal for signal in SIGNALS}
VOLUME = volume.SIGNAL.name


@lru_cache(maxsize=4096)
def signal_of(name: str) -> Signal | None:
    """None where there is no such signal."""
    known = _BY_NAME.get(name)
    if known is not None:
        return known
    for prefix, make in FAMILIES.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            return make(name)
    return None


def names() -> list[str]:
    return [*_BY_NAME, *(f"{prefix}<name>" for prefix in FAMILIES)]
