"""Requests as bytes on a connection: nothing between a test and what a sender really sends."""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import dataclass
from typing import Any

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        assert self.headers["content-type"] == JSON
        return json.loads(self.body)

    def rpc_status(self) -> Status:
        """The google.rpc.Status of a refusal in protobuf."""
        assert self.headers["content-type"] == PROTOBUF
        return Status.FromString(self.body)


def call(
    port: int,
    path: str = "/v1/traces",
    body: bytes = b"",
    *,
    method: str = "POST",
    content_type: str | None = PROTOBUF,
    **headers: str,
) -> Answer:
    """Header names are written with underscores: `content_encoding="gzip"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        named["content-type"] = content_type
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, named)
        response = connection.getresponse()
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=response.read(),
        )
    finally:
        connection.close()


def spans(count: int = 1, *, trace_id: bytes | None = None, content: str = "") -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number in range(count):
        span = scope.spans.add(
            trace_id=trace_id if trace_id is not None else os.urandom(16),
            span_id=os.urandom(8),
            name=f"step {number}",
        )
        span.attributes.add(key="content").value.string_value = content
    return request


def trace_body(count: int = 1, **given: Any) -> bytes:
    return spans(count, **given).SerializeToString()


def log_body() -> bytes:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "hello"
    return request.SerializeToString()


def metric_body() -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    metric.sum.data_points.add(as_int=1)
    return request.SerializeToString()


def json_trace_body() -> bytes:
    span = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "step"}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
