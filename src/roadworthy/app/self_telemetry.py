"""The product watches itself: work of core and worker as OpenTelemetry spans, where a setting says so.

Off, nothing of this is there: no hook is called and the OpenTelemetry SDK is not loaded.

Pointed at itself, it must not go round for ever: a batch that holds nothing but its own spans makes none, so
one batch of others is followed by one of its own, and then by silence.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from roadworthy.features.ingest.consumer import WrittenBatch

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

SERVICE = "roadworthy"
SCOPE = "roadworthy.server"
_WATCHED = ("/api/", "/mcp")
_ENDLESS = "/api/v1/events"
_OWN_LOGGERS = ("roadworthy.sdk", "opentelemetry", __name__)
_STOP_SECONDS = 1.0


class _Says(Protocol):
    @property
    def self_telemetry(self) -> str | None: ...


class SelfTelemetry:
    """`stop` sends what is left, for a second at most. Its own faults are logged and go no further."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(SCOPE)
        self._errors = _ErrorSpans(self._tracer)
        logging.getLogger().addHandler(self._errors)

    @classmethod
    def of(cls, settings: _Says) -> SelfTelemetry | None:
        """None where it is off. Headers (a key, a project) come from OTEL_EXPORTER_OTLP_HEADERS,
        ROADWORTHY_API_KEY and ROADWORTHY_PROJECT, as they do for agents."""
        if settings.self_telemetry is None:
            return None
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        from roadworthy.sdk.queue import SpanQueue
        from roadworthy.sdk.settings import resolve

        resource = Resource.create({"service.name": SERVICE, "service.version": version("roadworthy")})
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        sending = resolve(endpoint=settings.self_telemetry, exit_timeout_s=_STOP_SECONDS)
        provider.add_span_processor(SpanQueue(sending))
        return cls(provider)

    def batch_written(self, done: WrittenBatch) -> None:
        """From the consumer's writing thread."""
        try:
            if done.records and not _all_own(done):
                self._tell(done)
        except Exception:
            log.exception("a batch could not be traced")

    def watched(self, app: ASGIApp) -> ASGIApp:
        return _WatchedRequests(app, self._tracer)

    def stop(self) -> None:
        logging.getLogger().removeHandler(self._errors)
        self._provider.shutdown()

    def _tell(self, done: WrittenBatch) -> None:
        from opentelemetry import trace

        end = time.time_ns()
        begin = end - _ns(done.seconds)
        batch = done.batch
        whole = self._tracer.start_span(
            "ingest batch",
            start_time=begin,
            attributes={
                "roadworthy.records": done.records,
                "roadworthy.body_bytes": done.body_bytes,
                "roadworthy.spans": len(batch.spans),
                "roadworthy.runs": len(batch.runs),
                "roadworthy.scores": len(batch.scores),
                "roadworthy.rejections": len(batch.rejections),
            },
        )
        within = trace.set_span_in_context(whole)
        written_at = end - _ns(done.write_seconds)
        assembled_at = written_at - _ns(done.assemble_seconds)
        for name, start, seconds in (
            ("decode", begin, done.decode_seconds),
            ("assemble runs", assembled_at, done.assemble_seconds),
            ("write to store", written_at, done.write_seconds),
        ):
            step = self._tracer.start_span(name, context=within, start_time=start)
            step.end(end_time=start + _ns(seconds))
        whole.end(end_time=end)


def _all_own(done: WrittenBatch) -> bool:
    spans = done.batch.spans
    return bool(spans) and all(span.service == SERVICE and span.scope == SCOPE for span in spans)


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)


class _WatchedRequests:
    """ASGI: a span for each request of the API and of MCP; not for pages, probes and endless streams."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(_WATCHED) or path == _ENDLESS:
            await self._app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind, StatusCode

        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"]
        attributes = {"http.request.method": method, "url.path": path}
        span = self._tracer.start_span(method, kind=SpanKind.SERVER, attributes=attributes)
        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            span.record_exception(error)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            # Only once it was routed is it known which endpoint it was.
            route = _template(path, scope.get("path_params", {}))
            if route:
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(StatusCode.ERROR)
            span.end()


def _template(path: str, parameters: Mapping[str, str]) -> str:
    """`/api/v1/runs/{run_id}`: names of endpoints are few, paths are not. "" where no endpoint was found."""
    places = {str(value): f"{{{name}}}" for name, value in parameters.items()}
    if any("/" in value for value in places) or "{path}" in places.values():
        return ""
    return "/".join(places.get(segment, segment) for segment in path.split("/"))


class _ErrorSpans(logging.Handler):
    """What is logged as an error is a span of its own, with the exception as its event."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__(level=logging.ERROR)
        self._tracer = tracer

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_OWN_LOGGERS):
            return
        try:
            from opentelemetry.trace import StatusCode

            span = self._tracer.start_span(f"error in {record.name}")
            span.set_status(StatusCode.ERROR, record.getMessage()[:2_000])
            if record.exc_info and record.exc_info[1] is not None:
                span.record_exception(record.exc_info[1])
            span.end()
        except Exception:  # noqa: BLE001 (a log line must never break what it tells of)
            self.handleError(record)
