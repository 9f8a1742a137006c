"""A run of a drill, told as anybody's telemetry: so that it can be opened whatever the agent itself sends.

It is told under a name of its own (`support (drill)`): what an agent does in a drill is no part of how it
does in production, and pages nobody. Spans the agent sends in the trace it was given hang below this one.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Sequence

import orjson

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.running.environment import Task

ENVIRONMENT = "drill"
_TIMEOUT_S = 10.0


def drilled_name(agent: str) -> str:
    return f"{agent} (drill)"


def otlp_body(
    task: Task, ended: AgentEnded, *, agent: str, drill: str, faults: Sequence[str], ended_ns: int
) -> bytes:
    """An ExportTraceServiceRequest in JSON (OTLP 1.x): one span, the root of the run's trace."""
    said = ended.answer or ended.error
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": drilled_name(agent),
        "gen_ai.input.messages": _messages("user", task.input),
        "gen_ai.output.messages": _messages("assistant", said),
        "roadworthy.drill": drill,
        "roadworthy.drill.run": str(task.number),
        "roadworthy.drill.case": task.case,
        "roadworthy.drill.faults": ",".join(faults),
    }
    failed = ended.ending is not Ending.ANSWERED
    span = {
        "traceId": task.trace_id,
        "spanId": task.trace_id[:16],
        "name": f"invoke_agent {drilled_name(agent)}",
        "kind": 1,
        "startTimeUnixNano": str(ended_ns - int(ended.elapsed_ms * 1e6)),
        "endTimeUnixNano": str(ended_ns),
        "attributes": _pairs(attributes),
        "status": {"code": 2, "message": f"{ended.ending.value}: {ended.error[-300:]}"} if failed else {},
    }
    resource = {"service.name": drilled_name(agent), "deployment.environment.name": ENVIRONMENT}
    scope = {"scope": {"name": "roadworthy.drill"}, "spans": [span]}
    body = {"resourceSpans": [{"resource": {"attributes": _pairs(resource)}, "scopeSpans": [scope]}]}
    return orjson.dumps(body)


def send(otlp_url: str, body: bytes, *, key: str = "") -> str:
    """Why it was not taken; "" where it was. A drill goes on without."""
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
