"""What the core tells Prometheus about the way from the intake log to the store, and about judging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from roadworthy.features.ingest.progress import Progress
from roadworthy.features.judge.judging_progress import JudgingProgress


class Ingesting(Protocol):
    """The consumer, or what stands for it in another process."""

    @property
    def progress(self) -> Progress: ...

    @property
    def held_bytes(self) -> int: ...


class Judging(Protocol):
    """What `flows.judge_settled_run.RunJudge` says of itself."""

    @property
    def waiting(self) -> int: ...

    @property
    def late_seconds(self) -> float: ...

    @property
    def progress(self) -> JudgingProgress: ...


class JudgingCollector(Collector):
    """Costs nothing until it is asked."""

    def __init__(self, judging: Judging, *, ingesting: Ingesting) -> None:
        self._judging = judging
        self._ingesting = ingesting

    def collect(self) -> Iterator[Metric]:
        progress = self._judging.progress
        yield CounterMetricFamily("roadworthy_runs_judged", "Verdicts on runs.", value=progress.judged)
        yield CounterMetricFamily(
            "roadworthy_runs_not_judgeable", "Runs that could not be judged.", value=progress.failed
        )
        for name, text, gauge in (
            ("to_judge", "Runs that wait for their verdict.", self._judging.waiting),
            ("to_judge_seconds", "For how long the first of them waits.", self._judging.late_seconds),
            (
                "judged_later",
                "1 while more runs end than can be judged as they come.",
                float(self._ingesting.progress.short_of_time),
            ),
        ):
            yield GaugeMetricFamily(f"roadworthy_runs_{name}", text, value=gauge)


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
