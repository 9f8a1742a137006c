"""When somebody asks for it, then a monitor is tried on history: a job that goes on after a restart."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from roadworthy.contracts.metadata import Job
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.contracts.watch_log import WatchLog
from roadworthy.domain.monitor import Monitor
from roadworthy.domain.result import Result
from roadworthy.domain.run import Outcome
from roadworthy.features.observe.jobs import Step
from roadworthy.features.watch.monitors.backtest import MOST_ROWS, Stopped, Tested, backtest
from roadworthy.features.watch.monitors.watched import monitor_from
from roadworthy.flows.watch_scores import result_of

log = logging.getLogger(__name__)

KIND = "backtest"
_RUNS_A_STEP = 1_000
_KEPT = 50
"""Backtests whose files are kept; the oldest go."""


class BacktestMonitor:
    """The work of a job of kind `backtest`. Results are gathered into a file, newest first, a thousand runs
    a step; the last step lets the monitor look at them. `shown` makes what is kept of the outcome."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        folder: Path,
        log_at: Callable[[Callable[[], int]], WatchLog],
        shown: Callable[[Tested], bytes],
        cancelled: Callable[[str], bool] = lambda _job_id: False,
    ) -> None:
        self._store = store
        self._folder = folder
        self._log_at = log_at
        self._shown = shown
        self._cancelled = cancelled

    def arguments(
        self, monitor: Monitor, *, from_ns: int | None, to_ns: int | None, results: Collection[Result] = ()
    ) -> str:
        """Of a job. `results` in place of those of stored runs."""
        said: dict[str, Any] = {"monitor": asdict(monitor), "from_ns": _text(from_ns), "to_ns": _text(to_ns)}
        if results:
            name = f"{os.urandom(8).hex()}.rows"
            self._prepare()
            with (self._folder / name).open("wb") as file:
                file.writelines(orjson.dumps(one) + b"\n" for one in results)
            said["rows"] = name
        return orjson.dumps(said).decode()

    def outcome(self, job_id: str) -> bytes | None:
        """JSON of what came of it; None before it is done, and once it was forgotten."""
        path = self._folder / f"{job_id}.json"
        return path.read_bytes() if path.is_file() else None

    def __call__(self, job: Job) -> Step:
        self._prepare()
        said = orjson.loads(job.arguments)
        monitor = monitor_from(said["monitor"])
        if "rows" in said:
            return self._finished(job, monitor, self._folder / said["rows"], done=0)
        gathered = self._folder / f"{job.id}.rows"
        position = orjson.loads(job.position) if job.position else None
        if position == "gathered":
            return self._finished(job, monitor, gathered, done=job.done)
        return self._gather(job, monitor, gathered, position=position, said=said)

    def _gather(self, job: Job, monitor: Monitor, path: Path, *, position: Any, said: dict[str, Any]) -> Step:
        after, size = ((int(position[0]), str(position[1])), int(position[2])) if position else (None, 0)
        own = (
            Filter(field="agent", op=Op.EQ, value=monitor.agent),
            Filter(field="judged", op=Op.NE, value=""),
        )
        from_ns, to_ns = _whole(said["from_ns"]), _whole(said["to_ns"])
        total = job.total
        if total is None:
            total = min(
                MOST_ROWS,
                self._store.count_runs(
                    job.project, RunQuery(filters=own, limit=1, from_ns=from_ns, to_ns=to_ns)
                ),
            )
        query = RunQuery(filters=own, limit=_RUNS_A_STEP, after=after, from_ns=from_ns, to_ns=to_ns)
        runs = self._store.runs(job.project, query)
        wanted = {one.removeprefix("attributes.") for one in monitor.strata}
        path.touch()
        with path.open("r+b") as file:
            # What a step wrote whose end was not noted is written again.
            file.truncate(size)
            file.seek(size)
            file.writelines(orjson.dumps(result_of(run, attributes=wanted)) + b"\n" for run in runs)
            size = file.tell()
        done = job.done + len(runs)
        if len(runs) < _RUNS_A_STEP or done >= MOST_ROWS:
            return Step(position='"gathered"', done=done, total=max(done, 1))
        place = orjson.dumps([str(runs[-1].sort_ns), runs[-1].id, size]).decode()
        return Step(position=place, done=done, total=max(total, done))

    def _finished(self, job: Job, monitor: Monitor, path: Path, *, done: int) -> Step:
        if (self._folder / f"{job.id}.json").is_file():
            # The process ended after this piece and before it was noted.
            return Step(position=None, done=done, total=max(done, job.total or 0))
        with path.open("rb") as file:
            results = [_result(line) for line in file]
        try:
            tested = backtest(monitor, results, log_at=self._log_at, stopped=lambda: self._cancelled(job.id))
        except Stopped:
            # The rows stay: resumed, it begins this piece again.
            return Step(position=job.position or "", done=done, total=job.total)
        draft = self._folder / f"{job.id}.draft"
        draft.write_bytes(self._shown(tested))
        draft.replace(self._folder / f"{job.id}.json")
        path.unlink(missing_ok=True)
        return Step(position=None, done=max(done, len(results)), total=max(done, len(results)))

    def _prepare(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in files[: -2 * _KEPT]:
            old.unlink(missing_ok=True)


def _result(line: bytes) -> Result:
    values: dict[str, Any] = orjson.loads(line)
    values["outcome"] = Outcome(values["outcome"])
    values["detectors"], values["models"] = tuple(values["detectors"]), tuple(values["models"])
    return Result(**values)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)
