"""OTLP over gRPC, asked of a real server with gRPC's own client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.doors.otlp.limits import DoorLimits
from tests.unit.doors.otlp.conftest import Front, StartFront
from tests.unit.doors.otlp.requests import log_body, metric_body, spans, trace_body

TRACES = "opentelemetry.proto.collector.trace.v1.TraceService"
LOGS = "opentelemetry.proto.collector.logs.v1.LogsService"
METRICS = "opentelemetry.proto.collector.metrics.v1.MetricsService"


def export(
    front: Front,
    body: bytes,
    *,
    service: str = TRACES,
    compression: grpc.Compression = grpc.Compression.NoCompression,
    **metadata: str,
) -> bytes:
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(front.grpc, options=options) as channel:
        call = channel.unary_unary(f"/{service}/Export", None, None)
        named = tuple((name.replace("_", "-"), value) for name, value in metadata.items())
        return bytes(call(body, timeout=20, metadata=named, compression=compression))


def refused(front: Front, body: bytes, **given: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as error:
        export(front, body, **given)
    return error.value


@pytest.mark.parametrize(
    ("service", "body", "signal", "response"),
    [
        (TRACES, trace_body(2), Signal.TRACES, ExportTraceServiceResponse),
        (LOGS, log_body(), Signal.LOGS, ExportLogsServiceResponse),
        (METRICS, metric_body(), Signal.METRICS, ExportMetricsServiceResponse),
    ],
    ids=["traces", "logs", "metrics"],
)
@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_each_signal_is_kept_as_it_came(
    front: Front, service: str, body: bytes, signal: Signal, response: Any, compression: grpc.Compression
) -> None:
    answer = export(front, body, service=service, compression=compression)
    assert not response.FromString(answer).HasField("partial_success")
    (entry,) = front.entries()
    assert (entry.record.body, entry.record.signal) == (body, signal)
    assert (entry.record.encoding, entry.record.project) == (Encoding.PROTOBUF, "default")


def test_an_empty_request_succeeds_and_keeps_nothing(front: Front) -> None:
    assert export(front, b"") == b""
    assert front.entries() == []


def test_a_partly_bad_request_is_a_partial_success(front: Front) -> None:
    request = spans(3)
    request.MergeFrom(spans(2, trace_id=b"short"))
    partial = ExportTraceServiceResponse.FromString(
        export(front, request.SerializeToString())
    ).partial_success
    assert partial.rejected_spans == 2
    assert "trace_id" in partial.error_message


def test_garbage_is_an_invalid_argument_and_told_to_somebody(start_front: StartFront) -> None:
    front = start_front()
    error = refused(front, b"\xff\xff\xff")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    (told,) = front.rejections()
    assert (told["code"], told["signal"], told["peer"]) == ("bad_protobuf", "traces", "127.0.0.1")


def trailers(error: grpc.RpcError) -> dict[str, bytes]:
    return {item.key: item.value for item in error.trailing_metadata()}


def test_a_busy_log_is_resource_exhausted_with_the_time_to_wait(front: Front) -> None:
    front.be_busy(retry_after=1.5)
    error = refused(front, trace_body())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    details = Status.FromString(trailers(error)["grpc-status-details-bin"])
    info = RetryInfo()
    assert details.details[0].Unpack(info)
    assert info.retry_delay.ToMilliseconds() == 1500
    where_python_looks = RetryInfo.FromString(trailers(error)["google.rpc.retryinfo-bin"])
    assert where_python_looks == info


def test_a_full_disk_is_unavailable_with_the_time_to_wait(front: Front) -> None:
    front.be_full()
    error = refused(front, trace_body())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "google.rpc.retryinfo-bin" in trailers(error)


def test_a_fault_of_ours_is_unavailable_and_never_unknown(front: Front) -> None:
    front.be_broken()
    error = refused(front, trace_body())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "ZeroDivision" not in str(error.details())


@pytest.mark.parametrize(
    ("metadata", "code", "project"),
    [
        ({}, None, "default"),
        ({"authorization": "Bearer rw_a_1"}, None, "alpha"),
        ({"x_api_key": "rw_a_1"}, None, "alpha"),
        ({"x_roadworthy_project": "open"}, None, "open"),
        ({"x_roadworthy_project": "closed"}, grpc.StatusCode.UNAUTHENTICATED, None),
        ({"x_api_key": "wrong"}, grpc.StatusCode.UNAUTHENTICATED, None),
        ({"x_api_key": "rw_b_2"}, grpc.StatusCode.PERMISSION_DENIED, None),
    ],
)
def test_the_key_says_for_whom(
    front: Front, metadata: dict[str, Any], code: grpc.StatusCode | None, project: str | None
) -> None:
    if code is None:
        export(front, trace_body(), **metadata)
    else:
        assert refused(front, trace_body(), **metadata).code() is code
    assert [e.record.project for e in front.entries(Signal.TRACES)] == ([project] if project else [])


def test_a_call_nobody_knows_is_unimplemented(front: Front) -> None:
    error = refused(front, trace_body(), service="opentelemetry.proto.collector.profiles.v1.ProfilesService")
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_message_that_never_comes_is_ended(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(body_seconds=0.5))
    over = threading.Event()

    def silence() -> Iterator[bytes]:
        over.wait(20)
        yield b""

    with grpc.insecure_channel(front.grpc) as channel:
        call = channel.stream_unary(f"/{TRACES}/Export", None, None)
        with pytest.raises(grpc.RpcError) as error:
            call(silence(), timeout=15)
        over.set()
    assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "did not arrive" in str(error.value.details())
