"""How fast calls may come: a token bucket by time alone (GCRA; ATM Forum TM 4.1, 1999).

One number a limit. A minute's worth may come at once, after that at the pace of the limit.
"""

from __future__ import annotations

from collections.abc import Hashable

WINDOW_S = 60.0
_KEPT = 50_000


class Rates:
    """Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self._full_at: dict[Hashable, float] = {}
        """When the bucket would be full again."""

    def wait_s(self, key: Hashable, amount: float, *, per_minute: float, now: float) -> float:
        """Seconds until `amount` fits; 0 where it fits now. Takes nothing. What is more than a minute's worth
        fits a full bucket, and is paid off afterwards."""
        if per_minute <= 0:
            return WINDOW_S
        need = min(amount, per_minute) * WINDOW_S / per_minute
        owed = max(0.0, self._full_at.get(key, now) - now)
        return max(0.0, owed + need - WINDOW_S)

    def take(self, key: Hashable, amount: float, *, per_minute: float, now: float) -> None:
        """Whether it fits or not: what was used more than expected is owed. A negative amount gives back."""
        if per_minute <= 0:
            return
        full_at = max(now, self._full_at.get(key, now)) + amount * WINDOW_S / per_minute
        if full_at <= now:
            self._full_at.pop(key, None)
            return
        if len(self._full_at) >= _KEPT and key not in self._full_at:
            self._full_at = {held: at for held, at in self._full_at.items() if at > now}
        self._full_at[key] = full_at
