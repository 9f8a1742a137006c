"""Long work in the background: one at a time, visible, resumable after a restart, and it can be stopped."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from roadworthy.contracts.metadata import Job, JobStatus, MetadataStore
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable

_LOG = logging.getLogger(__name__)
_STORE_WAIT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a job stands after one piece of work. `position` None: it is done."""

    position: str | None
    done: int
    total: int | None = None


Work = Callable[[Job], Step]
"""One bounded piece of work from `job.position` on. Doing a piece twice changes nothing: the process may end
between a piece and the note that it was done."""


class JobRunner:
    """Runs jobs in a thread of its own, in the order they were asked for. Each of the kinds `beside` has
    another one, because such jobs may take hours of waiting for others; jobs of such a kind take turns.

    `add` returns once the job is durable. A job that was running when the process ended goes on from its
    last position when `start` is called.
    """

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        kinds: Mapping[str, Work],
        beside: Collection[str] = (),
        pause_s: float = 0.0,
    ) -> None:
        self._metadata = metadata
        self._kinds = dict(kinds)
        self._pause_s = pause_s
        self._lanes = ["", *sorted(beside)]
        """A kind each; "" for all others."""
        # One event a thread: each clears its own.
        self._wakes = {lane: threading.Event() for lane in self._lanes}
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # protects the read-change-write of a job between cancel and the thread
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for lane, wake in self._wakes.items():
            name = f"jobs-{lane}" if lane else "jobs"
            thread = threading.Thread(target=self._run, args=(lane, wake), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, *, timeout_s: float = 5) -> None:
        """After the piece of work that is under way."""
        self._stopping.set()
        self._wake_all()
        ends = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def add(self, *, project: str, kind: str, arguments: str, unit: str) -> Job:
        if kind not in self._kinds:
            raise ValueError(f"no job of kind {kind!r}: known are {', '.join(sorted(self._kinds))}")
        now = time.time_ns()
        job = Job(
            id=secrets.token_hex(8),
            project=project,
            kind=kind,
            arguments=arguments,
            created_ns=now,
            updated_ns=now,
            unit=unit,
        )
        self._metadata.save_job(job)
        self._wake_all()
        return job

    def cancel(self, job_id: str) -> Job | None:
        """Stops it after its current piece; what was done stays done. None: no such job."""
        with self._lock:
            job = self._metadata.job(job_id)
            if job is None or job.status not in (JobStatus.WAITING, JobStatus.RUNNING):
                return job
            job = replace(job, status=JobStatus.CANCELLED, updated_ns=time.time_ns())
            self._metadata.save_job(job)
            return job

    def is_cancelled(self, job_id: str) -> bool:
        """For a piece that takes long: it may look now and then."""
        job = self._metadata.job(job_id)
        return job is not None and job.status is JobStatus.CANCELLED

    def resume(self, job_id: str) -> Job | None:
        """One that was cancelled or failed goes on from where it stood. None: no such job."""
        with self._lock:
            job = self._metadata.job(job_id)
            if job is None or job.status not in (JobStatus.CANCELLED, JobStatus.FAILED):
                return job
            job = replace(job, status=JobStatus.WAITING, error="", updated_ns=time.time_ns())
            self._metadata.save_job(job)
        self._wake_all()
        return job

    def go_on(self, *, project: str, kind: str, arguments: str, unit: str) -> Job:
        """The job of this kind and these arguments, from where it stood; anew where it is done, or there is
        none."""
        known = next(
            (
                one
                for one in self._metadata.jobs(project)
                if one.kind == kind and one.arguments == arguments and one.status is not JobStatus.DONE
            ),
            None,
        )
        if known is not None:
            return self.resume(known.id) or known
        return self.add(project=project, kind=kind, arguments=arguments, unit=unit)

    def _wake_all(self) -> None:
        for wake in self._wakes.values():
            wake.set()

    def _run(self, lane: str, wake: threading.Event) -> None:
        while not self._stopping.is_set():
            job = self._next(lane)
            if job is None:
                wake.wait(5)
                wake.clear()
                continue
            self._piece(job)
            if self._pause_s:
                self._stopping.wait(self._pause_s)

    def _next(self, lane: str) -> Job | None:
        try:
            jobs = self._metadata.jobs()
        except Exception:  # noqa: BLE001
            # The thread must outlive a passing fault of the metadata store.
            _LOG.exception("jobs cannot be read; trying again")
            self._stopping.wait(5)
            return None
        open_jobs = [
            job
            for job in jobs
            if job.status in (JobStatus.WAITING, JobStatus.RUNNING)
            and lane == (job.kind if job.kind in self._lanes else "")
        ]
        return min(
            open_jobs, key=lambda job: (job.updated_ns if lane else job.created_ns, job.id), default=None
        )

    def _piece(self, job: Job) -> None:
        try:
            work = self._kinds[job.kind]
            step = work(job)
        except (StoreUnavailable, StoreFull) as error:
            # Not the job's fault, and it passes (or the process is about to end): it goes on from here.
            _LOG.warning("job %s (%s) waits for the store: %s", job.id, job.kind, error)
            self._stopping.wait(_STORE_WAIT_S)
            return
        except Exception as error:  # noqa: BLE001 (a job's own fault ends the job, not the runner)
            _LOG.exception("job %s (%s) failed", job.id, job.kind)
            self._note(job, status=JobStatus.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
            return
        if step.position is None:
            self._note(job, status=JobStatus.DONE, done=step.done, total=step.total)
        else:
            self._note(
                job, status=JobStatus.RUNNING, position=step.position, done=step.done, total=step.total
            )

    def _note(
        self,
        job: Job,
        *,
        status: JobStatus,
        position: str | None = None,
        done: int | None = None,
        total: int | None = None,
        error: str = "",
    ) -> None:
        with self._lock:
            now = self._metadata.job(job.id)
            if now is None or now.status is JobStatus.CANCELLED:
                return
            self._metadata.save_job(
                replace(
                    now,
                    status=status,
                    position=now.position if position is None else position,
                    done=now.done if done is None else done,
                    total=now.total if total is None else total,
                    error=error,
                    updated_ns=time.time_ns(),
                )
            )
