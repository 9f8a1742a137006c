"""Faults of model calls, in the bytes of each dialect."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from roadworthy.contracts.upstream import UpstreamAnswer, UpstreamFailed, Waits
from roadworthy.domain.exchange import Dialect
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.drills.fault_transport import (
    REFUSAL_TEXT,
    SWAPPED_MODEL,
    SWAPPED_TEXT,
    FaultTransport,
)
from tests.unit.gateway.drills.wire import PATHS, STREAMED, Clock, Upstream, fault, request

PLAIN = [one for one in PATHS if one is not Dialect.OPENAI_EMBEDDINGS]


async def _read(answer: UpstreamAnswer) -> bytes:
    body = b""
    while chunk := await answer.read():
        body += chunk
    return body


def _answered(
    name: str, dialect: Dialect, *, streamed: bool = False, **body: Any
) -> tuple[int, bytes, Upstream]:
    upstream, applied = Upstream(), list[int]()
    transport = FaultTransport(
        upstream, fault=fault(name), dialect=dialect, applied=lambda: applied.append(1), sleep=Clock().sleep
    )

    async def ask() -> tuple[int, bytes]:
        answer = await transport.send(request(dialect, streamed=streamed, **body))
        return answer.status, await _read(answer)

    status, said = asyncio.run(ask())
    assert applied == [1]
    assert upstream.asked == []  # nothing is paid
    return status, said, upstream


def _said(dialect: Dialect, body: bytes) -> tuple[str, str, str, str]:
    """(model, text, refusal, why it stopped) as a client of the dialect reads a whole answer."""
    told = json.loads(body)
    if dialect is Dialect.OPENAI_CHAT:
        choice = told["choices"][0]
        message = choice["message"]
        return told["model"], message["content"] or "", message["refusal"] or "", choice["finish_reason"]
    if dialect is Dialect.OPENAI_RESPONSES:
        parts = [part for item in told["output"] for part in item["content"]]
        text = "".join(part.get("text", "") for part in parts)
        return told["model"], text, "".join(part.get("refusal", "") for part in parts), told["status"]
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        text = "".join(part["text"] for part in told["content"])
        refused = told["stop_reason"] == "refusal"
        return told["model"], "" if refused else text, text if refused else "", told["stop_reason"]
    candidate = told["candidates"][0]
    parts = candidate.get("content", {}).get("parts", [])
    blocked = "blocked" if candidate["finishReason"] == "SAFETY" else ""
    return told["modelVersion"], "".join(one["text"] for one in parts), blocked, candidate["finishReason"]


def _events(body: bytes) -> list[Any]:
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    return [json.loads(line[6:]) for line in lines if line.startswith(b"data: ") and line != b"data: [DONE]"]


def _streamed(dialect: Dialect, body: bytes) -> tuple[str, str, str]:
    """(model, text, refusal) as a client of the dialect puts a stream together."""
    events = _events(body)
    if dialect is Dialect.OPENAI_CHAT:
        assert body.endswith(b"data: [DONE]\n\n")
        deltas = [one["choices"][0]["delta"] for one in events if one["choices"]]
        text = "".join(one.get("content") or "" for one in deltas)
        return events[0]["model"], text, "".join(one.get("refusal") or "" for one in deltas)
    if dialect is Dialect.OPENAI_RESPONSES:
        assert [one["sequence_number"] for one in events] == list(range(len(events)))
        model, text, refusal, _ = _said(dialect, json.dumps(events[-1]["response"]).encode())
        kind = "refusal" if refusal else "output_text"
        deltas = [one["delta"] for one in events if one["type"] == f"response.{kind}.delta"]
        assert "".join(deltas) == (refusal or text)
        return model, text, refusal
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        assert events[-1]["type"] == "message_stop"
        text = "".join(one["delta"]["text"] for one in events if one["type"] == "content_block_delta")
        refused = (
            next(one for one in events if one["type"] == "message_delta")["delta"]["stop_reason"] == "refusal"
        )
        return events[0]["message"]["model"], "" if refused else text, text if refused else ""
    whole = [_said(dialect, json.dumps(one | {"x": 0}).encode()) for one in events[-1:]]
    parts = [part for one in events for part in one["candidates"][0].get("content", {}).get("parts", [])]
    return events[0]["modelVersion"], "".join(one["text"] for one in parts), whole[0][2]


@pytest.mark.parametrize("dialect", PLAIN)
def test_made_up_answers_are_whole_answers_of_their_dialect(dialect: Dialect) -> None:
    pinned = "gemini-3" if dialect is Dialect.GEMINI else "pinned-1"
    model, text, refusal, _ = _said(dialect, _answered("refusal", dialect)[1])
    assert (model, text, bool(refusal)) == (pinned, "", True)
    assert _said(dialect, _answered("model_swap", dialect)[1])[:3] == (SWAPPED_MODEL, SWAPPED_TEXT, "")
    assert _said(dialect, _answered("empty", dialect)[1])[:3] == (pinned, "", "")


@pytest.mark.parametrize("dialect", STREAMED)
def test_made_up_streams_are_whole_streams_of_their_dialect(dialect: Dialect) -> None:
    pinned = "gemini-3" if dialect is Dialect.GEMINI else "pinned-1"
    model, text, refusal = _streamed(dialect, _answered("refusal", dialect, streamed=True)[1])
    assert (model, text) == (pinned, "")
    assert refusal == ("blocked" if dialect is Dialect.GEMINI else REFUSAL_TEXT)
    swapped = _streamed(dialect, _answered("model_swap", dialect, streamed=True)[1])
    assert swapped == (SWAPPED_MODEL, SWAPPED_TEXT, "")
    assert _streamed(dialect, _answered("empty", dialect, streamed=True)[1]) == (pinned, "", "")


def test_usage_comes_last_in_a_stream_that_asked_for_it() -> None:
    body = _answered(
        "model_swap", Dialect.OPENAI_CHAT, streamed=True, stream_options={"include_usage": True}
    )[1]
    assert _events(body)[-1]["choices"] == [] and _events(body)[-1]["usage"]["total_tokens"] == 18


def test_embeddings_of_another_model_and_none_at_all() -> None:
    dialect = Dialect.OPENAI_EMBEDDINGS
    swapped = json.loads(_answered("model_swap", dialect, input=["a", "b"], dimensions=8)[1])
    assert swapped["model"] == SWAPPED_MODEL
    assert [len(one["embedding"]) for one in swapped["data"]] == [8, 8]
    packed = json.loads(
        _answered("model_swap", dialect, input="a", dimensions=8, encoding_format="base64")[1]
    )
    assert isinstance(packed["data"][0]["embedding"], str)
    assert json.loads(_answered("empty", dialect, input="a")[1])["data"] == []


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize(("name", "status"), [("rate_limited", 429), ("server_error", 500)])
def test_errors_have_the_shape_of_their_dialect(dialect: Dialect, name: str, status: int) -> None:
    got, body, _ = _answered(name, dialect)
    told = json.loads(body)
    assert got == status and told["error"]["message"]
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        assert told["type"] == "error"
        assert told["error"]["type"] == ("rate_limit_error" if status == 429 else "api_error")
    if dialect is Dialect.GEMINI:
        assert told["error"]["code"] == status


def test_429_says_when_to_come_again() -> None:
    transport = FaultTransport(
        Upstream(), fault=fault("rate_limited", retry_after_s=2), dialect=Dialect.GEMINI
    )
    answer = asyncio.run(transport.send(request(Dialect.GEMINI)))
    assert dict(answer.headers)[b"retry-after"] == b"2"


def test_a_time_out_is_one_of_the_transport_and_no_longer_than_its_wait() -> None:
    clock, applied = Clock(), list[int]()
    transport = FaultTransport(
        Upstream(),
        fault=fault("timeout", after_s=90),
        dialect=Dialect.OPENAI_CHAT,
        applied=lambda: applied.append(1),
        sleep=clock.sleep,
    )
    with pytest.raises(UpstreamFailed) as failed:
        asyncio.run(transport.send(request(Dialect.OPENAI_CHAT, waits=Waits(first_byte_s=3))))
    assert (failed.value.code, failed.value.sent, clock.slept, applied) == (
        FailureCode.TIMEOUT,
        True,
        [3],
        [1],
    )


@pytest.mark.parametrize(
    "chunks", [(b'{"choices": [1, 2, 3, 4, 5]}',), (b"data: 1\n\ndata: 2\n\n", b"data: [DONE]\n\n")]
)
def test_a_truncated_answer_is_the_beginning_of_the_real_one_and_then_breaks(
    chunks: tuple[bytes, ...],
) -> None:
    upstream = Upstream(*chunks, headers=[(b"content-type", b"x/y")])
    transport = FaultTransport(upstream, fault=fault("truncated"), dialect=Dialect.OPENAI_CHAT)
    whole, got = b"".join(chunks), b""

    async def ask() -> None:
        nonlocal got
        answer = await transport.send(request(Dialect.OPENAI_CHAT))
        while True:
            got += await answer.read()

    with pytest.raises(UpstreamFailed) as failed:
        asyncio.run(ask())
    assert failed.value.code is FailureCode.INVALID_ANSWER
    assert whole.startswith(got) and 0.25 < len(got) / len(whole) < 0.85


def test_an_upstream_that_fails_by_itself_is_passed_on_and_no_fault() -> None:
    applied = list[int]()
    transport = FaultTransport(
        Upstream(b"{}", status=503),
        fault=fault("truncated"),
        dialect=Dialect.OPENAI_CHAT,
        applied=lambda: applied.append(1),
    )
    answer = asyncio.run(transport.send(request(Dialect.OPENAI_CHAT)))
    assert (answer.status, applied) == (503, [])


def test_a_slow_answer_is_late_event_by_event_and_otherwise_the_same() -> None:
    clock = Clock()
    upstream = Upstream(b"data: 1\n\ndata: 2\n\n", b"data: [DONE]\n\n")
    transport = FaultTransport(
        upstream,
        fault=fault("slow", first_s=2, between_s=0.5),
        dialect=Dialect.OPENAI_CHAT,
        sleep=clock.sleep,
    )

    async def ask() -> bytes:
        return await _read(await transport.send(request(Dialect.OPENAI_CHAT, streamed=True)))

    assert asyncio.run(ask()) == b"data: 1\n\ndata: 2\n\ndata: [DONE]\n\n"
    assert clock.slept == [2, 0.5, 0.5]


def test_slower_than_the_caller_waits_is_a_time_out() -> None:
    clock, upstream = Clock(), Upstream(b"data: 1\n\n")
    transport = FaultTransport(
        upstream, fault=fault("slow", first_s=9), dialect=Dialect.OPENAI_CHAT, sleep=clock.sleep
    )

    async def ask() -> None:
        answer = await transport.send(request(Dialect.OPENAI_CHAT, waits=Waits(first_byte_s=4)))
        await answer.read()

    with pytest.raises(UpstreamFailed) as failed:
        asyncio.run(ask())
    assert (failed.value.code, clock.slept) == (FailureCode.TIMEOUT, [4])
    assert upstream.answers[0].aborted
