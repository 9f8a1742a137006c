# ruff: noqa: E501
"""One try at the first target of a route: what stands in until the gate with retries, breakers and budgets does."""

from __future__ import annotations

import time
from collections.abc import Callable

from roadworthy.contracts.upstream import (
    Headers,
    Transport,
    UpstreamAnswer,
    UpstreamFailed,
    UpstreamRequest,
    Waits,
)
from roadworthy.domain.exchange import Attempt, Dialect, Ending
from roadworthy.domain.model_route import FAMILY_OF, Family
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.gateway.keys.caller import caller_of
from roadworthy.features.gateway.routes.call import (
    Accounted,
    Admitted,
    CallFailed,
    GateState,
    ModelCall,
    PlannedTarget,
)
from roadworthy.features.gateway.routes.request_body import with_values
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot

_DROPPED = frozenset(
    b"authorization x-api-key x-goog-api-key host connection content-length transfer-encoding accept-encoding".split()
)


class _Passing:
    def __init__(
        self, answer: UpstreamAnswer, *, first: bytes, target: PlannedTarget, attempt: Attempt
    ) -> None:
        self.status = answer.status
        self.headers: Headers = [
            pair for pair in answer.headers if pair[0] not in (b"connection", b"keep-alive")
        ]
        self.first = first
        self.pinned = target.pinned
        self.upstream = target.upstream
        self.cached = False
        self.failure: TypedFailure | None = None
        self.attempts = (attempt,)
        self._answer = answer

    async def read(self) -> bytes:
        return await self._answer.read()

    async def abort(self) -> None:
        await self._answer.abort()

    def finish(self, ending: Ending) -> Accounted:
        return Accounted()


class ThinGate:
    def __init__(self, current: Callable[[], GatewaySnapshot], *, transport: Transport) -> None:
        self._current = current
        self._transport = transport

    def admit(self, call: ModelCall, *, presented: str, release: str = "") -> Admitted | TypedFailure:
        snapshot = self._current()
        caller = caller_of(snapshot, presented, now_ns=time.time_ns(), release=release)
        if isinstance(caller, TypedFailure):
            return caller
        part = snapshot.of(caller.project)
        route = part.routes.resolve(call.model, agent=caller.agent, release=caller.release)
        if route is None:
            return TypedFailure(
                code=FailureCode.NOT_FOUND,
                what=f"There is no route for {call.model}.",
                retry=Retry.NEVER,
                do_not_conclude="No model was asked.",
            )
        target = route.targets[0]
        provider = part.providers[target.provider]
        pinned = target.model or call.model
        plan = PlannedTarget(
            upstream=f"{target.provider}/{pinned}", provider=provider, target=target, pinned=pinned
        )
        return Admitted(caller=caller, route=route, plan=(plan,))

    async def attempts(
        self, admitted: Admitted, call: ModelCall, *, transport: Transport | None = None
    ) -> _Passing | CallFailed:
        target = admitted.plan[0]
        path, body, _ = with_values(call, model=target.pinned, parameters=target.target.parameters)
        family = FAMILY_OF[call.dialect]
        key = target.provider.key.encode()
        sent = {
            Family.OPENAI: (b"authorization", b"Bearer " + key),
            Family.ANTHROPIC: (b"x-api-key", key),
            Family.GEMINI: (b"x-goog-api-key", key),
        }[family]
        headers = [p for p in call.headers if p[0] not in _DROPPED and not p[0].startswith(b"x-roadworthy-")]
        waits = admitted.route.waits
        started = time.time_ns()
        try:
            answer = await (transport or self._transport).send(
                UpstreamRequest(
                    method=call.method,
                    url=target.provider.provider.bases[family] + path,
                    headers=[*headers, sent, (b"accept-encoding", b"identity")],
                    body=body,
                    waits=Waits(
                        connect_s=waits.connect_s,
                        first_byte_s=waits.first_byte_s,
                        between_s=waits.between_s,
                        total_s=waits.total_s,
                    ),
                    allow_private=target.provider.provider.allow_private,
                )
            )
            first = await answer.read()
        except UpstreamFailed as odd:
            failure = TypedFailure(
                code=odd.code,
                what=f"{target.upstream} failed: {odd}.",
                retry=Retry.NOW,
                do_not_conclude="There is no answer.",
            )
            tried = Attempt(
                upstream=target.upstream, started_ns=started, elapsed_ms=0.0, failure=odd.code.value
            )
            return CallFailed(failure=failure, attempts=(tried,), pinned=target.pinned)
        attempt = Attempt(upstream=target.upstream, started_ns=started, elapsed_ms=0.0, status=answer.status)
        return _Passing(answer, first=first, target=target, attempt=attempt)

    def release(self, admitted: Admitted) -> None:
        return None

    def dialect_models(self, *, presented: str, dialect: Dialect) -> list[str] | TypedFailure:
        snapshot = self._current()
        caller = caller_of(snapshot, presented, now_ns=time.time_ns())
        if isinstance(caller, TypedFailure):
            return caller
        return [
            r.name for r in snapshot.routes_of(caller.project, agent=caller.agent, release=caller.release)
        ]

    def state(self) -> GateState:
        return GateState()
