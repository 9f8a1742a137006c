"""What an alarm does: it opens an incident, joins one, or says that it is over."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from roadworthy.domain.alarm import Alarm, AlarmKind
from roadworthy.domain.incident import (
    Change,
    EntryKind,
    Escalation,
    Incident,
    IncidentState,
    Source,
    TakenAlarm,
    worse,
)
from roadworthy.domain.notification import Delivery, Happening
from roadworthy.domain.on_call import OnCall
from roadworthy.domain.silence import Silence
from roadworthy.features.watch.incidents.joining import (
    ITSELF,
    STORM,
    JoinRule,
    causes_of,
    place,
    storm,
    storm_words,
)
from roadworthy.features.watch.incidents.shelf import Draft

_SECOND = 1_000_000_000
RUNS_KEPT = 50
QUICKLY_LOOKED = 1
"""`Incident.looked_ns` of one whose runs were compared, and whose instructions are still to be."""
AGENTS_OF_TITLE = 3

Announce = Callable[[Incident, Happening, str, int], list[Delivery]]
"""(incident, what happened, in words, now) → to those who were told of it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known around the alarms of one call."""

    rule: JoinRule
    changes: Mapping[str, Sequence[Change]]
    """By agent: what changed just before."""
    looked: bool
    """Whether that could be looked up."""
    on_calls: Mapping[str, OnCall]
    silences: Sequence[Silence]
    announce: Announce
    source: Source = Source.ALARM


def take_alarms(draft: Draft, alarms: Sequence[Alarm], around: Surroundings) -> None:
    """One after the other; what is known already changes nothing."""
    storming = _storming(draft, alarms, around.rule)
    for alarm in alarms:
        known = draft.alarm(alarm.id)
        if known is not None:
            _again(draft, known, alarm, around)
            continue
        _fresh(draft, alarm, around, storming=storming)
        if alarm.cleared_ns:
            # It came and went before anybody could be told: it is on record all the same.
            _clear(draft, _known(draft, alarm.id), alarm, around)


def _known(draft: Draft, alarm_id: str) -> TakenAlarm:
    found = draft.alarm(alarm_id)
    assert found is not None  # noqa: S101 - it was put there just now
    return found


def _storming(draft: Draft, alarms: Sequence[Alarm], rule: JoinRule) -> int:
    """How many agents alarm at once, those of incidents opened just now included."""
    agents = {one.agent for one in alarms if one.agent and draft.alarm(one.id) is None}
    if not agents:
        return 0
    since = draft.now_ns - int(rule.storm_s * _SECOND)
    for incident in draft.live():
        if incident.opened_ns >= since and incident.source is not Source.TEST and incident.alarms:
            agents |= set(incident.agents)
    return len(agents)


def _fresh(draft: Draft, alarm: Alarm, around: Surroundings, *, storming: int) -> None:
    rule = around.rule
    team = around.on_calls[alarm.agent].team if alarm.agent in around.on_calls else ""
    covering = [one for one in around.silences if one.covers(alarm, team=team, now_ns=draft.now_ns)]
    causes = causes_of(alarm, around.changes.get(alarm.agent, ()), rule)
    found = place(alarm, causes, draft.live(), rule=rule, now_ns=draft.now_ns)
    why = found.why
    incident = draft.incident(found.incident_id) if found.incident_id else None
    if incident is None and alarm.agent and storm(storming, rule):
        why = storm_words(storming, rule)
        incident = _storm_incident(draft, rule)
        causes = (*causes, STORM)
    taken = TakenAlarm(
        alarm=alarm,
        incident_id=incident.id if incident else secrets.token_hex(8),
        taken_ns=draft.now_ns,
        silenced_by=tuple(one.id for one in covering),
    )
    draft.put_alarm(taken)
    until = max((one.end_ns for one in covering), default=0)
    if incident is None:
        _open(draft, taken, causes, around, why=why, until=until)
    else:
        _join(draft, incident, taken, causes, around, why=why, until=until)


def _storm_incident(draft: Draft, rule: JoinRule) -> Incident | None:
    since = draft.now_ns - int(rule.storm_s * _SECOND)
    storms = [
        one
        for one in draft.live()
        if STORM in one.causes and one.state is not IncidentState.RESOLVED and one.last_alarm_ns >= since
    ]
    return max(storms, key=lambda one: one.opened_ns, default=None)


def _open(
    draft: Draft,
    taken: TakenAlarm,
    causes: Sequence[str],
    around: Surroundings,
    *,
    why: str,
    until: int,
) -> None:
    alarm = taken.alarm
    on_call = around.on_calls.get(alarm.agent)
    now = draft.now_ns
    source = around.source
    if alarm.kind is not AlarmKind.EXTERNAL:
        source = Source.ALARM
    incident = Incident(
        project=draft.project,
        id=taken.incident_id,
        number=draft.next_number(),
        title=alarm.title,
        source=source,
        severity=alarm.severity,
        agents=(alarm.agent,) if alarm.agent else (),
        releases=(alarm.release,) if alarm.release else (),
        teams=(on_call.team,) if on_call and on_call.team else (),
        owner=on_call.owner if on_call else "",
        runbook=alarm.facts.get("runbook") or (on_call.runbook if on_call else ""),
        causes=tuple(causes),
        why_joined=why,
        began_ns=alarm.since_ns,
        opened_ns=now,
        last_alarm_ns=alarm.at_ns,
        alarms=1,
        alarms_standing=1,
        auto_resolve=around.rule.auto_resolve,
        run_ids=alarm.run_ids[:RUNS_KEPT],
        silenced_until_ns=until,
        silenced_by=taken.silenced_by,
        escalation=Escalation(next_ns=until or now),
        looked_ns=QUICKLY_LOOKED if around.looked else 0,
    )
    draft.put(incident)
    draft.write(incident.id, EntryKind.OPENED, f"Opened: {alarm.title}", facts=_facts(alarm))
    _write_changes(draft, incident.id, around.changes.get(alarm.agent, ()))
    if until:
        _write_silenced(draft, incident.id, taken)


def _join(
    draft: Draft,
    incident: Incident,
    taken: TakenAlarm,
    causes: Sequence[str],
    around: Surroundings,
    *,
    why: str,
    until: int,
) -> None:
    alarm = taken.alarm
    on_call = around.on_calls.get(alarm.agent)
    before = incident
    new_agent = bool(alarm.agent) and alarm.agent not in incident.agents
    incident = replace(
        incident,
        severity=worse(incident.severity, alarm.severity),
        agents=_with(incident.agents, alarm.agent),
        releases=_with(incident.releases, alarm.release),
        teams=_with(incident.teams, on_call.team if on_call else ""),
        causes=tuple(dict.fromkeys((*incident.causes, *causes))),
        why_joined=why or incident.why_joined,
        began_ns=_earlier(incident.began_ns, alarm.since_ns),
        last_alarm_ns=max(incident.last_alarm_ns, alarm.at_ns),
        alarms=incident.alarms + 1,
        alarms_standing=incident.alarms_standing + 1,
        run_ids=tuple(dict.fromkeys((*incident.run_ids, *alarm.run_ids)))[:RUNS_KEPT],
    )
    if len(incident.agents) > AGENTS_OF_TITLE and (new_agent or len(before.agents) <= AGENTS_OF_TITLE):
        incident = replace(
            incident, title=f"{len(incident.agents)} agents alarm: {why or incident.why_joined}"
        )
    draft.write(
        incident.id,
        EntryKind.ALARM,
        f"Alarm joined ({why}): {alarm.title}" if why else f"Alarm joined: {alarm.title}",
        facts=_facts(alarm),
    )
    if new_agent:
        _write_changes(draft, incident.id, around.changes.get(alarm.agent, ()))
    if until:
        _write_silenced(draft, incident.id, taken)
    elif incident.silenced_until_ns:
        # Something joined that no silence covers.
        incident = replace(
            incident,
            silenced_until_ns=0,
            escalation=replace(incident.escalation, next_ns=draft.now_ns),
        )
    if incident.state is IncidentState.RESOLVED:
        incident = _reopened(draft, incident, alarm)
    elif incident.severity is not before.severity:
        said = f"Severity raised from {before.severity.value} to {incident.severity.value}: {alarm.title}"
        draft.write(incident.id, EntryKind.SEVERITY, said)
        draft.deliveries += around.announce(incident, Happening.UPDATE, said, draft.now_ns)
    draft.put(incident)


def _reopened(draft: Draft, incident: Incident, alarm: Alarm) -> Incident:
    draft.write(incident.id, EntryKind.REOPENED, f"Opened again by itself: {alarm.title}")
    return replace(
        incident,
        state=IncidentState.REOPENED,
        reopened=incident.reopened + 1,
        resolved_ns=0,
        resolved_by="",
        escalation=Escalation(next_ns=draft.now_ns, told=incident.escalation.told),
    )


def _again(draft: Draft, known: TakenAlarm, alarm: Alarm, around: Surroundings) -> None:
    """An alarm that was taken before: it may have cleared, or be worse by now."""
    severity = worse(known.alarm.severity, alarm.severity)
    if severity is not known.alarm.severity and not alarm.cleared_ns:
        draft.put_alarm(replace(known, alarm=replace(known.alarm, severity=severity)))
        incident = draft.incident(known.incident_id)
        if incident is not None and worse(incident.severity, severity) is not incident.severity:
            said = f"Severity raised from {incident.severity.value} to {severity.value}: {alarm.title}"
            draft.write(incident.id, EntryKind.SEVERITY, said)
            raised = draft.put(replace(incident, severity=severity))
            draft.deliveries += around.announce(raised, Happening.UPDATE, said, draft.now_ns)
    if alarm.cleared_ns and not known.alarm.cleared_ns:
        _clear(draft, _known(draft, alarm.id), alarm, around)


def _clear(draft: Draft, known: TakenAlarm, alarm: Alarm, around: Surroundings) -> None:
    draft.put_alarm(replace(known, alarm=replace(known.alarm, cleared_ns=alarm.cleared_ns)))
    incident = draft.incident(known.incident_id)
    if incident is None:
        return
    standing = sum(not one.alarm.cleared_ns for one in draft.alarms_of(incident.id))
    incident = replace(incident, alarms_standing=standing)
    draft.write(incident.id, EntryKind.CLEARED, f"Cleared: {known.alarm.title}", facts={"alarm": alarm.id})
    if standing == 0 and incident.auto_resolve and incident.state is not IncidentState.RESOLVED:
        incident = resolved(incident, by=ITSELF, now_ns=draft.now_ns)
        said = "Resolved by itself: all its alarms have cleared"
        draft.write(incident.id, EntryKind.RESOLVED, said)
        draft.deliveries += around.announce(incident, Happening.RESOLVE, said, draft.now_ns)
    draft.put(incident)


def resolved(incident: Incident, *, by: str, now_ns: int) -> Incident:
    return replace(
        incident,
        state=IncidentState.RESOLVED,
        resolved_ns=now_ns,
        resolved_by=by,
        silenced_until_ns=0,
        escalation=replace(incident.escalation, next_ns=0),
    )


def _write_changes(draft: Draft, incident_id: str, changes: Sequence[Change]) -> None:
    for change in changes:
        write_change(draft, incident_id, change)


def write_change(draft: Draft, incident_id: str, change: Change) -> None:
    draft.write(
        incident_id,
        EntryKind.CHANGED_BEFORE,
        f"Changed just before, {change.agent}: {change.text}" if change.agent else change.text,
        at_ns=change.at_ns,
        facts={
            "agent": change.agent,
            "change": change.kind.value,
            "what": change.what,
            "before": change.before,
            "after": change.after,
            "shared": change.shared,
        },
    )


def _write_silenced(draft: Draft, incident_id: str, taken: TakenAlarm) -> None:
    draft.write(
        incident_id,
        EntryKind.SILENCED,
        f"Silenced, nobody is told: {taken.alarm.title}",
        facts={"silences": ",".join(taken.silenced_by), "alarm": taken.alarm.id},
    )


def _facts(alarm: Alarm) -> dict[str, str]:
    named = {"alarm": alarm.id, "agent": alarm.agent, "source": alarm.source_name, "reason": alarm.reason}
    return {name: value for name, value in (alarm.facts | named).items() if value}


def _with(known: tuple[str, ...], one: str) -> tuple[str, ...]:
    return (*known, one) if one and one not in known else known


def _earlier(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other
