"""What the core tells Prometheus about the way from the intake log to the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from roadworthy.features.ingest.progress import Progress


class Ingesting(Protocol):
    """The consumer, or what stands for it in another process."""

    @property
    def progress(self) -> Progress: ...

    @property
    def held_bytes(self) -> int: ...


class IngestCollector(Collector):
    """Reads its progress when it is asked; costs nothing in between."""

    def __init__(self, ingesting: Ingesting, *, backlog_bytes: Callable[[], int]) -> None:
        self._ingesting = ingesting
        self._backlog_bytes = backlog_bytes

    def collect(self) -> Iterator[Metric]:
        progress = self._ingesting.progress
        for name, text, value in (
            ("spans", "Spans written to the telemetry store.", progress.spans),
            ("records", "Records of the intake log worked off.", progress.records),
            ("batches", "Batches written to the telemetry store.", progress.batches),
            ("rejected", "Spans, log records and data points that could not be read.", progress.rejected),
            ("refused_by_store", "Rows the store would not take.", progress.refused_by_store),
        ):
            yield CounterMetricFamily(f"roadworthy_ingest_{name}", text, value=value)
        for name, text, gauge in (
            (
                "lag_seconds",
                "From receipt to queryable, last batch.",
                progress.lag_seconds,
            ),
            (
                "batch_seconds",
                "From reading the last batch to queryable.",
                progress.last_batch_seconds,
            ),
            ("backlog_bytes", "Accepted and not yet in the store.", self._backlog_bytes()),
            ("assembly_bytes", "Memory of spans whose runs may still change.", self._ingesting.held_bytes),
            ("store_waiting", "1 while the store takes no batches.", float(bool(progress.waiting_for_store))),
        ):
            yield GaugeMetricFamily(f"roadworthy_ingest_{name}", text, value=gauge)
