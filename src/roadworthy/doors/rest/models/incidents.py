"""What the API says about incidents and alarms."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import (
    Action,
    Entry,
    EntryKind,
    Impact,
    Incident,
    IncidentState,
    Source,
    TakenAlarm,
    allowed,
)
from roadworthy.doors.rest.models.alarms import RaisedAlarm, raised_alarm
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.watch.incidents.figures import Figures, FiguresRow, Times
from roadworthy.features.watch.incidents.joining import JoinRule, in_words

_Names = Annotated[list[Annotated[str, StringConstraints(max_length=300)]], Field(max_length=50)]
TIME = "RFC 3339, Unix milliseconds, now, or relative like -15m"


class ImpactView(BaseModel):
    from_time: str = Field(serialization_alias="from")
    to_time: str = Field(serialization_alias="to")
    runs: int = Field(description="Of the incident's agents in that time")
    failed: int = Field(description="Of these, runs whose outcome is failure")
    users: int | None = Field(description="Different users of the failed runs; null where runs name none")


class EscalationView(BaseModel):
    level: int = Field(description="Told last; 0: nobody yet")
    round: int
    next_at: str | None = Field(description="When the next level is told; null: not")
    unheard: bool = Field(description="Nobody could be told: there is no way to reach anybody")


class IncidentView(BaseModel):
    id: str
    number: int
    title: str
    state: IncidentState
    actions: list[Action] = Field(description="What its state allows now")
    severity: Severity
    source: Source
    agents: list[str]
    releases: list[str]
    teams: list[str]
    owner: str | None
    runbook: str | None
    assignee: str | None
    causes: list[str] = Field(description="By which alarms join it, like agent:support, model:gpt-5.1")
    why_joined: str | None = Field(description="The rule by which its alarms came together")
    began_at: str | None = Field(description="When the change probably began")
    opened_at: str
    acknowledged_at: str | None
    acknowledged_by: str | None
    mitigated_at: str | None
    resolved_at: str | None
    resolved_by: str | None = Field(description="roadworthy: by itself, when its alarms had cleared")
    reopened: int
    alarms: int
    alarms_standing: int
    auto_resolve: bool
    silenced_until: str | None = Field(description="Nobody is told before")
    silenced_by: list[str] = Field(description="Ids of silences")
    escalation: EscalationView
    impact: ImpactView | None = Field(description="Filled where one incident was asked for")
    run_ids: list[str]
    issue_ids: list[str]
    merged_into: str | None
    updated_at: str


class IncidentPage(BaseModel):
    items: list[IncidentView]
    next_cursor: str | None


class NewIncident(Body):
    title: str = Field(min_length=1, max_length=300)
    severity: Severity = Severity.ERROR
    agents: _Names = Field(default_factory=list)
    text: str = Field(default="", max_length=10_000, description="What is known so far")
    began_at: str | None = Field(default=None, max_length=40, description=TIME)
    run_ids: _Names = Field(default_factory=list)
    issue_ids: _Names = Field(default_factory=list)


class IncidentChange(Body):
    """What is left out stays as it is."""

    title: str | None = Field(default=None, min_length=1, max_length=300)
    severity: Severity | None = None
    assignee: str | None = Field(default=None, max_length=200, description='"" for nobody')
    auto_resolve: bool | None = None
    runbook: str | None = Field(default=None, max_length=1000, description="URL")


class Say(Body):
    note: str = Field(default="", max_length=10_000, description="Why, for the timeline")


class NewNote(Body):
    text: str = Field(min_length=1, max_length=10_000)


class NewLinks(Body):
    run_ids: _Names = Field(default_factory=list)
    issue_ids: _Names = Field(default_factory=list)


class Merge(Body):
    into: str = Field(max_length=40, description="Id of the incident that takes the alarms over")


class Split(Body):
    alarm_ids: list[str] = Field(min_length=1, max_length=500)


class EntryView(BaseModel):
    id: str
    at: str
    kind: EntryKind
    text: str
    by: str | None = Field(description="Null: it wrote itself")
    facts: dict[str, str]


class Timeline(BaseModel):
    items: list[EntryView] = Field(description="Oldest first")
    next_cursor: None = None


class PostmortemView(BaseModel):
    markdown: str
    draft: bool = Field(description="Made from what is on record; nobody has written one yet")


class PostmortemBody(Body):
    markdown: str = Field(max_length=200_000, description='"" goes back to the draft')


class IncidentAlarmView(RaisedAlarm):
    incident_id: str
    silenced_by: list[str] = Field(description="Ids of silences that covered it")


class IncidentAlarmPage(BaseModel):
    items: list[IncidentAlarmView]
    next_cursor: str | None


class NewAlarm(Body):
    """Says that something is wrong, or with `cleared_at` and the same id that it is over."""

    id: str = Field(
        default="", max_length=150, description="The sender's: the same id is the same alarm; left out: new"
    )
    source: str = Field(min_length=1, max_length=200, description="What raised it")
    agent: str = Field(default="", max_length=300)
    release: str = Field(default="", max_length=300)
    severity: Severity = Severity.ERROR
    title: str = Field(min_length=1, max_length=300)
    reason: str = Field(default="", max_length=4_000)
    at: str = Field(default="now", max_length=40, description=TIME)
    since: str | None = Field(default=None, max_length=40, description=TIME)
    cleared_at: str | None = Field(default=None, max_length=40, description=TIME)
    run_ids: list[str] = Field(default_factory=list, max_length=20)
    facts: dict[str, str] = Field(
        default_factory=dict,
        max_length=40,
        description="model, upstream, tool, cause and group join alarms of different agents",
    )


class AlertBody(BaseModel):
    """One alert as Alertmanager has it; what else it carries is left aside."""

    status: str = Field(default="firing", max_length=20)
    labels: dict[str, str] = Field(default_factory=dict, max_length=200)
    annotations: dict[str, str] = Field(default_factory=dict, max_length=200)
    starts_at: str = Field(default="", alias="startsAt", max_length=60)
    ends_at: str = Field(default="", alias="endsAt", max_length=60)
    generator_url: str = Field(default="", alias="generatorURL", max_length=4000)
    fingerprint: str = Field(default="", max_length=100)


class AlertmanagerMessage(BaseModel):
    """Alertmanager's webhook, version 4."""

    version: str = Field(default="4", max_length=10)
    group_key: str = Field(default="", alias="groupKey", max_length=10_000)
    status: str = Field(default="firing", max_length=20)
    truncated_alerts: int = Field(default=0, alias="truncatedAlerts")
    alerts: list[AlertBody] = Field(max_length=10_000)


