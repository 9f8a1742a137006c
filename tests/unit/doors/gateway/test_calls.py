"""Calls to models through the door: bytes, keys, headers, what is recorded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from roadworthy.domain.exchange import Dialect, Ending
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.routes.answer import ForwardedAnswer
from tests.contract.upstream.upstreams import CHUNKED, END, Caller, always, chunk, plain
from tests.unit.doors.gateway.house import KEY, house, run

ASKED = (
    b'{ "messages":[{"role":"user","content":"h\\u00e4"}],"odd" : {"model":"x"}, "model" :"planner" ,"n":1.0}'
)
SENT = ASKED.replace(b'"planner"', b'"gpt-5"')
ANSWER = (
    b'{"id":"r-1","model":"gpt-5-2026","choices":[{"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":7,"completion_tokens":3}}'
)
EVENTS = [
    b'data: {"id":"r-1","model":"gpt-5-2026","choices":[{"delta":{"content":"a"}}]}\n\n',
    b'data: {"id":"r-1","model":"gpt-5-2026","choices":[{"delta":{},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n',
    b"data: [DONE]\n\n",
]


def streaming(*events: bytes, after: bytes = END):  # type: ignore[no-untyped-def]
    return always(CHUNKED, *(chunk(one) for one in events), after)


def test_bytes_pass_through_and_one_value_is_set() -> None:
    seen: list[bytes] = []

    async def script(caller: Caller) -> None:
        while request := await caller.request():
            seen.append(request)
            await caller.say(plain(ANSWER, extra=b"x-request-id: up-1\r\nx-roadworthy-route: forged\r\n"))

    async def test() -> None:
        async with house(script) as here:
            answer = await here.ask(
                ASKED,
                headers=[
                    ("x-custom", "kept"),
                    ("x-roadworthy-run", "run-1"),
                    ("baggage", "user.id=ada"),
                    ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01"),
                ],
            )
            assert (answer.status, answer.body) == (200, ANSWER)
            assert answer.headers[b"x-request-id"] == b"up-1"
            assert answer.headers[b"x-roadworthy-route"] == b"planner"
            assert answer.headers[b"x-roadworthy-attempts"] == b"1"
            head, _, body = seen[0].partition(b"\r\n\r\n")
            assert body == SENT
            assert head.startswith(b"POST /v1/chat/completions HTTP/1.1")
            assert b"authorization: Bearer sk-of-the-provider" in head
            assert b"x-custom: kept" in head
            assert KEY.encode() not in seen[0]
            assert b"x-roadworthy" not in head
            assert b"baggage" not in head
            told = await here.recorded.one()
            exchange = told.exchange
            assert told.exchange.id.encode() == answer.headers[b"x-roadworthy-exchange"]
            assert (told.request, told.answer) == (ASKED, ANSWER)
            assert (exchange.project, exchange.agent, exchange.target) == ("default", "support", "planner")
            assert (exchange.asked, exchange.pinned, exchange.answered) == ("planner", "gpt-5", "gpt-5-2026")
            assert (exchange.ending, exchange.failure, exchange.status) == (Ending.COMPLETE, None, 200)
            assert exchange.tokens is not None
            assert (exchange.tokens.input, exchange.tokens.output) == (7, 3)
            assert (exchange.response_id, exchange.upstream) == ("r-1", "one/gpt-5")
            assert (exchange.binding.run_id, exchange.binding.trace_id) == ("run-1", "a" * 32)
            assert len(exchange.attempts) == 1

    run(test)


@pytest.mark.parametrize(
    ("path", "headers", "dialect"),
    [
        ("/v1/chat/completions", [("authorization", f"Bearer {KEY}")], Dialect.OPENAI_CHAT),
        ("/chat/completions", [("authorization", f"bearer {KEY}")], Dialect.OPENAI_CHAT),
        ("/v1/responses", [("authorization", f"Bearer {KEY}")], Dialect.OPENAI_RESPONSES),
        ("/v1/embeddings", [("authorization", f"Bearer {KEY}")], Dialect.OPENAI_EMBEDDINGS),
        ("/v1/messages", [("x-api-key", KEY)], Dialect.ANTHROPIC_MESSAGES),
        ("/v1beta/models/planner:generateContent", [("x-goog-api-key", KEY)], Dialect.GEMINI),
        ("/v1beta/models/planner:streamGenerateContent?alt=sse", [("x-goog-api-key", KEY)], Dialect.GEMINI),
    ],
)
def test_every_dialect_by_one_base_url(path: str, headers: list[tuple[str, str]], dialect: Dialect) -> None:
    async def test() -> None:
        async with house(always(plain(b"{}"))) as here:
            answer = await here.ask({"model": "planner"}, path=path, presented=None, headers=headers)
            assert answer.status == 200
            assert (await here.recorded.one()).exchange.dialect is dialect

    run(test)


def test_a_stream_event_by_event() -> None:
    async def test() -> None:
        async with house(streaming(*EVENTS)) as here:
            client = await here.open()
            for _ in range(3):  # by one connection
                answer = await client.ask({"model": "planner", "stream": True})
                assert (answer.status, answer.whole, answer.body) == (200, True, b"".join(EVENTS))
                told = await here.recorded.one()
                assert told.answer == b"".join(EVENTS)
                assert told.exchange.ending is Ending.COMPLETE
                assert told.exchange.tokens is not None
                assert told.exchange.tokens.output == 3
            assert here.connections() == 1
            client.close()

    run(test)


def test_a_long_first_event_is_read_and_kept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    long = b'data: {"id":"r-1","choices":[{"delta":{"content":"' + b"a" * 40_000 + b'"}}]}\n\n'
    read: list[bytes] = []
    passed = ForwardedAnswer.passed

    def noted(answer: ForwardedAnswer, chunks: Sequence[bytes]) -> None:
        read.extend(chunks)
        passed(answer, chunks)

    monkeypatch.setattr(ForwardedAnswer, "passed", noted)

    async def test() -> None:
        async with house(streaming(long, *EVENTS)) as here:
            answer = await here.ask({"model": "planner", "stream": True})
            assert answer.body == long + b"".join(EVENTS)
            assert (await here.recorded.one()).answer == answer.body
            assert b"".join(read) == answer.body

    run(test)


def test_the_end_of_a_stream_is_there_with_its_last_event() -> None:
    """Clients stop reading at [DONE]: where the end of the answer is not there by then, they close the
    connection."""

    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, *(chunk(one) for one in EVENTS))
        await caller.closed()

    async def test() -> None:
        async with house(script) as here:
            answer = await here.ask({"model": "planner", "stream": True})
            assert (answer.whole, answer.body) == (True, b"".join(EVENTS))

    run(test)


def test_who_goes_after_the_last_event_has_all_of_it() -> None:
    async def script(caller: Caller) -> None:
        await caller.request()
        await caller.say(CHUNKED, chunk(b'event: message_stop\ndata: {"type":"message_stop"}\n\n'))
        await caller.closed()

    async def test() -> None:
        async with house(script) as here:
            client = await here.open()
            client.send({"model": "planner", "stream": True}, path="/v1/messages")
            await client.until(b"message_stop")
            client.vanish()
            assert (await here.recorded.one()).exchange.ending is Ending.COMPLETE

    run(test)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/v1/chat/completions", "error"),
        ("/v1/messages", "error"),
        ("/v1beta/models/planner:generateContent", "error"),
    ],
)
@pytest.mark.parametrize("presented", [None, "rw_000000000000_" + "x" * 43, "sk-something"])
def test_without_a_key_nobody_is_asked(path: str, where: str, presented: str | None) -> None:
    async def test() -> None:
        async with house(always(plain(b"{}"))) as here:
            answer = await here.ask({"model": "planner"}, path=path, presented=presented)
            assert answer.status == 401
            assert answer.headers[b"x-should-retry"] == b"false"
            assert where in answer.json()
            assert here.connections() == 0
            assert here.recorded.told == [], "a stranger fills nobody's log"

    run(test)


def test_refusals_are_told_in_the_words_of_the_dialect_and_recorded() -> None:
    async def test() -> None:
        async with house(always(plain(b"{}"))) as here:
            openai = await here.ask({"model": "nobody"})
            assert openai.status == 404
            error = openai.json()["error"]
            assert isinstance(error, dict)
            assert (error["code"], error["type"]) == ("not_found", "not_found_error")
            told = (await here.recorded.one()).exchange
            assert (told.ending, told.agent, told.asked) == (Ending.REFUSED, "support", "nobody")
            assert told.failure is not None
            assert told.failure.code is FailureCode.NOT_FOUND

            anthropic = (await here.ask({"model": "nobody"}, path="/v1/messages")).json()
            assert anthropic["type"] == "error"
            assert anthropic["error"]["type"] == "not_found_error"  # type: ignore[index]
            gemini = (await here.ask({}, path="/v1beta/models/nobody:generateContent")).json()["error"]
            assert isinstance(gemini, dict)
            assert (gemini["code"], gemini["status"]) == (404, "NOT_FOUND")
            assert gemini["details"][0]["reason"] == "NOT_FOUND"

    run(test)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"model":3}', b'{"model":""}', b"{}"])
def test_a_body_that_names_no_model(body: bytes) -> None:
    async def test() -> None:
        async with house(always(plain(b"{}"))) as here:
            answer = await here.ask(body)
            assert answer.status == 400
            assert "expected" in str(answer.json()["error"])

    run(test)


def test_the_list_of_models_is_that_of_routes() -> None:
    async def test() -> None:
        async with house(always(plain(b"{}"))) as here:
            openai = (await here.ask(b"", path="/v1/models", method="GET")).json()
            assert [one["id"] for one in openai["data"]] == ["planner"]  # type: ignore[attr-defined]
            version = [("anthropic-version", "2023-06-01")]
            anthropic = (await here.ask(b"", path="/v1/models", method="GET", headers=version)).json()
            assert anthropic["data"][0]["type"] == "model"  # type: ignore[index]
            assert (await here.ask(b"", path="/v1/models", method="GET", presented=None)).status == 401

    run(test)


def test_what_is_not_there() -> None:
    async def test() -> None:
        async with house(always(plain(b"{}"))) as here:
            assert (await here.ask(b"", path="/nothing")).status == 404
            assert (await here.ask(b"", path="/v1/messages", method="GET")).status == 405
            assert (await here.ask(b"", path="/healthz", method="GET", presented=None)).body == b"ok\n"
            assert (await here.ask(b"", path="/readyz", method="GET", presented=None)).status == 200
            assert (await here.ask(b"", path="/metrics", method="GET", presented=None)).status == 401
            assert (await here.ask(b"", path="/metrics", method="GET")).body == b"one 1\n"

    run(test)


def test_an_upstreams_own_error_is_passed_on() -> None:
    said = b'{"error":{"message":"too many","type":"rate_limit"}}'
    error = b"HTTP/1.1 422 Unprocessable\r\nx-why: 1\r\ncontent-length: %d\r\n\r\n%b" % (len(said), said)

    async def test() -> None:
        async with house(always(error)) as here:
            answer = await here.ask({"model": "planner"})
            assert (answer.status, answer.body, answer.headers[b"x-why"]) == (422, said, b"1")
            exchange = (await here.recorded.one()).exchange
            assert (exchange.ending, exchange.status) == (Ending.FAILED, 422)
            assert exchange.failure is not None

    run(test)
