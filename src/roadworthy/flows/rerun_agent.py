"""When the server itself is to make reruns, then a job takes them and asks the agent's endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from roadworthy.contracts.metadata import Job
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.debug.inquiry import Inquiry, InquiryState
from roadworthy.features.debug.running.endpoint import run_endpoint
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.telling import otlp_body, rerun_marks, send
from roadworthy.features.debug.service import InquiryService, Start
from roadworthy.features.observe.jobs import Step
from roadworthy.flows.taken_work import make_as_taken

KIND = "rerun"
_PATIENCE_S = 1.0
_NOTE = "Asked at its own endpoint: whether it called anybody beside the gateway cannot be seen."


def arguments(inquiry_id: str) -> str:
    return json.dumps({"inquiry": inquiry_id})


class RerunAgent:
    """The work of a job of kind `rerun`: as many reruns at once as the inquiry allows. A piece takes them for
    some seconds and waits for their end. What a piece that was killed had taken is handed out again."""

    def __init__(
        self,
        service: InquiryService,
        *,
        gateway_url: str,
        otlp_url: str,
        allowed: Sequence[str],
        key_for: Callable[[str, Inquiry], str],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """`allowed` are networks that an endpoint may be in, besides the public internet."""
        self._service = service
        self._gateway_url = gateway_url
        self._otlp_url = otlp_url
        self._allowed = allowed
        self._key_for = key_for
        self._patience_s = patience_s

    def __call__(self, job: Job) -> Step:
        inquiry_id = json.loads(job.arguments)["inquiry"]
        inquiry = self._service.one(job.project, inquiry_id)
        if inquiry is None or inquiry.state is not InquiryState.RUNNING:
            return self._step(job, inquiry_id, position=None)
        made = make_as_taken(
            lambda most: self._service.take(inquiry.project, inquiry.id, most=most),
            lambda start: self._made(inquiry, start),
            at_once=inquiry.concurrency,
        )
        if not made:
            time.sleep(self._patience_s)
        return self._step(job, inquiry_id, position="going")

    def _made(self, inquiry: Inquiry, start: Start) -> None:
        task = Task(
            number=start.rerun.number,
            attempt=start.rerun.attempt,
            case=inquiry.run_id,
            input=start.input,
            timeout_s=start.entry.timeout_s,
            token=start.token,
            trace_id=start.rerun.trace_id,
            traceparent=start.traceparent,
            gateway_url=self._gateway_url,
            otlp_url=self._otlp_url,
            gateway_key=self._key_for(inquiry.project, inquiry),
            kind="replay",
        )
        ended = run_endpoint(
            start.entry.url,
            task,
            body=start.entry.body,
            field=start.entry.answer_field,
            allowed=self._allowed,
        )
        marks = rerun_marks(task, inquiry=inquiry.id, rerun_of=inquiry.run_id)
        told = otlp_body(task, ended, agent=inquiry.agent, marks=marks, ended_ns=time.time_ns())
        if inquiry.project == DEFAULT_PROJECT:
            # Runs of other projects need a key that nobody gave us; their exchanges are there all the same.
            send(self._otlp_url, told)
        self._service.ended(
            inquiry.project,
            inquiry.id,
            start.rerun.number,
            attempt=start.rerun.attempt,
            ending=ended.ending,
            answer=ended.answer,
            exit_code=ended.exit_code,
            error=ended.error,
            elapsed_ms=ended.elapsed_ms,
            notes=[_NOTE] if start.isolate else [],
        )

    def _step(self, job: Job, inquiry_id: str, *, position: str | None) -> Step:
        inquiry = self._service.one(job.project, inquiry_id)
        if inquiry is None:
            return Step(position=None, done=job.done, total=job.total)
        progress = self._service.standing(inquiry).progress
        return Step(position=position, done=progress.done, total=progress.planned)
