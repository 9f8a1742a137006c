"""What is known of each upstream while the gateway runs: breaker, retries left, places, latency."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from roadworthy.features.gateway.resilience.breaker import Breaker
from roadworthy.features.gateway.resilience.latency import Latency
from roadworthy.features.gateway.resilience.places import Places
from roadworthy.features.gateway.resilience.retry_budget import RetryBudget
from roadworthy.features.gateway.routes.call import PlannedTarget

_MOST = 2_000
"""Agents may make up model names on a route that passes them on."""


class Upstream:
    """One model of one provider, in one project. Places are shared by the provider's models."""

    def __init__(self, planned: PlannedTarget, places: Places) -> None:
        self.name: Final = planned.upstream
        self.breaker = Breaker(planned.provider.provider.breaking)
        self.retries = RetryBudget()
        self.latency = Latency()
        self.places = places
        self.calls = 0
        self.failures = 0
        self.in_flight = 0

    def described(self, now: float) -> Mapping[str, object]:
        return {
            "breaker": self.breaker.state(now).value,
            "reopens_in_s": round(self.breaker.reopens_in(now), 1),
            "in_flight": self.in_flight,
            "queued": self.places.waiting,
            "calls": self.calls,
            "failures": self.failures,
            "retries_left": self.retries.left,
            "p50_ms": _rounded(self.latency.quantile(0.5)),
            "p95_ms": _rounded(self.latency.quantile(0.95)),
        }


class Upstreams:
    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], Upstream] = OrderedDict()
        self._places: dict[tuple[str, str], Places] = {}

    def of(self, planned: PlannedTarget) -> Upstream:
        provider = planned.provider.provider
        key = (provider.project, planned.upstream)
        found = self._held.get(key)
        if found is None:
            places = self._places.setdefault((provider.project, provider.name), Places())
            found = self._held[key] = Upstream(planned, places)
            self._make_room()
        elif found.breaker.settings != provider.breaking:
            found.breaker = Breaker(provider.breaking)
        self._held.move_to_end(key)
        return found

    def _make_room(self) -> None:
        for key in list(self._held):
            if len(self._held) <= _MOST:
                return
            if not self._held[key].in_flight:
                del self._held[key]

    def described(self, now: float) -> dict[str, Mapping[str, object]]:
        return {f"{project}:{name}": one.described(now) for (project, name), one in self._held.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
