"""A failure that nobody can mistake for data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FailureCode(StrEnum):
    """What failed, in words a machine may branch on. They are public: never renamed."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BREAKER_OPEN = "breaker_open"
    """The upstream failed so often lately that it was not asked."""
    UPSTREAM_ERROR = "upstream_error"
    """It answered, and said that it failed (5xx, an MCP error)."""
    UPSTREAM_REFUSED = "upstream_refused"
    """It answered that the call is not allowed or wrong (4xx)."""
    RATE_LIMITED = "rate_limited"
    """By the upstream or by a limit of ours; `retry_after_s` says how long."""
    OVERLOADED = "overloaded"
    """Too many calls at once; this one waited in the queue for as long as it may."""
    INVALID_ANSWER = "invalid_answer"
    """What came is no HTTP, no JSON, or was cut off."""
    TOO_LARGE = "too_large"
    CONTRACT_BROKEN = "contract_broken"
    """The answer is not of the shape that was pinned."""
    CONTRACT_REFUSED = "contract_refused"
    """The arguments are not of the shape that was pinned; nothing was called."""
    STALE = "stale"
    """There is data, older than its freshness contract allows."""
    NOT_ALLOWED = "not_allowed"
    """The agent was not granted this route or tool, or its key was revoked."""
    BUDGET_EXHAUSTED = "budget_exhausted"
    NOT_FOUND = "not_found"
    """No such route, connector or tool."""
    NOT_RECORDED = "not_recorded"
    """A rerun asked for what its recording does not hold; nobody was asked."""
    GATEWAY_ERROR = "gateway_error"
    """A mistake of ours."""


class Retry(StrEnum):
    NOW = "now"
    LATER = "later"
    """Not before `retry_after_s`."""
    NEVER = "never"
    """The same call will fail again, or may have been carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedFailure:
    """What failed, whether to try again, and what not to conclude. Holds no secret and nothing the upstream
    said: that may be an injection."""

    code: FailureCode
    what: str
    """One sentence: "crm.find_customer did not answer within 5 s"."""
    retry: Retry
    do_not_conclude: str
    """One sentence for a model: "This says nothing about whether the customer exists."."""
    retry_after_s: float | None = None
    facts: dict[str, str] = field(default_factory=dict)
    """Upstream, attempts, elapsed seconds, the path in a result that broke the contract ..."""
