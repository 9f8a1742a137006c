"""What a spend store promises: what was spent of each budget, across restarts of the gateway.

Promises
- `write` is one transaction, durable on return; a row replaces the one of its cell.
- One process writes; any number read at the same time.
- Errors: `SpendStoreUnavailable`; nothing of the call was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class SpendStoreUnavailable(Exception):  # noqa: N818 (a condition, not a bug)
    """The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendCell:
    """A budget in one of its periods: `2026-11-22`, `2026-11` or `total` (UTC)."""

    project: str
    budget: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentRow:
    cell: SpendCell
    spent_usd: float = 0.0
    spent_tokens: int = 0
    reserved_usd: float = 0.0
    """By calls that are not over yet."""
    reserved_tokens: int = 0


class SpendStore(Protocol):
    def rows(self, project: str | None = None) -> list[SpentRow]: ...
    def write(self, rows: Sequence[SpentRow]) -> None: ...
    def close(self) -> None: ...
