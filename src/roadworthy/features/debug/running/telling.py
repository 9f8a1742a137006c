"""A run of a drill or a rerun, told as anybody's telemetry: it can be opened whatever the agent itself sends.

It is told under a name of its own (`support (drill)`, `support (replay)`): what an agent does there is no
part of how it does in production, and pages nobody. Spans the agent sends in the trace it was given hang
below this one.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping, Sequence

import orjson

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.domain.run import DRILL, RERUN_OF, trial_name
from roadworthy.features.debug.running.environment import RECORD, Task

ENDING = "roadworthy.ending"
EXIT_CODE = "roadworthy.exit_code"
"""Attributes of the root span."""
_TIMEOUT_S = 10.0


def told_name(agent: str, kind: str) -> str:
    """`kind` as of the task: `drill` or `replay`, which is the environment, too; a run that is nothing but
    recorded is the agent's own."""
    return agent if kind == RECORD else trial_name(agent, kind)


def drill_marks(task: Task, *, drill: str, faults: Sequence[str]) -> dict[str, str]:
    return {
        DRILL: drill,
        "roadworthy.drill.run": str(task.number),
        "roadworthy.drill.case": task.case,
        "roadworthy.drill.faults": ",".join(faults),
    }


def rerun_marks(task: Task, *, inquiry: str, rerun_of: str) -> dict[str, str]:
    """`rerun_of` is the id of the recorded run."""
    return {
        "roadworthy.inquiry": inquiry,
        "roadworthy.rerun": str(task.number),
        RERUN_OF: rerun_of,
    }


def otlp_body(task: Task, ended: AgentEnded, *, agent: str, marks: Mapping[str, str], ended_ns: int) -> bytes:
    """An ExportTraceServiceRequest in JSON (OTLP 1.x): one span with `marks`, the root of the run's trace."""
    said = ended.answer or ended.error
    name = told_name(agent, task.kind)
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": name,
        "gen_ai.input.messages": _messages("user", task.input),
        "gen_ai.output.messages": _messages("assistant", said),
        ENDING: ended.ending.value,
        EXIT_CODE: "" if ended.exit_code is None else str(ended.exit_code),
        **marks,
    }
    failed = ended.ending is not Ending.ANSWERED
    span = {
        "traceId": task.trace_id,
        "spanId": task.trace_id[:16],
        "name": f"invoke_agent {name}",
        "kind": 1,
        "startTimeUnixNano": str(ended_ns - int(ended.elapsed_ms * 1e6)),
        "endTimeUnixNano": str(ended_ns),
        "attributes": _pairs(attributes),
        "status": {"code": 2, "message": f"{ended.ending.value}: {ended.error[-300:]}"} if failed else {},
    }
    resource = {"service.name": name}
    if task.kind != RECORD:
        resource["deployment.environment.name"] = task.kind
    scope = {"scope": {"name": f"roadworthy.{task.kind}"}, "spans": [span]}
    body = {"resourceSpans": [{"resource": {"attributes": _pairs(resource)}, "scopeSpans": [scope]}]}
    return orjson.dumps(body)


def send(otlp_url: str, body: bytes, *, key: str = "") -> str:
    """Why it was not taken; "" where it was. Whatever it is part of goes on without."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    try:
        request = urllib.request.Request(  # noqa: S310 (the server's own address)
            f"{otlp_url.rstrip('/')}/v1/traces", data=body, headers=headers, method="POST"
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310
            return ""
    except (OSError, ValueError) as fault:
        return str(fault)


def _messages(role: str, text: str) -> str:
    return orjson.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}]).decode()


def _pairs(values: dict[str, str]) -> list[dict[str, object]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items() if value]
