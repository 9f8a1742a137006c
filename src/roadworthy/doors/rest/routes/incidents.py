"""Incidents: what is wrong, who has it, what was done."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import Action, ActionRefused, Incident, IncidentState, Source
from roadworthy.doors.rest.access import AdminProject, Asker, Principal, ReadProject, WritableProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.incidents import (
    EntryView,
    FiguresView,
    IncidentChange,
    IncidentPage,
    IncidentView,
    Merge,
    NewIncident,
    NewLinks,
    NewNote,
    PostmortemBody,
    PostmortemView,
    RuleBody,
    RuleView,
    Say,
    Split,
    Timeline,
    entry_view,
    figures_view,
    incident_view,
    rule_view,
)
from roadworthy.doors.rest.problems import Problem, not_found
from roadworthy.doors.rest.queries import CursorParameter, Times
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.watch.incidents.joining import JoinRule
from roadworthy.features.watch.incidents.rearranging import CannotRearrange
from roadworthy.features.watch.incidents.service import IncidentQuery

router = Endpoints(prefix="/incidents", tags=["incidents"])
test_pages = Endpoints(tags=["incidents"])

_UNRESOLVED: list[IncidentState] = [one for one in IncidentState if one is not IncidentState.RESOLVED]
_FIGURES_NS = 90 * 86_400_000_000_000
States = Annotated[
    list[IncidentState], Query(alias="state", description="Repeatable; left out: all but resolved")
]
Severities = Annotated[list[Severity], Query(alias="severity", description="Repeatable")]
Name = Annotated[str, Query(max_length=300)]
Limit = Annotated[int, Query(ge=1, le=500)]
Tests = Annotated[bool, Query(description="Test pages, too")]


@router.get("", operation_id="listIncidents", response_model=IncidentPage)
def list_incidents(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    times: Times,
    states: States = _UNRESOLVED,
    severities: Severities = [],  # noqa: B006
    agent: Name = "",
    team: Name = "",
    assignee: Name = "",
    q: Annotated[str, Query(max_length=200, description="Words of the title")] = "",
    tests: Tests = False,  # noqa: FBT002
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> Response:
    """Newest first; `from` and `to` are about when they were opened."""
    query = IncidentQuery(
        states=frozenset(states),
        severities=frozenset(severities),
        agent=agent,
        team=team,
        assignee=assignee,
        text=q,
        tests=tests,
        from_ns=times.from_ns or 0,
        to_ns=times.to_ns if times.to_ns is not None else 2**63 - 1,
    )
    rows = ctx.incidents.incidents(project, query)
    after = read_pair(cursor)
    if after is not None:
        rows = [one for one in rows if (-one.opened_ns, one.id) > (-after[0], after[1])]
    page = rows[:limit]
    more = write_cursor(page[-1].opened_ns, page[-1].id) if len(rows) > limit else None
    return answer(IncidentPage(items=[incident_view(one) for one in page], next_cursor=more))


@router.post("", operation_id="openIncident", status_code=201, response_model=IncidentView)
def open_incident(
    ctx: Context, asker: Asker, project: WritableProject, body: NewIncident, key: IdempotencyKey = None
) -> Response:
    """By hand. Whoever is on call for its agents is told, as with every incident."""
    began = 0 if body.began_at is None else parse_time(body.began_at, field="body.began_at")

    def make() -> IncidentView:
        opened = ctx.incidents.book.open(
            project,
            title=body.title,
            by=asker.name,
            source=Source.API if asker.kind == "key" else Source.PERSON,
            severity=body.severity,
            agents=body.agents,
            text=body.text,
            began_ns=began,
            run_ids=body.run_ids,
            issue_ids=body.issue_ids,
        )
        return incident_view(opened)

    return once(ctx, key=key, project=project, action="openIncident", body=body, make=make)


@router.get("/figures", operation_id="getIncidentFigures", response_model=FiguresView)
def get_figures(ctx: Context, answer: Answering, project: ReadProject, times: Times) -> Response:
    """How fast incidents are detected, taken and mended, by agent and team; of the last 90 days."""
    to_ns = times.to_ns if times.to_ns is not None else time.time_ns() + 1
    from_ns = times.from_ns if times.from_ns is not None else max(0, to_ns - _FIGURES_NS)
    found = ctx.incidents.figures(project, from_ns=from_ns, to_ns=to_ns)
    return answer(figures_view(found, from_ns=from_ns, to_ns=to_ns))


@router.get("/rule", operation_id="getIncidentRule")
def get_rule(ctx: Context, project: ReadProject) -> RuleView:
    """When alarms are one incident."""
    return rule_view(ctx.incidents.book.rule(project))


@router.put("/rule", operation_id="setIncidentRule")
def set_rule(ctx: Context, project: AdminProject, body: RuleBody) -> RuleView:
    """Holds for alarms from now on."""
    return rule_view(ctx.incidents.book.save_rule(project, JoinRule(**body.model_dump())))


@router.get("/{incident_id}", operation_id="getIncident", response_model=IncidentView)
def get_incident(ctx: Context, answer: Answering, project: ReadProject, incident_id: str) -> Response:
    """By its id or its number."""
    found = _known(ctx, project=project, incident_id=incident_id)
    return answer(incident_view(ctx.incidents.with_impact(found)))


@router.patch("/{incident_id}", operation_id="changeIncident")
def change_incident(
    ctx: Context, asker: Asker, project: AdminProject, incident_id: str, change: IncidentChange
) -> IncidentView:
    found = _known(ctx, project=project, incident_id=incident_id)
    changed = ctx.incidents.book.change(project, found.id, by=asker.name, **change.model_dump())
    return incident_view(changed or found)


@router.post("/{incident_id}/acknowledge", operation_id="acknowledgeIncident")
def acknowledge(
    ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: Say | None = None
) -> IncidentView:
    """Somebody has it: nobody further is told. Of a test page it proves that the chain works."""
    return _acted(ctx, asker, Action.ACKNOWLEDGE, project=project, incident_id=incident_id, body=body)


@router.post("/{incident_id}/mitigate", operation_id="mitigateIncident")
def mitigate(
    ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: Say | None = None
) -> IncidentView:
    """Users are no longer hurt; the cause is still there."""
    return _acted(ctx, asker, Action.MITIGATE, project=project, incident_id=incident_id, body=body)


@router.post("/{incident_id}/resolve", operation_id="resolveIncident")
def resolve(
    ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: Say | None = None
) -> IncidentView:
    return _acted(ctx, asker, Action.RESOLVE, project=project, incident_id=incident_id, body=body)


@router.post("/{incident_id}/reopen", operation_id="reopenIncident")
def reopen(
    ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: Say | None = None
) -> IncidentView:
    """It escalates again from the first level."""
    return _acted(ctx, asker, Action.REOPEN, project=project, incident_id=incident_id, body=body)


@router.post("/{incident_id}/notes", operation_id="addIncidentNote", status_code=201)
def add_note(ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: NewNote) -> EntryView:
    found = _known(ctx, project=project, incident_id=incident_id)
    entry = ctx.incidents.book.note(project, found.id, body.text, by=asker.name)
    if entry is None:
        raise not_found("incident", name=incident_id)
    return entry_view(entry)


@router.post("/{incident_id}/links", operation_id="linkToIncident")
def link(ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: NewLinks) -> IncidentView:
    """Runs and issues that belong to it."""
    found = _known(ctx, project=project, incident_id=incident_id)
    linked = ctx.incidents.book.link(
        project, found.id, runs=body.run_ids, issues=body.issue_ids, by=asker.name
    )
    return incident_view(linked or found)


@router.get("/{incident_id}/timeline", operation_id="getIncidentTimeline", response_model=Timeline)
def get_timeline(ctx: Context, answer: Answering, project: ReadProject, incident_id: str) -> Response:
    """Writes itself: what changed just before, alarms, who was told, who did what."""
    found = ctx.incidents.timeline(project, incident_id)
    if found is None:
        raise not_found("incident", name=incident_id)
    return answer(Timeline(items=[entry_view(one) for one in found]))


@router.get("/{incident_id}/postmortem", operation_id="getPostmortem", response_model=PostmortemView)
def get_postmortem(ctx: Context, answer: Answering, project: ReadProject, incident_id: str) -> Response:
    found = _known(ctx, project=project, incident_id=incident_id)
    said = ctx.incidents.postmortem(found)
    return answer(PostmortemView(markdown=said, draft=not found.postmortem))


@router.put("/{incident_id}/postmortem", operation_id="setPostmortem")
def set_postmortem(
    ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: PostmortemBody
) -> PostmortemView:
    found = _known(ctx, project=project, incident_id=incident_id)
    changed = ctx.incidents.book.change(project, found.id, by=asker.name, postmortem=body.markdown)
    found = changed or found
    return PostmortemView(markdown=ctx.incidents.postmortem(found), draft=not found.postmortem)


@router.post("/{incident_id}/merge", operation_id="mergeIncident")
def merge(ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: Merge) -> IncidentView:
    """Its alarms go over to another one, which is the answer."""
    found = _known(ctx, project=project, incident_id=incident_id)
    into = _known(ctx, project=project, incident_id=body.into)
    try:
        return incident_view(ctx.incidents.rearranging.merge(project, found.id, into=into.id, by=asker.name))
    except CannotRearrange as fault:
        raise in_the_way(str(fault)) from None


@router.post("/{incident_id}/split", operation_id="splitIncident", status_code=201)
def split(ctx: Context, asker: Asker, project: AdminProject, incident_id: str, body: Split) -> IncidentView:
    """Some of its alarms become an incident of their own, which is the answer."""
    found = _known(ctx, project=project, incident_id=incident_id)
    try:
        made = ctx.incidents.rearranging.split(project, found.id, alarm_ids=body.alarm_ids, by=asker.name)
    except CannotRearrange as fault:
        raise in_the_way(str(fault)) from None
    return incident_view(made)


@test_pages.post("/agents/{agent}/test-page", operation_id="testPage", status_code=201)
def test_page(ctx: Context, asker: Asker, project: AdminProject, agent: str) -> IncidentView:
    """Pages whoever is on call for the agent. Acknowledging the incident proves that the chain works."""
    if len(agent) > 300:
        raise not_found("agent", name=agent[:60])
    return incident_view(ctx.incidents.test_page(project, agent, by=asker.name))


def in_the_way(detail: str) -> Problem:
    return Problem(409, code="in_the_way", title="That cannot be done as things are", detail=detail)


def _known(ctx: RestContext, *, project: str, incident_id: str) -> Incident:
    found = ctx.incidents.book.incident(project, incident_id)
    if found is None:
        raise not_found("incident", name=incident_id)
    return found


def _acted(
    ctx: RestContext, asker: Principal, action: Action, /, *, project: str, incident_id: str, body: Say | None
) -> IncidentView:
    found = _known(ctx, project=project, incident_id=incident_id)
    if found.merged_into:
        raise in_the_way(f"incident {found.number} was merged into {found.merged_into}")
    try:
        done = ctx.incidents.book.act(
            project, found.id, action, by=asker.name, note=body.note if body else ""
        )
    except ActionRefused as refused:
        raise in_the_way(str(refused)) from None
    return incident_view(done or found)
