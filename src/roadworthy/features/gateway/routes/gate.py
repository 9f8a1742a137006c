"""What the gateway's door calls for each call to a model: `admit`, then `attempts`.

Nothing here waits for a file or a database. One event loop uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from roadworthy.contracts.upstream import Transport
from roadworthy.domain.exchange import Dialect, Tokens
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.gateway.routes.call import (
    Admitted,
    CallFailed,
    GateState,
    ModelCall,
    Passing,
)
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot

Price = Callable[[str, str, str, Tokens], float | None]
"""(project, provider, model, tokens) to USD, None where it is unknown."""
Current = Callable[[], GatewaySnapshot]


class ModelGate(Protocol):
    def admit(self, call: ModelCall, *, presented: str, release: str = "") -> Admitted | TypedFailure:
        """Key, route, rate limits, budget (reserved until `finish`), in microseconds. `presented` is the key
        (`keys.caller.presented_key`), `release` what the call named (x-roadworthy-release)."""
        ...

    async def attempts(
        self, admitted: Admitted, call: ModelCall, *, transport: Transport | None = None
    ) -> Passing | CallFailed:
        """From the cache, or by the plan until an upstream's first bytes are here. Cancelling it closes what
        is open. `transport` in place of the usual one: drills."""
        ...

    def release(self, admitted: Admitted) -> None:
        """Gives back what was reserved where `attempts` was never called."""
        ...

    def dialect_models(self, *, presented: str, dialect: Dialect) -> list[str] | TypedFailure:
        """Names for `GET /v1/models`: the routes this key may ask for."""
        ...

    def state(self) -> GateState: ...
