"""`roadworthy.init` and its counterparts: where spans go, and the end of the process."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, TracerProvider

from roadworthy.sdk import faults, settings
from roadworthy.sdk.attributes import can_write_directly
from roadworthy.sdk.instrument import instrument_installed
from roadworthy.sdk.queue import ExportStats, SpanQueue
from roadworthy.sdk.scope import session_of
from roadworthy.sdk.settings import Settings
from roadworthy.sdk.tracer import SCOPE, state

_lock = threading.Lock()
_queue: SpanQueue | None = None
_own_provider: TracerProvider | None = None
"""The one made by the first `init`: OpenTelemetry's global provider can be set only once."""

_CONTENT_SWITCHES = {
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": ("SPAN_ONLY", "NO_CONTENT"),
    "OTEL_SEMCONV_STABILITY_OPT_IN": ("gen_ai_latest_experimental", "gen_ai_latest_experimental"),
    "TRACELOOP_TRACE_CONTENT": ("true", "false"),
    "OPENINFERENCE_HIDE_INPUTS": ("false", "true"),
    "OPENINFERENCE_HIDE_OUTPUTS": ("false", "true"),
}
"""How each family of instrumentations is told to record content, and not to."""


def init(
    *,
    endpoint: str | None = None,
    agent: str | None = None,
    release: str | None = None,
    environment: str | None = None,
    api_key: str | None = None,
    project: str | None = None,
    instrument: bool | Sequence[str] = True,
    content: bool = True,
    timeout_s: float = 10.0,
    interval_s: float = 1.0,
    max_queue_spans: int = 20_000,
    max_queue_bytes: int = 32 * 1024 * 1024,
    exit_timeout_s: float = 5.0,
) -> None:
    """Send what this process does to Roadworthy, and instrument the agent libraries found installed.

    `endpoint` is the OTLP/HTTP address (default: ROADWORTHY_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT, else
    http://127.0.0.1:4318). `agent` names the service, `release` the pinned version of the agent,
    `environment` where it runs. `instrument` may list library names instead of all, or be False.
    `content=False` records no prompts, arguments or answers.

    A tracer provider of the host is used as it is and only sent to Roadworthy too. Never raises and never
    waits for the network; a second call changes nothing until `shutdown`.
    """
    try:
        wanted = settings.resolve(
            endpoint=endpoint,
            agent=agent,
            release=release,
            environment=environment,
            api_key=api_key,
            project=project,
            content=content,
            timeout_s=timeout_s,
            interval_s=interval_s,
            max_queue_spans=max_queue_spans,
            max_queue_bytes=max_queue_bytes,
            exit_timeout_s=exit_timeout_s,
        )
        if settings.disabled():
            return
        with _lock:
            _start(wanted, instrument=instrument)
    except Exception as error:  # noqa: BLE001
        faults.absorb("init", error)


def _start(wanted: Settings, *, instrument: bool | Sequence[str]) -> None:
    global _queue, _own_provider
    if _queue is not None:
        faults.warn("init twice", "init was called before; call shutdown first to change where spans go")
        return
    faults.forget()
    for variable, (on, off) in _CONTENT_SWITCHES.items():
        os.environ.setdefault(variable, on if wanted.content else off)
    current = trace.get_tracer_provider()
    if isinstance(current, TracerProvider):
        provider, ours = current, False
    else:
        provider, ours = TracerProvider(resource=_resource(wanted), shutdown_on_exit=False), True
        _own_provider = provider
    state.direct = provider is _own_provider and can_write_directly(provider)
    _queue = SpanQueue(wanted, stamp=_stamp(wanted, provider))
    provider.add_span_processor(_queue)
    if ours:
        trace.set_tracer_provider(provider)
        if trace.get_tracer_provider() is not provider:
            faults.warn("foreign provider", "another tracer provider is set up; its own spans are not sent")
    state.tracer = provider.get_tracer(SCOPE)
    state.content = wanted.content
    atexit.register(_queue.shutdown)
    if instrument:
        instrument_installed(
            provider, only=None if instrument is True else tuple(instrument), content=wanted.content
        )


def flush(*, timeout_s: float = 30.0) -> bool:
    """Wait until everything recorded by now is sent or given up; False where that took longer."""
    try:
        return _queue.force_flush(int(timeout_s * 1_000)) if _queue is not None else True
    except Exception as error:  # noqa: BLE001
        faults.absorb("flush", error)
        return False


def shutdown() -> None:
    """Send what is left, for at most `exit_timeout_s`, and record nothing any more. Exit does so itself."""
    global _queue
    try:
        with _lock:
            queue, _queue = _queue, None
            state.tracer = None
        if queue is not None:
            atexit.unregister(queue.shutdown)
            queue.shutdown()
    except Exception as error:  # noqa: BLE001
        faults.absorb("shutdown", error)


def export_stats() -> ExportStats:
    """How many spans were sent, dropped and rejected since `init`, and how many wait."""
    return _queue.stats() if _queue is not None else ExportStats(sent=0, dropped=0, rejected=0, waiting=0)


def _resource(wanted: Settings) -> Resource:
    attributes = {"service.name": wanted.agent, **_release_attributes(wanted)}
    return Resource.create(attributes)


def _release_attributes(wanted: Settings) -> dict[str, str]:
    attributes: dict[str, str] = {}
    if wanted.release:
        attributes |= {"service.version": wanted.release, "roadworthy.release": wanted.release}
    if wanted.environment:
        attributes["deployment.environment.name"] = wanted.environment
    return attributes


def _stamp(wanted: Settings, provider: TracerProvider) -> Callable[[Span, Context | None], None]:
    """Writes on each span what its resource and its own library do not know."""
    known = provider.resource.attributes
    missing = {key: value for key, value in _release_attributes(wanted).items() if known.get(key) != value}

    def stamp(span: Span, context: Context | None) -> None:
        if missing:
            span.set_attributes(missing)
        session = session_of(context)
        if session is not None:
            span.set_attribute("gen_ai.conversation.id", session.id)
            if session.user:
                span.set_attribute("user.id", session.user)

    return stamp
