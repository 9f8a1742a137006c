"""Which limits hold for a call, and whether it fits them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.domain.model_route import CallLimit, LimitScope
from roadworthy.features.gateway.resilience.rate import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Whose call it is, by each scope a limit may have."""

    project: str
    agent: str
    key: str
    route: str
    model: str

    def subject(self, scope: LimitScope) -> str:
        match scope:
            case LimitScope.PROJECT:
                return self.project
            case LimitScope.AGENT:
                return self.agent
            case LimitScope.KEY:
                return self.key
            case LimitScope.ROUTE:
                return self.route
            case LimitScope.MODEL:
                return self.model


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFast:
    limit: CallLimit
    what: str
    wait_s: float


def applies(limit: CallLimit, counted: Counted) -> bool:
    if not limit.subject or limit.scope is LimitScope.PROJECT:
        return True
    subject = counted.subject(limit.scope)
    if limit.subject.endswith("*"):
        return subject.startswith(limit.subject[:-1])
    return subject == limit.subject


def refusal(
    rates: Rates, limits: tuple[CallLimit, ...], counted: Counted, *, tokens: int, now: float
) -> TooFast | None:
    """The limit that has room last; None where all have. Takes nothing."""
    worst: TooFast | None = None
    for limit, unit, amount, per_minute in _each(limits, counted, tokens=tokens):
        wait_s = rates.wait_s(_key(limit, unit, counted), amount, per_minute=per_minute, now=now)
        if wait_s > 0 and (worst is None or wait_s > worst.wait_s):
            whom = counted.subject(limit.scope)
            what = f"{per_minute} {unit} a minute for {limit.scope.value} {whom}"
            worst = TooFast(limit=limit, what=what, wait_s=wait_s)
    return worst


def take(rates: Rates, limits: tuple[CallLimit, ...], counted: Counted, *, tokens: int, now: float) -> None:
    for limit, unit, amount, per_minute in _each(limits, counted, tokens=tokens):
        rates.take(_key(limit, unit, counted), amount, per_minute=per_minute, now=now)


def correct(
    rates: Rates, limits: tuple[CallLimit, ...], counted: Counted, *, more_tokens: int, now: float
) -> None:
    """The call took so many tokens more (or fewer) than was thought."""
    for limit, unit, amount, per_minute in _each(limits, counted, tokens=more_tokens):
        if unit == "tokens" and amount:
            rates.take(_key(limit, unit, counted), amount, per_minute=per_minute, now=now)


def _each(
    limits: tuple[CallLimit, ...], counted: Counted, *, tokens: int
) -> Iterator[tuple[CallLimit, str, int, int]]:
    for limit in limits:
        if applies(limit, counted):
            if limit.requests_per_minute is not None:
                yield limit, "calls", 1, limit.requests_per_minute
            if limit.tokens_per_minute is not None:
                yield limit, "tokens", tokens, limit.tokens_per_minute


def _key(limit: CallLimit, unit: str, counted: Counted) -> tuple[str, str, str, str]:
    return (limit.project, limit.id, unit, counted.subject(limit.scope))
