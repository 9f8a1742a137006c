"""Bodies that are wrong, huge, cut off or malicious: no crash, and what can be kept is kept."""

from __future__ import annotations

import json

import pytest
from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.domain.span import SpanFlag, SpanStatus
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.otlp_body import BadBody
from roadworthy.features.ingest.validate import validate
from tests.unit.ingest.otlp_bodies import (
    NOW_NS,
    TRACE,
    add_span,
    decoded,
    only_span,
    record,
    request,
    spans_of,
)
from tests.unit.ingest.test_dialects import read

SIGNALS = (Signal.TRACES, Signal.LOGS, Signal.METRICS)
YEAR_NS = 365 * 86_400 * 1_000_000_000


def real_body() -> bytes:
    made = request()
    add_span(made, number=1, gen_ai__operation__name="invoke_agent", gen_ai__agent__name="desk")
    add_span(made, number=2, parent=1, gen_ai__operation__name="chat", gen_ai__usage__input_tokens=12)
    return bytes(made.SerializeToString())


def survives(signal: Signal, encoding: Encoding, body: bytes) -> None:
    """The door and the consumer come to the same verdict, and neither raises anything else."""
    try:
        accepted = validate(signal, encoding, body)
    except BadBody as refused:
        assert refused.code in ("bad_protobuf", "bad_json") and refused.message
        with pytest.raises(BadBody):
            decode(record(body, signal=signal, encoding=encoding), version=1)
        return
    result = decode(record(body, signal=signal, encoding=encoding), version=1)
    if signal is Signal.TRACES:
        assert len(result.spans) == accepted.accepted
        assert sum(r.count for r in result.rejections) == accepted.rejected_count


@given(st.sampled_from(SIGNALS), st.sampled_from(list(Encoding)), st.binary(max_size=400))
def test_garbage(signal: Signal, encoding: Encoding, body: bytes) -> None:
    survives(signal, encoding, body)


@given(st.data())
def test_real_bodies_cut_off_and_with_bytes_changed(data: st.DataObject) -> None:
    body = bytearray(real_body())
    for _ in range(data.draw(st.integers(0, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    survives(Signal.TRACES, Encoding.PROTOBUF, bytes(body[: data.draw(st.integers(0, len(body)))]))


_keys = st.sampled_from(
    ["resourceSpans", "scopeSpans", "spans", "traceId", "spanId", "attributes", "key", "value", "stringValue",
     "intValue", "kvlistValue", "arrayValue", "values", "events", "links", "status", "code", "kind",
     "startTimeUnixNano", "resource_spans", "bytesValue", "doubleValue"]
)  # fmt: skip
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(_keys, _json, max_size=4))
def test_json_of_the_right_names_and_the_wrong_shape(body: dict[str, object]) -> None:
    survives(Signal.TRACES, Encoding.JSON, json.dumps(body).encode())


@given(st.text(st.sampled_from('{}[]",:0123456789eE+-.truefalsn \\u'), max_size=60))
def test_almost_json(body: str) -> None:
    survives(Signal.TRACES, Encoding.JSON, body.encode())


def test_a_wrong_field_is_named() -> None:
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"noon"}]}]}]}'
    with pytest.raises(BadBody, match=r"resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]\.startTimeUnixNano"):
        decoded(body, encoding=Encoding.JSON)


@pytest.mark.parametrize(
    ("trace_id", "span_id", "code"),
    [
        (b"short", b"12345678", "bad_trace_id"),
        (bytes(16), b"12345678", "bad_trace_id"),
        (b"", b"12345678", "bad_trace_id"),
        (TRACE, b"long-enough?", "bad_span_id"),
        (TRACE, bytes(8), "bad_span_id"),
    ],
)
def test_bad_ids_are_refused_one_by_one(trace_id: bytes, span_id: bytes, code: str) -> None:
    made = request()
    add_span(made, number=1)
    bad = add_span(made, number=2)
    bad.trace_id, bad.span_id = trace_id, span_id
    result = decoded(made)
    assert [s.span_id for s in result.spans] == ["0000000000000001"]
    assert [(r.code, r.count, r.signal) for r in result.rejections] == [(code, 1, "traces")]
    verdict = validate(Signal.TRACES, Encoding.PROTOBUF, made.SerializeToString())
    assert (verdict.accepted, verdict.rejected_count) == (1, 1)


def test_an_id_that_is_no_hex_is_refused_alone() -> None:
    spans = [
        {"traceId": TRACE.hex(), "spanId": "eee19b7ec3c1b174", "name": "good"},
        {"traceId": "not hex at all", "spanId": "eee19b7ec3c1b175"},
    ]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    result = decoded(body, encoding=Encoding.JSON)
    assert [s.name for s in result.spans] == ["good"]
    assert [r.code for r in result.rejections] == ["bad_trace_id"]


