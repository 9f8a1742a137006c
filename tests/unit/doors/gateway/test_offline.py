"""A recording alone, behind the doors that agents know: real sockets, nothing else there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from roadworthy.domain.exchange import Dialect, Ending
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.offline import OfflineGateway, offline_gateway
from roadworthy.features.debug.plan import After
from roadworthy.features.debug.tape.asked import How
from tests.unit.debug.tape.taping import Call, chat, plan, tape_of, tool

STREAM = (b"content-type", b"text/event-stream")
EVENTS = [b'data: {"n": 1}\n\n', b'data: {"n"', b": 2}\n\n", b"data: [DONE]\n\n"]
FAILURE = TypedFailure(
    code=FailureCode.UNREACHABLE, what="planner broke off.", retry=Retry.NOW, do_not_conclude="Not all."
)


def ask(gateway: OfflineGateway, call: Call, **more: Any) -> httpx2.Response:
    return httpx2.post(
        f"{gateway.url}{call.path}",
        content=call.asks(**more).body,
        headers={"authorization": f"Bearer {gateway.key}", "content-type": "application/json"},
    )


def test_what_was_recorded_is_told_byte_for_byte() -> None:
    headers = (
        (b"content-type", b"application/json"),
        (b"x-request-id", b"req_1"),
        (b"content-encoding", b"gzip"),
    )
    one = replace(chat("hi", answer="hello"), headers=headers)
    with offline_gateway(tape_of(one), plan()) as gateway:
        told = ask(gateway, one)
        listed = httpx2.get(f"{gateway.url}/v1/models", headers={"x-api-key": gateway.key}).json()

    assert (told.status_code, told.content) == (200, json.dumps(one.answer).encode())
    assert told.headers["x-request-id"] == "req_1" and "content-encoding" not in told.headers
    assert told.headers["x-roadworthy-replay"] == "recorded" and told.headers["x-roadworthy-step"] == "1"
    assert [each["id"] for each in listed["data"]] == ["planner"]
    assert [(line.step, line.how, line.target) for line in gateway.lines] == [(1, How.RECORDED, "planner")]


def test_a_stream_is_a_stream_again() -> None:
    one = replace(chat("hi", stream=True), headers=(STREAM,), chunks=EVENTS)
    with offline_gateway(tape_of(one), plan()) as gateway:
        told = ask(gateway, one)

    assert told.headers["content-type"] == "text/event-stream"
    assert told.content == b"".join(EVENTS)


def test_a_stream_that_broke_off_breaks_off_where_it_did_with_the_same_failure() -> None:
    cut = replace(
        chat("hi", stream=True),
        headers=(STREAM,),
        chunks=EVENTS[:2],
        ending=Ending.CUT_OFF,
        failure=FAILURE,
    )
    with offline_gateway(tape_of(cut), plan()) as gateway:
        told = ask(gateway, cut)

    first, second = told.content.split(b"\n\n")[:2]
    assert first == EVENTS[0].strip()
    assert json.loads(second.removeprefix(b"data: "))["error"]["code"] == "unreachable"


def test_an_answer_that_nobody_took_to_its_end_has_no_end() -> None:
    gone = replace(chat("hi", stream=True), headers=(STREAM,), chunks=EVENTS[:1], ending=Ending.ABORTED)
    with offline_gateway(tape_of(gone), plan()) as gateway, pytest.raises(httpx2.RemoteProtocolError):
        ask(gateway, gone)


def test_an_answer_in_one_piece_that_broke_off_is_the_failure_it_was() -> None:
    cut = replace(chat("hi"), answer=None, chunks=[b'{"id": "ch'], ending=Ending.CUT_OFF, failure=FAILURE)
    with offline_gateway(tape_of(cut), plan()) as gateway:
        told = ask(gateway, cut)

    assert (told.status_code, told.json()["error"]["code"]) == (502, "unreachable")


def test_a_miss_says_what_differs_and_is_not_to_be_tried_again() -> None:
    with offline_gateway(tape_of(chat("hi")), plan()) as gateway:
        told = ask(gateway, chat("something else"))

    error = told.json()["error"]
    assert (told.status_code, told.headers["x-should-retry"], error["code"]) == (422, "false", "not_recorded")
    assert "the nearest recorded call is step 1 (planner). It differs in:" in error["message"]
    assert '+    content: "something else"' in error["message"]
    (line,) = gateway.lines
    assert (line.how, line.diverged_at) == (How.MISS, 1) and '-    content: "hi"' in line.diff


@pytest.mark.parametrize(
    ("path", "dialect", "place"),
    [
        ("/v1/messages", Dialect.ANTHROPIC_MESSAGES, ["error", "code"]),
        ("/v1/responses", Dialect.OPENAI_RESPONSES, ["error", "code"]),
        ("/v1beta/models/planner:generateContent", Dialect.GEMINI, ["error", "details", 0, "reason"]),
    ],
)
def test_a_miss_is_told_in_the_words_of_each_dialect(path: str, dialect: Dialect, place: list[Any]) -> None:
    recorded = Call(body={"contents": [1]}, answer={"ok": 1}, path=path, dialect=dialect)
    with offline_gateway(tape_of(recorded), plan()) as gateway:
        assert ask(gateway, recorded).json() == {"ok": 1}
        told = ask(gateway, recorded, contents=[2])

    found = told.json()
    for one in place:
        found = found[one]
    assert (told.status_code, found.lower()) == (422, "not_recorded")


def test_a_retry_that_was_recorded_is_made_at_once() -> None:
    limited = replace(
        chat("hi"),
        status=429,
        answer={"error": {"message": "slow down"}},
        ending=Ending.FAILED,
        headers=((b"content-type", b"application/json"), (b"retry-after", b"20")),
    )
    with offline_gateway(tape_of(limited, chat("hi")), plan()) as gateway:
        first, second = ask(gateway, limited), ask(gateway, limited)

    assert (first.status_code, first.headers["retry-after-ms"], second.status_code) == (429, "1", 200)


def test_a_typed_failure_of_the_gateway_is_told_again() -> None:
    failure = TypedFailure(
        code=FailureCode.BUDGET_EXHAUSTED, what="It is spent.", retry=Retry.NEVER, do_not_conclude="No."
    )
    refused = replace(
        chat("hi"), status=402, answer=None, chunks=(), headers=(), ending=Ending.REFUSED, failure=failure
    )
    with offline_gateway(tape_of(refused), plan()) as gateway:
        told = ask(gateway, refused)

    assert (told.status_code, told.json()["error"]["code"]) == (402, "budget_exhausted")
    assert told.headers["x-roadworthy-failure"] == "budget_exhausted"


def test_nobody_without_the_key_and_nothing_goes_on_live() -> None:
    with offline_gateway(tape_of(chat("hi")), plan(keep=0, after=After.LIVE)) as gateway:
        stranger = httpx2.post(f"{gateway.url}/v1/chat/completions", json={})
        assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "not_allowed")
        told = ask(gateway, chat("hi"))
        assert httpx2.get(f"{gateway.url}/x", headers={"x-api-key": gateway.key}).status_code == 404

    assert told.status_code == 422
    assert "nothing may leave the machine here" in told.json()["error"]["message"]


def test_tools_through_plain_http_and_their_list() -> None:
    called = Call(
        body={"id": 7},
        answer={"name": "Ada"},
        path="/connect/crm/find",
        kind=tool("crm.find", {}).kind,
        dialect=Dialect.HTTP,
        target="crm.find",
        asked="crm.find",
    )
    with offline_gateway(tape_of(called), plan()) as gateway:
        assert ask(gateway, called).json() == {"name": "Ada"}
        listed = httpx2.get(f"{gateway.url}/connect", headers={"x-api-key": gateway.key}).json()["tools"]
        miss = ask(gateway, called, id=8)

    assert [one["path"] for one in listed] == ["/connect/crm/find"]
    assert (miss.status_code, miss.json()["roadworthy_failure"]["code"]) == (422, "not_recorded")


def test_a_batch_of_tool_calls_is_answered_one_by_one() -> None:
    calls = [tool("crm.find", {"id": at}, {"n": at}, number=at) for at in (1, 2)]
    batch = [one.body for one in calls]
    recorded = [replace(one, body=batch) for one in calls]
    with offline_gateway(tape_of(*recorded), plan()) as gateway:
        sent = [{**one, "id": one["id"] + 70} for one in reversed(batch)]
        told = httpx2.post(f"{gateway.url}/mcp", json=sent, headers={"x-api-key": gateway.key}).json()

    assert [(one["id"], one["result"]["structuredContent"]) for one in told] == [
        (72, {"n": 2}),
        (71, {"n": 1}),
    ]


def test_it_is_there_at_once_and_loads_no_framework() -> None:
    tape = tape_of(*(chat(*["hi"] * at, answer="hello" * 200) for at in range(1, 41)))
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        with offline_gateway(tape, plan()):
            taken.append(time.perf_counter() - began)
    assert min(taken) < 0.02
    with offline_gateway(tape, plan()) as gateway:
        ask(gateway, chat("hi", answer="hello" * 200))
    program = "import sys, roadworthy.doors.gateway.offline; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    heavy = {"fastapi", "sqlalchemy", "pydantic", "httpx", "httpx2", "starlette", "numpy", "jsonschema_rs"}
    assert loaded.isdisjoint(heavy), sorted(loaded & heavy)
