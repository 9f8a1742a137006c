"""The bytes of OTLP answers: success, partial success, google.rpc.Status; in protobuf and in JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.doors.otlp.refusal import Refused
from roadworthy.features.ingest.validate import Acceptance

CONTENT_TYPES = {Encoding.PROTOBUF: "application/x-protobuf", Encoding.JSON: "application/json"}

_RESPONSES: dict[Signal, tuple[Any, str, str]] = {
    Signal.TRACES: (ExportTraceServiceResponse, "rejected_spans", "rejectedSpans"),
    Signal.LOGS: (ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords"),
    Signal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points", "rejectedDataPoints"),
}


def success(acceptance: Acceptance, *, signal: Signal, encoding: Encoding) -> bytes:
    """The answer to what was accepted; `partial_success` is set only where something was not."""
    message, field, json_field = _RESPONSES[signal]
    if not acceptance.rejected:
        return b"{}" if encoding is Encoding.JSON else b""
    count = acceptance.rejected_count
    reason = "; ".join(f"{r.count} rejected: {r.reason}" for r in acceptance.rejected)
    if encoding is Encoding.JSON:
        # int64 is a string in OTLP/JSON, as in protobuf's own mapping.
        return json.dumps({"partialSuccess": {json_field: str(count), "errorMessage": reason}}).encode()
    return bytes(message(partial_success={field: count, "error_message": reason}).SerializeToString())


def status(refused: Refused, *, encoding: Encoding) -> bytes:
    """The google.rpc.Status of a refusal."""
    if encoding is Encoding.JSON:
        body: dict[str, object] = {"code": int(refused.rpc_code), "message": refused.message}
        if refused.retry_after is not None:
            body["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": f"{refused.retry_after:g}s",
                }
            ]
        return json.dumps(body).encode()
    answer = Status(code=int(refused.rpc_code), message=refused.message)
    if refused.retry_after is not None:
        answer.details.add().Pack(retry_info(refused.retry_after))
    return bytes(answer.SerializeToString())


def retry_info(seconds: float) -> RetryInfo:
    whole = math.floor(seconds)
    delay = Duration(seconds=whole, nanos=int((seconds - whole) * 1e9))
    return RetryInfo(retry_delay=delay)
