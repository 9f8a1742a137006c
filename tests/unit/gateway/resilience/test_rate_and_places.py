"""Limits of calls a minute, places at an upstream, retries left, and answers kept."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.features.gateway.resilience.answer_cache import AnswerCache, CachedAnswer, request_digest
from roadworthy.features.gateway.resilience.latency import Latency
from roadworthy.features.gateway.resilience.places import Places, QueueFull, WaitedTooLong
from roadworthy.features.gateway.resilience.rate import Rates
from roadworthy.features.gateway.resilience.retry_budget import RetryBudget
from tests.unit.gateway.world import run


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 120),
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 40)), min_size=1, max_size=60),
)
def test_no_minute_holds_more_than_the_limit_and_a_burst(
    per_minute: int, calls: list[tuple[float, int]]
) -> None:
    rates, now, taken = Rates(), 500.0, list[tuple[float, int]]()
    for gap, amount in calls:
        now += gap
        amount = min(amount, per_minute)
        wait_s = rates.wait_s("k", amount, per_minute=per_minute, now=now)
        if wait_s == 0:
            rates.take("k", amount, per_minute=per_minute, now=now)
            taken.append((now, amount))
        else:
            # It says when: by then it fits.
            assert rates.wait_s("k", amount, per_minute=per_minute, now=now + wait_s + 1e-6) == 0
    for start, _ in taken:
        within = sum(amount for at, amount in taken if start <= at < start + 60)
        assert within <= 2 * per_minute + 1e-6  # a full bucket, and what flows in meanwhile


def test_what_was_taken_too_much_is_given_back() -> None:
    rates = Rates()
    rates.take("k", 100, per_minute=100, now=0)
    assert rates.wait_s("k", 1, per_minute=100, now=0) > 0
    rates.take("k", -90, per_minute=100, now=0)
    assert rates.wait_s("k", 90, per_minute=100, now=0) == 0


def test_retries_are_a_share_of_calls_and_a_storm_ends() -> None:
    budget = RetryBudget()
    made = 0
    for _ in range(1_000):
        budget.called(0.2)
        while budget.take():
            made += 1
    assert 205 <= made <= 211


def test_places_are_given_in_turn_agent_by_agent() -> None:
    async def test() -> None:
        places, order = Places(), list[str]()

        async def call(agent: str) -> None:
            await places.take(agent, at_once=1, queue=10, wait_s=30)
            order.append(agent)
            await asyncio.sleep(0)
            places.give(at_once=1)

        await places.take("first", at_once=1, queue=10, wait_s=30)
        waiting = [asyncio.create_task(call(agent)) for agent in ("a", "a", "a", "b", "c")]
        await asyncio.sleep(0)
        places.give(at_once=1)
        await asyncio.gather(*waiting)
        assert order == ["a", "b", "c", "a", "a"]
        assert (places.taken, places.waiting) == (0, 0)

    run(test)


def test_a_full_queue_and_a_long_wait_are_told_apart() -> None:
    async def test() -> None:
        places = Places()
        await places.take("a", at_once=1, queue=1, wait_s=30)
        try:
            await places.take("a", at_once=1, queue=0, wait_s=30)
            raise AssertionError("there is no room")
        except QueueFull:
            pass
        try:
            await places.take("a", at_once=1, queue=1, wait_s=0.001)
            raise AssertionError("it cannot have a place")
        except WaitedTooLong:
            pass
        assert (places.taken, places.waiting) == (1, 0)

    run(test)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["ends", "gone", "early"])), max_size=25),
)
def test_no_place_is_lost_whoever_goes_away(at_once: int, calls: list[tuple[str, str]]) -> None:
    async def test() -> None:
        places, busiest = Places(), 0

        async def call(agent: str) -> None:
            nonlocal busiest
            await places.take(agent, at_once=at_once, queue=100, wait_s=30)
            busiest = max(busiest, places.taken)
            try:
                await asyncio.sleep(0)
            finally:
                places.give(at_once=at_once)

        tasks = []
        for agent, how in calls:
            task = asyncio.create_task(call(agent))
            tasks.append(task)
            if how == "gone":
                await asyncio.sleep(0)
                task.cancel()
            elif how == "early":
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (places.taken, places.waiting) == (0, 0)
        assert busiest <= at_once

    run(test)


def answer(size: int) -> CachedAnswer:
    return CachedAnswer(status=200, headers=(), chunks=(b"x" * size,), upstream="u", pinned="m")


def test_the_cache_holds_no_more_bytes_than_it_may() -> None:
    cache = AnswerCache(most_bytes=10_000)
    for number in range(50):
        cache.put(str(number), answer(1_000), until=60)
    assert cache.bytes <= 10_000
    assert cache.get("49", now=0) is not None
    assert cache.get("0", now=0) is None
    assert cache.get("49", now=60) is None
    cache.put("large", answer(20_000), until=60)
    assert cache.get("large", now=0) is None
    cache.forget()
    assert (len(cache), cache.bytes) == (0, 0)


def test_a_request_is_the_same_whatever_the_order_of_its_members() -> None:
    first = request_digest("r", body=b'{"a": 1, "b": [1, 2], "user": "x"}')
    assert first == request_digest("r", body=b'{"b":[1,2],"a":1,"user":"y"}')
    assert first != request_digest("r", body=b'{"b":[2,1],"a":1}')
    assert first != request_digest("other", body=b'{"b":[1,2],"a":1}')


def test_latency_knows_its_tail_after_some_answers() -> None:
    latency = Latency()
    for elapsed in range(100):
        latency.add(float(elapsed))
    assert latency.p95_ms is not None and 85 <= latency.p95_ms <= 99
    assert Latency().p95_ms is None
