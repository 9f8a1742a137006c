"""What is recorded holds no secret, and else is what came."""

from __future__ import annotations

import gzip
import json
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.gateway.recording.masking import masked_message
from roadworthy.kit.masked_address import masked_head
from roadworthy.kit.masking import mask_pieces, mask_text
from roadworthy.kit.secret_screen import suspect
from tests.unit.gateway.recording.making import answer, request, said

KEY = "sk-ant-api03-Zx9_8yW7vU6tS5rQ4pO3nM2l"
STREAM = b"text/event-stream"


def body_of(message: RecordedMessage) -> bytes:
    return b"".join(chunk for _, chunk in message.chunks)


def test_a_body_without_secrets_stays_as_it_came() -> None:
    came = answer(said("The", " order", " 4711", " is", " größer"), kind=STREAM)

    done = masked_message(came)

    assert done.message == came
    assert done.masked == 0


def test_a_secret_in_a_body_is_masked() -> None:
    done = masked_message(request(json.dumps({"messages": [{"content": f"use {KEY} please"}]}).encode()))

    assert json.loads(body_of(done.message))["messages"][0]["content"] == "use [masked:anthropic_key] please"
    assert done.masked == 1


@pytest.mark.parametrize("at", range(1, 60))
def test_a_secret_that_lies_across_two_chunks_is_masked(at: int) -> None:
    whole = json.dumps({"content": f"größe: {KEY} €"}, ensure_ascii=False).encode()

    done = masked_message(answer([whole[:at], whole[at:]]))

    assert json.loads(body_of(done.message)) == {"content": "größe: [masked:anthropic_key] €"}
    assert [at for at, _ in done.message.chunks] == [200.0, 210.0]


@pytest.mark.parametrize(
    "words",
    [
        ("it is sk-ant-", "api03-Zx9_8yW7", "vU6tS5rQ4pO3nM2l", " ok"),
        tuple(KEY),
        ("my password", ": ", "hunter2x!"),
    ],
)
def test_a_secret_a_stream_says_in_pieces_is_masked(words: tuple[str, ...]) -> None:
    chunks = said(*words)

    done = masked_message(answer(chunks, kind=STREAM))

    text = body_of(done.message).decode()
    heard = "".join(
        json.loads(line[6:])["choices"][0]["delta"]["content"]
        for line in text.splitlines()
        if line.startswith("data: {")
    )
    assert heard == mask_text("".join(words)).text
    assert "masked" in heard
    assert [at for at, _ in done.message.chunks] == [200.0 + 10 * n for n in range(len(chunks))]
    assert all(chunk.endswith(b"\n\n") for _, chunk in done.message.chunks), "events stay in their chunks"


@pytest.mark.parametrize(
    "event",
    [
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%s}}',
        'data: {"type":"content_block_delta","index":1,"delta":{"partial_json":%s}}',
        'data: {"type":"response.output_text.delta","sequence_number":4,"output_index":1,"delta":%s}',
        'data: {"candidates":[{"content":{"parts":[{"text": %s}],"role": "model"},"index": 0}]}',
        'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":%s}}]}}]}',
        'data: {"choices":[{"index":0,"delta":{"reasoning_content":%s,"content":null}}]}',
    ],
    ids=["anthropic", "anthropic tool", "responses", "gemini", "tool call", "reasoning"],
)
def test_every_dialects_pieces_are_heard(event: str) -> None:
    pieces = ["use ", KEY[:11], KEY[11:20], KEY[20:], ' "now" ', "größer\n"]
    chunks = [(event % json.dumps(piece) + "\n\n").encode() for piece in pieces]

    done = masked_message(answer(chunks, kind=STREAM))

    kept = body_of(done.message)
    assert kept.count(b"[masked:anthropic_key]") == 1
    assert not any(piece.encode() in kept for piece in pieces[1:4])
    lines = [line for line in kept.decode().splitlines() if line]
    assert len([json.loads(line[6:]) for line in lines]) == len(pieces), "every event is still JSON"
    assert done.message.chunks[0] == (200.0, chunks[0])
    assert done.message.chunks[-1] == (250.0, chunks[-1])


