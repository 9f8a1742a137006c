"""Whatever upstreams do and whenever agents go away: what was promised of tries holds."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.contracts.upstream import UpstreamFailed
from roadworthy.domain.exchange import Ending
from roadworthy.domain.model_route import (
    Breaking,
    BudgetPeriod,
    LimitScope,
    RouteRetries,
    RouteTarget,
    SpendBudget,
)
from roadworthy.domain.typed_failure import FailureCode, TypedFailure
from roadworthy.features.gateway.routes.call import CallFailed
from tests.unit.gateway.world import EVENTS, JSON, SECRET, Say, World, chat, provider, route, run

SAYS = {
    "good": lambda: Say(),
    "500": lambda: Say(status=500, chunks=[b"{}"]),
    "503 wait": lambda: Say(status=503, chunks=[b"{}"], headers=[*JSON, (b"retry-after", b"1")]),
    "429": lambda: Say(status=429, chunks=[b"{}"]),
    "400": lambda: Say(status=400, chunks=[b"{}"]),
    "401": lambda: Say(status=401, chunks=[b"{}"]),
    "302": lambda: Say(status=302, chunks=[]),
    "timeout": lambda: Say(fails=FailureCode.TIMEOUT),
    "unreachable": lambda: Say(fails=FailureCode.UNREACHABLE),
    "empty stream": lambda: Say(chunks=[], headers=EVENTS),
    "cut": lambda: Say(chunks=[b'data: {"id":"x","model":"m"}\n\n'], fails_after=1, headers=EVENTS),
    "never": lambda: Say(holds=asyncio.Event()),
}
NAMES = st.sampled_from([name for name in SAYS if name != "never"])


@settings(max_examples=120, deadline=None)
@given(
    st.lists(NAMES, min_size=1, max_size=12),
    st.lists(NAMES, min_size=1, max_size=12),
    st.integers(0, 3),
    st.sampled_from(["", "1", "p95"]),
    st.lists(st.sampled_from(["reads", "leaves", "aborts"]), min_size=1, max_size=8),
)
def test_tries_are_bounded_and_everything_is_given_back(
    one: list[str], two: list[str], most: int, hedge: str, agents: list[str]
) -> None:
    async def test() -> None:
        budget = SpendBudget(
            project="default",
            id="b",
            name="b",
            scope=LimitScope.PROJECT,
            period=BudgetPeriod.TOTAL,
            tokens=10**9,
        )
        targets = (RouteTarget(provider="one", model="a"), RouteTarget(provider="two", model="b"))
        world = World(
            {"one": [SAYS[name]() for name in one], "two": [SAYS[name]() for name in two]},
            routes=[route("planner", *targets, retries=RouteRetries(most=most), hedge=hedge)],
            providers=[
                provider(name, at_once=1, breaking=Breaking(minimum_calls=3)) for name in ("one", "two")
            ],
            budgets=[budget],
        )
        for agent in agents:
            before = len(world.transport.requests)
            await _call(world, agent)
            made = Counter(request.url.split("/")[2] for request in world.transport.requests[before:])
            # Twice where hedged.
            assert max(made.values(), default=0) <= (most + 1) * (2 if hedge else 1)
        state = world.gate.state().upstreams
        assert all(held["in_flight"] == 0 and held["queued"] == 0 for held in state.values())
        rows = world.ledger.take_changes()
        assert all((row.reserved_tokens, row.reserved_usd) == (0, 0) for row in rows)

    run(test)


async def _call(world: World, agent: str) -> None:
    call = chat()
    admitted = world.gate.admit(call, presented=SECRET.text)
    assert not isinstance(admitted, TypedFailure)
    if agent == "leaves":
        trying = asyncio.create_task(world.gate.attempts(admitted, call))
        await asyncio.sleep(0)
        trying.cancel()
        done = (await asyncio.gather(trying, return_exceptions=True))[0]
        if isinstance(done, (BaseException, CallFailed)):
            return
        done.finish(Ending.ABORTED)
        return
    passing = await world.gate.attempts(admitted, call)
    if isinstance(passing, CallFailed):
        assert passing.failure.what
        return
    requests = len(world.transport.requests)
    if agent == "aborts":
        await passing.abort()
        passing.finish(Ending.ABORTED)
        return
    try:
        while await passing.read():
            pass
        passing.finish(Ending.COMPLETE)
    except UpstreamFailed:
        passing.finish(Ending.CUT_OFF)
    # What has begun is never begun again.
    assert len(world.transport.requests) == requests
