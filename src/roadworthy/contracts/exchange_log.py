"""What an exchange log promises: a row for each call through the gateway, numbered in the order of writing.

Promises
- One process writes, others read. Numbers rise and are never given twice, also after deletions, so a reader
  goes on from the last number it saw.
- `append` is whole or not at all; a row that is there already (project, id) is left as it is, and gets no
  other number. After a power cut the last rows may be missing, none is half there.
- Reads take the project first, except those that follow the log as a whole. Unknown ids are None, and a log
  that does not exist yet is empty.
- Errors: `StoreFull`, `StoreUnavailable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from roadworthy.domain.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedExchange:
    number: int
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeQuery:
    """Newest first; empty strings ask nothing. from_ns <= started_ns < to_ns; `after` is the (started_ns, id)
    of the last row seen. `ids`: these and no others."""

    agent: str = ""
    target: str = ""
    kind: str = ""
    ending: str = ""
    code: str = ""
    """A FailureCode; "any" for every exchange with a failure."""
    drill: str = ""
    ids: tuple[str, ...] | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    limit: int = 50
    after: tuple[int, str] | None = None


class ExchangeReader(Protocol):
    def since(self, number: int, *, limit: int = 1000) -> list[LoggedExchange]:
        """Rows of all projects with higher numbers, in order."""
        ...

    def exchange(self, project: str, exchange_id: str) -> Exchange | None: ...

    def exchanges(self, project: str, query: ExchangeQuery) -> list[Exchange]: ...

    def named(
        self, project: str, *, run_ids: Sequence[str] = (), trace_ids: Sequence[str] = ()
    ) -> list[Exchange]:
        """Those whose caller named one of the runs or traces, by start; at most 5000."""
        ...

    def projects(self) -> list[str]:
        """That have exchanges."""
        ...

    def close(self) -> None: ...


class ExchangeLog(ExchangeReader, Protocol):
    def append(self, exchanges: Sequence[Exchange]) -> None: ...

    def delete(self, project: str, exchange_id: str) -> Exchange | None:
        """The row that went."""
        ...

    def drop_before(self, project: str, at_ns: int) -> int:
        """How many rows went."""
        ...

    def delete_project(self, project: str) -> None: ...
