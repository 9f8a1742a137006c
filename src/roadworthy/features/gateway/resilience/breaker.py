"""When an upstream that fails is not asked for a while. A pure state machine: its caller brings the time.

States: closed (asked), open (not asked until the pause is over), half open (as many calls as probes are let
through; they decide). The pause doubles with each probe that fails, up to eight times. Source: Nygard,
"Release It!", 2nd ed., ch. 5 (Circuit Breaker).
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from roadworthy.domain.model_route import Breaking

_BUCKETS = 10
_LONGEST = 8


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class _Bucket:
    __slots__ = ("calls", "failures", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.calls = 0
        self.failures = 0


class Breaker:
    """Times are seconds of a clock that never goes back. Each call that `admit` let through ends in one of
    `succeeded`, `failed` and `forgotten`, with what `admit` gave."""

    def __init__(self, settings: Breaking) -> None:
        self.settings = settings
        self._buckets: deque[_Bucket] = deque()
        self._opened_at = 0.0
        self._pause_s = settings.open_s
        self._state = BreakerState.CLOSED
        self._probing = 0
        self._proven = 0
        self._era = 0
        """Rises when it opens or closes: what was let through before says nothing about now."""

    def state(self, now: float) -> BreakerState:
        if self._state is BreakerState.OPEN and now - self._opened_at >= self._pause_s:
            return BreakerState.HALF_OPEN
        return self._state

    def reopens_in(self, now: float) -> float:
        """Seconds until it may be asked again; 0 where it may now."""
        if self._state is not BreakerState.OPEN:
            return 0.0
        return max(0.0, self._opened_at + self._pause_s - now)

    def admit(self, now: float) -> int | None:
        """A ticket, or None: it is not to be asked now."""
        state = self.state(now)
        if state is BreakerState.OPEN:
            return None
        if state is BreakerState.HALF_OPEN:
            if self._state is BreakerState.OPEN:
                self._state, self._probing, self._proven = BreakerState.HALF_OPEN, 0, 0
                self._era += 1
            if self._probing + self._proven >= self.settings.probes:
                return None
            self._probing += 1
        return self._era

    def succeeded(self, ticket: int, now: float) -> None:
        if ticket != self._era:
            return
        if self._state is BreakerState.HALF_OPEN:
            self._probing -= 1
            self._proven += 1
            if self._proven >= self.settings.probes:
                self._close()
            return
        self._bucket(now).calls += 1

    def failed(self, ticket: int, now: float) -> None:
        if ticket != self._era:
            return
        if self._state is BreakerState.HALF_OPEN:
            self._open(now, pause_s=min(self._pause_s * 2, self.settings.open_s * _LONGEST))
            return
        bucket = self._bucket(now)
        bucket.calls += 1
        bucket.failures += 1
        calls, failures = self.counts(now)
        if calls >= self.settings.minimum_calls and failures >= self.settings.failed_share * calls:
            self._open(now, pause_s=self.settings.open_s)

    def forgotten(self, ticket: int) -> None:
        """It ended in a way that says nothing about the upstream: the agent went away."""
        if ticket == self._era and self._state is BreakerState.HALF_OPEN:
            self._probing -= 1

    def counts(self, now: float) -> tuple[int, int]:
        """Calls and failures in the window."""
        self._forget_old(now)
        return sum(one.calls for one in self._buckets), sum(one.failures for one in self._buckets)

    def _bucket(self, now: float) -> _Bucket:
        self._forget_old(now)
        number = self._number(now)
        if not self._buckets or self._buckets[-1].number != number:
            self._buckets.append(_Bucket(number))
        return self._buckets[-1]

    def _forget_old(self, now: float) -> None:
        oldest = self._number(now) - _BUCKETS
        while self._buckets and self._buckets[0].number <= oldest:
            self._buckets.popleft()

    def _number(self, now: float) -> int:
        return int(now * _BUCKETS / self.settings.window_s)

    def _open(self, now: float, *, pause_s: float) -> None:
        self._state, self._opened_at, self._pause_s = BreakerState.OPEN, now, pause_s
        self._era += 1
        self._buckets.clear()

    def _close(self) -> None:
        self._state, self._pause_s = BreakerState.CLOSED, self.settings.open_s
        self._era += 1
        self._buckets.clear()
