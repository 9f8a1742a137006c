"""What an operator is told of ingest and judging: in words on the server page, in figures at /metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from prometheus_client import CollectorRegistry, generate_latest

from roadworthy.app.core_metrics import JudgingCollector
from roadworthy.app.health import health_of
from roadworthy.features.ingest.progress import Progress
from roadworthy.features.judge.judging_progress import JudgingProgress


@dataclass
class Worker:
    progress: Progress = field(default_factory=Progress)
    alive: bool = True
    damaged: tuple[int, int] = (0, 0)
    held_bytes: int = 0


@dataclass
class Judging:
    waiting: int = 0
    late_seconds: float = 0.0
    progress: JudgingProgress = field(default_factory=JudgingProgress)


def problems(worker: Worker | None = None, judging: Judging | None = None, monitors: str = "") -> Any:
    return health_of(
        cast(Any, worker or Worker()),
        judging=cast(Any, judging or Judging()),
        monitors_problem=monitors,
        backlog_bytes=7,
    )


def test_all_is_well() -> None:
    health = problems(judging=Judging(waiting=3, late_seconds=5))
    assert (health.ready, health.problems, health.backlog_bytes, health.runs_to_judge) == (True, (), 7, 3)


def test_runs_that_wait_for_their_verdict_for_more_than_a_minute_are_a_problem() -> None:
    health = problems(judging=Judging(waiting=12_345, late_seconds=61))
    assert health.ready
    assert health.problems == (
        "12,345 runs wait for their verdict, the first for 61 s: more end than can be judged as they come",
    )


def test_every_trouble_is_named() -> None:
    worker = Worker(
        progress=Progress(waiting_for_store="no space left", lag_seconds=31), alive=False, damaged=(2, 300)
    )
    health = problems(worker, monitors="a broken alarm")
    assert not health.ready
    words = ("worker", "no space left", "31 s later", "a broken alarm", "300 bytes")
    assert all(word in text for word, text in zip(words, health.problems, strict=True))


def test_judging_is_told_to_prometheus() -> None:
    registry = CollectorRegistry()
    judging = Judging(waiting=4, late_seconds=1.5, progress=JudgingProgress(judged=9, failed=1))
    registry.register(JudgingCollector(judging, ingesting=Worker(progress=Progress(short_of_time=True))))
    told = generate_latest(registry).decode()
    for line in (
        "roadworthy_runs_judged_total 9.0",
        "roadworthy_runs_not_judgeable_total 1.0",
        "roadworthy_runs_to_judge 4.0",
        "roadworthy_runs_to_judge_seconds 1.5",
        "roadworthy_runs_judged_later 1.0",
    ):
        assert line in told
