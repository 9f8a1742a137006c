"""How the core is, in words for `/readyz`, the server page and `roadworthy doctor`."""

from __future__ import annotations

from roadworthy.app.worker_process import WorkerProcess
from roadworthy.doors.rest.context import Health
from roadworthy.flows.judge_settled_run import RunJudge

_LATE_SECONDS = 30.0
_JUDGED_LATE_SECONDS = 60.0


def health_of(
    worker: WorkerProcess, *, judging: RunJudge, monitors_problem: str, backlog_bytes: int
) -> Health:
    """`monitors_problem`: why monitors stand still, "" where they do not."""
    progress = worker.progress
    problems: list[str] = []
    if not worker.alive:
        problems.append("the worker, which reads the intake log, is not running")
    if progress.waiting_for_store:
        problems.append(f"the telemetry store does not take batches now: {progress.waiting_for_store}")
    if progress.lag_seconds > _LATE_SECONDS:
        problems.append(f"what is accepted becomes visible {progress.lag_seconds:.0f} s later")
    to_judge, late = judging.waiting, judging.late_seconds
    if late > _JUDGED_LATE_SECONDS:
        problems.append(
            f"{to_judge:,} runs wait for their verdict, the first for {late:.0f} s: "
            "more end than can be judged as they come"
        )
    if monitors_problem:
        problems.append(f"monitors stand still: {monitors_problem}")
    damaged, damaged_bytes = worker.damaged
    if damaged:
        problems.append(
            f"{damaged} damaged places of the intake log were skipped ({damaged_bytes} bytes): "
            "the disk may be failing"
        )
    return Health(
        ready=worker.alive, backlog_bytes=backlog_bytes, runs_to_judge=to_judge, problems=tuple(problems)
    )
