"""Compiled code reads bodies of traces as its twin does (by way of protobuf), or leaves them to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.otlp_bodies import one_run
from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.features.ingest import wire
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.otlp_body import BadBody
from roadworthy.features.ingest.raw_span import Frame, Link, RawEvent, RawSpan
from roadworthy.kit.compiled import COMPILED
from tests.unit.ingest.ingest_path import Payloads
from tests.unit.ingest.otlp_bodies import TRACE, add_span, put, record, request
from tests.unit.ingest.test_acceptance_otlp import folders
from tests.unit.ingest.wire_bodies import LEN, VARINT, Writer, mutated, told

pytestmark = pytest.mark.skipif(
    not hasattr(COMPILED, "read_traces"),
    reason="the compiled part is not there (no C compiler, ROADWORTHY_COMPILED=0): make setup says why",
)


def compiled(body: bytes) -> wire.Traces | None:
    found = COMPILED.read_traces(body, RawSpan, Frame, RawEvent, Link)
    return None if found is None else wire.Traces(*found)


def agrees(body: bytes) -> bool:
    """Whether the compiled code took the body; then its twin says the same, down to types and signs."""
    found = compiled(body)
    if found is None:
        return False
    try:
        message = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise AssertionError(f"taken, though protobuf refuses it: {body.hex()}") from error
    assert repr(found) == repr(wire.of_message(message)), body.hex()
    return True


def either_way(read: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The one result of both ways."""
    with monkeypatch.context() as patch:
        patch.setattr(wire, "_read_traces", None)
        by_twin = read()
    assert repr(read()) == repr(by_twin)
    return by_twin


@pytest.mark.parametrize("folder", folders())
def test_real_bodies(shared_data: Path, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for sent in Payloads(shared_data / "otlp" / folder).records():
        if sent.signal is Signal.TRACES:
            assert agrees(sent.body), "left to the twin"
            either_way(partial(decode, sent, version=1), monkeypatch)


def test_the_benchmarks_bodies() -> None:
    assert agrees(one_run().content.tobytes())


@given(st.integers(0, 2**32))
def test_ordinary_requests(seed: int) -> None:
    body = Writer(seed, odd=0.0).body()
    # Bytes, and values nested deep, are left to the twin.
    assert agrees(body) or b":" in body or b"*" in body


def test_most_ordinary_requests_are_taken() -> None:
    assert sum(agrees(Writer(seed, odd=0.0).body()) for seed in range(200)) > 60


@given(st.integers(0, 2**32), st.sampled_from((0.02, 0.2)))
def test_odd_requests(seed: int, odd: float) -> None:
    agrees(Writer(seed, odd=odd).body())


@given(st.integers(0, 2**32))
def test_mutated_requests(seed: int) -> None:
    agrees(mutated(Writer(seed, odd=0.0).body(), seed))


@given(st.integers(0, 2**32))
def test_mutated_bodies_come_out_the_same_or_are_refused(seed: int) -> None:
    body = mutated(one_run().content.tobytes(), seed)
    agrees(body)
    sent = record(body)
    try:
        decode(sent, version=1)
    except BadBody as refused:
        assert refused.code == "bad_protobuf"


@given(st.binary(max_size=60))
def test_any_bytes(body: bytes) -> None:
    agrees(body)


def test_every_kind_of_value() -> None:
    made = request()
    span = add_span(made, text="t", empty="", zero=0, negative=-5, yes=True, no=False, half=0.5, nothing=0.0)
    put(span.attributes, "text", "the last wins")
    span.attributes.add().key = "unset"
    listed = span.attributes.add()
    listed.key = "listed"
    listed.value.array_value.values.add().int_value = 2**63 - 1
    listed.value.array_value.values.add()
    pair = listed.value.array_value.values.add().kvlist_value.values.add()
    pair.key, pair.value.string_value = "in", "ner"
    body = made.SerializeToString()
    found = compiled(body)
    assert found is not None and agrees(body)
    raw, _ = found.resources[0][1][0][1][0]
    assert list(raw.attributes.items()) == [
        ("text", "the last wins"),
        ("empty", ""),
        ("zero", 0),
        ("negative", -5),
        ("yes", True),
        ("no", False),
        ("half", 0.5),
        ("nothing", 0.0),
        ("unset", None),
        ("listed", [2**63 - 1, None, {"in": "ner"}]),
    ]


def test_events_links_status_and_wrong_ids() -> None:
    made = request()
    span = add_span(made, number=1, parent=1, start_ns=2**64 - 1, end_ns=2**63)
    event = span.events.add()
    event.name, event.time_unix_nano = "exception", 2**64 - 1
    put(event.attributes, "exception.message", "no")
    link = span.links.add()
    link.trace_id, link.span_id, link.trace_state = b"any length", b"", "a=b"
    span.status.code, span.status.message, span.trace_state, span.kind = 2, "broke", "c=d", 3
    add_span(made, number=2, parent=1).status.message = "of no error"
    add_span(made, number=3, trace=TRACE[:15])
    add_span(made, number=0)
    body = made.SerializeToString()
    found = compiled(body)
    assert found is not None and agrees(body)
    (first, frame), (second, under) = found.resources[0][1][0][1]
    assert (frame.parent_id, under.parent_id) == ("", frame.span_id)
    assert (frame.start_ns, frame.end_ns, first.events[0].time_ns) == (2**63 - 1, 2**63 - 1, 2**64 - 1)
    assert (first.status_message, second.status_message) == ("broke", "")
    assert (found.bad_trace_ids, found.bad_span_ids) == (1, 1)


def test_a_scope_told_after_its_spans_is_theirs() -> None:
    made = request()
    add_span(made)
    scope_spans = made.resource_spans[0].scope_spans[0]
    spans = told(2, LEN, scope_spans.spans[0].SerializeToString())
    body = told(1, LEN, told(2, LEN, spans + told(1, LEN, told(1, LEN, b"late"))))
    found = compiled(body)
    assert found is not None and agrees(body)
    assert found.resources[0][1][0][1][0][0].scope == "late"


def in_span(fields: bytes) -> bytes:
    return told(1, LEN, told(2, LEN, told(2, LEN, fields)))


def attribute(value: bytes) -> bytes:
    return in_span(told(9, LEN, told(1, LEN, b"key") + told(2, LEN, value)))


RESOURCE = told(1, LEN, told(1, LEN, told(1, LEN, b"k")))
SCOPE = told(2, LEN, told(1, LEN, b""))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(told(1, LEN, RESOURCE + RESOURCE), id="resources to merge"),
        pytest.param(told(1, LEN, told(2, LEN, SCOPE[2:] * 2)), id="scopes to merge"),
        pytest.param(told(1, LEN, told(3, LEN, b"\xff")), id="no UTF-8 in what nobody reads"),
        pytest.param(told(1, VARINT, 1), id="another wire type"),
        pytest.param(told(1, LEN, RESOURCE)[:-1], id="cut off"),
        pytest.param(b"\x0b\x0c", id="a group"),
        pytest.param(b"\x8a\x80\x00\x00", id="an overlong tag"),
        pytest.param(b"\x0a" + b"\xff" * 9 + b"\x01", id="longer than memory"),
        pytest.param(b"\x0a" + b"\x80" * 10 + b"\x00", id="a length of eleven bytes"),
        pytest.param(attribute(told(3, VARINT, 2**65 - 1)), id="a number of more than 64 bits"),
        pytest.param(attribute(told(3, VARINT, 5) + told(1, LEN, b"last")), id="a value told twice"),
        pytest.param(in_span(told(6, VARINT, 2**31)), id="an enum to cut off"),
        pytest.param(in_span(told(15, LEN, told(2, LEN, b"\xff"))), id="no UTF-8 in a status of no error"),
    ],
)
def test_what_is_left_to_the_twin(body: bytes) -> None:
    assert compiled(body) is None


