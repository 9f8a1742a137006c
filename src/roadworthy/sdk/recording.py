"""One step being recorded: from its start to its end, without ever throwing into the host.

Cost counts here: a decorated call may cost 1.3 times a bare OpenTelemetry span, and the span itself is
most of that. So a span is started and made current directly (OpenTelemetry's context manager costs 4 µs
more), and its attributes are given at once.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from contextvars import Token

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from roadworthy.sdk import faults
from roadworthy.sdk.attributes import place_of
from roadworthy.sdk.capture import as_json, as_text
from roadworthy.sdk.messages import input_messages, output_messages
from roadworthy.sdk.scope import AGENT_KEY, last_agent
from roadworthy.sdk.tracer import SCOPE, state

TOOL_ARGUMENTS, TOOL_RESULT = "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"
INPUT_MESSAGES, OUTPUT_MESSAGES = "gen_ai.input.messages", "gen_ai.output.messages"
CLOSED_EARLY = "roadworthy.closed_early"
"""On a generator step whose reader stopped before its end: no error."""
_TRAIL_LIMIT = 16_384
"""Characters of a stack trace, counted from its end, where the cause is."""


class Kind:
    """What a step of one name writes: made once for a decorator, used for each call."""

    __slots__ = ("attributes", "capture", "is_agent", "name", "span_name")

    def __init__(self, name: str, *, is_agent: bool, capture: bool) -> None:
        self.name = name
        self.is_agent = is_agent
        self.capture = capture
        self.attributes: dict[str, AttributeValue]
        if is_agent:
            self.span_name = f"invoke_agent {name}"
            self.attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
        else:
            self.span_name = f"execute_tool {name}"
            self.attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}


class Recording:
    """An open step. `token` is set while its span is the current one of the running code."""

    __slots__ = ("capture", "is_agent", "place", "span", "surroundings", "token")

    def __init__(
        self,
        span: Span,
        surroundings: Context,
        *,
        is_agent: bool,
        capture: bool,
        place: dict[str, AttributeValue] | None = None,
    ) -> None:
        self.span = span
        self.place = place
        self.surroundings = surroundings
        self.is_agent = is_agent
        self.capture = capture
        self.token: Token[Context] | None = None


def start(kind: Kind, arguments: Mapping[str, object] | None) -> Recording:
    """Open a step and make it current. Where that fails, a step that records nothing."""
    try:
        tracer = state.tracer
        if tracer is None:
            tracer = trace.get_tracer(SCOPE)
        capture = kind.capture and state.content
        attributes = kind.attributes
        if capture and arguments is not None:
            if kind.is_agent:
                attributes = {**attributes, INPUT_MESSAGES: input_messages(arguments)}
            else:
                attributes = {**attributes, TOOL_ARGUMENTS: as_json(arguments)}
        place = None
        if state.direct:
            span = tracer.start_span(kind.span_name)
            place = place_of(span)
            if place is not None:
                place.update(attributes)
        else:
            span = tracer.start_span(kind.span_name, attributes=attributes)
        surroundings = set_span_in_context(span)
        if kind.is_agent:
            surroundings = otel_context.set_value(AGENT_KEY, span, surroundings)
        recorded = capture and span.is_recording()
        recording = Recording(span, surroundings, is_agent=kind.is_agent, capture=recorded, place=place)
        recording.token = otel_context.attach(surroundings)
        return recording
    except Exception as error:  # noqa: BLE001
        faults.absorb("starting a step", error)
        return Recording(trace.INVALID_SPAN, otel_context.get_current(), is_agent=False, capture=False)


def resume(recording: Recording) -> None:
    """Make a step current again (a generator that is asked for its next value)."""
    try:
        recording.token = otel_context.attach(recording.surroundings)
    except Exception as error:  # noqa: BLE001
        faults.absorb("resuming a step", error)


def suspend(recording: Recording) -> None:
    """What surrounded the step is current again."""
    token, recording.token = recording.token, None
    if token is not None:
        otel_context.detach(token)


def finish(recording: Recording, result: object) -> None:
    """The step ended well."""
    try:
        if recording.capture:
            set_output(recording, result)
    except Exception as error:  # noqa: BLE001
        faults.absorb("recording a result", error)
    _end(recording)


def fail(recording: Recording, error: BaseException) -> None:
    """The step ended by an exception, which the caller goes on to raise."""
    try:
        if recording.span.is_recording():
            _record_exception(recording.span, error)
    except Exception as fault:  # noqa: BLE001
        faults.absorb("recording an error", fault)
    _end(recording)


def _record_exception(span: Span, error: BaseException) -> None:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    span.set_attribute("error.type", name)
    try:
        message = as_text(str(error))
    except Exception:  # noqa: BLE001 (an exception whose own __str__ fails is still an error of the step)
        message = ""
    span.set_status(Status(StatusCode.ERROR, f"{kind.__name__}: {message}" if message else kind.__name__))
    trail = "".join(traceback.format_exception(error)) if message or not error.args else ""
    span.add_event(
        "exception",
        {
            "exception.type": name,
            "exception.message": message,
            "exception.stacktrace": as_text(trail[-_TRAIL_LIMIT:]),
        },
    )


def set_output(recording: Recording, result: object) -> None:
    if recording.is_agent:
        key, text = OUTPUT_MESSAGES, output_messages(result)
    else:
        key, text = TOOL_RESULT, as_text(result)
    if recording.place is not None:
        recording.place[key] = text
    else:
        recording.span.set_attribute(key, text)


def _end(recording: Recording) -> None:
    try:
        token = recording.token
        if token is not None:
            recording.token = None
            otel_context.detach(token)
        recording.span.end()
        if recording.is_agent and recording.span.get_span_context().is_valid:
            last_agent.set(recording.span.get_span_context())
    except Exception as error:  # noqa: BLE001
        faults.absorb("ending a step", error)
