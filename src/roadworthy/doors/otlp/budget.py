"""The memory that bodies take while they are being received, bounded over all senders."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.doors.otlp.refusal import Refused

_RETRY_S = 1.0


@dataclass(slots=True)
class BodyBudget:
    """For one event loop; nothing here waits."""

    limit: int
    used: int = 0
    total: int = 0
    """All that was ever asked for."""

    def claim(self) -> BodyClaim:
        return BodyClaim(budget=self)


@dataclass(slots=True)
class BodyClaim:
    """What one request holds. A context manager: leaving it gives everything back."""

    budget: BodyBudget
    held: int = field(default=0)

    def take(self, count: int) -> None:
        """Raises Refused (busy) where all requests together would hold too much."""
        self.budget.total += count
        # A single body may always be received, however small the budget was set.
        if self.budget.used > self.held and self.budget.used + count > self.budget.limit:
            raise Refused("busy", "Too much is being received at once.", retry_after=_RETRY_S)
        self.held += count
        self.budget.used += count

    def __enter__(self) -> BodyClaim:
        return self

    def __exit__(self, *_: object) -> None:
        self.budget.used -= self.held
        self.held = 0
