"""When an incident is due, then the next people are told: at once when it opens, later when nobody has it.

Times are kept with the incident. A crash between the opening and the telling leaves the incident due, and the
next start goes on; who is told, and that they were, are one transaction.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from roadworthy.contracts.metadata import MetadataStore, MetadataUnavailable
from roadworthy.domain.incident import EntryKind, Incident, IncidentState
from roadworthy.domain.notification import Delivery, Happening
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.watch.incidents.book import IncidentBook
from roadworthy.features.watch.incidents.escalating import Step, Tell, due_ns, escalate
from roadworthy.features.watch.incidents.shelf import Draft
from roadworthy.features.watch.incidents.silence_book import SilenceBook
from roadworthy.features.watch.incidents.wording import delivery_of, notification_of, reasons
from roadworthy.features.watch.notifying.channel_book import ChannelBook

log = logging.getLogger(__name__)

_SECOND = 1_000_000_000
_AT_ONCE = 200
"""Incidents of one transaction: a storm is told in few, and none takes long."""
_AGAIN_S = 5.0
_LOOK_S = 60.0
"""How often all incidents are looked through, should a clock have jumped."""


class EscalateIncidents:
    """`start` and `stop` once each; `wake` from any thread."""

    def __init__(
        self,
        book: IncidentBook,
        metadata: MetadataStore,
        *,
        channels: ChannelBook,
        silences: SilenceBook,
        base_url: str,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._book = book
        self._metadata = metadata
        self._channels = channels
        self._silences = silences
        self._base_url = base_url
        self._clock = clock
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="escalate", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout)

    def wake(self) -> None:
        """Incidents or silences have changed."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                left = self.turn()
            except MetadataUnavailable as fault:
                log.warning("escalation waits for the metadata store: %s", fault)
                left = _AGAIN_S
            except Exception:
                # Escalation must outlive a fault in one incident.
                log.exception("escalation failed; it goes on")
                left = _AGAIN_S
            self._wake.wait(min(left, _LOOK_S))

    def turn(self) -> float:
        """Tell whom has to be told now; seconds until the next is due (infinite for never)."""
        projects = {DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())}
        soonest = float("inf")
        for project in sorted(projects):
            try:
                soonest = min(soonest, self._turn_of(project))
            except MetadataUnavailable:
                raise
            except Exception:
                # What is wrong with one project must keep nobody of another asleep.
                log.exception("escalation in project %s failed; it is tried again", project)
                soonest = min(soonest, _AGAIN_S)
        return soonest

    def _turn_of(self, project: str) -> float:
        now = self._clock()
        due = {one.id: at for one in self._book.incidents(project) if (at := due_ns(one))}
        ripe = [one for one, at in due.items() if at <= now]
        for start in range(0, len(ripe), _AT_ONCE):
            due |= self._escalate(project, ripe[start : start + _AT_ONCE])
        return min((max(0.0, (at - now) / _SECOND) for at in due.values() if at), default=float("inf"))

    def silences_changed(self, project: str) -> None:
        """Incidents that were quiet because of a silence may be so no longer, or for longer."""
        now = self._clock()
        with self._book.shelves.changing(project, now_ns=now) as draft:
            for incident in draft.live():
                if incident.silenced_until_ns and incident.state is not IncidentState.RESOLVED:
                    until = self._silenced_until(draft, incident)
                    if until != incident.silenced_until_ns:
                        draft.put(replace(incident, silenced_until_ns=until or now))
        self.wake()

    def _escalate(self, project: str, incident_ids: Sequence[str]) -> dict[str, int]:
        """When each is due again, 0 for never."""
        now = self._clock()
        due: dict[str, int] = {}
        with self._book.shelves.changing(project, now_ns=now) as draft:
            for one in incident_ids:
                due[one] = self._escalate_one(draft, one)
            told = list(draft.incidents)
        self._book.changed(project, told)
        return due

    def _escalate_one(self, draft: Draft, incident_id: str) -> int:
        now, project = draft.now_ns, draft.project
        incident = draft.incident(incident_id)
        if incident is None or not 0 < due_ns(incident) <= now:
            return 0 if incident is None else due_ns(incident)
        if incident.silenced_until_ns:
            until = self._silenced_until(draft, incident)
            if until > now:
                draft.put(replace(incident, silenced_until_ns=until))
                return until
            draft.write(incident.id, EntryKind.SILENCED, "The silence is over and it still stands")
            awake = replace(incident.escalation, next_ns=now)
            incident = replace(incident, silenced_until_ns=0, escalation=awake)
        on_calls = {one: self._book.on_call(project, one, now) for one in incident.agents or ("",)}
        step = escalate(incident, on_calls=on_calls, channels=self._channels.channels(project), now_ns=now)
        self._write(draft, incident, step)
        return due_ns(draft.put(replace(incident, escalation=step.escalation)))

    def _write(self, draft: Draft, incident: Incident, step: Step) -> None:
        for kind, text in step.entries:
            draft.write(incident.id, kind, text)
        if not step.tell:
            return
        because = self._because(draft, incident)
        after = replace(incident, escalation=step.escalation)
        draft.deliveries += [
            self._delivery(after, one, because, draft.now_ns, first=one.place not in incident.escalation.told)
            for one in step.tell
        ]

    def _because(self, draft: Draft, incident: Incident) -> list[str]:
        timeline = self._book.shelves.timeline(incident.project, incident.id)
        changes = [
            one.text.removeprefix("Changed just before, ")
            for one in timeline
            if one.kind is EntryKind.CHANGED_BEFORE
        ]
        lines = reasons(draft.alarms_of(incident.id), changes)
        if not lines and timeline:
            lines = [timeline[0].text.removeprefix("Opened: ")]
        return lines

    def _delivery(
        self, incident: Incident, tell: Tell, lines: Sequence[str], now_ns: int, /, *, first: bool
    ) -> Delivery:
        escalation = incident.escalation
        named = f"{incident.id}-{incident.reopened}-{escalation.round}-{escalation.level}-{tell.place}"
        again = [] if first else ["Nobody has it yet."]
        return delivery_of(
            notification_of(
                incident,
                Happening.TRIGGER,
                said_id=named[:120],
                lines=[*again, *lines],
                base_url=self._base_url,
                now_ns=now_ns,
                recipient=tell.recipient,
            ),
            channel_id=tell.channel.id,
            channel_name=tell.channel.name,
            now_ns=now_ns,
            whom=tell.whom,
            fallbacks=tell.fallbacks,
        )

    def _silenced_until(self, draft: Draft, incident: Incident) -> int:
        """How long silences cover every alarm of it that stands; 0 for not."""
        now = self._clock()
        silences = self._silences.standing(incident.project)
        until = 0
        for taken in draft.alarms_of(incident.id):
            if taken.alarm.cleared_ns:
                continue
            team = self._book.on_call(incident.project, taken.alarm.agent, now).team
            ends = [one.end_ns for one in silences if one.covers(taken.alarm, team=team, now_ns=now)]
            if not ends:
                return 0
            until = max(ends) if not until else min(until, max(ends))
        return until
