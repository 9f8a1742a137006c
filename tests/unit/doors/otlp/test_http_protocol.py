"""OTLP over HTTP as the specification has it, asked of a real server on a real socket."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from typing import Any

import pytest
from google.rpc.error_details_pb2 import RetryInfo
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.doors.otlp.limits import DoorLimits
from tests.unit.doors.otlp.conftest import Front, StartFront
from tests.unit.doors.otlp.requests import (
    JSON,
    PROTOBUF,
    Answer,
    call,
    json_trace_body,
    log_body,
    metric_body,
    spans,
    trace_body,
)

TRACE_ID = bytes(range(16))


@pytest.mark.parametrize(
    ("path", "body", "signal", "response"),
    [
        ("/v1/traces", trace_body(3), Signal.TRACES, ExportTraceServiceResponse),
        ("/v1/logs", log_body(), Signal.LOGS, ExportLogsServiceResponse),
        ("/v1/metrics", metric_body(), Signal.METRICS, ExportMetricsServiceResponse),
        ("/v1/traces/", trace_body(), Signal.TRACES, ExportTraceServiceResponse),
    ],
    ids=["traces", "logs", "metrics", "traces with a slash"],
)
def test_each_signal_is_kept_as_it_came(
    front: Front, path: str, body: bytes, signal: Signal, response: Any
) -> None:
    before = time.time_ns()
    answer = call(front.ports.http, path, body)
    assert answer.status == 200
    assert answer.headers["content-type"] == PROTOBUF
    assert not response.FromString(answer.body).HasField("partial_success")
    (entry,) = front.entries()
    assert entry.record.body == body
    assert (entry.record.project, entry.record.signal) == ("default", signal)
    assert entry.record.encoding is Encoding.PROTOBUF
    assert before < entry.record.received_ns < time.time_ns()


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_kept_as_it_came_and_answered_in_json(front: Front, content_type: str) -> None:
    answer = call(front.ports.http, body=json_trace_body(), content_type=content_type)
    assert (answer.status, answer.json()) == (200, {})
    (entry,) = front.entries()
    assert (entry.record.encoding, entry.record.body) == (Encoding.JSON, json_trace_body())


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("gzip", lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:])),
        ("deflate", zlib.compress),
        ("identity", bytes),
    ],
    ids=["gzip", "capitals", "two members", "deflate", "identity"],
)
def test_compressed_bodies_are_kept_uncompressed(front: Front, encoding: str, compress: Any) -> None:
    body = trace_body(20, content="words " * 50)
    answer = call(front.ports.http, body=compress(body), content_encoding=encoding)
    assert answer.status == 200
    assert front.entries()[0].record.body == body


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
@pytest.mark.parametrize(("content_type", "body"), [(PROTOBUF, b""), (JSON, b"{}"), (JSON, b"")])
def test_an_empty_request_succeeds_and_keeps_nothing(
    front: Front, path: str, content_type: str, body: bytes
) -> None:
    answer = call(front.ports.http, path, body, content_type=content_type)
    assert answer.status == 200
    assert answer.headers["content-type"] == content_type
    assert front.entries() == []


def test_a_partly_bad_request_is_a_partial_success(front: Front) -> None:
    request = spans(3)
    request.MergeFrom(spans(2, trace_id=b"short"))
    answer = call(front.ports.http, body=request.SerializeToString())
    assert answer.status == 200
    partial = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert partial.rejected_spans == 2
    assert "trace_id" in partial.error_message
    assert [e.record.signal for e in front.entries()] == [Signal.TRACES]


def test_a_partly_bad_json_request_is_a_partial_success(front: Front) -> None:
    body = json_trace_body().replace(b"eee19b7ec3c1b174", b"eee1")
    answer = call(front.ports.http, body=body, content_type=JSON)
    assert answer.status == 200
    partial = answer.json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert "span_id" in partial["errorMessage"]


@pytest.mark.parametrize(
    ("given", "status", "rpc_code", "words"),
    [
        ({"body": b"\xff\xff\xff"}, 400, 3, "protobuf"),
        ({"body": trace_body()[:-3]}, 400, 3, "protobuf"),
        ({"body": b"not gzip", "content_encoding": "gzip"}, 400, 3, "gzip"),
        ({"body": gzip.compress(trace_body())[:-4], "content_encoding": "gzip"}, 400, 3, "end"),
        ({"body": trace_body(), "content_encoding": "br"}, 415, 3, "gzip"),
        ({"body": b"", "method": "PUT"}, 405, 12, "POST"),
        ({"body": b"", "path": "/v1/profiles"}, 404, 5, "/v1/traces"),
    ],
)
def test_refusals_in_protobuf_say_why(
    front: Front, given: dict[str, Any], status: int, rpc_code: int, words: str
) -> None:
    answer = call(front.ports.http, given.pop("path", "/v1/traces"), **given)
    assert answer.status == status
    told = answer.rpc_status()
    assert told.code == rpc_code
    assert words in told.message
    assert "retry-after" not in answer.headers
    assert front.entries(Signal.TRACES) == []


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"resourceSpans": 7}', b"\xff\xfe", b"[" * 100_000, b'"text"']
)
def test_refusals_in_json_say_why(front: Front, body: bytes) -> None:
    answer = call(front.ports.http, body=body, content_type=JSON)
    assert answer.status == 400
    told = answer.json()
    assert told["code"] == 3
    assert told["message"]


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/form-data", "application/xml", ";"])
def test_other_content_types_are_415(front: Front, content_type: str | None) -> None:
    answer = call(front.ports.http, body=trace_body(), content_type=content_type)
    assert answer.status == 415
    assert "application/x-protobuf" in answer.json()["message"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH"])
def test_other_methods_are_405_with_the_right_one(front: Front, method: str) -> None:
    answer = call(front.ports.http, method=method, content_type=None)
    assert answer.status == 405
    assert "POST" in answer.headers["allow"]


def test_options_says_what_is_allowed(front: Front) -> None:
    answer = call(front.ports.http, method="OPTIONS", content_type=None)
    assert answer.status == 204
    assert "POST" in answer.headers["allow"]
    assert "access-control-allow-origin" not in answer.headers


def test_web_pages_may_send_only_where_that_was_set(start_front: StartFront) -> None:
    asked: dict[str, Any] = {"origin": "https://app.example", "access_control_request_method": "POST"}
    closed = start_front()
    answer = call(closed.ports.http, method="OPTIONS", content_type=None, **asked)
    assert "access-control-allow-origin" not in answer.headers
    opened = start_front(limits=DoorLimits(cors_origins=("https://app.example",)))
    answer = call(opened.ports.http, method="OPTIONS", content_type=None, **asked)
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    answer = call(opened.ports.http, body=trace_body(), origin="https://app.example")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example"


def retry_delay(answer: Answer) -> float:
    info = RetryInfo()
    (detail,) = answer.rpc_status().details
    assert detail.Unpack(info)
    return float(info.retry_delay.ToMilliseconds()) / 1000


def test_a_busy_log_is_429_with_the_time_to_wait(front: Front) -> None:
    front.be_busy(retry_after=1.5)
    answer = call(front.ports.http, body=trace_body())
    assert answer.status == 429
    assert answer.headers["retry-after"] == "2"
    assert answer.rpc_status().code == 8
    assert retry_delay(answer) == 1.5
    assert call(front.ports.http, body=trace_body()).status == 200


def test_a_full_disk_is_503_with_the_time_to_wait(front: Front) -> None:
    front.be_full()
    answer = call(front.ports.http, body=json_trace_body(), content_type=JSON)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "2"
    told = answer.json()
    assert told["code"] == 14
    assert told["details"][0]["retryDelay"] == "2s"


def test_a_fault_of_ours_is_503_and_never_500(front: Front) -> None:
    front.be_broken()
    answer = call(front.ports.http, body=trace_body())
    assert answer.status == 503
    assert "retry-after" in answer.headers
    assert "ZeroDivision" not in answer.rpc_status().message


@pytest.mark.parametrize(
    ("headers", "status", "project"),
    [
        ({}, 200, "default"),
        ({"x_roadworthy_project": "open"}, 200, "open"),
        ({"authorization": "Bearer rw_a_1"}, 200, "alpha"),
        ({"authorization": "bearer rw_a_1"}, 200, "alpha"),
        ({"x_api_key": "rw_a_1"}, 200, "alpha"),
        ({"x_api_key": "rw_a_1", "x_roadworthy_project": "open"}, 200, "alpha"),
        ({"x_roadworthy_project": "closed"}, 401, None),
        ({"authorization": "Bearer wrong"}, 401, None),
        ({"x_api_key": "wrong"}, 401, None),
        ({"authorization": "Basic dTpw"}, 401, None),
        ({"authorization": "Bearer rw_b_2"}, 403, None),
    ],
)
def test_the_key_says_for_whom(
    front: Front, headers: dict[str, Any], status: int, project: str | None
) -> None:
    answer = call(front.ports.http, body=trace_body(), **headers)
    assert answer.status == status
    assert [e.record.project for e in front.entries(Signal.TRACES)] == ([project] if project else [])
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.rpc_status().code == 16


def test_refusals_are_told_to_somebody_gathered_and_masked(start_front: StartFront) -> None:
    front = start_front()
    for _ in range(20):
        call(front.ports.http, body=b"\xff sekret garbage", user_agent="agent/1")
    for _ in range(5):
        call(front.ports.http, body=trace_body(), user_agent="agent/2", x_api_key="wrong")
    told = sorted(front.rejections(2), key=lambda r: str(r["user_agent"]))
    assert sum(r["count"] for r in told) == 25
    garbage, stranger = told[0], told[-1]
    assert (garbage["code"], garbage["signal"], garbage["project"]) == ("bad_protobuf", "traces", "default")
    assert garbage["user_agent"] == "agent/1"
    assert garbage["peer"] == "127.0.0.1"
    assert "sekret" not in garbage["sample"]
    assert "garbage" in garbage["sample"]
    assert (stranger["code"], stranger["sample"]) == ("unauthorized", "")
    assert "wrong" not in json.dumps(stranger).replace("wrong_", "")


def test_what_the_sender_will_try_again_is_no_rejection(start_front: StartFront) -> None:
    front = start_front()
    front.be_busy(3)
    for _ in range(3):
        assert call(front.ports.http, body=trace_body()).status == 429
    call(front.ports.http, body=b"\xff")
    assert [r["code"] for r in front.rejections()] == ["bad_protobuf"]


@pytest.mark.parametrize("need_key", [False, True])
def test_metrics_beyond_loopback_want_a_key_of_any_scope(start_front: StartFront, *, need_key: bool) -> None:
    front = start_front(limits=DoorLimits(metrics_need_key=need_key))

    def ask(**headers: Any) -> int:
        return call(front.ports.http, "/metrics", method="GET", content_type=None, **headers).status

    assert ask() == (401 if need_key else 200)
    assert ask(authorization="Bearer rw_a_1") == 200
    assert ask(x_api_key="rw_b_2") == 200, "a key that may only read"
    assert ask(authorization="Bearer rw_c_3") == 401, "a wrong key is refused wherever it is presented"
    refused = call(front.ports.http, "/metrics", method="GET", content_type=None, x_api_key="no")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert front.rejections(0) == []


def test_health_and_metrics(start_front: StartFront) -> None:
    front = start_front()
    assert call(front.ports.http, "/healthz", method="GET", content_type=None).json() == {"status": "ok"}
    call(front.ports.http, body=trace_body(4))
    call(front.ports.http, body=b"\xff")
    page = call(front.ports.http, "/metrics", method="GET", content_type=None).body.decode()
    assert 'roadworthy_otlp_items_total{outcome="accepted",signal="traces"} 4.0' in page
    assert 'outcome="bad_protobuf",signal="traces"} 1.0' in page