def test_invalid_utf8_in_protobuf_is_replaced() -> None:
    made = request()
    add_span(made, name="caf?", note="caf?")
    body = made.SerializeToString().replace(b"caf?", b"caf\xe9")
    span = only_span(body)
    assert span.name == "caf�" and span.attributes["note"] == "caf�"


def test_invalid_utf8_and_lone_surrogates_in_json_are_replaced() -> None:
    start = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"' + TRACE.hex()
    body = start.encode() + b'","spanId":"eee19b7ec3c1b174","name":"caf\xe9 \\ud800"}]}]}]}'
    assert only_span(body, encoding=Encoding.JSON).name.startswith("caf�")


def field(number: int, value: bytes) -> bytes:
    """A length-delimited field; upb's Python classes refuse to build what is nested this deep."""
    return bytes([number << 3 | 2]) + bytes(_VarintBytes(len(value))) + value


def test_values_nested_deeper_than_protobuf_allows() -> None:
    value = AnyValue(string_value="bottom").SerializeToString()
    for _ in range(300):
        value = field(5, field(1, value))  # AnyValue.array_value, ArrayValue.values
    attribute = field(9, field(1, b"deep") + field(2, value))
    span = only_span(field(1, field(2, field(2, field(1, TRACE) + field(2, b"12345678") + attribute))))
    assert span.attributes["deep"].startswith("[[[")


@pytest.mark.parametrize("depth", [50, 200, 900, 100_000])
def test_json_nested_deep(depth: int) -> None:
    value = '{"arrayValue":{"values":[' * depth + '{"stringValue":"bottom"}' + "]}}" * depth
    body = (
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"'
        + TRACE.hex()
        + '","spanId":"eee19b7ec3c1b174",'
        '"attributes":[{"key":"deep","value":' + value + "}]}]}]}]}"
    )
    try:
        span = only_span(body.encode(), encoding=Encoding.JSON)
    except BadBody as refused:
        assert refused.code == "bad_json" and depth > 200
    else:
        assert "deep" in span.attributes


def test_ten_thousand_attributes() -> None:
    made = request()
    span = add_span(made, gen_ai__operation__name="chat")
    for number in range(10_000):
        pair = span.attributes.add()
        pair.key, pair.value.int_value = f"k{number}", number
    kept = only_span(made)
    assert kept.attributes["k9999"] == "9999" and len(kept.attributes) >= 10_000


def test_a_message_of_five_megabytes_is_kept() -> None:
    made = request()
    text = "a" * 5_000_000
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}])
    add_span(made, gen_ai__operation__name="chat", gen_ai__input__messages=messages)
    assert text in only_span(made).input


@pytest.mark.parametrize("off_ns", [-20 * YEAR_NS, 30 * YEAR_NS])
def test_clocks_off_by_years_are_flagged(off_ns: int) -> None:
    made = request()
    add_span(made, start_ns=NOW_NS + off_ns, end_ns=NOW_NS + off_ns + 1)
    span = only_span(made)
    assert span.start_ns == NOW_NS + off_ns and SpanFlag.CLOCK_SKEW in span.flags


def test_an_end_before_the_start_is_flagged() -> None:
    made = request()
    add_span(made, start_ns=NOW_NS, end_ns=NOW_NS - 5)
    span = only_span(made)
    assert SpanFlag.CLOCK_SKEW in span.flags and span.duration_ns == 0


def test_the_largest_time_there_is_fits_every_store() -> None:
    made = request()
    add_span(made, start_ns=2**64 - 1, end_ns=2**64 - 1)
    assert only_span(made).end_ns == 2**63 - 1


def test_a_span_that_has_not_ended() -> None:
    made = request()
    add_span(made, end_ns=0)
    span = only_span(made)
    assert SpanFlag.UNENDED in span.flags and span.duration_ns is None


def test_a_parent_of_wrong_length_or_the_span_itself_is_no_parent() -> None:
    made = request()
    add_span(made, number=1).parent_span_id = b"xyz"
    add_span(made, number=2, parent=2)
    assert [s.parent_id for s in decoded(made).spans] == ["", ""]


def test_attribute_values_of_wrong_type_are_kept() -> None:
    made = request()
    add_span(
        made,
        gen_ai__operation__name="chat",
        gen_ai__request__model=4,
        gen_ai__usage__input_tokens="many",
        gen_ai__usage__output_tokens="17",
        gen_ai__input__messages=12,
        session__id=True,
    )
    span = only_span(made)
    assert (span.model_asked, span.input_tokens, span.output_tokens) == ("4", None, 17)
    assert span.attributes["gen_ai.usage.input_tokens"] == "many"
    assert span.session_id == "true" and span.input == "12"