def test_values_nested_deep_are_left_to_the_twin() -> None:
    value = told(1, LEN, b"bottom")
    bodies = []
    for _ in range(100):
        value = told(5, LEN, told(1, LEN, value))
        bodies.append(told(1, LEN, told(1, LEN, told(1, LEN, told(1, LEN, b"deep") + told(2, LEN, value)))))
    assert [agrees(body) for body in bodies] == [True] * 16 + [False] * 84


def test_the_same_spans_whichever_way(monkeypatch: pytest.MonkeyPatch) -> None:
    made = request()
    add_span(made, gen_ai__operation__name="chat", gen_ai__request__model="m")
    add_span(made, number=0)
    for body in (made.SerializeToString(), made.SerializeToString().replace(b"step", b"st\xffp")):
        found = either_way(partial(decode, record(body), version=7), monkeypatch)
        assert len(found.spans) == 1 and [r.code for r in found.rejections] == ["bad_span_id"]


def test_nothing_else_than_bytes_and_classes_with_slots() -> None:
    with pytest.raises(TypeError):
        COMPILED.read_traces("text", RawSpan, Frame, RawEvent, Link)
    with pytest.raises((TypeError, AttributeError)):
        COMPILED.read_traces(b"", IntakeRecord, Frame, RawEvent, Link)
    with pytest.raises(TypeError):
        COMPILED.read_traces(b"", "RawSpan", Frame, RawEvent, Link)


@dataclass(slots=True)
class LaterLink:
    trace_id: str
    span_id: str
    attributes: dict[str, Any]
    new: str = ""


def test_what_was_compiled_before_a_field_was_added_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a pull without `make setup`: the new field would be missing from every span."""
    assert wire.compiled_reader() is COMPILED.read_traces
    monkeypatch.setattr(wire, "Link", LaterLink)
    assert wire.compiled_reader() is None


def test_json_goes_the_other_way() -> None:
    assert decode(record(b"{}", encoding=Encoding.JSON), version=1).spans == []


def test_texts_remembered_at_one_place_are_told_apart() -> None:
    """Of eight thousand pairs some share one of the thousand places."""
    made = request()
    span = add_span(made)
    for number in range(8_000):
        put(span.attributes, f"key{number:05}x", f"value{number:05}x")
        put(span.attributes, f"key{number:05}", f"value{number:05}")
    assert agrees(made.SerializeToString())
