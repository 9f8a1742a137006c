"""A call to a model as it goes through: what was asked, what was let in, and what is being answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from roadworthy.contracts.upstream import Headers
from roadworthy.domain.exchange import Attempt, Dialect, Ending, Tokens
from roadworthy.domain.model_route import ModelRoute, RouteTarget
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.snapshot.model import OpenProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """What an agent sent. `body` are its bytes; the rest was read out of them (`request_body.read_call`)."""

    dialect: Dialect
    method: str = "POST"
    path: str
    """With the query, as it came: `/v1/chat/completions`."""
    headers: Headers
    body: bytes
    model: str
    streamed: bool = False
    max_output_tokens: int | None = None
    plain: bytes | None = None
    """The body decompressed, where it came compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTarget:
    """One target of the plan, its provider looked up."""

    upstream: str
    """`provider/model`."""
    provider: OpenProvider
    target: RouteTarget
    pinned: str
    """The model that is asked of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounted:
    """What a call came to. Costs in USD; None is unknown."""

    tokens: Tokens | None = None
    cost_usd: float | None = None
    answered: str = ""
    """The model that the answer says it is from."""
    response_id: str = ""
    cut_off: bool = False
    """It ended without the end its dialect has: `[DONE]`, `message_stop` ..."""


@dataclass(slots=True, kw_only=True)
class Admitted:
    """A call that may go on. `release()` gives back what it reserved where no attempt was made of it;
    `Passing.finish` and a failed `attempts` do so themselves."""

    caller: Caller
    route: ModelRoute
    plan: tuple[PlannedTarget, ...]
    reserved: object = None
    estimated_tokens: int = 0
    given_up: Accounted | None = None
    """What it came to where the agent went before the first byte."""

    def facts(self) -> Mapping[str, str]:
        return {"route": self.route.name, "agent": self.caller.agent}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailed:
    """No upstream gave anything to pass on."""

    failure: TypedFailure
    attempts: tuple[Attempt, ...] = ()
    pinned: str = ""


class Passing(Protocol):
    """An answer whose first bytes are here. The caller reads to the end or aborts, then calls `finish` once,
    in each case; what is read is handed on as it is."""

    status: int
    headers: Headers
    """Of the upstream, without those that belong to its connection."""
    first: bytes
    """The first bytes of the body, b"" where it has none: not given by `read` again."""
    pinned: str
    upstream: str
    cached: bool
    failure: TypedFailure | None
    """Where this is an upstream's own error: what it stands for."""

    @property
    def attempts(self) -> tuple[Attempt, ...]: ...

    async def read(self) -> bytes:
        """b"" at the end. Raises UpstreamFailed: the stream broke, and is not to be begun again."""
        ...

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        """See `contracts.upstream.Poured`. What it gave is to be told by `passed`, in order and before
        `finish`."""
        ...

    def passed(self, chunks: Sequence[bytes]) -> None:
        """These were passed on: many at a time, since between two sleeps reading an event costs more than
        passing it on."""
        ...

    async def abort(self) -> None: ...

    def finish(self, ending: Ending) -> Accounted:
        """Settles the budget, frees the upstream's place, tells the breaker. Idempotent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """For health answers and `DATA/gateway/state.json`; every value is plain JSON."""

    upstreams: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """By `project:provider/model`: breaker, in_flight, queued, calls, failures, p50_ms, p95_ms ..."""
    cache: Mapping[str, object] = field(default_factory=dict)
    budget_problem: str = ""
