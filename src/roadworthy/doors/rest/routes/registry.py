"""Agents with their owners, teams, and the people who can be reached."""

# ruff: noqa: FBT002 (query parameters, given by name)

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.agent import Agent, Stage
from roadworthy.domain.run import is_trial_name
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.registry import (
    AgentBody,
    AgentChange,
    AgentNames,
    AgentsChange,
    RegisteredAgentPage,
    RegisteredAgentView,
    RegistryChangePage,
    agent_of,
    agent_view,
    change_view,
    changed_agent_fields,
)
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.queries import CursorParameter, FromParameter, Trials
from roadworthy.doors.rest.routes.registering import CHANGED_RESPONSE, AgentName, Expected, told
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.roster import Lack, RosterRow
from roadworthy.features.registry.snapshot import Snapshot

router = Endpoints(tags=["registry"])

_MONTH_NS = 30 * 86_400_000_000_000
Stages = Annotated[list[Stage], Query(alias="stage", description="Repeatable; left out: all but retired")]
Lacks = Annotated[list[Lack], Query(alias="lacks", description="Repeatable: agents that lack one of these")]
Since = FromParameter
KindName = Literal["agent", "team", "contact", "schedule", "override", "policy"]


@router.get("/registry/agents", operation_id="listRegisteredAgents", response_model=RegisteredAgentPage)
def list_agents(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    stages: Stages = [],  # noqa: B006
    lacks: Lacks = [],  # noqa: B006
    team: Annotated[str, Query(max_length=100)] = "",
    owner: Annotated[str, Query(max_length=100)] = "",
    q: Annotated[str, Query(max_length=200, description="Part of the name or description")] = "",
    trials: Trials = False,
    from_: Since = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: CursorParameter = None,
) -> Response:
    """Registered agents and those only seen in traffic since `from` (the last 30 days), by name."""
    words = q.strip().casefold()
    rows = _rows(ctx, project=project, from_=from_)
    tried = {row.agent.name for row in rows if not row.registered and is_trial_name(row.agent.name)}
    wanted = [
        row
        for row in rows
        if (trials or row.agent.name not in tried)
        and (row.agent.stage in stages if stages else row.agent.stage is not Stage.RETIRED)
        and (not lacks or not set(lacks).isdisjoint(row.lacks))
        and (not team or row.agent.team == team)
        and (not owner or row.agent.owner == owner)
        and (not words or words in f"{row.agent.name}\n{row.agent.description}".casefold())
    ]
    place = read_pair(cursor)
    start = place[0] if place else 0
    page = wanted[start : start + limit]
    more = start + limit < len(wanted)
    snapshot = ctx.registry.book.of(project)
    return answer(
        RegisteredAgentPage(
            items=[_view(snapshot, row) for row in page],
            total=len(wanted),
            trials=len(tried),
            lacking=dict(Counter(lack.value for row in wanted for lack in row.lacks)),
            next_cursor=write_cursor(start + limit, page[-1].agent.name) if more else None,
        )
    )


@router.patch("/registry/agents", operation_id="changeRegisteredAgents")
def change_agents(ctx: Context, asker: Asker, project: AdminProject, body: AgentsChange) -> AgentNames:
    """Gives several agents one owner, stage, schedule ...; those nobody registered are registered."""
    snapshot = ctx.registry.book.of(project)
    with told("body.change."):
        saved = ctx.registry.book.save_all(
            [
                _changed(snapshot, project=project, name=name, change=body.change)
                for name in dict.fromkeys(body.agents)
            ],
            by=asker.name,
            source="hand",
        )
    return AgentNames(items=[one.name for one in saved])


@router.get("/registry/agents/{agent:path}", operation_id="getRegisteredAgent")
def get_agent(
    ctx: Context, project: ReadProject, agent: AgentName, from_: Since = None
) -> RegisteredAgentView:
    """Also of an agent only seen in traffic since `from` (the last 30 days)."""
    return _one(ctx, project=project, name=agent, from_=from_)


@router.put("/registry/agents/{agent:path}", operation_id="saveRegisteredAgent", responses=CHANGED_RESPONSE)
def save_agent(
    ctx: Context, asker: Asker, project: AdminProject, agent: AgentName, body: AgentBody, expected: Expected
) -> RegisteredAgentView:
    """Registers it, or replaces all of what is registered. `agent` is the name its runs have."""
    with told():
        ctx.registry.book.save(
            agent_of(body, project=project, name=agent), by=asker.name, expected_ns=expected
        )
    return _one(ctx, project=project, name=agent)


@router.patch(
    "/registry/agents/{agent:path}", operation_id="changeRegisteredAgent", responses=CHANGED_RESPONSE
)
def change_agent(
    ctx: Context,
    asker: Asker,
    project: AdminProject,
    agent: AgentName,
    body: AgentChange,
    expected: Expected,
) -> RegisteredAgentView:
    """Changes what is given; an agent nobody registered is registered with it."""
    changed = _changed(ctx.registry.book.of(project), project=project, name=agent, change=body)
    with told():
        ctx.registry.book.save(changed, by=asker.name, expected_ns=expected)
    return _one(ctx, project=project, name=agent)


@router.delete("/registry/agents/{agent:path}", operation_id="deleteRegisteredAgent", status_code=204)
def delete_agent(ctx: Context, asker: Asker, project: AdminProject, agent: AgentName) -> None:
    """Takes it off the register; while it has runs it is listed as discovered. Its history stays."""
    if not ctx.registry.book.delete(project, Kind.AGENT, agent, by=asker.name):
        raise not_found("registered agent", name=agent)


@router.get("/registry/history", operation_id="listRegistryChanges")
def list_changes(
    ctx: Context,
    project: ReadProject,
    kind: Annotated[KindName, Query(description="Kind of thing")],
    name: Annotated[str, Query(min_length=1, max_length=200, description="Its name; an override's id")],
) -> RegistryChangePage:
    """Who changed it, when, from what to what; newest first, also of what was deleted."""
    found = ctx.registry.history(project, kind=Kind(kind), name=name)
    return RegistryChangePage(items=[change_view(one) for one in found])


def _rows(ctx: RestContext, *, project: str, from_: str | None) -> list[RosterRow]:
    at_ns = time.time_ns()
    from_ns = at_ns - _MONTH_NS if from_ is None else parse_time(from_, field="query.from")
    return ctx.registry.roster(project, from_ns=min(from_ns, at_ns), at_ns=at_ns)


def _one(ctx: RestContext, *, project: str, name: str, from_: str | None = None) -> RegisteredAgentView:
    rows = _rows(ctx, project=project, from_=from_)
    row = next((one for one in rows if one.agent.name == name), None)
    if row is None:
        raise not_found("agent", name=name)
    return _view(ctx.registry.book.of(project), row)


def _view(snapshot: Snapshot, row: RosterRow) -> RegisteredAgentView:
    policy = snapshot.policy_of(row.agent)
    return agent_view(
        row,
        effective_schedule=snapshot.schedule_of(row.agent),
        effective_policy=policy.name if policy else "",
    )


def _changed(snapshot: Snapshot, *, project: str, name: str, change: AgentChange) -> Agent:
    before = snapshot.agents.get(name) or Agent(project=project, name=name)
    return replace(before, **changed_agent_fields(change))
