"""What an unmodified agent is started with, so that it calls through the gateway, in its drill or replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RECORD = "record"
_MOST_VARIABLE = 120_000
"""Bytes that Linux takes in one variable (MAX_ARG_STRLEN), and some to spare; standard input takes all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run of the agent, as the server handed it out."""

    number: int
    attempt: int
    case: str
    input: str
    timeout_s: float
    token: str
    """"" where the run is nothing but recorded."""
    trace_id: str
    traceparent: str
    gateway_url: str
    otlp_url: str
    gateway_key: str
    """"" where none is known: then the one of the environment is used."""
    kind: str = "drill"
    """What the token is of: `drill` or `replay`. It names the header, the baggage, the environment. RECORD is
    a run like any other, started by us."""


def headers_of(task: Task) -> dict[str, str]:
    """For calls to the gateway, and for the agent's own endpoint, which is to pass them on."""
    own = {"x-roadworthy-run": task.trace_id, "traceparent": task.traceparent}
    if not task.token:
        return own
    marked = {f"x-roadworthy-{task.kind}": task.token}
    return {**marked, **own, "baggage": f"roadworthy.{task.kind}={task.token}"}


def environment(task: Task, *, base: Mapping[str, str]) -> dict[str, str]:
    """`base` with what SDKs read: base URLs, key, headers, where to send telemetry. The key carries the
    token, too (`key.token`), or the run that is recorded (`key.run.ID`), for clients that take no headers
    from the environment."""
    gateway = task.gateway_url.rstrip("/")
    key = task.gateway_key or base.get("ROADWORTHY_GATEWAY_KEY", "")
    shown = f"{key}.{task.token}" if task.token else key
    if task.kind == RECORD and key:
        shown = f"{key}.run.{task.trace_id}"
    headers = headers_of(task)
    baggage = headers.pop("baggage", "")
    lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
    found = {
        **base,
        "OPENAI_BASE_URL": f"{gateway}/v1",
        "OPENAI_API_BASE": f"{gateway}/v1",
        "OPENAI_API_KEY": shown,
        "OPENAI_CUSTOM_HEADERS": lines,
        "ANTHROPIC_BASE_URL": gateway,
        "ANTHROPIC_API_KEY": shown,
        "ANTHROPIC_CUSTOM_HEADERS": lines,
        "GOOGLE_GEMINI_BASE_URL": gateway,
        "GEMINI_API_KEY": shown,
        "GOOGLE_API_KEY": shown,
        "ROADWORTHY_GATEWAY_URL": gateway,
        "ROADWORTHY_MCP_URL": f"{gateway}/mcp",
        "ROADWORTHY_MCP_KEY": shown,
        "ROADWORTHY_RUN": task.trace_id,
        "TRACEPARENT": task.traceparent,
    }
    if baggage:
        found["BAGGAGE"] = baggage
    if len(task.input.encode()) < _MOST_VARIABLE:
        found["ROADWORTHY_TASK"] = task.input
    if task.otlp_url:
        found["OTEL_EXPORTER_OTLP_ENDPOINT"] = task.otlp_url
    if task.token:
        known = base.get("OTEL_RESOURCE_ATTRIBUTES", "")
        marks = f"deployment.environment.name={task.kind}"
        found["OTEL_RESOURCE_ATTRIBUTES"] = f"{known},{marks}" if known else marks
    # The server's own key is none of the agent's business.
    found.pop("ROADWORTHY_API_KEY", None)
    return found
