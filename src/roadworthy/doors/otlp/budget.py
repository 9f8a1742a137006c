"""The memory that bodies take while they are being received, bounded over all senders."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from roadworthy.doors.otlp.refusal import Refused
from roadworthy.kit.memory import give_back

_RETRY_S = 1.0
_TIDY_EVERY_S = 5.0
_TIDY_AFTER_BYTES = 32 << 20


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


async def tidy_memory(budget: BodyBudget, *, every: float = _TIDY_EVERY_S) -> None:
    """Until cancelled: give memory back every so many seconds while many bytes pass through, and once after.

    A body that waits for its check or for the disk is freed long after it came: "after" is when none is left.
    """
    seen = 0
    owed = False
    while True:
        await asyncio.sleep(every)
        passed = budget.total - seen
        seen += passed
        owed = owed or passed > _TIDY_AFTER_BYTES
        if owed:
            at_rest = passed == 0 and budget.used == 0
            await asyncio.to_thread(give_back)
            owed = not at_rest
