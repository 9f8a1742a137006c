"""What log records say, on its way into the store: of spans that come with them, before them or after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.observe.service import ObserveService
from tests.unit.ingest.ingest_path import IngestPath
from tests.unit.ingest.otlp_bodies import NOW_NS, TRACE, add_span, record, request, span_id

SPAN = span_id(1)


def log_body(event: str, attributes: dict[str, str], **fields: Any) -> IntakeRecord:
    """Said of SPAN unless `fields` says otherwise."""
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
    said = {
        "eventName": event,
        "traceId": TRACE.hex(),
        "spanId": SPAN.hex(),
        "timeUnixNano": NOW_NS,
        "attributes": pairs,
        **fields,
    }
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [said]}]}]}
    return record(json.dumps(body).encode(), signal=Signal.LOGS, encoding=Encoding.JSON)


def call(**attributes: Any) -> IntakeRecord:
    made = request()
    add_span(made, gen_ai__operation__name="chat", gen_ai__request__model="m", **attributes)
    return record(made)


def test_secrets_in_the_content_of_log_records_are_masked() -> None:
    secret = "sk-proj-" + "Ab1" * 16
    part = [{"type": "text", "content": f"use {secret}"}]
    texts = {
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": part}]),
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": part}]),
        "gen_ai.tool.definitions": json.dumps([{"name": "pay", "description": f"with {secret}"}]),
    }
    path = IngestPath()
    path.take([call(), log_body("gen_ai.client.inference.operation.details", texts)])
    (span,) = path.store.spans_of_traces("p", [TRACE.hex()])
    for text in (span.input, span.output, span.tool_definitions):
        assert "[masked:" in text
        assert secret not in text


ANSWER = "chatcmpl-9fK2mPq81XzLw"
JUDGED = {
    "gen_ai.evaluation.name": "helpful",
    "gen_ai.evaluation.score.label": "yes",
    "gen_ai.response.id": ANSWER,
}
NO_IDS = {"traceId": "", "spanId": ""}
ITS_OWN_TRACE = {"traceId": "ab" * 16, "spanId": ""}


@pytest.fixture(params=["memory", "chdb"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IngestPath]:
    store = MemoryTelemetryStore() if request.param == "memory" else ChdbTelemetryStore(tmp_path)
    yield IngestPath(store=store)
    store.close()


@pytest.mark.parametrize("ids", [NO_IDS, ITS_OWN_TRACE], ids=["no trace", "the judge's trace"])
@pytest.mark.parametrize("judged_first", [False, True])
def test_an_evaluation_joins_the_run_by_response_id(
    path: IngestPath, *, judged_first: bool, ids: dict[str, str]
) -> None:
    bodies = [call(gen_ai__response__id=ANSWER), log_body("gen_ai.evaluation.result", JUDGED, **ids)]
    for body in reversed(bodies) if judged_first else bodies:
        path.take([body])
    other = call(trace=bytes(15) + b"\1", gen_ai__response__id="chatcmpl-otherOne47Ab")
    path.take([other])
    observe = ObserveService(path.store, assemble=assemble)
    (score,) = observe.scores("p", TRACE.hex())
    assert (score.name, score.label, score.source) == ("helpful", "yes", "otel")
    assert (score.trace_id, score.span_id) == (TRACE.hex(), SPAN.hex()), "the call that gave the answer"
    assert observe.scores("p", "0" * 31 + "1") == []


def test_of_two_verdicts_on_one_answer_the_last_counts(path: IngestPath) -> None:
    path.take([call(gen_ai__response__id=ANSWER)])
    for label in ("no", "yes"):
        said = JUDGED | {"gen_ai.evaluation.score.label": label}
        path.take([log_body("gen_ai.evaluation.result", said, **NO_IDS)])
    assert [score.label for score in path.store.scores("p", TRACE.hex())] == ["yes"]


NOT_IN_RANGE = ["Infinity", "-inf", "nan", "many", "1e999", "1.01", "-0.5", "7"]


@pytest.mark.parametrize("value", NOT_IN_RANGE)
def test_a_value_rest_would_refuse_is_rejected_and_its_label_kept(path: IngestPath, value: str) -> None:
    path.take([call(gen_ai__response__id=ANSWER)])
    said = JUDGED | {"gen_ai.evaluation.score.value": value}
    body = log_body("gen_ai.evaluation.result", said, **NO_IDS)
    path.take([body])
    assert [(one.label, one.value) for one in path.store.scores("p", TRACE.hex())] == [("yes", None)]
    (rejection,) = decode(body, version=7).rejections
    assert (rejection.code, rejection.count, rejection.signal) == ("bad_score", 1, "logs")
    assert "gen_ai.evaluation.score.value must be a number from 0 to 1" in rejection.reason


@pytest.mark.parametrize("value", NOT_IN_RANGE)
def test_without_a_label_such_a_score_says_nothing(value: str) -> None:
    said = JUDGED | {"gen_ai.evaluation.score.value": value, "gen_ai.evaluation.score.label": " "}
    decoded = decode(log_body("gen_ai.evaluation.result", said), version=7)
    assert decoded.scores == []
    assert [(one.code, one.count) for one in decoded.rejections] == [("bad_score", 1)]


@pytest.mark.parametrize(("value", "read"), [("0", 0.0), ("1", 1.0), ("0.25", 0.25), ("", None)])
def test_values_from_0_to_1_are_kept(value: str, read: float | None) -> None:
    said = JUDGED | {"gen_ai.evaluation.score.value": value}
    decoded = decode(log_body("gen_ai.evaluation.result", said), version=7)
    assert ([one.value for one in decoded.scores], decoded.rejections) == ([read], [])


@pytest.mark.parametrize("response_id", ["", "1", "call_1"])
def test_an_evaluation_of_nothing_is_shown_as_rejected(response_id: str) -> None:
    body = log_body("gen_ai.evaluation.result", JUDGED | {"gen_ai.response.id": response_id}, **NO_IDS)
    decoded = decode(body, version=7)
    assert decoded.scores == []
    ((code, count),) = [(one.code, one.count) for one in decoded.rejections]
    assert (code, count) == ("bad_evaluation", 1)
