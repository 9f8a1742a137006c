"""What judging may cost a day. A verdict is begun only where its forecast fits into what is left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Ledger(Protocol):
    """What was spent by day (YYYY-MM-DD, UTC). Durable, so that a restart gives nobody a second budget."""

    def spent(self, day: str) -> float:
        """USD."""
        ...

    def add(self, day: str, *, usd: float) -> None: ...


class MemoryLedger:
    """For one process's life: tests and the test bench."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}

    def spent(self, day: str) -> float:
        return self._spent.get(day, 0.0)

    def add(self, day: str, *, usd: float) -> None:
        self._spent[day] = self.spent(day) + usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A part of the day's budget that a verdict under way may use."""

    day: str
    usd: float


class Budget:
    """`limit_usd` None is no limit. Safe to share between threads. Costs may pass the limit by no more than
    verdicts cost above their forecasts."""

    def __init__(self, limit_usd: float | None, *, ledger: Ledger, now_ns: Callable[[], int]) -> None:
        if limit_usd is not None and not 0 <= limit_usd < float("inf"):
            raise ValueError("budget_usd_per_day: expected 0 or more")
        self.limit_usd = limit_usd
        self._ledger = ledger
        self._now_ns = now_ns
        self._held: dict[str, float] = {}
        self._lock = threading.Lock()  # two verdicts begun at once must not both get the last dollar

    def left(self) -> float | None:
        """USD of today's, what is held left out; None without a limit."""
        with self._lock:
            return self._left(self._day())

    def hold(self, usd: float) -> Held | None:
        """None where it does not fit. What was held must be settled."""
        day = self._day()
        with self._lock:
            left = self._left(day)
            # A limit of 0 lets free models through.
            if left is not None and usd > left:
                return None
            self._held[day] = self._held.get(day, 0.0) + usd
            return Held(day=day, usd=usd)

    def settle(self, held: Held, *, usd: float) -> None:
        """Give back what was held; write down what it cost."""
        with self._lock:
            rest = self._held.get(held.day, 0.0) - held.usd
            if rest > 1e-12:
                self._held[held.day] = rest
            else:
                self._held.pop(held.day, None)
            if usd > 0:
                self._ledger.add(held.day, usd=usd)

    def _left(self, day: str) -> float | None:
        if self.limit_usd is None:
            return None
        return max(0.0, self.limit_usd - self._ledger.spent(day) - self._held.get(day, 0.0))

    def _day(self) -> str:
        return datetime.fromtimestamp(self._now_ns() / 1e9, tz=UTC).date().isoformat()
