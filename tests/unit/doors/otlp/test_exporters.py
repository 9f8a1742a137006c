"""The exporters people really use, sending for real."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from roadworthy.contracts.intake import Signal


def a_span(name: str) -> ReadableSpan:
    span = TracerProvider().get_tracer("t").start_span(name)
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


def names(front: Any) -> list[str]:
    return [
        span.name
        for entry in front.entries(Signal.TRACES)
        for resource in ExportTraceServiceRequest.FromString(entry.record.body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@pytest.mark.parametrize("compression", list(Compression))
def test_the_http_exporter_is_understood(front: Any, compression: Compression) -> None:
    exporter = HttpSpanExporter(f"{front.http}/v1/traces", compression=compression)
    assert exporter.export([a_span("step")]) is SpanExportResult.SUCCESS
    assert names(front) == ["step"]


def test_the_grpc_exporter_is_understood(front: Any) -> None:
    exporter = GrpcSpanExporter(front.grpc, insecure=True)
    assert exporter.export([a_span("step")]) is SpanExportResult.SUCCESS
    assert names(front) == ["step"]
    exporter.shutdown()


def test_the_http_exporter_waits_and_tries_again(front: Any) -> None:
    front.be_busy(2, retry_after=1.0)
    exporter = HttpSpanExporter(f"{front.http}/v1/traces")
    assert exporter.export([a_span("patient")]) is SpanExportResult.SUCCESS
    assert names(front) == ["patient"]


def test_the_grpc_exporter_waits_and_tries_again(front: Any) -> None:
    front.be_busy(1, retry_after=0.1)
    front.be_full(1)
    exporter = GrpcSpanExporter(front.grpc, insecure=True)
    assert exporter.export([a_span("patient")]) is SpanExportResult.SUCCESS
    assert names(front) == ["patient"]
    exporter.shutdown()


@pytest.mark.parametrize("make", ["http", "grpc"])
def test_exporters_survive_a_fault_of_ours(front: Any, make: str) -> None:
    front.be_broken()
    exporter: Any = (
        HttpSpanExporter(f"{front.http}/v1/traces", timeout=20)
        if make == "http"
        else GrpcSpanExporter(front.grpc, insecure=True, timeout=20)
    )
    assert exporter.export([a_span("kept")]) is SpanExportResult.SUCCESS
    assert names(front) == ["kept"]
    exporter.shutdown()


def test_a_key_is_sent_as_a_header(front: Any) -> None:
    exporter = HttpSpanExporter(f"{front.http}/v1/traces", headers={"authorization": "Bearer rw_a_1"})
    assert exporter.export([a_span("step")]) is SpanExportResult.SUCCESS
    assert [e.record.project for e in front.entries()] == ["alpha"]
