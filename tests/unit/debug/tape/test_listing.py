"""A rerun is shown the tools that the run was shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roadworthy.domain.exchange import LISTED, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage, Recording
from roadworthy.features.debug.tape.listing import MADE_UP, listing_of
from roadworthy.features.debug.tape.loading import TapeHole, last_listings
from tests.unit.debug.tape.taping import Call, chat, tape_of, tool

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}}
FIND = {"name": "crm__find", "description": "Finds.", "inputSchema": SCHEMA}


def _listed(at: int, kind: str, names: list[str]) -> tuple[Exchange, Recording | None]:
    exchange = Exchange(
        project="default",
        id=f"{kind}{at}",
        kind=ExchangeKind.TOOL,
        dialect=Dialect.MCP,
        agent="support",
        target=LISTED,
        asked=kind,
        upstream=LISTED,
        started_ns=at,
        elapsed_ms=0.0,
        ending=Ending.COMPLETE,
    )
    body = json.dumps({"tools": [{"name": one} for one in names]}).encode()
    return exchange, Recording(
        exchange_id=exchange.id, answer=RecordedMessage(head="200", chunks=((0.0, body),))
    )


def test_the_last_one_before_the_end_of_the_run_counts() -> None:
    made = [_listed(at, kind, [f"{kind}{at}"]) for at in (1, 5, 9) for kind in ("modern", "older")]
    read = {one.id: recording for one, recording in made}

    found = last_listings([one for one, _ in made], lambda one: read[one.id] or _gone(), until_ns=7)

    assert {kind: json.loads(body)["tools"][0]["name"] for kind, body in found} == {
        "modern": "modern5",
        "older": "older5",
    }


def _gone() -> Recording:
    raise TapeHole("deleted")


def test_one_whose_recording_is_gone_is_passed_over() -> None:
    first, second = _listed(1, "modern", ["a"]), _listed(2, "modern", ["b"])

    def read(one: Exchange) -> Recording:
        if one.id == second[0].id:
            raise TapeHole("the recording was deleted")
        assert first[1] is not None
        return first[1]

    ((kind, body),) = last_listings([first[0], second[0]], read, until_ns=9)

    assert (kind, json.loads(body)["tools"][0]["name"]) == ("modern", "a")


def test_a_recorded_listing_is_told_as_it_was_and_to_the_other_generation_in_its_form() -> None:
    modern = {
        "tools": [FIND, {"name": "crm__list", "outputSchema": {"type": "array"}}],
        "resultType": "complete",
        "ttlMs": 30_000,
        "cacheScope": "private",
    }
    body = json.dumps(modern).encode()
    tape = tape_of(chat("hi"), listings=[("modern", body)])

    assert listing_of(tape, modern=True) == (body, "")
    older, note = listing_of(tape, modern=False)
    assert (json.loads(older), note) == ({"tools": [FIND, {"name": "crm__list"}]}, "")
    again, _ = listing_of(tape_of(chat("hi"), listings=[("older", older)]), modern=True)
    assert json.loads(again)["resultType"] == "complete"


@pytest.mark.parametrize(
    ("path", "dialect", "tools"),
    [
        (
            "/v1/chat/completions",
            Dialect.OPENAI_CHAT,
            [
                {
                    "type": "function",
                    "function": {"name": "crm__find", "description": "Finds.", "parameters": SCHEMA},
                }
            ],
        ),
        (
            "/v1/responses",
            Dialect.OPENAI_RESPONSES,
            [{"type": "function", "name": "crm__find", "description": "Finds.", "parameters": SCHEMA}],
        ),
        (
            "/v1/messages",
            Dialect.ANTHROPIC_MESSAGES,
            [{"name": "crm__find", "description": "Finds.", "input_schema": SCHEMA}],
        ),
        (
            "/v1beta/models/planner:generateContent",
            Dialect.GEMINI,
            [
                {
                    "functionDeclarations": [
                        {"name": "crm__find", "description": "Finds.", "parameters": SCHEMA}
                    ]
                }
            ],
        ),
    ],
)
def test_without_one_they_are_those_the_model_was_told_of(
    path: str, dialect: Dialect, tools: list[Any]
) -> None:
    local = {"type": "function", "name": "add_up", "parameters": SCHEMA}
    model = Call(body={"model": "planner", "tools": [*tools, local]}, answer={}, path=path, dialect=dialect)
    tape = tape_of(model, tool("crm.find", {"id": 7}, {}), tool("crm.drop", {"id": 7}, {}))

    told, note = listing_of(tape, modern=False)

    assert note == MADE_UP
    assert json.loads(told)["tools"] == [
        FIND,
        {"name": "crm__drop", "description": "", "inputSchema": {"type": "object"}},
    ]
