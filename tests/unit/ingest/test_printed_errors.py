"""What went wrong, where what was sent says it in more words than people need, or beside them."""

from __future__ import annotations

import pytest

from tests.unit.ingest.test_dialects import read

REFUSED = "status_code: 400, body: {'message': 'too long'}"


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (f"headers: {{'date': 'Mon', 'x-request-id': 'req_1', 'set-cookie': 'a={{1}}'}}, {REFUSED}", REFUSED),
        ("headers: {'date': 'Mon'} were refused", "headers: {'date': 'Mon'} were refused"),
    ],
)
def test_headers_of_an_answer_are_no_part_of_an_error(message: str, wanted: str) -> None:
    exception = ("exception", {"exception.type": "BadRequestError", "exception.message": message})
    span = read({"openinference.span.kind": "LLM"}, events=[exception], status=2)
    assert (span.error, span.error_type) == (wanted, "BadRequestError")


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        (
            'ToolError(beeai_framework.tools.errors): Tool Error\nContext: {"name": "issue_refund"}\n'
            "  PaymentTimeoutError(desk): payment service: no answer within 5 s",
            "payment service: no answer within 5 s",
        ),
        ("We see (in the file): nothing", "Tool Error"),
    ],
)
def test_the_cause_of_a_printed_error_is_the_error(output: str, wanted: str) -> None:
    exception = ("exception", {"exception.type": "ToolError", "exception.message": "Tool Error"})
    attributes = {"openinference.span.kind": "TOOL", "tool.name": "issue_refund", "output.value": output}
    assert read(attributes, events=[exception], status=2).error == wanted


TRACEBACK = (
    'Traceback (most recent call last):\n  File "agent.py", line 3, in <module>\nValueError: no order A-1'
)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (f"ValueError('no order A-1')\n\n{TRACEBACK}", "ValueError('no order A-1')"),
        (f"crashed: {TRACEBACK}", f"crashed: {TRACEBACK}"),
        (TRACEBACK, TRACEBACK),
    ],
)
def test_a_traceback_goes_where_something_was_said_before_it(message: str, wanted: str) -> None:
    assert read({"openinference.span.kind": "AGENT"}, status=2, status_message=message).error == wanted
