"""Teams, and the people in them."""

from __future__ import annotations

from roadworthy.domain.team import Contact, Team
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.registry import (
    ContactBody,
    ContactPage,
    ContactView,
    TeamBody,
    TeamPage,
    TeamView,
    contact_view,
    team_view,
)
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.routes.registering import CHANGED_RESPONSE, Expected, Name, told
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.references import references_to
from roadworthy.features.registry.snapshot import Snapshot

router = Endpoints(tags=["registry"])


@router.get("/teams", operation_id="listTeams")
def list_teams(ctx: Context, project: ReadProject) -> TeamPage:
    snapshot = ctx.registry.book.of(project)
    return TeamPage(items=[_team_view(snapshot, one) for one in snapshot.teams.values()])


@router.get("/teams/{name}", operation_id="getTeam")
def get_team(ctx: Context, project: ReadProject, name: Name) -> TeamView:
    snapshot = ctx.registry.book.of(project)
    if name not in snapshot.teams:
        raise not_found("team", name=name)
    return _team_view(snapshot, snapshot.teams[name])


@router.put("/teams/{name}", operation_id="saveTeam", responses=CHANGED_RESPONSE)
def save_team(
    ctx: Context, asker: Asker, project: AdminProject, name: Name, body: TeamBody, expected: Expected
) -> TeamView:
    """Enters it, or replaces all of it."""
    team = Team(
        project=project,
        name=name,
        title=body.title,
        description=body.description,
        members=tuple(body.members),
        channels=tuple(body.channels),
        schedule=body.schedule,
    )
    with told():
        saved = ctx.registry.book.save(team, by=asker.name, expected_ns=expected)
    return _team_view(ctx.registry.book.of(project), saved)


@router.delete("/teams/{name}", operation_id="deleteTeam", status_code=204)
def delete_team(ctx: Context, asker: Asker, project: AdminProject, name: Name) -> None:
    """409 while an agent or an escalation policy names it."""
    with told():
        gone = ctx.registry.book.delete(project, Kind.TEAM, name, by=asker.name)
    if not gone:
        raise not_found("team", name=name)


@router.get("/contacts", operation_id="listContacts")
def list_contacts(ctx: Context, project: ReadProject) -> ContactPage:
    """People who own agents and are on call. They need no log-in."""
    snapshot = ctx.registry.book.of(project)
    return ContactPage(items=[_contact_view(snapshot, one) for one in snapshot.contacts.values()])


@router.get("/contacts/{name}", operation_id="getContact")
def get_contact(ctx: Context, project: ReadProject, name: Name) -> ContactView:
    snapshot = ctx.registry.book.of(project)
    if name not in snapshot.contacts:
        raise not_found("contact", name=name)
    return _contact_view(snapshot, snapshot.contacts[name])


@router.put("/contacts/{name}", operation_id="saveContact", responses=CHANGED_RESPONSE)
def save_contact(
    ctx: Context, asker: Asker, project: AdminProject, name: Name, body: ContactBody, expected: Expected
) -> ContactView:
    """Enters the person, or replaces all of it. Somebody who leaves is not deleted but given `left_at`:
    rotations skip them from then on, what they did before stays."""
    contact = Contact(
        project=project,
        name=name,
        title=body.title,
        email=body.email,
        channels=tuple(body.channels),
        left_ns=parse_time(body.left_at, field="body.left_at") if body.left_at else 0,
    )
    with told():
        saved = ctx.registry.book.save(contact, by=asker.name, expected_ns=expected)
    return _contact_view(ctx.registry.book.of(project), saved)


@router.delete("/contacts/{name}", operation_id="deleteContact", status_code=204)
def delete_contact(ctx: Context, asker: Asker, project: AdminProject, name: Name) -> None:
    """409 while an agent, a team, a schedule or an escalation policy names them."""
    with told():
        gone = ctx.registry.book.delete(project, Kind.CONTACT, name, by=asker.name)
    if not gone:
        raise not_found("contact", name=name)


def _team_view(snapshot: Snapshot, team: Team) -> TeamView:
    return team_view(team, agents=[one.name for one in snapshot.agents.values() if one.team == team.name])


def _contact_view(snapshot: Snapshot, contact: Contact) -> ContactView:
    return contact_view(contact, used_in=references_to(snapshot, Kind.CONTACT, contact.name))
