"""What a recorded message says: the same however it was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.tape.reading import shown, value_of

MODEL, TOOL = ExchangeKind.MODEL, ExchangeKind.TOOL


def message(body: str | bytes) -> RecordedMessage:
    raw = body if isinstance(body, bytes) else body.encode()
    return RecordedMessage(head="200", chunks=[(0.0, raw[:5]), (1.0, raw[5:])])


def stream(*events: Any, done: bool = True) -> RecordedMessage:
    lines = "".join(f"event: x\ndata: {json.dumps(one)}\n\n" for one in events)
    return message(lines + ("data: [DONE]\n\n" if done else ""))


def told(found: RecordedMessage) -> Any:
    return value_of(found, kind=MODEL, asked=False)


def delta(**said: Any) -> dict[str, Any]:
    finish = said.pop("finish", None)
    choice = {"index": 0, "delta": said, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}


def test_a_streamed_chat_answer_is_the_whole_one() -> None:
    call = {"index": 0, "id": "call_Abcdefgh1", "type": "function"}
    streamed = stream(
        delta(role="assistant", content=""),
        delta(content="It is "),
        delta(content="42."),
        delta(tool_calls=[{**call, "function": {"name": "find", "arguments": ""}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"order":'}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '"A-1"}'}}]),
        delta(finish="tool_calls"),
        {"id": "chatcmpl-1", "model": "m", "choices": [], "usage": {"total_tokens": 3}},
    )
    function = {"name": "find", "arguments": '{"order":"A-1"}'}
    said = {"role": "assistant", "content": "It is 42.", "tool_calls": [
        {"id": "call_Zyxwvuts2", "type": "function", "function": function}
    ]}  # fmt: skip
    whole = {
        "id": "chatcmpl-2",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [{"index": 0, "message": said, "finish_reason": "tool_calls"}],
        "usage": {"total_tokens": 9},
    }
    asked_whole = message(json.dumps(whole))
    assert shown(streamed, kind=MODEL, asked=False) == shown(asked_whole, kind=MODEL, asked=False)


def test_a_streamed_message_of_anthropic_is_the_whole_one() -> None:
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    streamed = stream(
        {"type": "message_start", "message": {**start, "stop_reason": None, "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "It "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "is 42."}},
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "tool_use", "id": "toolu_Abcdefgh1", "name": "find", "input": {}},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '{"a":'},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": "1}"},
        },
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
        done=False,
    )
    found = told(streamed)
    assert found["content"] == [
        {"type": "text", "text": "It is 42."},
        {"type": "tool_use", "id": "toolu_Abcdefgh1", "name": "find", "input": {"a": 1}},
    ]
    assert (found["stop_reason"], "id" in found, "usage" in found) == ("tool_use", False, False)


def test_responses_and_gemini_streams_are_whole_answers() -> None:
    whole = {"id": "resp_1", "output": [{"type": "message", "content": "42"}], "usage": {}}
    assert told(
        stream({"type": "response.created"}, {"type": "response.completed", "response": whole}, done=False)
    ) == {"output": [{"type": "message", "content": "42"}]}
    parts = [{"candidates": [{"content": {"parts": [{"text": one}]}}]} for one in ("It is ", "42.")]
    last = {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {}, "responseId": "x"}
    assert told(stream(*parts, last, done=False)) == {
        "candidates": [
            {"content": {"parts": [{"text": "It is 42."}], "role": "model"}, "finishReason": "STOP"}
        ]
    }


def test_what_is_about_the_caller_or_the_moment_is_left_out_and_of_tools_nothing() -> None:
    body = message('{"id": 1, "user": "u", "created": 2, "order": "A-1"}')
    assert value_of(body, kind=MODEL, asked=True) == {"id": 1, "created": 2, "order": "A-1"}
    assert value_of(body, kind=MODEL, asked=False) == {"user": "u", "order": "A-1"}
    assert value_of(body, kind=TOOL, asked=False) == {"id": 1, "user": "u", "created": 2, "order": "A-1"}
    rpc = message('{"jsonrpc": "2.0", "id": 7, "result": {"id": 1}}')
    assert value_of(rpc, kind=TOOL, asked=False) == {"jsonrpc": "2.0", "result": {"id": 1}}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", ""),
        (b"plain words", "plain words"),
        (b"\xff\xfe", "��"),
        (b'data: {"choices": [{"index": 0, "delta": {"content": "cut in the', None),
        (b'data: {"choices": [{"delta": "odd"}]}\n\ndata: {"choices": "odd"}\n\n', None),
        (b'data: {"type": "content_block_delta", "index": "x"}\n\ndata: {"type": "message_start"}\n\n', None),
        (b'data: {"candidates": [{"content": "odd"}]}\n\n', None),
        (b'data: {"choices": [{"delta": {"tool_calls": [{"index": 999999999}]}}]}\n\n', None),
    ],
)
def test_what_is_cut_off_or_odd_is_shown_all_the_same(body: bytes, says: str | None) -> None:
    found = shown(message(body), kind=MODEL, asked=False)
    assert found == says if says is not None else isinstance(found, str)


def test_nothing_recorded_says_nothing() -> None:
    assert shown(None, kind=MODEL, asked=True) == ""
