"""OTLP bodies made by hand, for what no real sender would send."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.domain.span import Span
from roadworthy.features.ingest.decode import Decoded, decode

NOW_NS = 1_795_336_200_000_000_000
TRACE = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def request() -> Any:
    """An empty request with one resource and one scope; add spans to `spans_of(it)`."""
    made = ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    put(resource.resource.attributes, "service.name", "shop")
    resource.scope_spans.add().scope.name = "test"
    return made


def spans_of(made: Any) -> Any:
    return made.resource_spans[0].scope_spans[0].spans


def add_span(
    made: Any,
    *,
    number: int = 1,
    parent: int = 0,
    trace: bytes = TRACE,
    name: str = "step",
    start_ns: int = NOW_NS,
    end_ns: int = NOW_NS + 1_000_000,
    **attributes: Any,
) -> Any:
    """Attribute names have "__" for "."."""
    span = spans_of(made).add()
    span.trace_id, span.span_id = trace, span_id(number)
    if parent:
        span.parent_span_id = span_id(parent)
    span.name, span.start_time_unix_nano, span.end_time_unix_nano = name, start_ns, end_ns
    for key, value in attributes.items():
        put(span.attributes, key.replace("__", "."), value)
    return span


def put(attributes: Any, key: str, value: Any) -> None:
    pair = attributes.add()
    pair.key = key
    if isinstance(value, bool):
        pair.value.bool_value = value
    elif isinstance(value, str):
        pair.value.string_value = value
    elif isinstance(value, int):
        pair.value.int_value = value
    elif isinstance(value, float):
        pair.value.double_value = value
    else:
        raise TypeError(f"{key}: {value!r}")


def record(
    body: bytes | Any, *, signal: Signal = Signal.TRACES, encoding: Encoding = Encoding.PROTOBUF
) -> IntakeRecord:
    content = body if isinstance(body, bytes) else body.SerializeToString()
    return IntakeRecord(project="p", signal=signal, encoding=encoding, received_ns=NOW_NS, body=content)


def decoded(body: bytes | Any, *, encoding: Encoding = Encoding.PROTOBUF) -> Decoded:
    return decode(record(body, encoding=encoding), version=7)


def only_span(body: bytes | Any, *, encoding: Encoding = Encoding.PROTOBUF) -> Span:
    spans = decoded(body, encoding=encoding).spans
    assert len(spans) == 1
    return spans[0]
