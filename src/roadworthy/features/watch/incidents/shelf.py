"""Where incidents are kept: all of a project in memory, every change in one transaction of the metadata
store."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.incident import Entry, EntryKind, Incident, IncidentState, TakenAlarm
from roadworthy.domain.notification import Delivery
from roadworthy.features.watch.notifying.outbox import Outbox

INCIDENT = "incident"
ALARM = "incident-alarm"
INCIDENTS_KEPT = 20_000
"""Resolved ones of a project."""
ALARMS_KEPT = 1_000
"""Of an incident; of older ones only those that stand."""
KEPT_NS = 400 * 86_400 * 1_000_000_000
"""So long resolved incidents are kept."""
_LATELY_NS = 86_400 * 1_000_000_000
"""Longer than any rule lets an incident open again by itself."""


def timeline_kind(incident_id: str) -> str:
    """A kind for each incident: a timeline is read whole, and no other with it."""
    return f"timeline:{incident_id}"


@dataclass
class Shelf:
    """One project."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    alarms: dict[str, TakenAlarm] = field(default_factory=dict)
    of_incident: dict[str, dict[str, None]] = field(default_factory=dict)
    """Incident → ids of its alarms, in order."""
    number: int = 0

    def put_incident(self, incident: Incident) -> None:
        self.incidents[incident.id] = incident
        self.number = max(self.number, incident.number)

    def put_alarm(self, taken: TakenAlarm) -> None:
        before = self.alarms.get(taken.alarm.id)
        if before is not None:
            self.of_incident.get(before.incident_id, {}).pop(taken.alarm.id, None)
        self.alarms[taken.alarm.id] = taken
        self.of_incident.setdefault(taken.incident_id, {})[taken.alarm.id] = None

    def drop_alarm(self, alarm_id: str) -> None:
        gone = self.alarms.pop(alarm_id)
        self.of_incident.get(gone.incident_id, {}).pop(alarm_id, None)


class Draft:
    """Changes to one project that become true together, or not at all."""

    def __init__(self, project: str, shelf: Shelf, *, now_ns: int) -> None:
        self.project = project
        self.now_ns = now_ns
        self._shelf = shelf
        self._number = shelf.number
        self._live: dict[str, Incident] | None = None
        self.incidents: dict[str, Incident] = {}
        self.alarms: dict[str, TakenAlarm] = {}
        self.entries: dict[str, Entry] = {}
        self.deliveries: list[Delivery] = []
        self.extra: list[Record] = []
        """What else belongs to the same transaction."""

    def incident(self, incident_id: str) -> Incident | None:
        return self.incidents.get(incident_id) or self._shelf.incidents.get(incident_id)

    def live(self) -> list[Incident]:
        """Those that alarms may belong to: not resolved, or not for long."""
        if self._live is None:
            since = self.now_ns - _LATELY_NS
            self._live = {
                one.id: one
                for one in self._shelf.incidents.values()
                if (one.state is not IncidentState.RESOLVED or one.resolved_ns >= since)
                and not one.merged_into
            }
        return list((self._live | self.incidents).values())

    def alarm(self, alarm_id: str) -> TakenAlarm | None:
        return self.alarms.get(alarm_id) or self._shelf.alarms.get(alarm_id)

    def alarms_of(self, incident_id: str) -> list[TakenAlarm]:
        """As they are in this draft, in the order taken."""
        known = [self._shelf.alarms[one] for one in self._shelf.of_incident.get(incident_id, ())]
        stayed = [self.alarms.get(one.alarm.id, one) for one in known]
        listed = {one.alarm.id for one in stayed}
        came = [one for one in self.alarms.values() if one.alarm.id not in listed]
        return [one for one in (*stayed, *came) if one.incident_id == incident_id]

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def put(self, incident: Incident) -> Incident:
        self.incidents[incident.id] = replace(incident, updated_ns=self.now_ns)
        return self.incidents[incident.id]

    def put_alarm(self, taken: TakenAlarm) -> None:
        self.alarms[taken.alarm.id] = taken

    def write(
        self,
        incident_id: str,
        kind: EntryKind,
        text: str,
        *,
        by: str = "",
        at_ns: int = 0,
        facts: dict[str, str] | None = None,
    ) -> Entry:
        """A line of the timeline. Those of one draft are a nanosecond apart, in the order written."""
        at_ns = at_ns or self.now_ns + len(self.entries)
        entry = entry_of(incident_id, kind, text, by=by, at_ns=at_ns, facts=facts)
        self.entries[entry.id] = entry
        return entry

    def records(self) -> list[Record]:
        made = [
            as_record(one, project=self.project, kind=INCIDENT, record_id=one.id, at_ns=self.now_ns)
            for one in self.incidents.values()
        ]
        made += [
            as_record(one, project=self.project, kind=ALARM, record_id=one.alarm.id, at_ns=self.now_ns)
            for one in self.alarms.values()
        ]
        made += [entry_record(one, project=self.project) for one in self.entries.values()]
        return made + self.extra


