"""The agent behind an HTTP endpoint of its own: one POST for each task."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import orjson

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.running.answer import answer_of
from roadworthy.features.debug.running.environment import Task, headers_of
from roadworthy.kit.addresses import AddressRefused
from roadworthy.kit.outbound import Fault, OutboundFailed, parse_url, post

_MOST_BYTES = 1_000_000


def run_endpoint(
    url: str, task: Task, *, body: str, field: str = "", allowed: Sequence[str] | None
) -> AgentEnded:
    """The drill is told in headers and baggage: the agent has to pass one of them on with its calls.
    `allowed` as of `kit.outbound.post`."""
    began = time.monotonic()
    quoted = orjson.dumps(task.input).decode()[1:-1]
    content = body.replace("{input}", quoted).encode()
    try:
        answer = asyncio.run(
            post(
                parse_url(url, example="http://127.0.0.1:9000/ask", query=True),
                content=content,
                headers={"content-type": "application/json", **headers_of(task)},
                timeout_s=task.timeout_s,
                max_bytes=_MOST_BYTES,
                allowed=allowed,
            )
        )
    except (OutboundFailed, AddressRefused) as failed:
        hung = isinstance(failed, OutboundFailed) and failed.fault is Fault.TIMEOUT
        ending = Ending.HUNG if hung else Ending.CRASHED
        return AgentEnded(ending=ending, error=str(failed), elapsed_ms=_since(began))
    text = answer.body.decode(errors="replace")
    fine = 200 <= answer.status < 300
    return AgentEnded(
        ending=Ending.ANSWERED if fine else Ending.CRASHED,
        answer=answer_of(text, field=field) if fine else "",
        exit_code=answer.status,
        error="" if fine else text[:2_000],
        elapsed_ms=_since(began),
    )


def _since(began: float) -> float:
    return (time.monotonic() - began) * 1000
