"""All that a project has registered, as it was at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from roadworthy.domain.agent import Agent
from roadworthy.domain.escalation_policy import EscalationPolicy
from roadworthy.domain.schedule import Override, Schedule, Shift
from roadworthy.domain.team import Contact, Team
from roadworthy.features.registry.shifts import final_shifts

Thing = Agent | Team | Contact | Schedule | Override | EscalationPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """By name; overrides by id. In the order of names."""

    agents: Mapping[str, Agent] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    policies: Mapping[str, EscalationPolicy] = field(default_factory=dict)

    def gone_ns(self, person: str) -> int:
        """From when on the person is on no duty; 0 for one nobody registered."""
        contact = self.contacts.get(person)
        return contact.gone_ns if contact else 0

    def overrides_of(self, schedule: str) -> list[Override]:
        return [one for one in self.overrides.values() if one.schedule == schedule]

    def shifts(self, schedule: Schedule, *, from_ns: int, to_ns: int) -> list[Shift]:
        """See `final_shifts`."""
        return final_shifts(
            schedule,
            overrides=self.overrides_of(schedule.name),
            from_ns=from_ns,
            to_ns=to_ns,
            gone_ns=self.gone_ns,
        )

    @property
    def default_policy(self) -> EscalationPolicy | None:
        return next((one for one in self.policies.values() if one.default), None)

    def schedule_of(self, agent: Agent) -> str:
        """Name of the agent's schedule, or else of its team's; "" where neither has one."""
        team = self.teams.get(agent.team)
        return agent.schedule or (team.schedule if team else "")

    def policy_of(self, agent: Agent | None) -> EscalationPolicy | None:
        """The agent's own, or else the project's default."""
        own = self.policies.get(agent.policy) if agent else None
        return own or self.default_policy
