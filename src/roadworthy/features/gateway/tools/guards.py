"""What keeps calls away from a system that does not answer, or has enough of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from roadworthy.domain.model_route import Breaking
from roadworthy.features.gateway.resilience.breaker import Breaker
from roadworthy.features.gateway.resilience.latency import Latency
from roadworthy.features.gateway.resilience.places import Places
from roadworthy.features.gateway.resilience.retry_budget import RetryBudget

AT_ONCE = 64
"""Calls to one connector."""
QUEUE = 256
RETRY_SHARE = 0.2


@dataclass(slots=True, kw_only=True)
class Guard:
    """Of one connector."""

    breaker: Breaker = field(default_factory=lambda: Breaker(Breaking()))
    places: Places = field(default_factory=Places)
    retries: RetryBudget = field(default_factory=RetryBudget)
    latency: Latency = field(default_factory=Latency)
    calls: int = 0
    failures: int = 0


class Guards:
    """For one event loop."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._held: dict[tuple[str, str], Guard] = {}

    def of(self, project: str, connector: str) -> Guard:
        key = (project, connector)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = Guard()
        return held

    def state(self) -> dict[str, dict[str, object]]:
        """For health answers, by `project:connector`."""
        now = self.clock()
        return {
            f"{project}:{connector}": {
                "breaker": one.breaker.state(now).value,
                "in_flight": one.places.taken,
                "queued": one.places.waiting,
                "calls": one.calls,
                "failures": one.failures,
                "p50_ms": one.latency.quantile(0.5),
                "p95_ms": one.latency.quantile(0.95),
            }
            for (project, connector), one in self._held.items()
        }
