"""What the OTLP doors say about themselves, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class DoorMetrics:
    """One for all OTLP doors of a process, on a registry of its own.

    `gauges` are values asked for when the page is read, by name (`roadworthy_intake_queued_bytes`).
    """

    def __init__(self, *, gauges: Mapping[str, Callable[[], float]] | None = None) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "roadworthy_otlp_requests",
            "Export requests answered, by door, signal and outcome (ok, partial, or why refused).",
            ["door", "signal", "outcome"],
            registry=self.registry,
        )
        self._bytes = Counter(
            "roadworthy_otlp_body_bytes",
            "Bytes of accepted bodies, after decompression.",
            ["door", "signal"],
            registry=self.registry,
        )
        self._items = Counter(
            "roadworthy_otlp_items",
            "Spans, log records and data points, accepted and rejected.",
            ["signal", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "roadworthy_otlp_request_seconds",
            "From the end of the headers to the answer.",
            ["door", "signal"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        for name, ask in (gauges or {}).items():
            Gauge(name, name.replace("_", " "), registry=self.registry).set_function(ask)

    def answered(self, *, door: str, signal: str, outcome: str, seconds: float) -> None:
        self._requests.labels(door, signal, outcome).inc()
        self._seconds.labels(door, signal).observe(seconds)

    def accepted(self, *, door: str, signal: str, body_bytes: int, accepted: int, rejected: int) -> None:
        self._bytes.labels(door, signal).inc(body_bytes)
        self._items.labels(signal, "accepted").inc(accepted)
        if rejected:
            self._items.labels(signal, "rejected").inc(rejected)