class Taken(BaseModel):
    alarms: int
    incident_ids: list[str]


class RuleBody(Body):
    """When alarms are one incident."""

    window_s: float = Field(default=14_400, ge=0, le=30 * 86_400)
    same_release: bool = False
    shared_causes: bool = True
    storm_agents: int = Field(default=5, ge=0, le=10_000, description="0 switches it off")
    storm_s: float = Field(default=300, ge=1, le=86_400)
    reopen_s: float = Field(default=900, ge=0, le=86_400)
    auto_resolve: bool = True


class RuleView(RuleBody):
    words: list[str] = Field(description="The rule in plain words")


class TimesView(BaseModel):
    n: int
    mean_s: float | None
    median_s: float | None


class FiguresRowView(BaseModel):
    name: str
    incidents: int
    open: int
    reopened: int
    detect: TimesView = Field(description="MTTD: from the probable beginning to the opening, where known")
    acknowledge: TimesView = Field(description="MTTA: from the opening to the first acknowledgement")
    resolve: TimesView = Field(description="MTTR: from the opening to the resolution")


class FiguresView(BaseModel):
    from_time: str = Field(serialization_alias="from")
    to_time: str = Field(serialization_alias="to")
    all: FiguresRowView
    agents: list[FiguresRowView]
    teams: list[FiguresRowView]


def incident_view(one: Incident) -> IncidentView:
    return IncidentView(
        id=one.id,
        number=one.number,
        title=one.title,
        state=one.state,
        actions=list(allowed(one.state)) if not one.merged_into else [],
        severity=one.severity,
        source=one.source,
        agents=list(one.agents),
        releases=list(one.releases),
        teams=list(one.teams),
        owner=text(one.owner),
        runbook=text(one.runbook),
        assignee=text(one.assignee),
        causes=list(one.causes),
        why_joined=text(one.why_joined),
        began_at=rfc3339_or_none(one.began_ns),
        opened_at=rfc3339(one.opened_ns),
        acknowledged_at=rfc3339_or_none(one.acknowledged_ns),
        acknowledged_by=text(one.acknowledged_by),
        mitigated_at=rfc3339_or_none(one.mitigated_ns),
        resolved_at=rfc3339_or_none(one.resolved_ns),
        resolved_by=text(one.resolved_by),
        reopened=one.reopened,
        alarms=one.alarms,
        alarms_standing=one.alarms_standing,
        auto_resolve=one.auto_resolve,
        silenced_until=rfc3339_or_none(one.silenced_until_ns),
        silenced_by=list(one.silenced_by),
        escalation=EscalationView(
            level=one.escalation.level,
            round=one.escalation.round,
            next_at=rfc3339_or_none(one.escalation.next_ns),
            unheard=one.escalation.unheard,
        ),
        impact=None if one.impact is None else _impact(one.impact),
        run_ids=list(one.run_ids),
        issue_ids=list(one.issue_ids),
        merged_into=text(one.merged_into),
        updated_at=rfc3339(one.updated_ns),
    )


def _impact(one: Impact) -> ImpactView:
    return ImpactView(
        from_time=rfc3339(one.from_ns),
        to_time=rfc3339(one.to_ns),
        runs=one.runs,
        failed=one.failed,
        users=one.users if one.users_known else None,
    )


def entry_view(one: Entry) -> EntryView:
    return EntryView(
        id=one.id, at=rfc3339(one.at_ns), kind=one.kind, text=one.text, by=text(one.by), facts=one.facts
    )


def alarm_view(taken: TakenAlarm) -> IncidentAlarmView:
    return IncidentAlarmView(
        **dict(raised_alarm(taken.alarm)),
        incident_id=taken.incident_id,
        silenced_by=list(taken.silenced_by),
    )


def rule_view(rule: JoinRule) -> RuleView:
    return RuleView(
        window_s=rule.window_s,
        same_release=rule.same_release,
        shared_causes=rule.shared_causes,
        storm_agents=rule.storm_agents,
        storm_s=rule.storm_s,
        reopen_s=rule.reopen_s,
        auto_resolve=rule.auto_resolve,
        words=in_words(rule),
    )


def figures_view(found: Figures, *, from_ns: int, to_ns: int) -> FiguresView:
    return FiguresView(
        from_time=rfc3339(from_ns),
        to_time=rfc3339(to_ns),
        all=_row(found.all),
        agents=[_row(one) for one in found.agents],
        teams=[_row(one) for one in found.teams],
    )


def _row(row: FiguresRow) -> FiguresRowView:
    return FiguresRowView(
        name=row.name,
        incidents=row.incidents,
        open=row.open,
        reopened=row.reopened,
        detect=_times(row.detect),
        acknowledge=_times(row.acknowledge),
        resolve=_times(row.resolve),
    )


def _times(times: Times) -> TimesView:
    return TimesView(n=times.n, mean_s=times.mean_s, median_s=times.median_s)