def test_two_tool_calls_told_in_turns_are_heard_apart() -> None:
    """Joined in the order of the stream they would hold no key at all."""
    parts = [KEY[:12], KEY[12:24], KEY[24:]]
    events = []
    for mine, other in zip(parts, ("what ", "a fine", " day"), strict=True):
        for index, words in ((0, mine), (1, other)):
            call = {"index": index, "function": {"arguments": words}}
            events.append(
                b"data: "
                + json.dumps(
                    {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}, separators=(",", ":")
                ).encode()
                + b"\n\n"
            )

    done = masked_message(answer(events, kind=STREAM))

    kept = body_of(done.message)
    assert b"[masked:anthropic_key]" in kept
    assert all(part.encode() not in kept for part in parts)
    assert b"a fine" in kept


def test_a_header_that_names_a_credential_loses_its_value() -> None:
    done = masked_message(
        request(
            b"{}",
            headers=(
                (b"authorization", b"Bearer rw_0123456789ab_abcdefghijklmnopqrstuvwxyz"),
                (b"x-api-key", b"1234"),
                (b"x-goog-api-key", b"short"),
                (b"cookie", b"a=b"),
                (b"x-acme-auth", b"hunter2"),
                (b"x-ratelimit-remaining-tokens", b"199"),
                (b"user-agent", b"OpenAI/Python 3.1"),
                (b"x-note", f"key {KEY}".encode()),
            ),
        )
    )

    kept = dict(done.message.headers)
    assert [name for name, value in kept.items() if value == b"[masked:header]"] == [
        b"authorization",
        b"x-api-key",
        b"x-goog-api-key",
        b"cookie",
        b"x-acme-auth",
    ]
    assert kept[b"x-ratelimit-remaining-tokens"] == b"199"
    assert kept[b"user-agent"] == b"OpenAI/Python 3.1"
    assert KEY.encode() not in kept[b"x-note"]


def test_a_credential_in_an_address_is_masked() -> None:
    assert (
        masked_head("POST /v1beta/models/x:generateContent?alt=sse&key=abc")
        == "POST /v1beta/models/x:generateContent?alt=sse&key=[masked:query]"
    )


@pytest.mark.parametrize(
    ("encoding", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress)], ids=["gzip", "deflate"]
)
def test_a_packed_body_is_looked_into(encoding: bytes, pack: object) -> None:
    assert callable(pack)
    packed = pack(json.dumps({"content": KEY}).encode())

    done = masked_message(answer([packed[:9], packed[9:]], headers=((b"content-encoding", encoding),)))

    assert json.loads(body_of(done.message)) == {"content": "[masked:anthropic_key]"}
    assert len(done.message.chunks) == 2
    assert "undone" in done.note


@pytest.mark.parametrize(
    ("encoding", "body"),
    [(b"br", b"xx"), (b"gzip", b"no gzip at all"), (b"gzip", gzip.compress(bytes(70 << 20)))],
)
def test_a_body_nobody_can_look_into_is_left_out(encoding: bytes, body: bytes) -> None:
    done = masked_message(answer([body], headers=((b"content-encoding", encoding),)))

    assert body_of(done.message) == b""
    assert "left out" in done.note


def test_a_large_body_is_masked_in_windows_as_it_would_be_whole() -> None:
    words = ("the order is on its way " * 9000 + f" {KEY} ") * 6 + "password: 'hunter2x' and done"
    chunks = [words[at : at + 65_521].encode() for at in range(0, len(words), 65_521)]

    done = masked_message(answer(chunks))

    assert done.masked == 7
    assert body_of(done.message).decode() == mask_text(words).text
    assert len(done.message.chunks) == len(chunks)


SECRETS = st.sampled_from(
    [KEY, "password: 'hunter2x'", "ghp_" + "a1" * 20, "eyJhbGciOiJI.eyJzdWIiOiIx.abc", "https://a:b1@c"]
)
TEXTS = st.lists(st.one_of(SECRETS, st.text(max_size=12)), max_size=6).map(" ".join)


@given(TEXTS, st.lists(st.integers(0, 200), max_size=4))
def test_pieces_are_masked_as_the_whole(text: str, cuts: list[int]) -> None:
    borders = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    pieces = [text[a:b] for a, b in pairwise(borders)]

    done = mask_pieces(pieces)

    assert "".join(done.pieces) == mask_text(text).text
    assert len(done.pieces) == len(pieces)
    assert done.count == mask_text(text).count


@given(TEXTS)
def test_the_screen_misses_nothing(text: str) -> None:
    if mask_text(text).text != text:
        assert suspect(text)
