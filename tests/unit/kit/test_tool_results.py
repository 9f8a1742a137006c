"""What results say of how it went, and data that only looks like it."""

from __future__ import annotations

import pytest

from roadworthy.kit.tool_results import Verdict, judge


@pytest.mark.parametrize(
    "text",
    [
        '{"statusCode": 503, "body": "Service Unavailable"}',
        '{"code": 404, "message": "Not found"}',
        '{"errors": [{"message": "no such field"}], "data": null}',
        '{"result": null, "error": "quota used up"}',
        "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
        "Request failed with status code 500",
        "HTTP 503 Service Unavailable",
        "{'error': 'no such order', 'code': 7}",
    ],
)
def test_failures(text: str) -> None:
    assert judge(text) is Verdict.ERROR


@pytest.mark.parametrize(
    "text",
    [
        '{"approved": false, "reason": "x"}',
        '{"status": "declined", "code": "51"}',
        "{'ok': False, 'reason': \"it's above the limit\"}",
    ],
)
def test_it_says_no(text: str) -> None:
    assert judge(text) is Verdict.NEGATIVE


@pytest.mark.parametrize(
    "text",
    [
        '{"url": "https://example.com", "status_code": 404}',
        '{"claim": "C-7", "status": "declined"}',
        '{"code": 404, "name": "Room 404"}',
        '{"code": 200, "message": "fine"}',
        "{'ok': True, 'refunded': 42.5}",
        "{'status': <Status.FAILED: 1>}",
        '{"result": [1], "error": null}',
        '{"errors": [], "data": {}}',
        '{"status": ["declined"], "code": {}}',
    ],
)
def test_data(text: str) -> None:
    assert judge(text) is Verdict.FINE