def test_empty_bodies_are_empty_requests() -> None:
    for signal in SIGNALS:
        assert validate(signal, Encoding.PROTOBUF, b"").accepted == 0
        assert validate(signal, Encoding.JSON, b"{}").accepted == 0


def test_json_by_the_rules_of_otlp() -> None:
    """Ids are hex, enums are integers (names do, too), integers may be strings, unknown fields are
    ignored."""
    span = {
        "traceId": "5B8EFFF798038103D269B633813FC60C",
        "spanId": "EEE19B7EC3C1B174",
        "parentSpanId": "EEE19B7EC3C1B173",
        "name": "call",
        "kind": 3,
        "startTimeUnixNano": str(NOW_NS),
        "endTimeUnixNano": NOW_NS + 10,
        "status": {"code": "STATUS_CODE_ERROR", "message": "no"},
        "somethingNew": {"a": [1]},
        "attributes": [
            {"key": "i", "value": {"intValue": "9007199254740993"}},
            {"key": "d", "value": {"doubleValue": "NaN"}},
            {"key": "b", "value": {"boolValue": True}},
            {"key": "bytes", "value": {"bytesValue": "aGk="}},
            {"key": "map", "value": {"kvlistValue": {"values": [{"key": "x", "value": {"intValue": 1}}]}}},
        ],
    }
    read = only_span(
        json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode(), encoding=Encoding.JSON
    )
    assert (read.trace_id, read.span_id, read.parent_id) == (
        "5b8efff798038103d269b633813fc60c",
        "eee19b7ec3c1b174",
        "eee19b7ec3c1b173",
    )
    assert (read.start_ns, read.end_ns, read.status, read.error) == (
        NOW_NS,
        NOW_NS + 10,
        SpanStatus.ERROR,
        "no",
    )
    kept = read.attributes
    assert (kept["i"], kept["b"], kept["bytes"]) == ("9007199254740993", "true", "aGk=")
    assert (kept["map"], kept["otel.kind"]) == ('{"x":1}', "client")


def test_metrics_are_counted() -> None:
    body = {
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "sum": {"dataPoints": [{}, {}]}}]}]}]
    }
    content = json.dumps(body).encode()
    assert validate(Signal.METRICS, Encoding.JSON, content).accepted == 2
    assert decode(record(content, signal=Signal.METRICS, encoding=Encoding.JSON), version=1).data_points == 2


def test_spans_and_empty_scopes() -> None:
    made = request()
    made.resource_spans.add()
    made.resource_spans[0].scope_spans.add()
    assert decoded(made).spans == [] and len(spans_of(made)) == 0


@pytest.mark.parametrize(
    ("scope", "status", "attributes"),
    [
        ("my-tracer", 0, {"gen_ai.operation.name": ["chat"], "llm.request.type": {"chat": 1}}),
        ("my-tracer", 0, {"gen_ai.request.model": "m", "llm.request.type": ["chat"]}),
        (
            "my-tracer",
            0,
            {"langsmith.span.kind": "llm", "gen_ai.prompt": {"a": [1]}},
        ),
        ("my-tracer", 2, {"openinference.span.kind": "TOOL", "output.value": "A" * 3_000 + "(a): why"}),
        ("my-tracer", 0, {"openinference.span.kind": "LLM", "input.value": '[{"role": "user", "type": []}]'}),
        ("openlit", 0, {"function.args": "{[]: 1}", "function.kwargs": "{" * 9_000}),
        ("logfire", 0, {"logfire.json_schema": '{"properties": [{}]}', "return": "fine"}),
        ("logfire", 0, {"logfire.json_schema": '{"properties": 5}', "return": "fine"}),
        ("strands.telemetry", 0, {"gen_ai.operation.name": ["invoke_swarm"]}),
        ("my-tracer", 0, {"ag2.span.type": "usage", "ag2.usage.kind": ["model_call"]}),
    ],
)
def test_attributes_of_the_wrong_shape_are_kept_as_they_came(
    scope: str, status: int, attributes: dict[str, object]
) -> None:
    span = read(attributes, scope=scope, status=status)
    assert span.input or span.output or span.attributes


@pytest.mark.parametrize("printed", ["ToolCall(tool_kwargs={[]: 1})", f"ToolCall({'1,' * 1_000_000})"])
def test_a_step_of_llama_index_that_prints_no_call_names_no_tool(printed: str) -> None:
    step = {"llamaindex.step.input_event": "ToolCall", "llamaindex.step.input_summary": printed}
    span = read(step, scope="llamaindex.opentelemetry.tracer", name="desk.call_tool")
    assert (span.tool_name, span.input) == ("", "")


def test_an_event_of_llama_index_nested_without_end_says_nothing() -> None:
    answered = ("LLMChatEndEvent", {"response.message." + "a." * 5_000 + "content": "x"})
    assert read({}, scope="llamaindex.opentelemetry.tracer", events=[answered]).output == ""