def entry_of(
    incident_id: str,
    kind: EntryKind,
    text: str,
    *,
    at_ns: int,
    by: str = "",
    facts: dict[str, str] | None = None,
) -> Entry:
    named = hashlib.sha256(f"{incident_id}\n{kind}\n{text}\n{by}".encode()).hexdigest()[:12]
    return Entry(
        id=f"{at_ns:020d}-{named}",
        incident_id=incident_id,
        at_ns=at_ns,
        kind=kind,
        text=text,
        by=by,
        facts=facts or {},
    )


def entry_record(entry: Entry, *, project: str) -> Record:
    return as_record(
        entry, project=project, kind=timeline_kind(entry.incident_id), record_id=entry.id, at_ns=entry.at_ns
    )


class Shelves:
    """Safe to call from several threads. This process is the only one that writes incidents."""

    def __init__(self, metadata: MetadataStore, *, outbox: Outbox) -> None:
        self._metadata = metadata
        self._outbox = outbox
        self._lock = threading.RLock()  # protects the shelves, and a change from what it was worked out on
        self._shelves: dict[str, Shelf] = {}

    @contextmanager
    def reading(self, project: str) -> Iterator[Shelf]:
        with self._lock:
            yield self._of(project)

    @contextmanager
    def changing(self, project: str, *, now_ns: int) -> Iterator[Draft]:
        """What the draft holds on leaving is saved in one transaction, with its deliveries. Where that raises
        (MetadataUnavailable), or the block does, nothing has changed."""
        with self._lock:
            shelf = self._of(project)
            draft = Draft(project, shelf, now_ns=now_ns)
            yield draft
            records = [*draft.records(), *self._outbox.records(draft.deliveries)]
            if not records:
                return
            self._metadata.save_records(records)
            for incident in draft.incidents.values():
                shelf.put_incident(incident)
            for taken in draft.alarms.values():
                shelf.put_alarm(taken)
        self._outbox.accept(draft.deliveries)

    def forget_old(self, project: str, *, before_ns: int) -> int:
        """Incidents resolved before then, and resolved ones beyond the newest `INCIDENTS_KEPT`, with their
        alarms and timelines; of each other one the oldest alarms that are over beyond `ALARMS_KEPT`.
        How many incidents went. One by one, the incident last: killed in between, the next turn goes on. The
        one with the highest number stays: numbers are given once."""
        with self._lock:
            shelf = self._of(project)
            done = sorted(
                (one for one in shelf.incidents.values() if one.state is IncidentState.RESOLVED),
                key=lambda one: (one.resolved_ns, one.number),
            )
            beyond = len(done) - INCIDENTS_KEPT
            old = [
                one
                for place, one in enumerate(done)
                if (place < beyond or one.resolved_ns < before_ns) and one.number < shelf.number
            ]
        for incident in old:
            self._forget_incident(project, incident.id)
        with self._lock:
            for incident_id in list(shelf.of_incident):
                self._forget_alarms(project, shelf, incident_id)
        return len(old)

    def _forget_incident(self, project: str, incident_id: str) -> None:
        with self._lock:
            shelf = self._of(project)
            now = shelf.incidents.get(incident_id)
            if now is None or now.state is not IncidentState.RESOLVED:
                return  # It was opened again meanwhile.
            kind = timeline_kind(incident_id)
            for record in self._metadata.records(project, kind):
                self._metadata.delete_record(project, kind, record.id)
            for alarm_id in list(shelf.of_incident.get(incident_id, ())):
                self._metadata.delete_record(project, ALARM, alarm_id)
                shelf.drop_alarm(alarm_id)
            self._metadata.delete_record(project, INCIDENT, incident_id)
            shelf.of_incident.pop(incident_id, None)
            del shelf.incidents[incident_id]

    def _forget_alarms(self, project: str, shelf: Shelf, incident_id: str) -> None:
        """Under the lock."""
        ids = list(shelf.of_incident[incident_id])
        too_many = len(ids) - ALARMS_KEPT
        for alarm_id in [one for one in ids if shelf.alarms[one].alarm.cleared_ns][: max(0, too_many)]:
            self._metadata.delete_record(project, ALARM, alarm_id)
            shelf.drop_alarm(alarm_id)

    def timeline(self, project: str, incident_id: str) -> list[Entry]:
        """Oldest first."""
        records = self._metadata.records(project, timeline_kind(incident_id))
        found = [read_record(Entry, one) for one in records]
        return sorted(found, key=lambda one: (one.at_ns, one.id))

    def forget(self, project: str) -> None:
        """The project was deleted: what is to be said of it goes, too. One made anew under its name begins
        empty."""
        with self._lock:
            self._shelves.pop(project, None)
            self._outbox.forget(project)

    def _of(self, project: str) -> Shelf:
        if project not in self._shelves:
            shelf = Shelf()
            for record in self._metadata.records(project, INCIDENT):
                shelf.put_incident(read_record(Incident, record))
            taken: Sequence[TakenAlarm] = sorted(
                (read_record(TakenAlarm, one) for one in self._metadata.records(project, ALARM)),
                key=lambda one: (one.taken_ns, one.alarm.id),
            )
            for one in taken:
                shelf.put_alarm(one)
            self._shelves[project] = shelf
        return self._shelves[project]
