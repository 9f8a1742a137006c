"""Other people's OTLP and span fixtures go through our decoder and masking without an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.domain.span import ContentFormat, Span
from roadworthy.features.ingest.decode import Decoded, decode
from roadworthy.features.ingest.mask import mask_spans

SIGNALS = {"trace": Signal.TRACES, "logs": Signal.LOGS, "events": Signal.LOGS, "metrics": Signal.METRICS}


def read(body: object, signal: Signal = Signal.TRACES) -> Decoded:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    record = IntakeRecord(project="p", signal=signal, encoding=Encoding.JSON, received_ns=1, body=content)
    return decode(record, version=1)


@pytest.mark.parametrize("name", SIGNALS)
def test_the_protocol_s_own_examples_are_read(name: str, shared_data: Path) -> None:
    path = shared_data / f"traces/otel_payloads/otlp_proto_examples/{name}.json"
    decoded = read(path.read_bytes(), SIGNALS[name])
    assert decoded.rejections == []
    if name == "trace":
        assert [span.trace_id for span in decoded.spans] == ["5b8efff798038103d269b633813fc60c"]


def test_jaeger_s_fixtures_are_read_whole(shared_data: Path) -> None:
    paths = sorted((shared_data / "traces/otel_payloads/jaeger_fixtures").glob("*.json"))
    assert len(paths) > 20
    for path in paths:
        sent = [
            span
            for resource in json.loads(path.read_text())["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]
        decoded = read(path.read_bytes())
        assert decoded.rejections == [], path.name
        assert [span.name for span in decoded.spans] == [span["name"] for span in sent], path.name


def spans_of(path: Path) -> list[dict[str, Any]]:
    """The spans of an OpenInference fixture: a list of them, a table of lists, or bare attributes."""
    loaded = json.loads(path.read_text())
    if isinstance(loaded, list):
        return loaded
    if any(key.startswith(("gen_ai.", "openinference.")) for key in loaded):
        return [{"name": "chat", "attributes": loaded}]
    lists = [value for value in loaded.values() if isinstance(value, list)]
    return [span for found in lists for span in found if isinstance(span, dict) and "attributes" in span]


def as_otlp(span: dict[str, Any], number: int) -> dict[str, Any]:
    context = span.get("spanContext", {})
    return {
        "traceId": context.get("traceId", "0af7651916cd43dd8448eb211c80319c"),
        "spanId": context.get("spanId", f"{number + 1:016x}"),
        "name": span["name"],
        "startTimeUnixNano": "1795336190000000000",
        "endTimeUnixNano": "1795336191000000000",
        "attributes": [{"key": key, "value": any_value(value)} for key, value in span["attributes"].items()],
    }


def any_value(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"stringValue": value if isinstance(value, str) else json.dumps(value)}


def test_openinference_s_fixtures_are_read_with_their_chats(shared_data: Path) -> None:
    read_spans: dict[str, list[Span]] = {}
    for path in sorted((shared_data / "traces/otel_payloads/openinference_spans").glob("*.json")):
        found = spans_of(path)
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [as_otlp(s, n) for n, s in enumerate(found)]}]}]}
        decoded = read(body)
        assert decoded.rejections == [], path.name
        assert len(decoded.spans) == len(found), path.name
        read_spans[path.stem] = decoded.spans
    for name in ("openinference_client_span_tool_calls", "otel_genai_deprecated_client_span_tool_calls"):
        (span,) = read_spans[f"openinference-genai__{name}"]
        assert span.input_format == span.output_format == ContentFormat.MESSAGES, name
        asked = json.loads(span.input)
        assert [message["role"] for message in asked] == ["user", "assistant", "tool"], name
        assert asked[1]["tool_calls"][0]["name"] == "get_weather", name
    chats = [span for span in read_spans["openinference-vercel__all-spans"] if "generateText" in span.name]
    assert chats
    assert all(span.input_format == ContentFormat.MESSAGES for span in chats)


def test_nothing_legitimate_is_masked_in_real_payloads(shared_data: Path) -> None:
    spans = [
        span
        for path in sorted((shared_data / "otlp").glob("*/*.pb"))
        if ".metrics." not in path.name
        for span in _real(path)
    ]
    assert len(spans) > 2_000
    before = [(s.input, s.output, s.error, s.events, s.tool_definitions, dict(s.attributes)) for s in spans]
    assert mask_spans(spans) == 0
    assert before == [(s.input, s.output, s.error, s.events, s.tool_definitions, s.attributes) for s in spans]


def _real(path: Path) -> list[Span]:
    signal = Signal.LOGS if ".logs." in path.name else Signal.TRACES
    record = IntakeRecord(
        project="p", signal=signal, encoding=Encoding.PROTOBUF, received_ns=1, body=path.read_bytes()
    )
    return decode(record, version=1).spans
