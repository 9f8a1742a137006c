"""Tokens, model and id, read from whole answers and streams of every dialect, however the bytes are cut."""

from __future__ import annotations

import gzip
import itertools
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.exchange import Dialect, Tokens
from roadworthy.features.gateway.usage.reader import Reading, UsageReader, usage_reader

EVENTS = "text/event-stream; charset=utf-8"

CHAT = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt-5-2026-08-07","choices":'
    b'[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":null}\n\n'
    b'data: {"id":"chatcmpl-1","model":"gpt-5-2026-08-07","choices":[{"delta":{"content":'
    b'"Hello \\"usage\\""}}],"usage":null}\n\n'
    b'data: {"id":"chatcmpl-1","model":"gpt-5-2026-08-07","choices":[],"usage":{"prompt_tokens":20,'
    b'"completion_tokens":30,"total_tokens":50,"prompt_tokens_details":{"cached_tokens":16},'
    b'"completion_tokens_details":{"reasoning_tokens":12}}}\n\ndata: [DONE]\n\n'
)
RESPONSES = (
    b'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","model":"gpt-5",'
    b'"usage":null}}\n\n'
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"abcd"}\n\n'
    b'event: response.output_text.done\ndata: {"type":"response.output_text.done","text":"abcd"}\n\n'
    b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1",'
    b'"model":"gpt-5","usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":2},"output_tokens":4,'
    b'"output_tokens_details":{"reasoning_tokens":1},"total_tokens":13}}}\n\n'
)
MESSAGES = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"claude-sonnet-5",'
    b'"usage":{"input_tokens":7,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"output_tokens":1}}}'
    b'\n\nevent: ping\ndata: {"type":"ping"}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    b'"text":"message_delta: hi"}}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
    b'"usage":{"output_tokens":22}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
)
GEMINI = (
    b'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":8,'
    b'"totalTokenCount":8},"modelVersion":"gemini-3-pro","responseId":"g1"}\r\n\r\n'
    b'data: {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":'
    b'{"promptTokenCount":8,"candidatesTokenCount":6,"thoughtsTokenCount":4,"cachedContentTokenCount":2,'
    b'"totalTokenCount":18},"modelVersion":"gemini-3-pro","responseId":"g1"}\r\n\r\n'
)
STREAMS = {
    Dialect.OPENAI_CHAT: (
        CHAT,
        "gpt-5-2026-08-07",
        "chatcmpl-1",
        Tokens(input=20, output=30, cache_read=16, reasoning=12),
    ),
    Dialect.OPENAI_RESPONSES: (
        RESPONSES,
        "gpt-5",
        "resp_1",
        Tokens(input=9, output=4, cache_read=2, reasoning=1),
    ),
    Dialect.ANTHROPIC_MESSAGES: (
        MESSAGES,
        "claude-sonnet-5",
        "msg_1",
        Tokens(input=15, output=22, cache_read=5, cache_write=3),
    ),
    Dialect.GEMINI: (
        GEMINI,
        "gemini-3-pro",
        "g1",
        Tokens(input=8, output=10, cache_read=2, reasoning=4),
    ),
}


def read(
    dialect: Dialect,
    *chunks: bytes,
    content_type: str = EVENTS,
    encoding: str = "",
    request_bytes: int = 400,
) -> Reading:
    reader = usage_reader(dialect, content_type=content_type, content_encoding=encoding)
    for chunk in chunks:
        reader.feed(chunk)
    return reader.close(request_bytes=request_bytes)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(0, 900), max_size=8), st.booleans())
def test_a_stream_is_read_however_it_is_cut(dialect: Dialect, cuts: list[int], packed: bool) -> None:
    body, answered, response_id, tokens = STREAMS[dialect]
    body = gzip.compress(body) if packed else body
    places = sorted({0, len(body), *(min(cut, len(body)) for cut in cuts)})
    chunks = [body[start:end] for start, end in itertools.pairwise(places)]

    found = read(dialect, *chunks, encoding="gzip" if packed else "")

    assert (found.answered, found.response_id, found.tokens) == (answered, response_id, tokens)
    assert found.ended and not found.failed


@pytest.mark.parametrize("dialect", sorted(STREAMS))
def test_a_stream_that_was_cut_off_is_estimated_and_says_so(dialect: Dialect) -> None:
    body = STREAMS[dialect][0]
    found = read(dialect, body[: body.index(b"\n\n" if b"\n\n" in body else b"\r\n\r\n") + 4])
    assert found.tokens is not None
    assert found.tokens.estimated
    assert found.tokens.input in (100, 15, 8)
    assert not found.ended


