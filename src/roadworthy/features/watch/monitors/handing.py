"""Hands alarms over to who takes them, project by project."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.contracts.watch_log import Waiting, WatchLog
from roadworthy.domain.alarm import Alarm

log = logging.getLogger(__name__)

Sink = Callable[[Sequence[Alarm]], None]
"""Takes alarms of one project; idempotent by their id."""
FIRST_S, LONGEST_S = 2.0, 60.0
"""So long what could not be taken waits before it is tried again, twice as long each time."""
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Aside:
    revision: int
    wait_s: float
    until_s: float
    why: str


class AlarmHanding:
    """One thread. An alarm is handed over until it is taken. What a project's sink does not take is tried one
    by one, and the ones it then refuses are set aside, for two seconds first and a minute at last: they hold
    up nobody else's, nor the others of their project. `problem` names them."""

    def __init__(self, watch_log: WatchLog, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._log = watch_log
        self._now_s = now_s
        self._aside: dict[tuple[str, str], _Aside] = {}
        self.handed = 0
        """Since the start."""

    @property
    def problem(self) -> str:
        """Empty while nothing is set aside."""
        if not self._aside:
            return ""
        (project, alarm_id), first = next(iter(self._aside.items()))
        return (
            f"{len(self._aside)} alarms cannot be handed over and are tried again, such as "
            f"{alarm_id} of project {project}: {first.why}"
        )

    @property
    def aside(self) -> int:
        return len(self._aside)

    def hand_over(self, sink: Sink) -> int:
        """How many were taken. A store that is full or away is raised: then nothing can be taken at all."""
        handed = 0
        while ready := self._ready():
            of_project: dict[str, list[Waiting]] = {}
            for one in ready:
                of_project.setdefault(one.alarm.project, []).append(one)
            for alarms in of_project.values():
                handed += self._hand(sink, alarms)
        self.handed += handed
        return handed

    def _ready(self) -> list[Waiting]:
        now_s = self._now_s()
        waiting = self._log.waiting(limit=_AT_ONCE + len(self._aside))
        there = {_key(one) for one in waiting}
        # Those of a project that is gone, and of one that was taken by itself meanwhile.
        self._aside = {key: kept for key, kept in self._aside.items() if key in there}
        return [one for one in waiting if not self._rests(one, now_s=now_s)]

    def _rests(self, one: Waiting, *, now_s: float) -> bool:
        kept = self._aside.get(_key(one))
        return kept is not None and kept.revision == one.revision and now_s < kept.until_s

    def _hand(self, sink: Sink, waiting: Sequence[Waiting]) -> int:
        try:
            sink([one.alarm for one in waiting])
        except (StoreFull, StoreUnavailable):
            raise
        except Exception as fault:
            if len(waiting) > 1:
                return sum(self._hand(sink, [one]) for one in waiting)
            (one,) = waiting
            before = self._aside.get(_key(one))
            if before is None:
                log.exception("alarm %s of project %s is set aside", one.alarm.id, one.alarm.project)
            why = f"{type(fault).__name__}: {fault}"[:300]
            wait_s = min(LONGEST_S, 2 * before.wait_s) if before else FIRST_S
            self._aside[_key(one)] = _Aside(one.revision, wait_s, self._now_s() + wait_s, why)
            return 0
        self._log.taken(waiting)
        for one in waiting:
            self._aside.pop(_key(one), None)
        return len(waiting)


def _key(one: Waiting) -> tuple[str, str]:
    return one.alarm.project, one.alarm.id
