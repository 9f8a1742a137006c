"""What a record feed promises: everything the gateway decides from, read whole.

Promises
- `version` is cheap enough to be asked once a second, and changes with every committed write of any process.
- `read` is one consistent moment. Bodies are as features wrote them; secrets are sealed or hashed.
- Both raise `FeedUnavailable` where the database cannot be read now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from roadworthy.contracts.metadata import PriceOverride, Record


class FeedUnavailable(Exception):  # noqa: N818 (a condition, not a bug)
    """The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRead:
    projects: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    """Of the kinds that were asked for, by project, kind and id."""
    prices: tuple[PriceOverride, ...] = ()


class RecordFeed(Protocol):
    def version(self) -> int: ...
    def read(self) -> FeedRead: ...
    def close(self) -> None: ...
