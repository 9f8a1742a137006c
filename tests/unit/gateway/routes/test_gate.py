"""Calls through the gate: admitted, tried, passed on, settled."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from roadworthy.contracts.upstream import UpstreamFailed
from roadworthy.domain.exchange import Dialect, Ending
from roadworthy.domain.model_route import (
    Breaking,
    BudgetPeriod,
    CallLimit,
    KeySecret,
    LimitScope,
    RouteRetries,
    RouteTarget,
    SpendBudget,
)
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.gateway.keys.presenting import FORBIDDEN, UNAUTHENTICATED, WHY
from roadworthy.features.gateway.routes.call import Accounted, Admitted, CallFailed, ModelCall, Passing
from roadworthy.features.gateway.routes.request_body import read_call
from tests.unit.gateway.world import (
    EVENTS,
    JSON,
    NOON_NS,
    SECRET,
    Say,
    World,
    chat,
    key,
    provider,
    route,
    run,
)

BAD = Say(status=500, chunks=[b'{"error":{"message":"down"}}'])
BUSY = Say(status=429, chunks=[b'{"error":{}}'], headers=[*JSON, (b"retry-after", b"2")])
TWO = (RouteTarget(provider="one", model="gpt-5"), RouteTarget(provider="two", model="gpt-4"))


def admitted(world: World, call: ModelCall | None = None) -> Admitted:
    found = world.gate.admit(call or chat(), presented=SECRET.text)
    assert isinstance(found, Admitted), found
    return found


async def asked(world: World, call: ModelCall | None = None) -> Passing | CallFailed:
    call = call or chat()
    return await world.gate.attempts(admitted(world, call), call)


async def whole(world: World, call: ModelCall | None = None) -> tuple[bytes, Accounted]:
    passing = await asked(world, call)
    assert not isinstance(passing, CallFailed), passing
    body = passing.first
    while chunk := await passing.read():
        body += chunk
    return body, passing.finish(Ending.COMPLETE)


def refusal(world: World, call: ModelCall | None = None, *, presented: str = SECRET.text) -> TypedFailure:
    found = world.gate.admit(call or chat(), presented=presented)
    assert isinstance(found, TypedFailure), found
    return found


def test_the_body_goes_as_it_came_but_for_the_model() -> None:
    async def test() -> None:
        world = World({"one": [Say()]})
        body = (
            b'{ "messages": [ {"role":"user","content":"say \\"model\\": \\"x\\""} ],\n '
            b'"model" : "planner" , "odd":1}'
        )
        call = read_call(
            Dialect.OPENAI_CHAT,
            "/v1/chat/completions?a=b",
            headers=[(b"authorization", b"Bearer agent"), (b"x-custom", b"1"), (b"cookie", b"c")],
            body=body,
        )

        answer, accounted = await whole(world, call)

        sent = world.transport.requests[0]
        assert sent.body == body.replace(b'"planner"', b'"gpt-5"')
        assert sent.url == "https://one/v1/chat/completions?a=b"
        headers = dict(sent.headers)
        assert headers[b"authorization"] == b"Bearer sk-one"
        assert headers[b"x-custom"] == b"1"
        assert b"cookie" not in headers
        assert orjson.loads(answer)["id"] == "r1"
        assert accounted.tokens is not None
        assert (accounted.tokens.input, accounted.tokens.output) == (10, 5)
        assert accounted.answered == "gpt-5-2026-01-01"
        assert accounted.response_id == "r1"
        assert accounted.cost_usd == pytest.approx(0.015)

    run(test)


def test_pinned_parameters_win_over_what_the_agent_says() -> None:
    async def test() -> None:
        target = RouteTarget(provider="one", model="gpt-5", parameters={"temperature": 0, "seed": 7})
        world = World({"one": [Say()]}, routes=[route("planner", target)])

        await whole(world, chat(temperature=1.5))

        sent = orjson.loads(world.transport.requests[0].body)
        assert (sent["temperature"], sent["seed"], sent["model"]) == (0, 7, "gpt-5")

    run(test)


def test_keys_are_wanted_and_scoped() -> None:
    world = World({"one": [Say()]}, keys=[key(routes=("judge",))])
    assert refusal(world, presented="").facts[WHY] == UNAUTHENTICATED
    assert refusal(world, presented="rw_000000000000_" + "a" * 43).facts[WHY] == UNAUTHENTICATED
    assert refusal(world, presented=SECRET.text[:-1] + "!").facts[WHY] == UNAUTHENTICATED
    assert refusal(world).facts[WHY] == FORBIDDEN
    assert refusal(World({"one": [Say()]}), chat("nobody")).code is FailureCode.NOT_FOUND


def test_an_old_secret_works_until_its_overlap_is_over() -> None:
    old = KeySecret(public_id=SECRET.id, hash=SECRET.hash, created_ns=1, expires_ns=NOON_NS + 10**9)
    world = World({"one": [Say()]}, keys=[key(secrets=(old,))])
    admitted(world)

    world.clock.s += 2

    assert "overlap" in refusal(world).what


def test_a_failure_is_tried_again_with_a_pause() -> None:
    async def test() -> None:
        world = World({"one": [BAD, Say(fails=FailureCode.TIMEOUT), Say()]})

        passing = await asked(world)

        assert not isinstance(passing, CallFailed)
        assert [one.failure for one in passing.attempts] == ["upstream_error", "timeout", ""]
        assert passing.status == 200
        assert 0.125 <= world.clock.slept[0] <= 0.25 and 0.25 <= world.clock.slept[1] <= 0.5

    run(test)


def test_what_an_upstream_asks_to_wait_is_waited() -> None:
    async def test() -> None:
        world = World({"one": [BUSY, Say()]})
        await whole(world)
        assert world.clock.slept == [2.0]

    run(test)


def test_one_that_asks_to_wait_long_is_left_for_the_next_target() -> None:
    async def test() -> None:
        busy = Say(status=429, chunks=[b"{}"], headers=[*JSON, (b"retry-after", b"600")])
        world = World({"one": [busy], "two": [Say()]}, routes=[route("planner", *TWO)])

        passing = await asked(world)

        assert not isinstance(passing, CallFailed)
        assert passing.upstream == "two/gpt-4"
        assert world.clock.slept == []

    run(test)


def test_a_wrong_call_is_passed_back_at_once() -> None:
    async def test() -> None:
        wrong = Say(status=400, chunks=[b'{"error":{"message":"no"}}'])
        world = World({"one": [wrong], "two": [Say()]}, routes=[route("planner", *TWO)])

        passing = await asked(world)

        assert not isinstance(passing, CallFailed)
        assert (passing.status, passing.first) == (400, b'{"error":{"message":"no"}}')
        assert passing.failure is not None and passing.failure.code is FailureCode.UPSTREAM_REFUSED
        assert len(world.transport.requests) == 1

    run(test)


def test_a_wrong_provider_key_goes_on_to_the_fallback_without_a_retry() -> None:
    async def test() -> None:
        world = World(
            {"one": [Say(status=401, chunks=[b"{}"])], "two": [Say()]}, routes=[route("planner", *TWO)]
        )
        passing = await asked(world)
        assert not isinstance(passing, CallFailed)
        assert [one.upstream for one in passing.attempts] == ["one/gpt-5", "two/gpt-4"]

    run(test)


def test_nothing_is_tried_again_once_bytes_were_passed_on() -> None:
    async def test() -> None:
        cut = Say(chunks=[b'data: {"id":"x","model":"m","choices":[]}\n\n'], fails_after=1, headers=EVENTS)
        world = World({"one": [cut, Say()]})

        passing = await asked(world, chat(stream=True))
        assert not isinstance(passing, CallFailed)
        with pytest.raises(UpstreamFailed):
            await passing.read()
        accounted = passing.finish(Ending.CUT_OFF)

        assert len(world.transport.requests) == 1
        assert accounted.cut_off
        assert accounted.tokens is not None and accounted.tokens.estimated

    run(test)


def test_a_stream_that_begins_with_an_error_is_a_failure_like_any_other() -> None:
    async def test() -> None:
        busy = Say(chunks=[b'event: error\ndata: {"type":"error"}\n\n'], headers=EVENTS)
        world = World({"one": [busy, Say()]})
        passing = await asked(world)
        assert not isinstance(passing, CallFailed)
        assert len(passing.attempts) == 2
        assert world.transport.answers[0].aborted

    run(test)


def test_redirects_are_not_followed_nor_passed_on() -> None:
    async def test() -> None:
        away = Say(status=307, headers=[(b"location", b"http://169.254.169.254/")], chunks=[])
        found = await asked(World({"one": [away]}))
        assert isinstance(found, CallFailed)
        assert found.failure.code is FailureCode.INVALID_ANSWER

    run(test)


def test_a_breaker_opens_and_probes() -> None:
    async def test() -> None:
        breaking = Breaking(minimum_calls=2, open_s=10)
        world = World(
            {"one": [BAD]},
            providers=[provider("one", breaking=breaking)],
            routes=[route(retries=RouteRetries(most=0))],
        )
        for _ in range(2):
            await asked(world)

        found = await asked(world)
        assert isinstance(found, CallFailed)
        assert found.failure.code is FailureCode.BREAKER_OPEN
        assert found.failure.retry is Retry.LATER
        assert found.failure.retry_after_s == pytest.approx(10)
        assert len(world.transport.requests) == 2

        world.clock.s += 11
        world.transport.script["one"] = [Say()]
        await whole(world)
        assert world.gate.state().upstreams["default:one/gpt-5"]["breaker"] == "closed"

    run(test)


def test_a_probe_that_streams_closes_the_breaker_with_its_first_bytes() -> None:
    async def test() -> None:
        breaking = Breaking(minimum_calls=1, open_s=10)
        stream = Say(chunks=[b'data: {"id":"x","model":"m"}\n\n'] * 3, headers=EVENTS)
        world = World(
            {"one": [BAD, stream]},
            providers=[provider("one", breaking=breaking)],
            routes=[route(retries=RouteRetries(most=0))],
        )
        await asked(world)
        world.clock.s += 11

        first, second = await asked(world), await asked(world)

        for passing in (first, second):
            assert not isinstance(passing, CallFailed)
            passing.finish(Ending.ABORTED)
        assert world.gate.state().upstreams["default:one/gpt-5"]["breaker"] == "closed"

    run(test)


def test_retries_stop_where_the_budget_of_them_ends() -> None:
    async def test() -> None:
        breaking = Breaking(minimum_calls=10_000)
        world = World(
            {"one": [BAD]},
            providers=[provider("one", breaking=breaking)],
            routes=[route(retries=RouteRetries(most=2, share=0.1))],
        )
        for _ in range(100):
            await asked(world)
        retries = len(world.transport.requests) - 100
        assert 19 <= retries <= 21  # ten to spare, and a tenth of the calls

    run(test)


def test_the_slower_of_two_is_aborted() -> None:
    async def test() -> None:
        never = asyncio.Event()
        world = World({"one": [Say(holds=never), Say()]}, routes=[route(hedge="1")])

        passing = await asked(world)

        assert not isinstance(passing, CallFailed)
        assert world.transport.cancelled == 1
        assert [one.hedge for one in passing.attempts if one.status == 200] == [True]
        passing.finish(Ending.COMPLETE)
        assert world.gate.state().upstreams["default:one/gpt-5"]["in_flight"] == 0

    run(test)


def test_an_agent_that_goes_away_leaves_nothing_open() -> None:
    async def test() -> None:
        world = World({"one": [Say(holds=asyncio.Event())]}, routes=[route(hedge="1")])
        waiting = asyncio.create_task(asked(world))
        while len(world.transport.requests) < 2:  # noqa: ASYNC110 - of the scripted world
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert world.transport.cancelled == 2
        assert world.gate.state().upstreams["default:one/gpt-5"]["in_flight"] == 0

    run(test)


def test_calls_wait_in_turn_and_not_for_ever() -> None:
    async def test() -> None:
        go = asyncio.Event()
        world = World(
            {"one": [Say(holds=go), Say()]}, providers=[provider("one", at_once=1, queue=1, queue_wait_s=30)]
        )
        first = asyncio.create_task(whole(world))
        second = asyncio.create_task(whole(world))
        while world.gate.state().upstreams.get("default:one/gpt-5", {}).get("queued") != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        third = await asked(world)
        assert isinstance(third, CallFailed)
        assert third.failure.code is FailureCode.OVERLOADED
        go.set()
        await first
        await second

    run(test)


def test_the_same_request_is_answered_from_the_cache_where_the_route_says_so() -> None:
    async def test() -> None:
        events = [b'data: {"id":"r1","model":"m","choices":[]}\n\n', b"data: [DONE]\n\n"]
        world = World({"one": [Say(chunks=events, headers=EVENTS)]}, routes=[route(cache_s=60)])
        first, _ = await whole(world, chat(stream=True, user="a"))
        second, accounted = await whole(world, chat(stream=True, user="b"))
        assert first == second
        assert accounted.cost_usd == 0.0
        assert len(world.transport.requests) == 1

        await whole(world, chat(stream=True, temperature=1))
        world.clock.s += 61
        await whole(world, chat(stream=True))
        assert len(world.transport.requests) == 3

    run(test)


def test_errors_and_cut_answers_are_never_cached() -> None:
    async def test() -> None:
        cut = Say(chunks=[b'data: {"id":"r1","model":"m","choices":[]}\n\n'], headers=EVENTS)
        world = World({"one": [BAD, cut, Say()]}, routes=[route(cache_s=60, retries=RouteRetries(most=0))])
        await asked(world)
        await whole(world)
        await whole(world)
        assert len(world.transport.requests) == 3

    run(test)


def test_limits_of_calls_and_tokens() -> None:
    async def test() -> None:
        limit = CallLimit(
            project="default", id="l", scope=LimitScope.AGENT, subject="support", requests_per_minute=2
        )
        world = World({"one": [Say()]}, limits=[limit])
        await whole(world)
        await whole(world)
        failure = refusal(world)
        assert failure.code is FailureCode.RATE_LIMITED
        assert failure.retry_after_s == pytest.approx(30, abs=0.2)
        world.clock.s += 31
        await whole(world)

    run(test)


def test_a_token_limit_is_corrected_by_what_was_used() -> None:
    async def test() -> None:
        limit = CallLimit(project="default", id="l", scope=LimitScope.KEY, tokens_per_minute=1_100)
        world = World({"one": [Say()]}, limits=[limit])
        for _ in range(4):  # 15 tokens each, though a thousand are reserved while they run
            await whole(world)
        held = admitted(world)
        assert refusal(world).code is FailureCode.RATE_LIMITED
        world.gate.release(held)
        admitted(world)

    run(test)


def budget(**more: object) -> SpendBudget:
    told = {
        "project": "default",
        "id": "b",
        "name": "support a day",
        "scope": LimitScope.AGENT,
        "subject": "support",
        "period": BudgetPeriod.DAY,
        "usd": 0.05,
        **more,
    }
    return SpendBudget(**told)  # type: ignore[arg-type]


def test_a_budget_is_reserved_settled_and_ends() -> None:
    async def test() -> None:
        world = World({"one": [Say()]}, budgets=[budget()])
        call = chat(max_tokens=5)
        await whole(world, call)  # 15 tokens: 0.015 USD
        await whole(world, call)
        spent = world.ledger.take_changes()[0]
        assert spent.spent_usd == pytest.approx(0.03)
        assert spent.reserved_usd == 0

        failure = refusal(world, call)
        assert failure.code is FailureCode.BUDGET_EXHAUSTED
        assert failure.retry is Retry.NEVER
        world.clock.s += 86_400
        admitted(world, call)

    run(test)


def test_a_failed_call_gives_back_what_it_reserved() -> None:
    async def test() -> None:
        world = World({"one": [BAD]}, budgets=[budget(usd=None, tokens=2_000)])
        for _ in range(5):
            await asked(world)
        row = world.ledger.take_changes()[0]
        assert (row.spent_tokens, row.reserved_tokens) == (0, 0)

    run(test)


def test_what_was_asked_counts_also_where_the_agent_went_before_the_first_byte() -> None:
    async def test() -> None:
        world = World({"one": [Say(holds=asyncio.Event())]}, budgets=[budget(usd=10.0)])
        call = chat(max_tokens=5)
        let_in = admitted(world, call)
        waiting = asyncio.create_task(world.gate.attempts(let_in, call))
        while not world.transport.requests:  # noqa: ASYNC110 - of the scripted world
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        given = len(call.body) // 4
        assert let_in.given_up is not None and let_in.given_up.tokens is not None
        assert let_in.given_up.tokens.input == given > 0
        assert let_in.given_up.tokens.estimated
        assert let_in.given_up.cost_usd == pytest.approx(given * 0.001)
        row = world.ledger.take_changes()[0]
        assert row.spent_usd == pytest.approx(given * 0.001)
        assert row.reserved_usd == 0

    run(test)


def test_a_provider_that_does_not_speak_the_dialect_is_no_target() -> None:
    world = World({"one": [Say()]}, providers=[provider("one", bases={})])
    assert refusal(world).code is FailureCode.NOT_FOUND


def test_gemini_keeps_its_path_and_sheds_the_key_in_the_query() -> None:
    async def test() -> None:
        answer = Say(
            chunks=[
                b'{"modelVersion":"gemini-3-pro","responseId":"g","usageMetadata":{"promptTokenCount":3,'
                b'"candidatesTokenCount":4,"thoughtsTokenCount":2}}'
            ]
        )
        world = World(
            {"one": [answer]}, routes=[route("planner", RouteTarget(provider="one", model="gemini-3"))]
        )
        call = read_call(
            Dialect.GEMINI,
            "/v1beta/models/planner:generateContent?key=secret&alt=json",
            headers=[(b"x-goog-api-key", b"rw")],
            body=b'{"contents":[]}',
        )
        _, accounted = await whole(world, call)
        sent = world.transport.requests[0]
        assert sent.url == "https://one/v1beta/models/gemini-3:generateContent?alt=json"
        assert dict(sent.headers)[b"x-goog-api-key"] == b"sk-one"
        assert accounted.tokens is not None and accounted.tokens.output == 6

    run(test)
