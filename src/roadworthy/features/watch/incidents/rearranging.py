"""The rule of joining overruled by hand: alarms moved, incidents merged and split."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import (
    ESCALATES,
    EntryKind,
    Escalation,
    Incident,
    IncidentState,
    TakenAlarm,
    worse,
)
from roadworthy.domain.notification import Happening
from roadworthy.features.watch.incidents.shelf import Draft, Shelves
from roadworthy.features.watch.incidents.taking import RUNS_KEPT, Announce, resolved


class CannotRearrange(ValueError):  # noqa: N818 (a condition, not a bug)
    """The message says what was expected."""


class Rearranging:
    """`changed` hears of (project, incident ids)."""

    def __init__(
        self,
        shelves: Shelves,
        *,
        announce: Announce,
        clock: Callable[[], int],
        changed: Callable[[str, Sequence[str]], None],
    ) -> None:
        self._shelves = shelves
        self._announce = announce
        self._clock = clock
        self._changed = changed

    def merge(self, project: str, incident_id: str, *, into: str, by: str) -> Incident:
        """All alarms go over, and the emptied incident is resolved. Returns the one that took them. Raises
        CannotRearrange."""
        with self._shelves.changing(project, now_ns=self._clock()) as draft:
            source, target = _both(draft, incident_id, into)
            for taken in draft.alarms_of(source.id):
                draft.put_alarm(replace(taken, incident_id=target.id))
            emptied = resolved(source, by=by, now_ns=draft.now_ns)
            emptied = replace(emptied, merged_into=target.id, alarms=0, alarms_standing=0)
            draft.put(emptied)
            said = f"Merged into incident {target.number}"
            draft.write(source.id, EntryKind.MOVED, said, by=by, facts={"incident": target.id})
            draft.deliveries += self._announce(emptied, Happening.RESOLVE, f"{said} by {by}", draft.now_ns)
            target = replace(
                target,
                severity=worse(target.severity, source.severity),
                agents=tuple(dict.fromkeys((*target.agents, *source.agents))),
                run_ids=tuple(dict.fromkeys((*target.run_ids, *source.run_ids)))[:RUNS_KEPT],
                issue_ids=tuple(dict.fromkeys((*target.issue_ids, *source.issue_ids)))[:RUNS_KEPT],
                causes=tuple(dict.fromkeys((*target.causes, *source.causes))),
            )
            draft.put(_counted(draft, target))
            draft.write(
                target.id,
                EntryKind.MOVED,
                f"Incident {source.number} merged into this one",
                by=by,
                facts={"incident": source.id},
            )
            merged = draft.incidents[target.id]
        self._changed(project, [source.id, target.id])
        return merged

    def move(self, project: str, alarm_id: str, *, into: str, by: str) -> Incident:
        """One alarm to another incident. Raises CannotRearrange."""
        with self._shelves.changing(project, now_ns=self._clock()) as draft:
            taken = draft.alarm(alarm_id)
            if taken is None:
                raise CannotRearrange(f"expected the id of an alarm, not {alarm_id!r}")
            source, target = _both(draft, taken.incident_id, into)
            self._over(draft, [taken], source, target, by=by)
            moved = draft.incidents[target.id]
        self._changed(project, [source.id, target.id])
        return moved

    def split(self, project: str, incident_id: str, *, alarm_ids: Sequence[str], by: str) -> Incident:
        """These alarms become an incident of their own, in the state of the old one. Raises
        CannotRearrange."""
        with self._shelves.changing(project, now_ns=self._clock()) as draft:
            source = draft.incident(incident_id)
            if source is None:
                raise CannotRearrange(f"expected the id of an incident, not {incident_id!r}")
            there = {one.alarm.id: one for one in draft.alarms_of(incident_id)}
            strange = [one for one in alarm_ids if one not in there]
            if strange or not alarm_ids or len(set(alarm_ids)) >= len(there):
                raise CannotRearrange(
                    "alarm_ids: expected some of the incident's alarms, not all of them"
                    + (f"; {strange[0]!r} is none of them" if strange else "")
                )
            chosen = [there[one] for one in dict.fromkeys(alarm_ids)]
            first = chosen[0].alarm
            target = Incident(
                project=project,
                id=secrets.token_hex(8),
                number=draft.next_number(),
                title=first.title,
                source=source.source,
                state=source.state,
                severity=first.severity,
                teams=source.teams,
                owner=source.owner,
                runbook=source.runbook,
                causes=tuple(dict.fromkeys(f"agent:{one.alarm.agent}" for one in chosen if one.alarm.agent)),
                opened_ns=min(one.taken_ns for one in chosen),
                acknowledged_ns=source.acknowledged_ns,
                acknowledged_by=source.acknowledged_by,
                resolved_ns=source.resolved_ns,
                resolved_by=source.resolved_by,
                assignee=source.assignee,
                auto_resolve=source.auto_resolve,
                silenced_until_ns=source.silenced_until_ns,
                silenced_by=source.silenced_by,
                escalation=Escalation(next_ns=draft.now_ns if source.state in ESCALATES else 0),
                looked_ns=draft.now_ns,
            )
            self._over(draft, chosen, source, target, by=by)
            split = draft.incidents[target.id]
        self._changed(project, [source.id, split.id])
        return split

    def _over(
        self, draft: Draft, chosen: Sequence[TakenAlarm], source: Incident, target: Incident, /, *, by: str
    ) -> None:
        for taken in chosen:
            draft.put_alarm(replace(taken, incident_id=target.id))
            said = f"Alarm moved from incident {source.number}: {taken.alarm.title}"
            draft.write(target.id, EntryKind.MOVED, said, by=by, facts={"alarm": taken.alarm.id})
            said = f"Alarm moved to incident {target.number}: {taken.alarm.title}"
            draft.write(source.id, EntryKind.MOVED, said, by=by, facts={"alarm": taken.alarm.id})
        draft.put(_counted(draft, target))
        left = _counted(draft, source)
        if not left.alarms and source.alarms and left.state is not IncidentState.RESOLVED:
            left = resolved(left, by=by, now_ns=draft.now_ns)
            said = "Resolved: none of its alarms is left"
            draft.write(left.id, EntryKind.RESOLVED, said, by=by)
            draft.deliveries += self._announce(left, Happening.RESOLVE, said, draft.now_ns)
        draft.put(left)


def _both(draft: Draft, source_id: str, target_id: str) -> tuple[Incident, Incident]:
    source, target = draft.incident(source_id), draft.incident(target_id)
    if source is None or target is None:
        missing = source_id if source is None else target_id
        raise CannotRearrange(f"expected the id of an incident, not {missing!r}")
    if source.id == target.id:
        raise CannotRearrange("into: expected another incident than its own")
    if target.state is IncidentState.RESOLVED or target.merged_into:
        raise CannotRearrange(f"into: expected an incident that is not resolved; {target.number} is")
    return source, target


def _counted(draft: Draft, incident: Incident) -> Incident:
    """As its alarms say."""
    alarms = draft.alarms_of(incident.id)
    if not alarms:
        return replace(incident, alarms=0, alarms_standing=0)
    severity = Severity.INFO
    for one in alarms:
        severity = worse(severity, one.alarm.severity)
    return replace(
        incident,
        severity=worse(severity, incident.severity),
        agents=tuple(
            dict.fromkeys((*incident.agents, *(one.alarm.agent for one in alarms if one.alarm.agent)))
        ),
        releases=tuple(
            dict.fromkeys((*incident.releases, *(one.alarm.release for one in alarms if one.alarm.release)))
        ),
        alarms=len(alarms),
        alarms_standing=sum(not one.alarm.cleared_ns for one in alarms),
        began_ns=min((one.alarm.since_ns for one in alarms if one.alarm.since_ns), default=incident.began_ns),
        last_alarm_ns=max(one.alarm.at_ns for one in alarms),
        run_ids=tuple(
            dict.fromkeys((*incident.run_ids, *(run for one in alarms for run in one.alarm.run_ids)))
        )[:RUNS_KEPT],
    )
