"""A route to models: a name that agents ask for, and the pinned models that answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from roadworthy.domain.exchange import Dialect


class Family(StrEnum):
    """Dialects that share a base URL and a way to send the key."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"


FAMILY_OF: Mapping[Dialect, Family] = {
    Dialect.OPENAI_CHAT: Family.OPENAI,
    Dialect.OPENAI_RESPONSES: Family.OPENAI,
    Dialect.OPENAI_EMBEDDINGS: Family.OPENAI,
    Dialect.ANTHROPIC_MESSAGES: Family.ANTHROPIC,
    Dialect.GEMINI: Family.GEMINI,
}


class KeyHeader(StrEnum):
    """How a provider wants its key."""

    BEARER = "bearer"
    """Authorization: Bearer."""
    X_API_KEY = "x-api-key"
    X_GOOG_API_KEY = "x-goog-api-key"
    API_KEY = "api-key"
    """Azure OpenAI."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking:
    """When an upstream is not asked for a while. Failures: time-outs, no connection, 5xx, cut answers."""

    window_s: float = 30.0
    minimum_calls: int = 10
    """Fewer in the window open nothing."""
    failed_share: float = 0.5
    open_s: float = 15.0
    """How long it is not asked; doubled with each probe that fails, up to eight times."""
    probes: int = 1
    """Calls let through at once while half open; as many must succeed for it to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Somebody who serves models. Identity is (project, name)."""

    project: str
    name: str
    preset: str = ""
    """The known provider it was made of (`features/gateway/routes/presets`), "" for none."""
    bases: Mapping[Family, str] = field(default_factory=dict)
    """Base URL by family, without a slash at its end: the path of the dialect is put behind it."""
    key_header: Mapping[Family, KeyHeader] = field(default_factory=dict)
    sealed_key: str = ""
    key_variable: str = ""
    """The environment variable of the gateway that holds the key, instead of `sealed_key`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with each call, in place of what the agent sent; never a credential."""
    allow_private: bool = False
    """Local inference: its address may be private."""
    at_once: int = 0
    """Calls at once, 0 for no bound; more wait in a queue."""
    queue: int = 100
    queue_wait_s: float = 30.0
    breaking: Breaking = field(default_factory=Breaking)
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTarget:
    """A pinned model, or another route to go on with."""

    provider: str = ""
    model: str = ""
    """ "" asks for the model that the agent named."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Top-level fields of the request that are set to these values, whatever the agent sent."""
    route: str = ""
    """Instead of the above: the targets of this route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteWaits:
    """Seconds."""

    connect_s: float = 5.0
    first_byte_s: float = 60.0
    """Of a stream. What is no stream has its first byte once all of it was made: there `total_s` holds."""
    between_s: float = 30.0
    total_s: float | None = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRetries:
    most: int = 2
    """Further tries at one target."""
    share: float = 0.2
    """Of the calls to an upstream that may be retries: beyond it none is made (10 calls are always spare)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRoute:
    """Identity is (project, id); (name, agent, release) is unique. The most specific of a name holds: that of
    the agent's release, then of the agent, then of everybody."""

    project: str
    id: str
    name: str
    """What agents send as `model`."""
    agent: str = ""
    release: str = ""
    models: tuple[str, ...] = ()
    """Further model names it answers to, `*` for any text: names that unmodified agents send."""
    targets: tuple[RouteTarget, ...]
    """The first is asked; the others in turn where it fails."""
    waits: RouteWaits = field(default_factory=RouteWaits)
    retries: RouteRetries = field(default_factory=RouteRetries)
    hedge: str = ""
    """A second try beside the first after "p95" of the answers lately, or after so many milliseconds; the one
    that loses is aborted. "" for none."""
    cache_s: float = 0.0
    """How long an answer is given again to the same request, 0 for never."""
    enabled: bool = True
    note: str = ""
    updated_ns: int = 0


class LimitScope(StrEnum):
    PROJECT = "project"
    AGENT = "agent"
    KEY = "key"
    ROUTE = "route"
    MODEL = "model"
    """`provider/model`, or a prefix of it that ends in `*`; of limits alone, not of budgets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimit:
    """How fast calls may come. None is no limit. Identity is (project, id)."""

    project: str
    id: str
    scope: LimitScope
    subject: str = ""
    """The agent, key id, route or model; "" for each of them by itself."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    updated_ns: int = 0


class BudgetPeriod(StrEnum):
    """In UTC."""

    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendBudget:
    """What may be spent on model calls. Identity is (project, id). At least one of usd and tokens is set."""

    project: str
    id: str
    name: str
    scope: LimitScope
    subject: str = ""
    """ "" only for the scope project."""
    period: BudgetPeriod
    usd: float | None = None
    tokens: int | None = None
    enforced: bool = True
    """False: warns, refuses nothing."""
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySecret:
    """One of the secrets that open a key. `public_id` stands in the text: `rw_<public_id>_<secret>`."""

    public_id: str
    hash: str
    created_ns: int
    expires_ns: int = 0
    """0: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayKey:
    """What an agent shows at the gateway. Identity is (project, id), which stays when it is rotated."""

    project: str
    id: str
    name: str
    agent: str
    release: str = ""
    """ "" for whichever release the call names."""
    routes: tuple[str, ...] = ()
    """Names of the routes it may ask for; none for all."""
    secrets: tuple[KeySecret, ...]
    """Newest first; an older one works until it expires."""
    created_ns: int
    revoked_ns: int = 0
