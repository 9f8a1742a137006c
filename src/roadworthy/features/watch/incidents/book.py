"""The incidents of an installation: what alarms open, and what people do about them."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.alarm import Alarm, Severity
from roadworthy.domain.incident import (
    ESCALATES,
    Action,
    Change,
    Entry,
    EntryKind,
    Escalation,
    Impact,
    Incident,
    IncidentState,
    Source,
    TakenAlarm,
    after,
)
from roadworthy.domain.notification import Happening
from roadworthy.domain.on_call import OnCall
from roadworthy.features.watch.incidents.joining import JoinRule
from roadworthy.features.watch.incidents.page_proof import proof_record, was_reached
from roadworthy.features.watch.incidents.shelf import Draft, Shelves
from roadworthy.features.watch.incidents.silence_book import SilenceBook
from roadworthy.features.watch.incidents.taking import (
    RUNS_KEPT,
    Announce,
    Surroundings,
    resolved,
    take_alarms,
    write_change,
)
from roadworthy.features.watch.notifying.outbox import Outbox

log = logging.getLogger(__name__)

RULE = "incident-rule"
OnCallOf = Callable[[str, str, int], OnCall]
"""(project, agent, at_ns) → who is on call. The registry's; agent "" is answered, too."""
ChangesOf = Callable[[str, Sequence[Alarm]], Mapping[str, Sequence[Change]] | None]
"""(project, alarms) → by agent, what changed just before; None where that could not be found out in time."""
_DONE = {
    Action.ACKNOWLEDGE: (EntryKind.ACKNOWLEDGED, Happening.ACKNOWLEDGE, "Acknowledged"),
    Action.MITIGATE: (EntryKind.MITIGATED, Happening.ACKNOWLEDGE, "Mitigated"),
    Action.RESOLVE: (EntryKind.RESOLVED, Happening.RESOLVE, "Resolved"),
    Action.REOPEN: (EntryKind.REOPENED, Happening.TRIGGER, "Opened again"),
}


