"""The gate itself: see `routes.gate.ModelGate`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson

from roadworthy.contracts.upstream import Transport
from roadworthy.domain.exchange import Dialect, Tokens
from roadworthy.domain.model_route import FAMILY_OF, SpendBudget
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.gateway.budget.ledger import Exhausted, Reservation, Spender, SpendLedger
from roadworthy.features.gateway.keys.caller import Caller, caller_of
from roadworthy.features.gateway.keys.presenting import FORBIDDEN, refused
from roadworthy.features.gateway.resilience.answer_cache import (
    AnswerCache,
    CachedAnswer,
    request_digest,
)
from roadworthy.features.gateway.resilience.rate import Rates
from roadworthy.features.gateway.routes import failures, limiting
from roadworthy.features.gateway.routes.answer import (
    CachedPassed,
    ErrorPassed,
    ForwardedAnswer,
    Settling,
)
from roadworthy.features.gateway.routes.attempting import Attempting
from roadworthy.features.gateway.routes.call import (
    Accounted,
    Admitted,
    CallFailed,
    GateState,
    ModelCall,
    Passing,
    PlannedTarget,
)
from roadworthy.features.gateway.routes.forwarding import counts_as_model_call
from roadworthy.features.gateway.routes.gate import Current, Price
from roadworthy.features.gateway.routes.limiting import Counted
from roadworthy.features.gateway.routes.one_try import TryFailed, Trying
from roadworthy.features.gateway.routes.planning import planned, problem_of
from roadworthy.features.gateway.routes.upstreams import Upstreams
from roadworthy.features.gateway.snapshot.model import ProjectPart
from roadworthy.features.gateway.usage.reader import BYTES_PER_TOKEN

Plan = tuple[PlannedTarget, ...]
USUAL_OUTPUT = 1_024
"""Tokens that are reserved for an answer whose request names no most."""


@dataclass(slots=True, kw_only=True)
class _Reserved:
    counted: Counted
    part: ProjectPart
    tokens: int
    reservation: Reservation | None
    settled: bool = False


class RouteGate:
    """Used by one event loop. `price` and `current` must not block."""

    def __init__(
        self,
        current: Current,
        *,
        transport: Transport,
        ledger: SpendLedger,
        price: Price,
        now: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        budget_problem: Callable[[], str] = lambda: "",
    ) -> None:
        self._current = current
        self._transport = transport
        self._ledger = ledger
        self._price = price
        self._now = now
        self._now_ns = now_ns
        self._sleep = sleep
        self._budget_problem = budget_problem
        self._rates = Rates()
        self._upstreams = Upstreams()
        self._cache = AnswerCache()

    def admit(self, call: ModelCall, *, presented: str, release: str = "") -> Admitted | TypedFailure:
        snapshot = self._current()
        caller = caller_of(snapshot, presented, now_ns=self._now_ns(), release=release)
        if isinstance(caller, TypedFailure):
            return caller
        part = snapshot.of(caller.project)
        route = part.routes.resolve(call.model, agent=caller.agent, release=caller.release)
        if route is None:
            return failures.no_route(call.model, names=self._names(part, caller))
        if caller.key.routes and route.name not in caller.key.routes:
            return refused(f"This key may not ask for route {route.name}.", why=FORBIDDEN)
        plan = planned(part, route, caller=caller, dialect=call.dialect, asked=call.model)
        if not plan:
            problem = problem_of(part, route)
            if problem:
                return failures.mistaken(f"Route {route.name} cannot be asked: {problem}.", route=route.name)
            return failures.no_target(route.name, family=FAMILY_OF[call.dialect].value)
        counted = Counted(
            project=caller.project,
            agent=caller.agent,
            key=caller.key.id,
            route=route.name,
            model=plan[0].upstream,
        )
        given = len(call.body) // BYTES_PER_TOKEN
        made = (call.max_output_tokens or USUAL_OUTPUT) if counts_as_model_call(call) else 0
        if call.dialect is Dialect.OPENAI_EMBEDDINGS:
            made = 0
        held = self._reserve(part, counted, plan, given=given, made=made)
        if isinstance(held, TypedFailure):
            return held
        return Admitted(caller=caller, route=route, plan=plan, reserved=held, estimated_tokens=given + made)

    def _reserve(
        self, part: ProjectPart, counted: Counted, plan: Plan, *, given: int, made: int
    ) -> _Reserved | TypedFailure:
        tokens, now = given + made, self._now()
        if part.limits:
            fast = limiting.refusal(self._rates, part.limits, counted, tokens=tokens, now=now)
            if fast is not None:
                return failures.too_fast(fast.what, wait_s=fast.wait_s, route=counted.route)
        reservation = None
        if part.budgets:
            spender = Spender(agent=counted.agent, key=counted.key, route=counted.route)
            budgets = [one for one in part.budgets if spender.pays(one)]
            if budgets:
                booked = self._booked(budgets, counted, plan, given=given, made=made)
                if isinstance(booked, TypedFailure):
                    return booked
                reservation = booked
        if part.limits:
            limiting.take(self._rates, part.limits, counted, tokens=tokens, now=now)
        return _Reserved(counted=counted, part=part, tokens=tokens, reservation=reservation)

    def _booked(
        self, budgets: list[SpendBudget], counted: Counted, plan: Plan, *, given: int, made: int
    ) -> Reservation | TypedFailure:
        tokens = Tokens(input=given, output=made)
        # The dearest: which of them answers is not known yet.
        usd = max(self._price(counted.project, _provider(one), one.pinned, tokens) or 0.0 for one in plan)
        booked = self._ledger.reserve(budgets, usd=usd, tokens=given + made, now_ns=self._now_ns())
        if not isinstance(booked, Exhausted):
            return booked
        budget = booked.budget
        in_usd = budget.usd is not None
        return failures.exhausted(
            budget,
            spent=f"{booked.spent_usd:.4f} USD" if in_usd else f"{booked.spent_tokens} tokens",
            limit=f"{budget.usd:g} USD" if in_usd else f"{budget.tokens} tokens",
            again_s=booked.again_s,
            in_flight=booked.only_reserved,
        )

    async def attempts(
        self, admitted: Admitted, call: ModelCall, *, transport: Transport | None = None
    ) -> Passing | CallFailed:
        route = admitted.route
        digest = self._digest(admitted, call) if route.cache_s > 0 and transport is None else ""
        if digest:
            found = self._cache.get(digest, now=self._now())
            if found is not None:
                self._settle(admitted, tokens=0, usd=0.0)
                return CachedPassed(found, dialect=call.dialect, request_bytes=len(call.body))
        trying = Trying(
            call=call,
            agent=admitted.caller.agent,
            transport=transport or self._transport,
            now=self._now,
            tried=[],
            asked=[],
        )
        attempting = Attempting(
            route=route,
            plan=admitted.plan,
            # What a drill does to a call says nothing about the upstream: it opens no breaker of others.
            upstreams=self._upstreams if transport is None else Upstreams(),
            trying=trying,
            sleep=self._sleep,
        )
        try:
            opened = await attempting.run()
        except TryFailed as failed:
            self._settle(admitted, tokens=0, usd=0.0)
            return self._failed(admitted, failed, trying)
        except BaseException:
            self._given_up(admitted, call, trying)
            raise
        settling = Settling(
            dialect=call.dialect,
            request_bytes=len(call.body),
            settle=lambda tokens, _, answered: self._account(
                admitted, opened.planned, tokens, answered, counted=counts_as_model_call(call)
            ),
            keep=(lambda answer: self._keep(digest, answer, seconds=route.cache_s)) if digest else None,
        )
        return ForwardedAnswer(opened, attempts=trying.tried, settling=settling)

    def release(self, admitted: Admitted) -> None:
        self._settle(admitted, tokens=0, usd=0.0)

    def dialect_models(self, *, presented: str, dialect: Dialect) -> list[str] | TypedFailure:
        snapshot = self._current()
        caller = caller_of(snapshot, presented, now_ns=self._now_ns())
        if isinstance(caller, TypedFailure):
            return caller
        return self._names(snapshot.of(caller.project), caller)

    def state(self) -> GateState:
        return GateState(
            upstreams=self._upstreams.described(self._now()),
            cache={
                "answers": len(self._cache),
                "bytes": self._cache.bytes,
                "hits": self._cache.hits,
                "misses": self._cache.misses,
            },
            budget_problem=self._budget_problem(),
        )

    def _names(self, part: ProjectPart, caller: Caller) -> list[str]:
        visible = part.routes.visible_to(agent=caller.agent, release=caller.release)
        return sorted(one.name for one in visible if not caller.key.routes or one.name in caller.key.routes)

    def _failed(self, admitted: Admitted, failed: TryFailed, trying: Trying) -> Passing | CallFailed:
        attempts = tuple(trying.tried)
        last = next((one for one in reversed(attempts) if one.status or not failed.error), None)
        upstream = last.upstream if last else admitted.plan[-1].upstream
        pinned = next((one.pinned for one in admitted.plan if one.upstream == upstream), "")
        failure = failures.no_upstream(
            failed.code,
            route=admitted.route.name,
            upstream=upstream,
            attempts=attempts,
            retry_after_s=failed.after_s,
        )
        if failed.error is not None:
            return ErrorPassed(
                failed.error, failure=failure, attempts=attempts, upstream=upstream, pinned=pinned
            )
        return CallFailed(failure=failure, attempts=attempts, pinned=pinned)

    def _account(
        self,
        admitted: Admitted,
        target: PlannedTarget,
        tokens: Tokens | None,
        answered: str,
        *,
        counted: bool,
    ) -> float | None:
        if tokens is None or not counted:
            self._settle(admitted, tokens=0, usd=0.0)
            return None if counted else 0.0
        provider, project = _provider(target), admitted.caller.project
        usd = self._price(project, provider, answered, tokens) if answered else None
        if usd is None:
            usd = self._price(project, provider, target.pinned, tokens)
        self._settle(admitted, tokens=(tokens.input or 0) + (tokens.output or 0), usd=usd or 0.0)
        return usd

    def _given_up(self, admitted: Admitted, call: ModelCall, trying: Trying) -> None:
        """The agent went before the first byte. What it asked was read by the upstream, and is paid; whether
        more was made of it nobody says."""
        if not trying.asked:
            self._settle(admitted, tokens=0, usd=0.0)
            return
        tokens = Tokens(input=len(call.body) // BYTES_PER_TOKEN, output=0, estimated=True)
        counted = counts_as_model_call(call)
        usd = self._account(admitted, trying.asked[-1], tokens, "", counted=counted)
        if counted:
            admitted.given_up = Accounted(tokens=tokens, cost_usd=usd)

    def _settle(self, admitted: Admitted, *, tokens: int, usd: float) -> None:
        held = admitted.reserved
        if not isinstance(held, _Reserved) or held.settled:
            return
        held.settled = True
        if held.reservation is not None:
            self._ledger.settle(held.reservation, usd=usd, tokens=tokens)
        if held.part.limits:
            limiting.correct(
                self._rates,
                held.part.limits,
                held.counted,
                more_tokens=tokens - held.tokens,
                now=self._now(),
            )

    def _digest(self, admitted: Admitted, call: ModelCall) -> str:
        plan = "\n".join(
            f"{one.upstream} {orjson.dumps(one.target.parameters, option=orjson.OPT_SORT_KEYS).decode()}"
            for one in admitted.plan
        )
        return request_digest(
            admitted.caller.project,
            admitted.route.id,
            call.path,
            plan,
            _accepted(call),
            body=call.body if call.plain is None else call.plain,
        )

    def _keep(self, digest: str, answer: CachedAnswer, *, seconds: float) -> None:
        self._cache.put(digest, answer, until=self._now() + seconds)


def _provider(target: PlannedTarget) -> str:
    provider = target.provider.provider
    return provider.preset or provider.name


def _accepted(call: ModelCall) -> str:
    """An answer that came compressed is no answer for who cannot read that."""
    found = [value for name, value in call.headers if name == b"accept-encoding"]
    return "gzip" if any(b"gzip" in value for value in found) else ""
