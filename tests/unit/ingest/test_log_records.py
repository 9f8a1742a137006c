"""What log records say, on its way into the store: content of spans that come with them, before or after."""

from __future__ import annotations

import json
from typing import Any

from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
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
