"""When runs were counted, then budgets that burn too fast raise an alarm, and one that is over is cleared."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from roadworthy.contracts.alarm_journal import AlarmJournal
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.alarm import Alarm
from roadworthy.features.watch.objectives.service import ObjectiveService

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
_HANDED_AT_ONCE = 200


class AlarmOutbox:
    """Hands over what a journal holds until somebody took it. `take` is idempotent by the alarm's id: after a
    crash between taking and noting that, it is handed over again."""

    def __init__(self, journal: AlarmJournal, *, take: Callable[[Sequence[Alarm]], object]) -> None:
        self._journal = journal
        self.take = take
        self._some = True
        """Something may wait: after a start, and after a commit."""

    def changed(self) -> None:
        self._some = True

    def hand_over(self) -> int:
        """How many. Raises what `take` raises; they are then handed over again."""
        handed = 0
        while self._some:
            waiting = self._journal.waiting(limit=_HANDED_AT_ONCE)
            if waiting:
                self.take([one.alarm for one in waiting])
                self._journal.taken(waiting)
                handed += len(waiting)
            self._some = len(waiting) == _HANDED_AT_ONCE
        return handed


class ErrorBudgets:
    """`refresh` every ten seconds. Where nothing changed it asks no store and writes nowhere."""

    def __init__(
        self,
        objectives: ObjectiveService,
        *,
        outbox: AlarmOutbox,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._objectives = objectives
        self._outbox = outbox
        self._now_s = now_s
        self._looked_after: set[str] | None = None
        """Projects that had objectives: what stands of those that were deleted is cleared."""

    def refresh(self) -> int:
        """How many alarms were raised or cleared."""
        changed = 0
        if self._looked_after is None:
            self._looked_after = set(self._objectives.alarms.projects())
        self._looked_after.update(self._objectives.book.projects())
        for project in sorted(self._looked_after):
            try:
                changed += self._objectives.watch(project, now_s=self._now_s())
            except StoreUnavailable as fault:
                log.warning("error budgets of project %s wait for the store: %s", project, fault)
        if changed:
            self._outbox.changed()
        self._outbox.hand_over()
        return changed
