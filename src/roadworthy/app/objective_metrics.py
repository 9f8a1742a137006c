"""What the core tells Prometheus about counting error budgets."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from roadworthy.features.watch.objectives.counting import CountingProgress


class ObjectiveCollector(Collector):
    """Reads the progress when it is asked; costs nothing in between."""

    def __init__(self, progress: CountingProgress) -> None:
        self._progress = progress

    def collect(self) -> Iterator[Metric]:
        for name, text, value in (
            ("readings", "Readings of runs for error budgets.", self._progress.readings),
            ("reading_seconds", "Time these readings took.", self._progress.seconds),
            ("recounts", "Times all budgets of a project were counted anew.", self._progress.recounts),
        ):
            yield CounterMetricFamily(f"roadworthy_objectives_{name}", text, value=value)