class IncidentBook:
    """Safe to call from several threads. Every change is durable on return, or raises (MetadataUnavailable)
    and has changed nothing. `changed` hears of (project, incident ids) afterwards."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        outbox: Outbox,
        silences: SilenceBook,
        on_call: OnCallOf,
        announce: Announce,
        changes_of: ChangesOf,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._metadata = metadata
        self._outbox = outbox
        self._reached: set[tuple[str, str]] = set()
        """Test pages that were delivered since the start; few."""
        self.shelves = Shelves(metadata, outbox=outbox)
        self._silences = silences
        self._on_call = on_call
        self._announce = announce
        self._changes_of = changes_of
        self._clock = clock
        self.changed: Callable[[str, Sequence[str]], None] = lambda _project, _ids: None

    def take(self, alarms: Sequence[Alarm], *, source: Source = Source.ALARM) -> None:
        """The alarm sink: an alarm opens an incident, joins one, or (with `cleared_ns`) is over. Taken again,
        by its id, it changes nothing. Durable on return."""
        for project in dict.fromkeys(one.project for one in alarms):
            self._take(project, [one for one in alarms if one.project == project], source=source)

    def _take(self, project: str, alarms: Sequence[Alarm], *, source: Source) -> None:
        with self.shelves.reading(project) as shelf:
            fresh = [one for one in alarms if one.id not in shelf.alarms]
        changes = self._changes_of(project, fresh) if fresh else {}
        now = self._clock()
        around = Surroundings(
            rule=self.rule(project),
            changes=changes or {},
            looked=changes is not None,
            on_calls={one: self.on_call(project, one, now) for one in {a.agent for a in fresh if a.agent}},
            silences=self._silences.standing(project),
            announce=self._announce,
            source=source,
        )
        with self.shelves.changing(project, now_ns=now) as draft:
            take_alarms(draft, alarms, around)
            touched = list(draft.incidents)
        if touched:
            self.changed(project, touched)

    def on_call(self, project: str, agent: str, at_ns: int) -> OnCall:
        """Whom the registry names. Where it fails nobody is named, and that is said: an alarm must not be
        lost because of it."""
        try:
            return self._on_call(project, agent, at_ns)
        except Exception as fault:
            log.exception("who is on call for %s cannot be found out", agent)
            gap = f"who is on call cannot be found out ({type(fault).__name__})"
            return OnCall(project=project, agent=agent, at_ns=at_ns, gap=gap)

    def open(
        self,
        project: str,
        *,
        title: str,
        by: str,
        source: Source,
        severity: Severity = Severity.ERROR,
        agents: Sequence[str] = (),
        text: str = "",
        began_ns: int = 0,
        run_ids: Sequence[str] = (),
        issue_ids: Sequence[str] = (),
    ) -> Incident:
        """By a person or the API. Its own: no alarm joined it yet, and it does not resolve itself."""
        now = self._clock()
        on_calls = [self.on_call(project, agent, now) for agent in agents]
        with self.shelves.changing(project, now_ns=now) as draft:
            incident = draft.put(
                Incident(
                    project=project,
                    id=secrets.token_hex(8),
                    number=draft.next_number(),
                    title=title,
                    source=source,
                    severity=severity,
                    agents=tuple(dict.fromkeys(agents)),
                    teams=tuple(dict.fromkeys(one.team for one in on_calls if one.team)),
                    owner=next((one.owner for one in on_calls if one.owner), ""),
                    runbook=next((one.runbook for one in on_calls if one.runbook), ""),
                    causes=() if source is Source.TEST else tuple(f"agent:{one}" for one in agents),
                    began_ns=began_ns,
                    opened_ns=now,
                    auto_resolve=False,
                    run_ids=tuple(run_ids)[:RUNS_KEPT],
                    issue_ids=tuple(issue_ids)[:RUNS_KEPT],
                    escalation=Escalation(next_ns=now),
                    looked_ns=now if source is Source.TEST or not agents else 0,
                )
            )
            said = f"Opened: {title}" + (f"\n{text}" if text else "")
            draft.write(incident.id, EntryKind.OPENED, said, by=by)
        self.changed(project, [incident.id])
        return incident

    def act(
        self, project: str, incident_id: str, action: Action, *, by: str, note: str = ""
    ) -> Incident | None:
        """None where there is no such incident. Raises ActionRefused where its state does not allow it."""
        now = self._clock()
        with self.shelves.changing(project, now_ns=now) as draft:
            before = draft.incident(incident_id)
            if before is None:
                return None
            state = after(before.state, action)
            if state is before.state:
                if note:
                    draft.write(incident_id, EntryKind.NOTE, note, by=by)
                return before
            incident = _acted(before, state, by=by, now_ns=now)
            kind, happening, said = _DONE[action]
            told = f"{said} by {by}" + (f": {note}" if note else "")
            draft.write(incident_id, kind, f"{said}: {note}" if note else said, by=by)
            incident = draft.put(incident)
            if action is Action.REOPEN:
                # Escalation tells it anew, to whoever is on call now.
                draft.put(replace(incident, escalation=Escalation(next_ns=now, told=before.escalation.told)))
            else:
                draft.deliveries += self._announce(incident, happening, told, now)
            if incident.source is Source.TEST and action is Action.ACKNOWLEDGE:
                self._prove(draft, incident, by=by)
            incident = draft.incidents[incident_id]
        self.changed(project, [incident_id])
        return incident

    def reached(self, project: str, incident_id: str) -> None:
        """Somebody was told of a test page. Where it was acknowledged before that was known (from the
        terminal, or quicker than the receiver answered), the chain is proven now."""
        with self.shelves.changing(project, now_ns=self._clock()) as draft:
            # Who acknowledges it before the delivery itself is durable finds it here.
            self._reached.add((project, incident_id))
            incident = draft.incident(incident_id)
            if incident is None or incident.source is not Source.TEST:
                return
            if incident.state is not IncidentState.ACKNOWLEDGED:
                return
            self._proved(draft, incident, by=incident.acknowledged_by)
        self.changed(project, [incident_id])

    def _prove(self, draft: Draft, incident: Incident, *, by: str) -> None:
        told = (incident.project, incident.id) in self._reached
        if told or any(was_reached(one, incident.id) for one in self._outbox.log(incident.project)):
            self._proved(draft, incident, by=by)
            return
        why = "Acknowledged before any message of it was delivered: the chain is proven once one is"
        draft.write(incident.id, EntryKind.NOTE, why)

    def _proved(self, draft: Draft, incident: Incident, *, by: str) -> Incident:
        """A test page that reached somebody and was acknowledged: the chain works."""
        draft.extra.append(proof_record(incident, by=by, now_ns=draft.now_ns))
        draft.write(incident.id, EntryKind.RESOLVED, "The chain works: the test page was acknowledged")
        closed = draft.put(resolved(incident, by=by, now_ns=draft.now_ns))
        said = f"Test page acknowledged by {by}: the chain works"
        draft.deliveries += self._announce(closed, Happening.RESOLVE, said, draft.now_ns)
        return closed

    def change(
        self,
        project: str,
        incident_id: str,
        *,
        by: str,
        title: str | None = None,
        severity: Severity | None = None,
        assignee: str | None = None,
        auto_resolve: bool | None = None,
        runbook: str | None = None,
        postmortem: str | None = None,
    ) -> Incident | None:
        """What is None stays as it is. None where there is no such incident."""
        now = self._clock()
        with self.shelves.changing(project, now_ns=now) as draft:
            before = draft.incident(incident_id)
            if before is None:
                return None
            given = {
                "title": title,
                "severity": severity,
                "assignee": assignee,
                "auto_resolve": auto_resolve,
                "runbook": runbook,
                "postmortem": postmortem,
            }
            changed = {k: v for k, v in given.items() if v is not None and v != getattr(before, k)}
            if not changed:
                return before
            incident = draft.put(replace(before, **changed))  # type: ignore[arg-type]
            self._write_edits(draft, before, incident, changed, by=by)
        self.changed(project, [incident_id])
        return incident

    def _write_edits(
        self, draft: Draft, before: Incident, incident: Incident, changed: Mapping[str, object], *, by: str
    ) -> None:
        if "assignee" in changed:
            said = f"Assigned to {incident.assignee}" if incident.assignee else "Assigned to nobody"
            draft.write(incident.id, EntryKind.ASSIGNED, said, by=by)
        if "severity" in changed:
            said = f"Severity changed from {before.severity.value} to {incident.severity.value}"
            draft.write(incident.id, EntryKind.SEVERITY, said, by=by)
            draft.deliveries += self._announce(incident, Happening.UPDATE, f"{said} by {by}", draft.now_ns)
        rest = [one for one in changed if one not in ("assignee", "severity")]
        if rest:
            draft.write(incident.id, EntryKind.EDITED, f"Changed: {', '.join(rest)}", by=by)

    def note(self, project: str, incident_id: str, text: str, /, *, by: str) -> Entry | None:
        """None where there is no such incident."""
        with self.shelves.changing(project, now_ns=self._clock()) as draft:
            if draft.incident(incident_id) is None:
                return None
            entry = draft.write(incident_id, EntryKind.NOTE, text, by=by)
        self.changed(project, [incident_id])
        return entry

    def link(
        self, project: str, incident_id: str, *, runs: Sequence[str], issues: Sequence[str], by: str
    ) -> Incident | None:
        """Runs and issues that belong to it. None where there is no such incident."""
        with self.shelves.changing(project, now_ns=self._clock()) as draft:
            before = draft.incident(incident_id)
            if before is None:
                return None
            incident = draft.put(
                replace(
                    before,
                    run_ids=tuple(dict.fromkeys((*before.run_ids, *runs)))[:RUNS_KEPT],
                    issue_ids=tuple(dict.fromkeys((*before.issue_ids, *issues)))[:RUNS_KEPT],
                )
            )
            for what, names in (("Run", runs), ("Issue", issues)):
                for name in names:
                    draft.write(
                        incident_id,
                        EntryKind.LINKED,
                        f"{what} {name} linked",
                        by=by,
                        facts={what.lower(): name},
                    )
        self.changed(project, [incident_id])
        return incident

    def looked(self, project: str, incident_id: str, changes: Sequence[Change]) -> None:
        """What changed before was found out afterwards; written once."""
        with self.shelves.changing(project, now_ns=self._clock()) as draft:
            before = draft.incident(incident_id)
            if before is None:
                return
            for change in changes:
                write_change(draft, incident_id, change)
            draft.put(replace(before, looked_ns=draft.now_ns))
        self.changed(project, [incident_id])

    def measured(self, project: str, incident_id: str, impact: Impact) -> None:
        with self.shelves.changing(project, now_ns=self._clock()) as draft:
            before = draft.incident(incident_id)
            if before is not None and before.impact != impact:
                draft.put(replace(before, impact=impact))

    def incident(self, project: str, incident_id: str) -> Incident | None:
        """By its id, or by its number."""
        with self.shelves.reading(project) as shelf:
            found = shelf.incidents.get(incident_id)
            if found is None and incident_id.isdecimal() and len(incident_id) < 12:
                number = int(incident_id)
                return next((one for one in shelf.incidents.values() if one.number == number), None)
            return found

    def incidents(self, project: str) -> list[Incident]:
        with self.shelves.reading(project) as shelf:
            return list(shelf.incidents.values())

    def alarms(self, project: str) -> list[TakenAlarm]:
        """Newest first."""
        with self.shelves.reading(project) as shelf:
            found = list(shelf.alarms.values())
        return sorted(found, key=lambda one: (-one.alarm.at_ns, one.alarm.id))

    def alarms_of(self, project: str, incident_id: str) -> list[TakenAlarm]:
        with self.shelves.reading(project) as shelf:
            return [shelf.alarms[one] for one in shelf.of_incident.get(incident_id, ())]

    def rule(self, project: str) -> JoinRule:
        record = self._metadata.record(project, RULE, RULE)
        return JoinRule() if record is None else read_record(JoinRule, record)

    def save_rule(self, project: str, rule: JoinRule) -> JoinRule:
        now = self._clock()
        self._metadata.save_records([as_record(rule, project=project, kind=RULE, record_id=RULE, at_ns=now)])
        return rule


def _acted(incident: Incident, state: IncidentState, *, by: str, now_ns: int) -> Incident:
    quiet = replace(incident.escalation, next_ns=0)
    if state is IncidentState.RESOLVED:
        return resolved(incident, by=by, now_ns=now_ns)
    if state in ESCALATES:
        return replace(
            incident,
            state=state,
            reopened=incident.reopened + 1,
            acknowledged_ns=incident.acknowledged_ns,
            resolved_ns=0,
            resolved_by="",
            mitigated_ns=0,
        )
    first = incident.acknowledged_ns or now_ns
    incident = replace(
        incident,
        state=state,
        acknowledged_ns=first,
        acknowledged_by=incident.acknowledged_by or by,
        silenced_until_ns=0,
        escalation=quiet,
    )
    if state is IncidentState.MITIGATED:
        return replace(incident, mitigated_ns=now_ns)
    return replace(incident, assignee=incident.assignee or by)
