"""When an alarm is raised, then it opens an incident or joins one, and what changed just before is looked up.

The look is taken before the alarm is placed, because alarms of different agents that share what changed are
one incident. It must not hold the alarm up: after two seconds the alarm goes on without, and the timeline is
filled in afterwards.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

from roadworthy.contracts.metadata import MetadataUnavailable
from roadworthy.contracts.telemetry import StoreUnavailable, TelemetryStore
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.incident import Change, Incident, IncidentState, Source
from roadworthy.features.watch.incidents.book import IncidentBook
from roadworthy.features.watch.incidents.prompts import prompt_change
from roadworthy.features.watch.incidents.taking import QUICKLY_LOOKED
from roadworthy.features.watch.incidents.what_changed import WhatChanged, windows

log = logging.getLogger(__name__)

LOOK_S = 2.0
_AGAIN_S = 5.0
"""After a store was away."""
PROMPTS_READ = 5
"""Agents of an incident whose instructions are compared."""


class LookBefore:
    """`changes_of` is what the incident book asks; `look` fills in what it could not wait for."""

    def __init__(self, store: TelemetryStore, *, patience_s: float = LOOK_S) -> None:
        self._store = store
        self._changed = WhatChanged(store)
        self._patience_s = patience_s
        self._lookers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="look-before")
        self._busy = threading.Semaphore(2)

    def changes_of(self, project: str, alarms: Sequence[Alarm]) -> Mapping[str, Sequence[Change]] | None:
        """None where it took too long or failed."""
        if not any(one.agent for one in alarms):
            return {}
        if not self._busy.acquire(blocking=False):
            # Those that look are stuck: waiting for them would hold the next alarm up, too.
            return None
        asked: Future[dict[str, list[Change]]] = self._lookers.submit(self._look, project, list(alarms))
        asked.add_done_callback(lambda _: self._busy.release())
        try:
            return asked.result(self._patience_s)
        except TooLate:
            log.warning(
                "what changed before %d alarms was not found within %g s", len(alarms), self._patience_s
            )
        except Exception:
            # An alarm is worth more than what explains it.
            log.exception("what changed before %d alarms cannot be looked up", len(alarms))
        return None

    def _look(self, project: str, alarms: Sequence[Alarm]) -> dict[str, list[Change]]:
        at_ns = max(one.at_ns for one in alarms)
        since_ns = min((one.since_ns for one in alarms if one.since_ns), default=0)
        agents = [one.agent for one in alarms]
        return self._changed.of(project, agents, windows(at_ns=at_ns, since_ns=since_ns))

    def changes_before(self, incident: Incident) -> list[Change]:
        """What is still to be found out about an incident, however long it takes."""
        at_ns = incident.last_alarm_ns or incident.opened_ns
        window = windows(at_ns=at_ns, since_ns=incident.began_ns)
        found: list[Change] = []
        if not incident.looked_ns:
            by_agent = self._changed.of(incident.project, incident.agents, window)
            found += [change for changes in by_agent.values() for change in changes]
        for agent in incident.agents[:PROMPTS_READ]:
            change = prompt_change(self._store, incident.project, agent=agent, window=window)
            found += [change] if change else []
        return found

    def close(self) -> None:
        self._lookers.shutdown(wait=False, cancel_futures=True)


class FillIn:
    """A thread that fills in timelines. `start` and `stop` once each; `on_changed` from any thread."""

    def __init__(self, book: IncidentBook, look: LookBefore) -> None:
        self._book = book
        self._look = look
        self._lock = threading.Condition()  # protects what waits
        self._waiting: dict[tuple[str, str], None] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="fill-in", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        with self._lock:
            self._stopping = True
            self._lock.notify()
        self._thread.join(timeout)
        self._look.close()

    def on_changed(self, project: str, incident_ids: Sequence[str]) -> None:
        with self._lock:
            self._waiting |= {(project, one): None for one in incident_ids}
            self._lock.notify()

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._waiting and not self._stopping:
                    self._lock.wait()
                if self._stopping:
                    return
                project, incident_id = next(iter(self._waiting))
                del self._waiting[project, incident_id]
            if self._fill(project, incident_id):
                continue
            with self._lock:
                # Not lost because a store was away; others go first.
                self._waiting[project, incident_id] = None
                self._lock.wait_for(lambda: self._stopping, _AGAIN_S)

    def _fill(self, project: str, incident_id: str) -> bool:
        """Whether there is nothing left to do about it."""
        incident = self._book.incident(project, incident_id)
        if incident is None or not _to_look(incident):
            return True
        try:
            changes = self._look.changes_before(incident)
        except StoreUnavailable as fault:
            log.warning("what changed before incident %d is not known: %s", incident.number, fault)
            return False
        except Exception:
            # What cannot be looked up once is not looked up again and again.
            log.exception("what changed before incident %d cannot be looked up", incident.number)
            changes = []
        try:
            self._book.looked(project, incident_id, changes)
        except MetadataUnavailable as fault:
            log.warning("what changed before incident %d cannot be noted: %s", incident.number, fault)
            return False
        return True


def _to_look(incident: Incident) -> bool:
    if incident.source is Source.TEST or incident.looked_ns > QUICKLY_LOOKED:
        return False
    return bool(incident.agents) and incident.state is not IncidentState.RESOLVED
