"""The memory that answers take while they are still coming and are to be recorded, bounded over all calls."""

from __future__ import annotations

ALL_BYTES = 96 << 20
ONE_BYTES = 16 << 20
"""Of one call: a longer answer is passed on, and its exchange listed without a recording."""


class HeldBytes:
    """For one event loop; nothing here waits."""

    __slots__ = ("_limit", "_used")

    def __init__(self, *, limit: int = ALL_BYTES) -> None:
        self._limit = limit
        self._used = 0

    def take(self, count: int) -> bool:
        if self._used + count > self._limit:
            return False
        self._used += count
        return True

    def give(self, count: int) -> None:
        self._used -= count

    @property
    def used(self) -> int:
        return self._used
