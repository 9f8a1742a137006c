"""Status OK, and what came is an error, a time-out, nothing or old."""

from __future__ import annotations

from typing import Any

import pytest

from roadworthy.features.judge.detectors import hidden_tool_error
from roadworthy.features.judge.detectors.hidden_tool_error import DETECTOR
from tests.unit.judge.detectors.making import Talk, found


def _brought(result: Any, **more: Any) -> Talk:
    return Talk("What is the rate?").tool("get_rate", {"pair": "EURUSD"}, result, **more).says("It is 1.1.")


@pytest.mark.parametrize(
    "result",
    [
        {"status_code": 503, "body": "upstream"},
        {"status": "timeout"},
        {"data": None, "errors": [{"message": "boom"}]},
        {"request_id": "r1", "error": {"message": "quota"}},
        {"result": {"timed_out": True}},
        {"content": "Request timed out after 30 s", "type": "text"},
        [{"type": "text", "text": "429 Too Many Requests"}],
        "Request timed out after 30 seconds",
        "<html><head><title>502 Bad Gateway</title></head></html>" + " " * 300,
        {"rate": 1.1, "cached": True, "cache_age_seconds": 7200},
        {"rate": 1.1, "as_of": "2026-08-01T00:00:00Z"},
        {"rate": 1.1, "stale": True},
        "Cached data from 3 days ago: 1.1",
    ],
)
def test_found(result: Any) -> None:
    [finding] = found(DETECTOR, _brought(result))
    assert finding.tool == "get_rate" and finding.mode == "tool-failed"


@pytest.mark.parametrize(
    "result",
    [
        {"rate": 1.1},
        {"rate": 1.1, "error": None, "errors": []},
        {"status": "delivered", "last_updated": "2020-01-01"},
        {"status": 200, "rate": 1.1},
        {"rate": 1.1, "cached": True, "cache_age_seconds": 20},
        {"rate": 1.1, "as_of": "2026-11-22T10:00:00Z"},
        {"as_of": "not a time", "age_seconds": True},
        {"count": 404, "items": 503},
        [{"status": "error", "job": 1}, {"status": "ok", "job": 2}],
        "The article says that the service timed out. " * 20,
        "1.1",
        "",
        '{"broken": "status',
        "\x00\x01\x02 binary",
        "QUJD" * 5000,
    ],
)
def test_silent(result: Any) -> None:
    assert not found(DETECTOR, _brought(result))


def test_what_ingest_found_out_is_said() -> None:
    [finding] = found(DETECTOR, _brought("Error: rate limit", hidden=True))
    assert finding.confidence == 0.95


def test_an_error_with_a_status_of_its_own_is_not_hidden() -> None:
    assert not found(DETECTOR, _brought("timed out", failed=True))


def test_a_history_that_was_asked_for_is_not_stale() -> None:
    talk = Talk("Rate on 1 August?").tool(
        "get_rate", {"day": "2026-08-01"}, {"as_of": "2026-08-01", "rate": 1}
    )
    assert not found(DETECTOR, talk.says("It was 1."))


def test_null_where_the_same_tool_brings_data() -> None:
    talk = Talk("?").tool("get_rate", {"pair": "A"}, {"rate": 1.5}).tool("get_rate", {"pair": "B"}, "null")
    [finding] = found(DETECTOR, talk.says("Both are 1.5."))
    assert "nothing" in finding.reason
    assert not found(DETECTOR, Talk("?").tool("send_mail", "{}", "null").says("Sent."))


def test_silent_where_the_same_call_worked_afterwards_and_once_where_it_did_not() -> None:
    bad: dict[str, Any] = {"status_code": 503}
    good = {"status_code": 200, "rate": 1.2}
    again = Talk("?").tool("get_rate", "{}", bad).tool("get_rate", "{}", good).says("1.2")
    assert not found(DETECTOR, again)
    assert (
        len(found(DETECTOR, Talk("?").tool("get_rate", "{}", bad).tool("get_rate", "{}", bad).says("1"))) == 1
    )


def test_whatever_the_pattern_finds_holds_one_of_the_words() -> None:
    said = (
        *("timed out", "Time-out", "TIMEOUT", "deadline exceeded", "service temporarily unavailable"),
        *("Bad gateway", "internal server error", "connection refused", "rate limit exceeded"),
        *("too many requests", "unauthorised", "access denied", "permission denied", "Invalid API key"),
        *("quota exceeded", "try again later", "could not connect", "failed to fetch"),
        *("<title> 502 Bad", "HTTP/1.1 503", "http error 500"),
    )
    for text in said:
        assert hidden_tool_error._FAULT.search(text), text
        assert hidden_tool_error._of_text(text), text
