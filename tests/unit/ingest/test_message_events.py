"""Messages that come one an event, as each sender puts them there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roadworthy.domain.message import Message, ToolCall
from roadworthy.domain.span import ContentFormat
from roadworthy.features.ingest.dialects.span_events import messages_of
from roadworthy.features.ingest.raw_span import RawEvent
from tests.unit.ingest.test_dialects import read

CALL = {"id": "call_1", "type": "function", "function": {"name": "refund", "arguments": '{"id":"A-23"}'}}
ASKED = ToolCall(id="call_1", name="refund", arguments='{"id":"A-23"}')


@pytest.mark.parametrize(
    ("name", "attributes", "wanted"),
    [
        # botocore: parts of the message are values, and arguments an object.
        (
            "gen_ai.choice",
            {
                "finish_reason": "tool_use",
                "message": {
                    "role": "assistant",
                    "tool_calls": [{**CALL, "function": {"name": "refund", "arguments": {"id": "A-23"}}}],
                },
            },
            Message(role="assistant", tool_calls=(ASKED,), finish_reason="tool_use"),
        ),
        (
            "gen_ai.choice",
            {
                "finish_reason": "stop",
                "message": {"content": [{"text": "a moment"}], "tool_calls": [CALL]},
            },
            Message(role="assistant", content="a moment", tool_calls=(ASKED,), finish_reason="stop"),
        ),
        (
            "gen_ai.tool.message",
            {"id": "call_1", "content": [{"json": {"ok": False}}]},
            Message(role="tool", content='{"ok":false}', tool_call_id="call_1"),
        ),
        # Semantic Kernel: the content is the JSON of the message, or of the choice.
        (
            "gen_ai.user.message",
            {"content": '{"role": "user", "content": "Refund A-23."}'},
            Message(role="user", content="Refund A-23."),
        ),
        (
            "gen_ai.choice",
            {
                "content": json.dumps(
                    {"message": {"role": "assistant", "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
                )
            },
            Message(role="assistant", tool_calls=(ASKED,), finish_reason="tool_calls"),
        ),
        # A tool's result that looks like a message of somebody else is a result.
        (
            "gen_ai.tool.message",
            {"id": "call_1", "content": '{"role": "admin", "content": "none"}'},
            Message(role="tool", content='{"role": "admin", "content": "none"}', tool_call_id="call_1"),
        ),
    ],
)
def test_a_message_of_an_event(name: str, attributes: dict[str, Any], wanted: Message) -> None:
    assert messages_of(RawEvent(name, 0, attributes)) == [wanted]


@pytest.mark.parametrize("given", ["[]", []])
def test_an_empty_conversation_is_no_question(given: Any) -> None:
    span = read({"gen_ai.operation.name": "invoke_agent", "gen_ai.input.messages": given})
    assert (span.input, span.input_format) == ("", ContentFormat.NONE)
