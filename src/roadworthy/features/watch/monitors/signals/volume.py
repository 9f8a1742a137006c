"""How many results come: none any more, or many times as many. A rule, not a test: see `volume.py` above."""

from __future__ import annotations

from roadworthy.domain.alarm import AlarmKind
from roadworthy.features.watch.monitors.signals.signal import Signal

SIGNAL = Signal(
    name="volume",
    title="volume",
    counts="judged runs per hour",
    kind=AlarmKind.SILENCE,
)
