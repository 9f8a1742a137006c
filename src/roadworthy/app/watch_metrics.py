"""What the core tells Prometheus about monitors."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.handing import AlarmHanding


class WatchCollector(Collector):
    """Reads the figures when it is asked; costs nothing in between."""

    def __init__(self, engine: Engine, *, handing: AlarmHanding) -> None:
        self._engine = engine
        self._handing = handing

    def collect(self) -> Iterator[Metric]:
        for name, text, value in (
            ("entries", "Results, scores, words and orders that monitors looked at.", self._engine.consumed),
            (
                "alarms",
                "Alarms that monitors raised, and once more those that were over.",
                self._engine.raised,
            ),
            ("alarms_handed_over", "Of these, what was taken by incidents.", self._handing.handed),
        ):
            yield CounterMetricFamily(f"roadworthy_monitors_{name}", text, value=value)
        aside = "Alarms that could not be handed over and are tried again."
        yield GaugeMetricFamily("roadworthy_monitors_alarms_set_aside", aside, value=self._handing.aside)
        try:
            behind = sum(self._engine.behind().values())
        except StoreUnavailable:
            # The other figures are told all the same.
            return
        lag = "Entries of the watch log that no monitor has looked at."
        yield GaugeMetricFamily("roadworthy_monitors_entries_behind", lag, value=behind)
