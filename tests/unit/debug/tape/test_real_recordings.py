"""Real requests to real providers and their answers: each is found again, and told as it came."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage, Recording, decode, encode
from roadworthy.doors.gateway.paths import model_path
from roadworthy.features.debug.plan import Change, ChangeKind
from roadworthy.features.debug.tape.asked import Asked, How
from roadworthy.features.debug.tape.loading import load_tape
from roadworthy.features.debug.tape.player import Player
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.gateway.recording.masking import masked_message
from tests.unit.debug.tape.taping import RunOf, plan

_CHUNK = 70
"""Bytes at a time, so that ids lie across chunks."""


@pytest.fixture(scope="module")
def tapes(shared_data: Path) -> list[tuple[Tape, list[Asked]]]:
    """A tape of each file, and its calls as they were asked."""
    folder = shared_data / "traces/otel_payloads/openllmetry_cassettes"
    made = [
        _tape(file)
        for name in ("openai", "anthropic", "groq")
        for file in sorted((folder / name).glob("*.yaml"))
    ]
    return [one for one in made if one[1]]


def test_all_calls_are_found_and_told_as_they_were(tapes: list[tuple[Tape, list[Asked]]]) -> None:
    dialects: dict[str, int] = {}
    streams = 0
    for tape, asked in tapes:
        player = Player(tape, plan())
        for call, one in zip(tape.calls, asked, strict=True):
            played = player.answer(one)
            assert (played.how, played.step) == (How.RECORDED, call.step)
            assert played.answer == call.answer
            dialects[call.exchange.dialect.value] = dialects.get(call.exchange.dialect.value, 0) + 1
            streams += _streams(call.answer)
    assert min(dialects[one] for one in ("openai_chat", "anthropic_messages", "openai_responses")) >= 10
    assert streams >= 30, streams


def test_new_ids_change_ids_alone_and_no_border(tapes: list[tuple[Tape, list[Asked]]]) -> None:
    changed = 0
    for tape, asked in tapes:
        player = Player(tape, plan(), fresh_ids=True)
        for call, one in zip(tape.calls, asked, strict=True):
            played = player.answer(one)
            assert played.answer is not None and call.answer is not None
            before, after = call.answer, played.answer
            assert [(at, len(chunk)) for at, chunk in before.chunks] == [
                (at, len(chunk)) for at, chunk in after.chunks
            ]
            if call.exchange.response_id and len(call.exchange.response_id) > 12:
                changed += 1
                assert call.exchange.response_id.encode() not in after.body
                assert played.response_id.encode() in after.body
            assert _texts(before.body) == _texts(after.body)
    assert changed >= 100, changed


def test_words_are_put_in_place_of_any_answer_in_its_shape(tapes: list[tuple[Tape, list[Asked]]]) -> None:
    change = Change(
        step=1,
        kind=ChangeKind.ANSWER,
        text="Quite other words.",
        tool_calls='[{"function": {"name": "look", "arguments": "{\\"id\\": 7}"}}]',
    )
    put = 0
    for tape, asked in tapes:
        if asked[0].dialect is Dialect.OPENAI_EMBEDDINGS:
            continue
        played = Player(tape, plan(keep=0, changes=(change,))).answer(asked[0])
        assert played.how is How.CHANGED and played.answer is not None, played.note
        said = played.answer.body
        streamed = json.loads(asked[0].body).get("stream") is True
        assert _streams(played.answer) == streamed
        assert b"look" in said and b"7" in said
        assert b"other" in said and (streamed or b"Quite other words." in said)
        put += 1
    assert put >= 100, put


def _streams(answer: RecordedMessage | None) -> bool:
    return answer is not None and any(b"event-stream" in value for _, value in answer.headers)


def _texts(body: bytes) -> list[str]:
    """What a model says in it, whole or in pieces."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                if key in ("content", "text", "delta", "arguments", "partial_json") and isinstance(one, str):
                    found.append(one)
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    lines = (
        [body] if body[:1] == b"{" else [one[6:] for one in body.split(b"\n") if one.startswith(b"data: {")]
    )
    for line in lines:
        walk(json.loads(line))
    return found


def _tape(file: Path) -> tuple[Tape, list[Asked]]:
    exchanges: list[Exchange] = []
    recordings: dict[str, Recording] = {}
    asked: list[Asked] = []
    for number, (path, dialect, body, headers, answer, status) in enumerate(_interactions(file), 1):
        one = f"{number:032x}"
        chunks = [(float(at), answer[at : at + _CHUNK]) for at in range(0, len(answer), _CHUNK)]
        request = RecordedMessage(head=f"POST {path}", chunks=((0.0, body),))
        told = RecordedMessage(head=str(status), headers=headers, chunks=chunks)
        masked = Recording(
            exchange_id=one, request=masked_message(request).message, answer=masked_message(told).message
        )
        recordings[one] = decode(encode(masked))
        exchanges.append(
            Exchange(
                project="default",
                id=one,
                kind=ExchangeKind.MODEL,
                dialect=dialect,
                agent="support",
                target="planner",
                asked="planner",
                started_ns=number,
                elapsed_ms=1.0,
                ending=Ending.COMPLETE if status < 400 else Ending.FAILED,
                response_id=_id(answer),
            )
        )
        asked.append(Asked(kind=ExchangeKind.MODEL, path=path, body=body, dialect=dialect))
    return load_tape(RunOf(), exchanges, lambda exchange: recordings[exchange.id]), asked


def _interactions(
    file: Path,
) -> Iterator[tuple[str, Dialect, bytes, list[tuple[bytes, bytes]], bytes, int]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for one in yaml.load(file.read_bytes(), Loader=loader)["interactions"]:
        where = urlsplit(one["request"]["uri"])
        found = model_path(where.path.removeprefix("/openai"))
        body = one["request"]["body"]
        told = one["response"].get("body", {}).get("string")
        if found is None or body is None or told is None:
            continue
        raw = body.encode() if isinstance(body, str) else body
        answer = told.encode() if isinstance(told, str) else told
        headers = [
            (name.lower().encode(), value.encode())
            for name, values in one["response"]["headers"].items()
            for value in values
            if name.lower() != "content-encoding"
        ]
        if answer[:2] == b"\x1f\x8b":
            answer = gzip.decompress(answer)
        yield found.path, found.dialect, raw, headers, answer, one["response"]["status"]["code"]


def _id(answer: bytes) -> str:
    try:
        told = json.loads(answer)
    except ValueError:
        return ""
    found = told.get("id") if isinstance(told, dict) else ""
    return found if isinstance(found, str) else ""
