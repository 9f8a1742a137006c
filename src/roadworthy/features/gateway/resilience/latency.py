"""How long the answers of an upstream took lately: quantiles of the last few hundred first bytes."""

from __future__ import annotations

from collections import deque

_KEPT = 256
_ENOUGH = 20
_EVERY = 16


class Latency:
    def __init__(self) -> None:
        self._ms: deque[float] = deque(maxlen=_KEPT)
        self._since = 0
        self._p95: float | None = None

    def add(self, elapsed_ms: float) -> None:
        self._ms.append(elapsed_ms)
        self._since += 1
        if self._since >= _EVERY or (self._p95 is None and len(self._ms) >= _ENOUGH):
            self._since, self._p95 = 0, self.quantile(0.95)

    @property
    def p95_ms(self) -> float | None:
        """None before twenty answers. As it was at most sixteen answers ago."""
        return self._p95

    def quantile(self, share: float) -> float | None:
        if len(self._ms) < _ENOUGH:
            return None
        ordered = sorted(self._ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
