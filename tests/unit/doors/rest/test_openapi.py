"""The API's description: what the web page's client is made from, and held against what the API does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from roadworthy.doors.rest.openapi import document
from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.rest.desk import Desk, open_desk

SNAPSHOT = Path(__file__).resolve().parents[4] / "web" / "openapi.json"
ELSEWHERE = {"streamEvents", "importData"}
"""A stream that never ends by itself, and a body that is a file: test_events.py, test_transfer.py."""


def test_the_description_in_web_is_that_of_the_code() -> None:
    assert SNAPSHOT.read_text() == document(), (
        "run: python -m roadworthy.doors.rest.openapi > web/openapi.json (and make the web client anew)"
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = open_desk(
        tmp_path_factory.mktemp("openapi"),
        # The host names that a fuzzer thinks of are test_guard's business.
        RestSettings(version="1", allowed_hosts=frozenset({"*"})),
    )
    made.write(*range(1, 6))
    return made


@pytest.fixture(scope="module")
def described(desk: Desk) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", desk.client.app)


OPERATIONS = [
    (path, method)
    # The file: to describe the API anew takes longer than to read all other tests of the house.
    for path, methods in json.loads(SNAPSHOT.read_text())["paths"].items()
    for method, operation in methods.items()
    if operation["operationId"] not in ELSEWHERE
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_endpoint_does_what_it_says(described: schemathesis.BaseSchema, path: str, method: str) -> None:
    """Documented statuses, content types and bodies, whatever is asked; never a 500."""

    @given(case=described[path][method].as_strategy())
    @settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case[Any]) -> None:
        # Not this one: what a filter or a time means is no matter of a schema, and a wrong one gets 400.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    ask()
