"""OpenTelemetry's message shape has a short way to the stored form; it says what the general reader says."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from roadworthy.features.ingest.messages.otel_parts import stored_text
from roadworthy.features.ingest.messages.parse import MAX_DEPTH, dump_messages
from roadworthy.features.ingest.messages.shapes import ChatReader

TEXTS = st.sampled_from(["", "Paris", "[{", '{"a": 1}', "zwei\nZeilen", "雨"])
ARGUMENTS = st.one_of(TEXTS, st.dictionaries(TEXTS, st.integers(0, 9), max_size=2), st.none())
PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "content": TEXTS}),
    st.fixed_dictionaries(
        {"type": st.just("tool_call"), "id": TEXTS, "name": TEXTS.filter(bool), "arguments": ARGUMENTS}
    ),
    st.fixed_dictionaries({"type": st.just("tool_call_response"), "id": TEXTS, "response": TEXTS}),
    st.fixed_dictionaries({"type": st.just("reasoning"), "content": TEXTS}),
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"]), "parts": st.lists(PARTS, max_size=3)},
    optional={"finish_reason": st.sampled_from(["", "stop"])},
)
CALLED = {
    "role": "assistant",
    "parts": [
        {"type": "text", "content": "I look."},
        {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"city": "Paris"}},
    ],
    "finish_reason": "tool_calls",
}
TOLD = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "rainy"}]}


def by_the_general_reader(messages: list[dict[str, Any]]) -> str:
    reader = ChatReader("user", MAX_DEPTH)
    return dump_messages(found for each in messages for found in reader._role_message(each, each["role"]))


@given(messages=st.lists(MESSAGES, min_size=1, max_size=4))
@example(messages=[CALLED, TOLD])
def test_the_short_way_says_what_the_general_reader_says(messages: list[dict[str, Any]]) -> None:
    stored = stored_text(json.dumps(messages))

    assert stored is None or json.loads(stored) == json.loads(by_the_general_reader(messages))


def test_the_usual_chat_takes_the_short_way() -> None:
    assert stored_text(json.dumps([CALLED, TOLD])) == (
        '[{"role":"assistant","content":"I look.","tool_calls":[{"name":"weather","id":"call_1",'
        '"arguments":"{\\"city\\":\\"Paris\\"}"}],"finish_reason":"tool_calls"},'
        '{"role":"tool","content":"rainy","tool_call_id":"call_1"}]'
    )


def test_what_it_does_not_know_is_left_to_the_general_reader() -> None:
    reasoning = {"role": "assistant", "parts": [{"type": "reasoning", "content": "Hm."}]}
    for text in ("", "no JSON", "{}", "[1]", '[{"role":"user"}]', json.dumps([CALLED, reasoning])):
        assert stored_text(text) is None
