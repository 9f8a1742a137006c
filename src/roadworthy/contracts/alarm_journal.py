"""What a journal of alarms promises to those that watch by reading stores: error budgets and inputs.

Promises
- `commit` is one transaction, durable on return: parts of a state and alarms are all kept or none is.
- An alarm is handed over until somebody says it was taken, at least once; one that is committed again (it was
  cleared) is handed over again.
- Parts come back byte for byte. What one owner keeps another does not see.
- Any number of threads. Errors: `StoreFull` (nothing was kept, try again later), `StoreUnavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from roadworthy.domain.alarm import Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAlarm:
    """One nobody has taken yet, in this `revision`."""

    alarm: Alarm
    revision: int


class AlarmJournal(Protocol):
    """Of one owner. See the module's promises."""

    def projects(self) -> list[str]:
        """Those with parts."""
        ...

    def parts(self, project: str) -> dict[str, bytes]: ...

    def commit(
        self, project: str, *, parts: Mapping[str, bytes | None], alarms: Sequence[Alarm] = ()
    ) -> None:
        """By name; None takes a part away; those not named stay as they are."""
        ...

    def waiting(self, *, limit: int = 200) -> list[WaitingAlarm]:
        """Oldest first."""
        ...

    def taken(self, waiting: Sequence[WaitingAlarm]) -> None:
        """Not to be handed over again, unless committed anew since."""
        ...

    def alarms(
        self, project: str, *, source: str = "", limit: int = 100, after: tuple[int, str] | None = None
    ) -> list[Alarm]:
        """Newest first; `after` is (at_ns, id) of the last one seen."""
        ...

    def delete_project(self, project: str) -> None:
        """Its parts and its alarms, those not handed over yet included."""
        ...

    def close(self) -> None: ...
