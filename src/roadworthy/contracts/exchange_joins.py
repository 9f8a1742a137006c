"""What a table of joins promises: which run each exchange belongs to, and which still wait for theirs.

Promises
- `take` moves the position in the exchange log and lets its exchanges wait, in one transaction: each is
  looked at after a crash, too, and none is forgotten.
- A later join of an exchange replaces the earlier one. What is written is on disk on return.
- Errors: `StoreFull`, `StoreUnavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingExchange:
    project: str
    exchange_id: str
    since_ns: int
    """When it was first looked for."""
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    project: str
    exchange_id: str
    run_id: str
    by: str
    """header, response_id, traceparent, baggage, time, or gateway: the run was made of its exchanges."""
    started_ns: int


class ExchangeJoins(Protocol):
    def position(self) -> int:
        """The number of the last exchange taken, 0 before the first."""
        ...

    def take(self, waiting: Sequence[WaitingExchange], *, position: int) -> None: ...

    def due(self, now_ns: int, *, limit: int = 500) -> list[WaitingExchange]:
        """Those whose next look is due, longest due first."""
        ...

    def looked(
        self,
        *,
        joined: Sequence[Join] = (),
        again: Mapping[WaitingExchange, int] | None = None,
        done: Sequence[WaitingExchange] = (),
    ) -> None:
        """After a look: joins found, when to look again (ns), and whom to look for no more."""
        ...

    def of_runs(self, project: str, run_ids: Sequence[str]) -> list[Join]:
        """By start."""
        ...

    def of_exchanges(self, project: str, exchange_ids: Sequence[str]) -> dict[str, Join]: ...

    def drop_before(self, project: str, at_ns: int) -> None:
        """Of runs that have no later one: of one that is left in part it stays known what is missing."""
        ...

    def delete_project(self, project: str) -> None: ...

    def close(self) -> None: ...