def test_a_stream_without_usage_is_estimated_from_its_text() -> None:
    text = b"".join(
        b'data: {"id":"c","model":"m","choices":[{"delta":{"content":"12345678"}}]}\n\n' for _ in range(5)
    )
    found = read(Dialect.OPENAI_CHAT, text + b"data: [DONE]\n\n")
    assert found.tokens == Tokens(input=100, output=10, estimated=True)
    assert found.ended


def test_events_that_come_one_by_one_are_estimated_from_their_text_alone() -> None:
    event = b'data: {"id":"c","model":"m","padding":"%s","choices":[{"delta":{"content":"1234"}}]}\n\n'
    found = read(Dialect.OPENAI_CHAT, *[event % (b"x" * 300)] * 30, b"data: [DONE]\n\n")
    assert found.tokens == Tokens(input=100, output=30, estimated=True)


def test_llama_cpp_says_what_it_counted_without_being_asked() -> None:
    text = b'data: {"id":"c","model":"m","choices":[{"delta":{"content":"a"}}]}\n\n'
    last = b'data: {"choices":[{"finish_reason":"stop","delta":{}}],"id":"c","model":"m","timings":'
    last += b'{"cache_n":5,"prompt_n":26,"prompt_ms":1.5,"predicted_n":30}}\n\n'
    found = read(Dialect.OPENAI_CHAT, *[text] * 6, last, b"data: [DONE]\n\n")
    assert found.tokens == Tokens(input=31, output=30, cache_read=5)


@pytest.mark.parametrize("how", ["complete", "aborted"])
def test_an_aborted_anthropic_stream_keeps_what_is_known_of_its_input(how: str) -> None:
    cut = MESSAGES.index(b"event: message_delta")
    found = read(Dialect.ANTHROPIC_MESSAGES, MESSAGES if how == "complete" else MESSAGES[:cut])
    assert found.tokens is not None
    assert found.tokens.input == 15
    assert found.tokens.estimated is (how == "aborted")
    assert found.tokens.output == (22 if how == "complete" else 5)  # 17 bytes of text


@pytest.mark.parametrize(
    ("dialect", "body", "tokens"),
    [
        (
            Dialect.OPENAI_CHAT,
            b'{"id":"c","model":"m","usage":{"prompt_tokens":3,"completion_tokens":4}}',
            Tokens(input=3, output=4),
        ),
        (
            Dialect.OPENAI_CHAT,  # xAI: reasoning beside completion
            b'{"id":"c","model":"m","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":12,'
            b'"completion_tokens_details":{"reasoning_tokens":5}}}',
            Tokens(input=3, output=9, reasoning=5),
        ),
        (
            Dialect.OPENAI_CHAT,  # DeepSeek
            b'{"id":"c","model":"m","usage":{"prompt_tokens":3,"completion_tokens":4,"prompt_cache_hit_tokens":2}}',
            Tokens(input=3, output=4, cache_read=2),
        ),
        (
            Dialect.OPENAI_EMBEDDINGS,
            b'{"id":"c","model":"m","data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}',
            Tokens(input=8, output=0),
        ),
        (
            Dialect.ANTHROPIC_MESSAGES,
            b'{"id":"c","model":"m","usage":{"input_tokens":2,"output_tokens":1}}',
            Tokens(input=2, output=1),
        ),
        (
            Dialect.GEMINI,
            b'[{"modelVersion":"m","responseId":"c"},{"usageMetadata":{"promptTokenCount":4,'
            b'"candidatesTokenCount":5,"toolUsePromptTokenCount":6}}]',
            Tokens(input=10, output=5),
        ),
    ],
)
def test_whole_answers(dialect: Dialect, body: bytes, tokens: Tokens) -> None:
    for encoding, packed in (("", body), ("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        found = read(dialect, packed[:9], packed[9:], content_type="application/json", encoding=encoding)
        assert (found.tokens, found.answered, found.response_id) == (tokens, "m", "c")


def test_usage_at_the_end_of_an_answer_too_large_to_hold() -> None:
    vectors = b'{"object":"list","model":"emb-3","data":[' + b"0.123," * 400_000 + b'1],"usage":'
    chunks = [vectors[at : at + 65_536] for at in range(0, len(vectors), 65_536)]
    found = read(
        Dialect.OPENAI_EMBEDDINGS,
        *chunks,
        b'{"prompt_tokens":77,"total_tokens":77}}\n',
        content_type="application/json",
    )
    assert (found.tokens, found.answered, found.ended) == (Tokens(input=77, output=0), "emb-3", True)


@pytest.mark.parametrize(
    ("dialect", "event"),
    [
        (Dialect.OPENAI_CHAT, b'data: {"error":{"message":"x"}}\n\n'),
        (Dialect.ANTHROPIC_MESSAGES, b'event: error\ndata: {"type":"error","error":{}}\n\n'),
        (Dialect.OPENAI_RESPONSES, b'data: {"type":"response.failed","response":{"error":{"code":"x"}}}\n\n'),
        (Dialect.GEMINI, b'data: {"error":{"code":500}}\n\n'),
    ],
)
def test_a_stream_that_says_it_failed(dialect: Dialect, event: bytes) -> None:
    assert read(dialect, STREAMS[dialect][0][:250].rpartition(b"\n\n")[0] + b"\n\n", event).failed


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(STREAMS)), st.binary(max_size=400), st.sampled_from([EVENTS, "application/json"]))
def test_what_cannot_be_read_disturbs_nobody(dialect: Dialect, body: bytes, content_type: str) -> None:
    for encoding in ("", "gzip", "br"):
        read(dialect, body, content_type=content_type, encoding=encoding)
        read(dialect, b"data: " + body + b"\n\n", content_type=content_type, encoding=encoding)


