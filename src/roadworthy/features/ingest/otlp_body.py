"""An OTLP request body, protobuf or JSON, to one protobuf message."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.features.ingest.otlp_json import BadJson, read_json
from roadworthy.features.ingest.otlp_repair import repair

Request = Any
"""One of the three Export…ServiceRequest messages: their generated classes have no common, typed base."""

_REQUESTS: dict[Signal, Any] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}


class BadBody(ValueError):  # noqa: N818 (what was sent, not a fault of ours)
    """A body that cannot be read at all; `code` is short and stable (bad_protobuf, bad_json)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def parse_body(signal: Signal, encoding: Encoding, body: bytes) -> Request:
    """The request message. Raises `BadBody`, and nothing else, on any bytes."""
    request = _REQUESTS[signal]()
    if encoding is Encoding.JSON:
        try:
            read_json(body, request)
        except BadJson as error:
            raise BadBody("bad_json", f"{error} (OTLP/JSON, {signal.name.lower()})") from error
        return request
    try:
        request.ParseFromString(body)
    except DecodeError as refused:
        return _parse_repaired(signal, body, refused)
    return request


def _parse_repaired(signal: Signal, body: bytes, refused: DecodeError) -> Request:
    request = _REQUESTS[signal]()
    try:
        request.ParseFromString(repair(body, request.DESCRIPTOR))
    except (DecodeError, ValueError, RecursionError) as error:
        message = f"The body is not a protobuf {signal.name.lower()} request: {refused}"
        raise BadBody("bad_protobuf", message) from error
    return request
