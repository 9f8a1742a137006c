"""Who refers to a thing: what has to be changed before it can be deleted."""

from __future__ import annotations

from collections.abc import Iterator

from roadworthy.domain.escalation_policy import TargetKind
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.snapshot import Snapshot

_TARGETS = {
    Kind.CONTACT: TargetKind.PERSON,
    Kind.TEAM: TargetKind.TEAM,
    Kind.SCHEDULE: TargetKind.SCHEDULE,
}


def references_to(snapshot: Snapshot, kind: Kind, name: str) -> list[str]:
    """In plain words: "agent 'support' (owner)". Overrides go with their schedule and refer to nothing but
    their person."""
    return list(dict.fromkeys((*_agents(snapshot, kind, name), *_others(snapshot, kind, name))))


def _agents(snapshot: Snapshot, kind: Kind, name: str) -> Iterator[str]:
    for agent in snapshot.agents.values():
        held = {
            Kind.TEAM: (agent.team, "team"),
            Kind.CONTACT: (agent.owner, "owner"),
            Kind.SCHEDULE: (agent.schedule, "on-call schedule"),
            Kind.POLICY: (agent.policy, "escalation policy"),
        }.get(kind)
        if held and held[0] == name:
            yield f"agent {agent.name!r} ({held[1]})"


def _others(snapshot: Snapshot, kind: Kind, name: str) -> Iterator[str]:
    for team in snapshot.teams.values():
        if kind is Kind.CONTACT and name in team.members:
            yield f"team {team.name!r} (member)"
        if kind is Kind.SCHEDULE and team.schedule == name:
            yield f"team {team.name!r} (on-call schedule)"
    for schedule in snapshot.schedules.values():
        for layer in schedule.layers:
            if kind is Kind.CONTACT and name in layer.people:
                yield f"schedule {schedule.name!r} (layer {layer.name!r})"
    for override in snapshot.overrides.values():
        if kind is Kind.CONTACT and override.person == name:
            yield f"schedule {override.schedule!r} (override)"
    for policy in snapshot.policies.values():
        for number, level in enumerate(policy.levels, 1):
            if any(one.kind is _TARGETS.get(kind) and one.name == name for one in level.targets):
                yield f"escalation policy {policy.name!r} (level {number})"
