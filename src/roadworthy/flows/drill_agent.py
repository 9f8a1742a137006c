"""When the server itself is to make a drill, then a job takes its runs and asks the agent's endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from roadworthy.contracts.metadata import Job
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.debug.running.endpoint import run_endpoint
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.telling import drill_marks, otlp_body, send
from roadworthy.features.gateway.drills.drill import Drill, DrillState
from roadworthy.features.gateway.drills.service import DrillService, Start
from roadworthy.features.observe.jobs import Step
from roadworthy.flows.taken_work import make_as_taken

KIND = "drill"
_PATIENCE_S = 1.0


def arguments(drill_id: str) -> str:
    return json.dumps({"drill": drill_id})


class DrillAgent:
    """The work of a job of kind `drill`: as many runs at once as the drill allows. A piece takes them for
    some seconds and waits for their end. What a piece that was killed had taken is handed out again."""

    def __init__(
        self,
        service: DrillService,
        *,
        gateway_url: str,
        otlp_url: str,
        allowed: Sequence[str],
        key_for: Callable[[str, Drill], str],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._service = service
        self._gateway_url = gateway_url
        self._otlp_url = otlp_url
        self._allowed = allowed
        self._key_for = key_for
        self._patience_s = patience_s

    def __call__(self, job: Job) -> Step:
        drill_id = json.loads(job.arguments)["drill"]
        drill = self._service.one(job.project, drill_id)
        if drill is None or drill.state is not DrillState.RUNNING:
            return self._step(job, drill_id, position=None)
        made = make_as_taken(
            lambda most: self._service.take(drill.project, drill.id, most=most),
            lambda start: self._made(drill, start),
            at_once=drill.concurrency,
        )
        if not made:
            time.sleep(self._patience_s)
        return self._step(job, drill_id, position="going")

    def _made(self, drill: Drill, start: Start) -> None:
        task = Task(
            number=start.run.number,
            attempt=start.run.attempt,
            case=start.case.id,
            input=start.case.input,
            timeout_s=drill.timeout_s,
            token=start.token,
            trace_id=start.run.trace_id,
            traceparent=start.traceparent,
            gateway_url=self._gateway_url,
            otlp_url=self._otlp_url,
            gateway_key=self._key_for(drill.project, drill),
        )
        ended = run_endpoint(
            drill.url, task, body=drill.body, field=drill.answer_field, allowed=self._allowed
        )
        told = otlp_body(
            task,
            ended,
            agent=drill.agent,
            marks=drill_marks(task, drill=drill.id, faults=[one.fault for one in start.run.faults]),
            ended_ns=time.time_ns(),
        )
        if drill.project == DEFAULT_PROJECT:
            # Runs of other projects need a key that nobody gave us; their exchanges are there all the same.
            send(self._otlp_url, told)
        self._service.ended(
            drill.project,
            drill.id,
            start.run.number,
            attempt=start.run.attempt,
            ending=ended.ending,
            answer=ended.answer,
            exit_code=ended.exit_code,
            error=ended.error,
            elapsed_ms=ended.elapsed_ms,
        )

    def _step(self, job: Job, drill_id: str, *, position: str | None) -> Step:
        progress = self._service.progress(job.project, drill_id)
        return Step(position=position, done=progress.done, total=progress.planned)
