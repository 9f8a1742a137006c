"""Chat values of every provider and framework become the same messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.message import Message, Part, ToolCall
from roadworthy.features.ingest.messages.parse import (
    dump_messages,
    load_messages,
    parse_messages,
    plain_text,
)

CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Paris"}')
ASKED = Message(role="user", content="Weather in Paris?")
CALLED = Message(role="assistant", tool_calls=(CALL,))
ANSWERED = Message(role="tool", content="rainy", tool_call_id="call_1")
ANSWERED_BY_NAME = Message(role="tool", content="rainy", tool_call_id="call_1", name="weather")
SAID = Message(role="assistant", content="It rains.", finish_reason="stop")
TOLD = Message(role="system", content="Be brief.")

ARGS = {"city": "Paris"}
ARGS_TEXT = '{"city":"Paris"}'

SHAPES: dict[str, tuple[Any, list[Message]]] = {
    "openai chat": (
        [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather in Paris?"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": ARGS_TEXT},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "rainy"},
        ],
        [TOLD, ASKED, CALLED, ANSWERED],
    ),
    "openai chat response": (
        {"choices": [{"message": {"role": "assistant", "content": "It rains."}, "finish_reason": "stop"}]},
        [SAID],
    ),
    "openai content filter": (
        {"choices": [{"finish_reason": "content_filter", "index": 0}]},
        [Message(role="assistant", finish_reason="content_filter")],
    ),
    "openai responses request": (
        {
            "model": "gpt-5",
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Weather in Paris?"}]},
                {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": ARGS_TEXT},
                {"type": "function_call_output", "call_id": "call_1", "output": "rainy"},
            ],
        },
        [TOLD, ASKED, CALLED, ANSWERED],
    ),
    "openai responses response": (
        {
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Look it up."}]},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Hm."}],
                },
                {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": ARGS_TEXT},
            ]
        },
        [
            Message(
                role="assistant",
                content="Hm.",
                tool_calls=(CALL,),
                parts=(Part(type="reasoning", text="Look it up."),),
            )
        ],
    ),
    "anthropic": (
        {
            "system": [{"type": "text", "text": "Be brief."}],
            "messages": [
                {"role": "user", "content": "Weather in Paris?"},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "call_1", "name": "weather", "input": ARGS}],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "call_1",
                            "content": [{"type": "text", "text": "rainy"}],
                        }
                    ],
                },
            ],
        },
        [TOLD, ASKED, CALLED, ANSWERED],
    ),
    "anthropic citations": (
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "It rains"},
                {"type": "text", "text": " in Paris.", "citations": [{"cited_text": "x"}]},
            ],
            "stop_reason": "end_turn",
        },
        [Message(role="assistant", content="It rains in Paris.", finish_reason="end_turn")],
    ),
    "gemini request": (
        {
            "config": {"system_instruction": "Be brief."},
            "contents": [
                {"role": "user", "parts": [{"text": "Weather in Paris?"}]},
                {
                    "role": "model",
                    "parts": [{"functionCall": {"id": "call_1", "name": "weather", "args": ARGS}}],
                },
                {
                    "role": "user",
                    "parts": [{"functionResponse": {"id": "call_1", "name": "weather", "response": "rainy"}}],
                },
            ],
        },
        [TOLD, ASKED, CALLED, ANSWERED_BY_NAME],
    ),
    "gemini response": (
        {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": "It rains."}]}, "finishReason": "stop"}
            ]
        },
        [SAID],
    ),
    "opentelemetry parts": (
        [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "call_1", "name": "weather", "arguments": ARGS}],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "rainy"}]},
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "It rains."}],
                "finish_reason": "stop",
            },
        ],
        [TOLD, ASKED, CALLED, ANSWERED, SAID],
    ),
    "opentelemetry system instructions": ([{"type": "text", "content": "Be brief."}], [TOLD]),
    "opentelemetry choice event": (
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "It rains."}},
        [SAID],
    ),
    "langchain constructor": (
        {
            "messages": [
                [
                    {
                        "lc": 1,
                        "type": "constructor",
                        "id": ["langchain", "schema", "messages", "HumanMessage"],
                        "kwargs": {"content": "Weather in Paris?", "type": "human"},
                    },
                    {
                        "lc": 1,
                        "type": "constructor",
                        "id": ["langchain", "schema", "messages", "AIMessage"],
                        "kwargs": {
                            "content": "",
                            "tool_calls": [{"name": "weather", "args": ARGS, "id": "call_1"}],
                        },
                    },
                ]
            ]
        },
        [ASKED, CALLED],
    ),
    "langchain typed": (
        [
            {"type": "human", "content": "Weather in Paris?", "additional_kwargs": {}},
            {
                "type": "ai",
                "content": "",
                "tool_calls": [{"name": "weather", "args": ARGS, "id": "call_1", "type": "tool_call"}],
            },
            {"type": "tool", "content": "rainy", "name": "weather", "tool_call_id": "call_1"},
        ],
        [ASKED, CALLED, ANSWERED_BY_NAME],
    ),
    "langchain data": ([{"type": "human", "data": {"content": "Weather in Paris?"}}], [ASKED]),
    "langchain generations": (
        {
            "generations": [
                [
                    {
                        "text": "It rains.",
                        "generation_info": {"finish_reason": "stop"},
                        "message": {"id": ["AIMessage"], "kwargs": {"content": "It rains."}},
                    }
                ]
            ]
        },
        [SAID],
    ),
    "langsmith tool as role": (
        [
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "call_1", "name": "weather", "args": ARGS}],
            },
            {"role": "weather", "content": "rainy"},
        ],
        [CALLED, Message(role="tool", content="rainy", name="weather")],
    ),
    "vercel": (
        {
            "system": "Be brief.",
            "prompt": [
                {"role": "user", "content": [{"type": "text", "text": "Weather in Paris?"}]},
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "tool-call",
                            "toolCallId": "call_1",
                            "toolName": "weather",
                            "input": ARGS,
                        }
                    ],
                },
                {
                    "role": "tool",
                    "content": [
                        {
                            "type": "tool-result",
                            "toolCallId": "call_1",
                            "toolName": "weather",
                            "output": {"type": "text", "value": "rainy"},
                        }
                    ],
                },
            ],
        },
        [TOLD, ASKED, CALLED, ANSWERED_BY_NAME],
    ),
    "vercel calls": ([{"toolCallId": "call_1", "toolName": "weather", "input": ARGS_TEXT}], [CALLED]),
    "pydantic ai": (
        [
            {
                "kind": "request",
                "parts": [
                    {"part_kind": "system-prompt", "content": "Be brief."},
                    {"part_kind": "user-prompt", "content": "Weather in Paris?"},
                ],
            },
            {
                "kind": "response",
                "parts": [
                    {
                        "part_kind": "tool-call",
                        "tool_call_id": "call_1",
                        "tool_name": "weather",
                        "args": ARGS,
                    }
                ],
            },
            {
                "kind": "request",
                "parts": [
                    {
                        "part_kind": "tool-return",
                        "tool_call_id": "call_1",
                        "tool_name": "weather",
                        "content": "rainy",
                    }
                ],
            },
        ],
        [TOLD, ASKED, CALLED, ANSWERED_BY_NAME],
    ),
    "bedrock converse": (
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "call_1", "name": "weather", "input": ARGS}}],
                }
            },
            "stopReason": "tool_use",
        },
        [Message(role="assistant", tool_calls=(CALL,), finish_reason="tool_use")],
    ),
    "strands blocks in text": (
        [
            {"role": "user", "content": '[{"text": "Weather in Paris?"}]'},
            {
                "role": "user",
                "content": '[{"toolResult": {"toolUseId": "call_1", "content": [{"text": "rainy"}]}}]',
            },
        ],
        [ASKED, ANSWERED],
    ),
    "llama index": (
        [
            {
                "role": "user",
                "blocks": [{"block_type": "text", "text": "Weather in Paris?"}],
                "additional_kwargs": {},
            }
        ],
        [ASKED],
    ),
    "autogen": (
        [
            {"type": "UserMessage", "source": "user", "content": "Weather in Paris?"},
            {
                "type": "AssistantMessage",
                "source": "helper",
                "content": [{"id": "call_1", "name": "weather", "arguments": ARGS_TEXT}],
            },
            {
                "type": "FunctionExecutionResultMessage",
                "content": [{"call_id": "call_1", "name": "weather", "content": "rainy"}],
            },
        ],
        [
            ASKED,
            Message(role="assistant", tool_calls=(CALL,), name="helper"),
            ANSWERED_BY_NAME,
        ],
    ),
    "cohere 1": (
        {
            "preamble": "Be brief.",
            "chat_history": [{"role": "CHATBOT", "message": "Hello"}],
            "message": "Weather in Paris?",
        },
        [TOLD, Message(role="assistant", content="Hello"), ASKED],
    ),
    "ollama": (
        {"message": {"role": "assistant", "content": "It rains."}, "done": True, "done_reason": "stop"},
        [SAID],
    ),
    "hugging face": ({"inputs": "Weather in Paris?", "parameters": {}}, [ASKED]),
    "koog calls in text": (
        [
            {
                "role": "tool",
                "content": '[{"id": "call_1", "type": "function",'
                ' "function": {"name": "weather", "arguments": "{\\"city\\":\\"Paris\\"}"}}]',
            }
        ],
        [CALLED],
    ),
    "messages as python prints them": (
        {
            "messages": [
                "role='system' content='Be brief.' name=None tool_calls=None",
                "id='e9f5' source='user' models_usage=None content=\"Weather in Paris?\" type='TextMessage'",
                "source='helper' content='It\\'s raining.\\nReally.' type='TextMessage'",
            ]
        },
        [TOLD, ASKED, Message(role="assistant", content="It's raining.\nReally.", name="helper")],
    ),
    "messages as json texts": (
        {"messages": ['{"role": "user", "content": "Weather in Paris?"}']},
        [ASKED],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_becomes_the_same_messages(name: str) -> None:
    value, expected = SHAPES[name]
    role = "system" if "system instructions" in name else "user"
    assert list(parse_messages(value, default_role=role)) == expected
    assert list(parse_messages(json.dumps(value), default_role=role)) == expected


STREAMS: dict[str, tuple[str, Message]] = {
    "openai": (
        'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"It "}}]}\n\n'
        'data: {"choices":[{"index":0,"delta":{"content":"rains."}}]}\n\n'
        'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1",'
        '"function":{"name":"weather","arguments":"{\\"city\\":"}}]}}]}\n\n'
        'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,'
        '"function":{"arguments":"\\"Paris\\"}"}}]},"finish_reason":"tool_calls"}]}\n\n'
        "data: [DONE]\n\n",
        Message(role="assistant", content="It rains.", tool_calls=(CALL,), finish_reason="tool_calls"),
    ),
    "anthropic": (
        'event: message_start\ndata: {"type":"message_start","message":{"role":"assistant","content":[]}}\n\n'
        'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"It rains."}}\n\n'
        'data: {"type":"content_block_start","index":1,"content_block":'
        '{"type":"tool_use","id":"call_1","name":"weather","input":{}}}\n\n'
        'data: {"type":"content_block_delta","index":1,"delta":'
        '{"type":"input_json_delta","partial_json":"{\\"city\\":\\"Paris\\"}"}}\n\n'
        'data: {"type":"message_delta","delta":{"stop_reason":"tool_use"}}\n\n',
        Message(role="assistant", content="It rains.", tool_calls=(CALL,), finish_reason="tool_use"),
    ),
    "ollama": (
        '{"message":{"role":"assistant","content":"It "},"done":false}\n'
        '{"message":{"role":"assistant","content":"rains."},"done":true,"done_reason":"stop"}\n',
        SAID,
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streamed_answers_are_put_together(name: str) -> None:
    body, expected = STREAMS[name]
    assert parse_messages(body, default_role="assistant") == (expected,)


@pytest.mark.parametrize(
    "value",
    [
        "just words",
        "{broken",
        "12",
        "null",
        '{"city": "Paris"}',
        '[{"city": "Paris"}, {"city": "Rome"}]',
        '["a", "b"]',
        {"args": ["programming"], "kwargs": {}},
        {"content": "a file", "path": "/tmp/x"},
        {"results": [{"index": 3, "relevance_score": 0.99}]},
        {"input": ["one", "two"], "model": "embed"},
        None,
        3.5,
        [],
        {},
    ],
)
def test_what_is_no_chat_stays_what_it_is(value: object) -> None:
    assert parse_messages(value, default_role="user") == ()


def test_media_are_kept_with_their_data() -> None:
    value = [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "wav"}},
                {"type": "blob", "modality": "video", "mime_type": "video/mp4", "content": "CCCC"},
            ],
        }
    ]
    (message,) = parse_messages(value, default_role="user")
    assert [(part.type, part.uri) for part in message.parts] == [
        ("image", "https://example.org/a.png"),
        ("image", "data:image/png;base64,AAAA"),
        ("audio", "data:wav;base64,BBBB"),
        ("video", "data:video/mp4;base64,CCCC"),
    ]


def test_unknown_parts_are_kept_as_json() -> None:
    (message,) = parse_messages(
        [{"role": "user", "content": [{"type": "hologram", "x": 1}]}], default_role="user"
    )
    assert message.parts == (Part(type="hologram", text='{"x":1}'),)


def test_nesting_without_end_is_no_chat() -> None:
    value: Any = {"role": "user", "content": "hi"}
    for _ in range(5_000):
        value = [value]
    assert parse_messages(value, default_role="user") == ()
    assert parse_messages("[" * 100_000, default_role="user") == ()


def test_plain_text_is_what_was_said() -> None:
    assert plain_text((TOLD, ASKED, CALLED, SAID)) == "Be brief.\nWeather in Paris?\nIt rains."


KEYS = st.sampled_from(
    [
        "role",
        "content",
        "parts",
        "type",
        "text",
        "messages",
        "choices",
        "message",
        "delta",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "kwargs",
        "lc",
        "generations",
        "output",
        "input",
        "prompt",
        "system",
        "contents",
        "candidates",
        "functionCall",
        "toolUse",
        "toolResult",
        "kind",
        "part_kind",
        "source",
        "blocks",
        "data",
        "tool_call_id",
        "additional_kwargs",
        "chat_history",
        "inputs",
        "outputs",
        "event_type",
        "response",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(
        ["user", "assistant", "tool", "text", "human", "tool_call", "reasoning", "", "[{", "{}"]
    )
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(VALUES, st.sampled_from(["user", "assistant"]))
def test_whatever_comes_in_what_comes_out_can_be_stored(value: object, role: str) -> None:
    messages = parse_messages(value, default_role=role)
    assert load_messages(dump_messages(messages)) == messages
    assert all(message.role in ("system", "user", "assistant", "tool") for message in messages)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_garbage_never_raises(value: bytes | str) -> None:
    parse_messages(value, default_role="user")


@pytest.mark.parametrize("text", ["{}", "3", "[3]", '[{"nonsense": 1}]', "[", '[{"content": "no role"}]'])
def test_stored_text_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"stored messages|unexpected|end of|JSON"):
        load_messages(text)