@pytest.mark.parametrize("value", ['"7"', "-1", "1e300", "null", "true", "{}", "[1]", "NaN"])
def test_a_count_that_is_none_is_unknown(value: str) -> None:
    body = '{"id":"c","model":"m","usage":{"prompt_tokens":' + value + ',"completion_tokens":4}}'
    found = read(Dialect.OPENAI_CHAT, body.encode(), content_type="application/json")
    assert found.tokens is None or found.tokens.input is None


def test_a_line_without_end_is_not_held() -> None:
    reader = usage_reader(Dialect.OPENAI_CHAT, content_type=EVENTS, content_encoding="")
    for _ in range(100):
        reader.feed(b"data: " + b"x" * 65_536)
    reader.feed(b'\n\ndata: {"id":"c","model":"m","usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n')
    assert reader.close(request_bytes=0).tokens == Tokens(input=1, output=2)


def test_a_whole_answer_that_says_no_usage_is_estimated_from_its_text() -> None:
    body = b'{"id":"c","model":"m","choices":[{"message":{"role":"assistant","content":"12345678"}}]}'
    found = read(Dialect.OPENAI_CHAT, body, content_type="application/json")
    assert found.tokens == Tokens(input=100, output=2, estimated=True)
    cut = read(Dialect.OPENAI_CHAT, body[:-4], content_type="application/json")
    assert (cut.tokens, cut.ended) == (found.tokens, False)


def test_counting_tokens_makes_none() -> None:
    found = read(Dialect.ANTHROPIC_MESSAGES, b'{"input_tokens":7}', content_type="application/json")
    assert (found.tokens, found.ended) == (None, True)


@given(
    st.lists(
        st.sampled_from(
            (
                b'data: {"id":"a","model":"m","choices":[{"delta":{"content":"some words"}}]}\n\n',
                b'data: {"id":"a","model":"m","choices":[{"delta":{"content":"more"}}],"usage":null}\n\n',
                b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n',
                b'data: {"error":{"message":"over"}}\n\n',
                b"data: [DONE]\n\n",
                b": still there\n\n",
                b'data: {"id":"a","mod',
            )
        ),
        max_size=30,
    )
)
def test_many_events_at_once_are_read_as_each_by_itself(chunks: list[bytes]) -> None:
    def reader() -> UsageReader:
        return usage_reader(Dialect.OPENAI_CHAT, content_type="text/event-stream", content_encoding="")

    one_by_one, at_once = reader(), reader()
    for chunk in chunks:
        one_by_one.feed(chunk)
    at_once.feed_all(chunks)
    first, second = (one.close(request_bytes=40) for one in (one_by_one, at_once))
    if first.tokens is None or not first.tokens.estimated:
        assert first == second
    else:
        # Looked at together, the text of more of them is counted instead of estimated.
        assert replace(first, tokens=None) == replace(second, tokens=None)
        assert second.tokens is not None and second.tokens.estimated
