"""What the API says about registered agents, teams, contacts, and who changed them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from roadworthy.domain.agent import Agent, Link, Stage
from roadworthy.domain.team import Contact, Team
from roadworthy.doors.rest.models.schedules import OnCallView, on_call_view
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.registry.history import RegistryChange
from roadworthy.features.registry.roster import Lack, RosterRow

TierName = Literal["", "1", "2", "3", "4"]
Registered = Literal[Stage.PILOT, Stage.CANARY, Stage.PRODUCTION, Stage.RETIRED]
NAME_HELP = "Letters, digits and . _ @ + -, at most 100; never changes"
VERSION_HELP = "Give it back in If-Match, and a change made meanwhile by somebody else is not overwritten"


class LinkBody(Body):
    title: str = Field(default="", max_length=200)
    url: str = Field(min_length=1, max_length=2000)


class AgentBody(Body):
    description: str = Field(default="", max_length=4000)
    team: str = Field(default="", max_length=100, description="Name of a team")
    owner: str = Field(default="", max_length=100, description="Name of a contact")
    schedule: str = Field(default="", max_length=100, description="Name of a schedule; empty: the team's")
    policy: str = Field(
        default="", max_length=100, description="Name of an escalation policy; empty: the project's default"
    )
    runbook: str = Field(default="", max_length=2000, description="URL")
    objectives: list[str] = Field(default_factory=list, max_length=100, description="Ids of objectives")
    tier: TierName = Field(default="", description="1 wakes people at night, 4 can wait for days")
    stage: Registered = Stage.PILOT
    links: list[LinkBody] = Field(default_factory=list, max_length=50)


class AgentChange(Body):
    """What is left out stays as it is."""

    description: str | None = Field(default=None, max_length=4000)
    team: str | None = Field(default=None, max_length=100)
    owner: str | None = Field(default=None, max_length=100)
    schedule: str | None = Field(default=None, max_length=100)
    policy: str | None = Field(default=None, max_length=100)
    runbook: str | None = Field(default=None, max_length=2000)
    objectives: list[str] | None = Field(default=None, max_length=100)
    tier: TierName | None = None
    stage: Registered | None = None
    links: list[LinkBody] | None = Field(default=None, max_length=50)


class AgentsChange(Body):
    """The same change for several agents, those only seen in traffic included: all or none."""

    agents: list[str] = Field(min_length=1, max_length=1000)
    change: AgentChange


class SeenView(BaseModel):
    runs: int
    last_started_at: str


class ProofView(BaseModel):
    acknowledged_at: str
    by: str | None
    seconds: float = Field(description="From the page to the acknowledgement")
    incident_id: str | None = Field(description="Of the test page")


class RegisteredAgentView(BaseModel):
    name: str
    registered: bool = Field(description="false: only seen in traffic; then the stage is discovered")
    stage: Stage
    description: str
    team: str | None
    owner: str | None
    schedule: str | None = Field(description="Its own")
    effective_schedule: str | None = Field(description="Its own, or else its team's")
    policy: str | None = Field(description="Its own")
    effective_policy: str | None = Field(description="Its own, or else the project's default")
    runbook: str | None
    objectives: list[str]
    tier: TierName
    links: list[LinkBody]
    source: str | None = Field(description="Where it was entered last: hand, backstage, codeowners, csv")
    seen: SeenView | None = Field(description="Its traffic in the time asked for; null: none")
    on_call: OnCallView = Field(description="Who would be told now")
    proof: ProofView | None = Field(description="When on-call last acknowledged a test page")
    lacks: list[Lack] = Field(description="What it needs before somebody owns its quality, worst first")
    updated_at: str | None
    updated_by: str | None
    version: str = Field(description=VERSION_HELP)


class RegisteredAgentPage(BaseModel):
    items: list[RegisteredAgentView]
    total: int = Field(description="Of all pages")
    trials: int = Field(
        description="Agents that are but the runs of drills and reruns: listed with `trials` alone"
    )
    lacking: dict[str, int] = Field(description="Agents that lack it, of all pages, by `lacks`")
    next_cursor: str | None


class AgentNames(BaseModel):
    items: list[str]
    next_cursor: None = None


class TeamBody(Body):
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=4000)
    members: list[str] = Field(default_factory=list, max_length=500, description="Names of contacts")
    channels: list[str] = Field(
        default_factory=list, max_length=20, description="Ids of channels that reach the team as a whole"
    )
    schedule: str = Field(
        default="", max_length=100, description="Schedule of its agents that have none of their own"
    )


class TeamView(TeamBody):
    name: str
    agents: list[str] = Field(description="Names of the agents it owns")
    updated_at: str
    updated_by: str
    version: str = Field(description=VERSION_HELP)


class TeamPage(BaseModel):
    items: list[TeamView]
    next_cursor: None = None


class ContactBody(Body):
    title: str = Field(default="", max_length=200, description="How people call them")
    email: str = Field(default="", max_length=320)
    channels: list[str] = Field(
        default_factory=list, max_length=20, description="Ids of channels that reach them, best first"
    )
    left_at: str | None = Field(
        default=None,
        max_length=40,
        description="Since when they are on no duty (RFC 3339, now): rotations skip them, and say so",
    )


class ContactView(BaseModel):
    name: str
    title: str
    email: str
    channels: list[str]
    left_at: str | None
    reachable: bool = Field(description="Whether there is an e-mail address or a channel")
    used_in: list[str] = Field(description="What names them: agents, teams, schedules, policies")
    updated_at: str
    updated_by: str
    version: str = Field(description=VERSION_HELP)


class ContactPage(BaseModel):
    items: list[ContactView]
    next_cursor: None = None


class FieldChangeView(BaseModel):
    field: str
    before: Any
    after: Any


class RegistryChangeView(BaseModel):
    at: str
    by: str
    source: str
    action: str
    fields: list[FieldChangeView]


class RegistryChangePage(BaseModel):
    items: list[RegistryChangeView]
    next_cursor: None = None


def agent_of(body: AgentBody, *, project: str, name: str) -> Agent:
    return Agent(
        project=project,
        name=name,
        description=body.description,
        team=body.team,
        owner=body.owner,
        schedule=body.schedule,
        policy=body.policy,
        runbook=body.runbook,
        objectives=tuple(body.objectives),
        tier=body.tier,
        stage=body.stage,
        links=_links(body.links),
    )


def changed_agent_fields(change: AgentChange) -> dict[str, Any]:
    """Of those that are given."""
    given: dict[str, Any] = {
        name: getattr(change, name)
        for name in ("description", "team", "owner", "schedule", "policy", "runbook", "tier", "stage")
        if getattr(change, name) is not None
    }
    if change.objectives is not None:
        given["objectives"] = tuple(change.objectives)
    if change.links is not None:
        given["links"] = _links(change.links)
    return given


def _links(links: list[LinkBody]) -> tuple[Link, ...]:
    return tuple(Link(title=one.title, url=one.url) for one in links)


def agent_view(row: RosterRow, *, effective_schedule: str, effective_policy: str) -> RegisteredAgentView:
    agent = row.agent
    return RegisteredAgentView(
        name=agent.name,
        registered=row.registered,
        stage=agent.stage,
        description=agent.description,
        team=agent.team or None,
        owner=agent.owner or None,
        schedule=agent.schedule or None,
        effective_schedule=effective_schedule or None,
        policy=agent.policy or None,
        effective_policy=effective_policy or None,
        runbook=agent.runbook or None,
        objectives=list(agent.objectives),
        tier=agent.tier,  # type: ignore[arg-type]  # checked when it was saved
        links=[LinkBody(title=one.title, url=one.url) for one in agent.links],
        source=agent.source if row.registered else None,
        seen=SeenView(runs=row.seen.runs, last_started_at=rfc3339(row.seen.last_ns)) if row.seen else None,
        on_call=on_call_view(row.on_call),
        proof=ProofView(
            acknowledged_at=rfc3339(row.proof.acknowledged_ns),
            by=row.proof.by or None,
            seconds=row.proof.seconds,
            incident_id=row.proof.incident or None,
        )
        if row.proof
        else None,
        lacks=list(row.lacks),
        updated_at=rfc3339_or_none(agent.updated_ns),
        updated_by=agent.updated_by or None,
        version=str(agent.updated_ns),
    )


def team_view(team: Team, *, agents: list[str]) -> TeamView:
    return TeamView(
        name=team.name,
        title=team.title,
        description=team.description,
        members=list(team.members),
        channels=list(team.channels),
        schedule=team.schedule,
        agents=agents,
        updated_at=rfc3339(team.updated_ns),
        updated_by=team.updated_by,
        version=str(team.updated_ns),
    )


def contact_view(contact: Contact, *, used_in: list[str]) -> ContactView:
    return ContactView(
        name=contact.name,
        title=contact.title,
        email=contact.email,
        channels=list(contact.channels),
        left_at=rfc3339_or_none(contact.left_ns),
        reachable=contact.reachable,
        used_in=used_in,
        updated_at=rfc3339(contact.updated_ns),
        updated_by=contact.updated_by,
        version=str(contact.updated_ns),
    )


def change_view(change: RegistryChange) -> RegistryChangeView:
    return RegistryChangeView(
        at=rfc3339(change.at_ns),
        by=change.by,
        source=change.source,
        action=change.action,
        fields=[
            FieldChangeView(field=one.field, before=one.before, after=one.after) for one in change.fields
        ],
    )
