"""`outcome` and `score`: what the host says about a run, while it runs or long after.

While a step is open they are written on it. Once it has ended they travel as a span of their own in the
same trace, which the server joins to the run.
"""

from __future__ import annotations

import re
from typing import Literal

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.util.types import AttributeValue

from roadworthy.sdk import faults
from roadworthy.sdk.capture import as_text
from roadworthy.sdk.scope import current_agent, last_agent
from roadworthy.sdk.tracer import tracer

OUTCOME, OUTCOME_REASON = "roadworthy.outcome", "roadworthy.outcome.reason"
SCORE_SOURCE = "roadworthy.score.source"
EVALUATION_EVENT = "gen_ai.evaluation.result"

_RUN = re.compile(r"([0-9a-f]{32})-([0-9a-f]{16})")


def outcome(value: Literal["success", "failure"], /, *, reason: str = "", run: str | None = None) -> None:
    """Say whether the task succeeded.

    Belongs to the innermost agent step that is open here, else to the one that ended last here, else to the
    framework's current span; or to `run`, as told by `roadworthy.current_run()`.
    """
    try:
        if value not in ("success", "failure"):
            raise ValueError(f'outcome must be "success" or "failure", not {value!r}')
        attributes: dict[str, AttributeValue] = {OUTCOME: value}
        if reason:
            attributes[OUTCOME_REASON] = as_text(reason)
        span = None if run else _open_step(agent=True)
        if span is not None:
            span.set_attributes(attributes)
        else:
            _say_late("outcome", run=run, attributes=attributes, event=None)
    except Exception as error:  # noqa: BLE001
        faults.absorb("outcome", error)


def score(
    name: str,
    value: float | bool | None = None,  # noqa: FBT001 (a judgement may be yes or no)
    /,
    *,
    label: str = "",
    explanation: str = "",
    run: str | None = None,
) -> None:
    """Put a judgement, a number from 0 to 1 or a label or both, on the step open here (or on a run, as in
    `outcome`)."""
    try:
        if not name or not isinstance(name, str):
            raise ValueError(f"score name must be a text, not {name!r}")
        if value is None and not label:
            raise ValueError(f"score {name!r} needs a value or a label")
        event: dict[str, AttributeValue] = {"gen_ai.evaluation.name": name, SCORE_SOURCE: "sdk"}
        if value is not None:
            number = float(value)
            if not 0 <= number <= 1:
                raise ValueError(f"score {name!r} must be a number from 0 to 1, not {value!r}")
            event["gen_ai.evaluation.score.value"] = number
        if label:
            event["gen_ai.evaluation.score.label"] = str(label)
        if explanation:
            event["gen_ai.evaluation.explanation"] = as_text(explanation)
        span = None if run else _open_step(agent=False)
        if span is not None:
            span.add_event(EVALUATION_EVENT, event)
        else:
            _say_late("score", run=run, attributes={}, event=event)
    except Exception as error:  # noqa: BLE001
        faults.absorb("score", error)


def _open_step(*, agent: bool) -> trace.Span | None:
    current: trace.Span | None = trace.get_current_span()
    if current is not None and not current.is_recording():
        current = None
    if not agent:
        return current or current_agent()
    if (found := current_agent()) is not None:
        return found
    ended = last_agent.get()
    if current is not None and ended is not None and ended.trace_id == current.get_span_context().trace_id:
        return None  # an HTTP request's span, say, around an agent that has answered
    return current


def _say_late(
    what: str,
    *,
    run: str | None,
    attributes: dict[str, AttributeValue],
    event: dict[str, AttributeValue] | None,
) -> None:
    context = _parse_run(run) if run else last_agent.get()
    if context is None:
        faults.warn(f"{what} nowhere", f"{what} was said outside any run, so it was not recorded")
        return
    parent = trace.set_span_in_context(trace.NonRecordingSpan(context), otel_context.Context())
    span = tracer().start_span(f"roadworthy.{what}", context=parent, attributes=attributes)
    if event is not None:
        span.add_event(EVALUATION_EVENT, event)
    span.end()


def _parse_run(run: str) -> trace.SpanContext:
    found = _RUN.fullmatch(run.strip().lower())
    if found is None:
        raise ValueError(f"run must be what roadworthy.current_run() gave, not {run!r}")
    return trace.SpanContext(
        trace_id=int(found[1], 16),
        span_id=int(found[2], 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )
