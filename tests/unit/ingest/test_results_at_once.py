"""Two tools asked for at once, as OpenInference tells it of Anthropic's SDK for JavaScript: of the results
only the last is among the flattened messages."""

from __future__ import annotations

import json
from collections.abc import Sequence

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.parse import load_messages
from tests.unit.ingest.test_dialects import read

REQUEST = {
    "model": "claude-sonnet-4-5",
    "system": "You answer customers of a shop.",
    "messages": [
        {"role": "user", "content": "Where are A-17 and A-23?"},
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"id": "A-17"}},
                {"type": "tool_use", "id": "toolu_2", "name": "look_up", "input": {"id": "A-23"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "delivered"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "lost"},
            ],
        },
    ],
}


def given(request: str) -> Sequence[Message]:
    asked = "llm.input_messages.1.message.tool_calls"
    flattened = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Where are A-17 and A-23?",
        "llm.input_messages.1.message.role": "assistant",
        "llm.input_messages.2.message.role": "user",
        "llm.input_messages.2.message.tool_call_id": "toolu_2",
        "llm.input_messages.2.message.content": "lost",
    }
    for number in (0, 1):
        flattened[f"{asked}.{number}.tool_call.id"] = f"toolu_{number + 1}"
        flattened[f"{asked}.{number}.tool_call.function.name"] = "look_up"
    span = read({"openinference.span.kind": "LLM", "input.value": request, **flattened})
    return load_messages(span.input)


def test_every_result_is_told() -> None:
    told = [(m.tool_call_id, m.content) for m in given(json.dumps(REQUEST)) if m.role == "tool"]
    assert told == [("toolu_1", "delivered"), ("toolu_2", "lost")]


def test_without_the_request_the_last_result_is_a_result_all_the_same() -> None:
    messages = given("")
    assert [m.role for m in messages] == ["user", "assistant", "tool"]
    assert (messages[-1].tool_call_id, messages[-1].content) == ("toolu_2", "lost")
