"""What surrounds the code that runs: the agent step it belongs to, the session, and how threads inherit both.

Everything lives in OpenTelemetry's own context, so whatever carries that (asyncio, `propagate`, the
threading instrumentation) carries ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context

from roadworthy.sdk import faults

P = ParamSpec("P")
R = TypeVar("R")

AGENT_KEY = otel_context.create_key("roadworthy-agent")
SESSION_KEY = otel_context.create_key("roadworthy-session")

last_agent: ContextVar[trace.SpanContext | None] = ContextVar("roadworthy_last_agent", default=None)
"""The agent step that ended last here: an outcome is often known only once the agent has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: str
    user: str = ""


def current_agent() -> trace.Span | None:
    """The innermost agent step that is still open."""
    found = otel_context.get_value(AGENT_KEY)
    return found if isinstance(found, trace.Span) and found.is_recording() else None


def session_of(context: Context | None) -> Session | None:
    found = otel_context.get_value(SESSION_KEY, context)
    return found if isinstance(found, Session) else None


@contextmanager
def session(id: str, /, *, user: str = "") -> Iterator[None]:  # noqa: A002 (the word of the product)
    """Everything recorded inside belongs to this conversation (and this user).

    Also what frameworks record, as far as `init` was called.
    """
    token = otel_context.attach(otel_context.set_value(SESSION_KEY, Session(id=str(id), user=str(user))))
    try:
        yield
    finally:
        otel_context.detach(token)


def propagate(fn: Callable[P, R]) -> Callable[P, R]:
    """`fn`, to be run in another thread as part of the step that is open now.

    `pool.submit(roadworthy.propagate(work), item)`. asyncio needs none of this.
    """
    surroundings = otel_context.get_current()

    @wraps(fn)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        token = otel_context.attach(surroundings)
        try:
            return fn(*args, **kwargs)
        finally:
            otel_context.detach(token)

    return inside


def current_run() -> str | None:
    """A handle to the run that is open here, or ended last here: give it to `outcome` or `score` later.

    It is "<trace id>-<span id>" in hex, safe to store; None outside any run.
    """
    try:
        span = current_agent() or trace.get_current_span()
        context = span.get_span_context()
        if not context.is_valid:
            ended = last_agent.get()
            if ended is None:
                return None
            context = ended
        return f"{context.trace_id:032x}-{context.span_id:016x}"
    except Exception as error:  # noqa: BLE001
        faults.absorb("current_run", error)
        return None
