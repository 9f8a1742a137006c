"""The real bodies sent as OTLP/JSON give exactly the spans, scores and contents that protobuf gives."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from roadworthy.contracts.intake import Encoding
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.otlp_body import parse_body
from roadworthy.features.ingest.validate import validate
from tests.unit.ingest.ingest_path import Payloads
from tests.unit.ingest.test_acceptance_otlp import folders

IDS = ("traceId", "spanId", "parentSpanId")


def as_otlp_json(value: Any) -> Any:
    """Protobuf's own JSON mapping, with ids in hex as OTLP has them."""
    if isinstance(value, list):
        return [as_otlp_json(item) for item in value]
    if isinstance(value, dict):
        return {
            key: base64.b64decode(item).hex() if key in IDS else as_otlp_json(item)
            for key, item in value.items()
        }
    return value


@pytest.mark.parametrize("folder", folders())
def test_json_gives_what_protobuf_gives(shared_data: Path, folder: str) -> None:
    for sent in Payloads(shared_data / "otlp" / folder).records():
        message = parse_body(sent.signal, sent.encoding, sent.body)
        body = json.dumps(as_otlp_json(MessageToDict(message))).encode()
        again = replace(sent, encoding=Encoding.JSON, body=body)
        assert decode(again, version=1) == decode(sent, version=1)
        assert validate(sent.signal, Encoding.JSON, body) == validate(
            sent.signal, Encoding.PROTOBUF, sent.body
        )
