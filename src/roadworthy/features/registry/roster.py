"""All agents there are, registered or only seen in traffic, each with what it lacks to be owned."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.agent import Agent, Stage
from roadworthy.domain.on_call import OnCall
from roadworthy.domain.run import is_trial_name
from roadworthy.features.registry.on_call import Now, who_is_on_call
from roadworthy.features.registry.proof import PageProof

PROOF_HOLDS_NS = 90 * 86_400_000_000_000
"""How long an acknowledged test page proves that the next one arrives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAgent:
    """An agent in traffic. `name` is "" for runs that named none."""

    name: str
    runs: int
    last_ns: int
    """Start of its last run."""


class Lack(StrEnum):
    """What an agent needs before somebody owns its quality, worst first."""

    REGISTRATION = "registration"
    OWNER = "owner"
    """Neither a team nor a person who is still there."""
    ON_CALL = "on_call"
    """Nobody would be told now."""
    GAP = "gap"
    """Somebody would be told now, but not everybody the escalation policy names; or the schedule has nobody
    at some time in the next two weeks."""
    RUNBOOK = "runbook"
    OBJECTIVE = "objective"
    TIER = "tier"
    PROOF = "proof"
    """On-call acknowledged no test page in the last 90 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    agent: Agent
    registered: bool
    seen: SeenAgent | None
    """None where it had no run in the time asked for."""
    on_call: OnCall
    proof: PageProof | None
    lacks: tuple[Lack, ...]


def roster(
    now: Now,
    *,
    project: str,
    seen: Sequence[SeenAgent],
    proofs: Mapping[str, PageProof],
    with_objective: Container[str] = frozenset(),
) -> list[RosterRow]:
    """Registered ones and seen ones, by name. Agents nobody registered have the stage `discovered`. Retired
    ones, and those of drills and reruns that nobody registered, lack nothing.

    `with_objective`: agents that an objective was made for, whether or not the register lists it."""
    by_name = {one.name: one for one in seen if one.name}
    snapshot = now.snapshot
    return [
        _row(
            now,
            snapshot.agents.get(name) or Agent(project=project, name=name, stage=Stage.DISCOVERED),
            seen=by_name.get(name),
            proof=proofs.get(name),
            has_objective=name in with_objective,
        )
        for name in sorted({*snapshot.agents, *by_name})
    ]


def _row(
    now: Now, agent: Agent, *, seen: SeenAgent | None, proof: PageProof | None, has_objective: bool
) -> RosterRow:
    registered = agent.name in now.snapshot.agents
    on_call = who_is_on_call(now, project=agent.project, agent=agent.name)
    snapshot = now.snapshot
    schedule = snapshot.schedules.get(snapshot.schedule_of(agent))
    gap = bool(on_call.gap) or (schedule is not None and now.gap_ahead(schedule))
    found = {
        Lack.REGISTRATION: not registered,
        Lack.OWNER: not agent.team and snapshot.gone_ns(agent.owner) <= now.at_ns,
        Lack.ON_CALL: not on_call.levels,
        Lack.GAP: registered and bool(on_call.levels) and gap,
        Lack.RUNBOOK: not agent.runbook,
        Lack.OBJECTIVE: not agent.objectives and not has_objective,
        Lack.TIER: not agent.tier,
        Lack.PROOF: proof is None or proof.acknowledged_ns < now.at_ns - PROOF_HOLDS_NS,
    }
    ownerless = agent.stage is Stage.RETIRED or (not registered and is_trial_name(agent.name))
    lacks = () if ownerless else tuple(lack for lack, is_so in found.items() if is_so)
    return RosterRow(agent=agent, registered=registered, seen=seen, on_call=on_call, proof=proof, lacks=lacks)
