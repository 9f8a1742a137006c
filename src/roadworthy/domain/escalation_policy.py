"""Who is told first about an agent, and who next when nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TargetKind(StrEnum):
    SCHEDULE = "schedule"
    """Whoever the schedule has on call."""
    PERSON = "person"
    TEAM = "team"
    """The team's channels; where it has none, all its members."""
    CHANNEL = "channel"
    """A notification channel, by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    kind: TargetKind
    name: str = ""
    """Of the schedule, person, team or channel. "" is the agent's own schedule, owner or team, so that one
    policy serves many agents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLevel:
    """All targets are told at once. Without an acknowledgement in time the next level is."""

    targets: tuple[Target, ...]
    timeout_seconds: int = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Identity is (project, name)."""

    project: str
    name: str
    title: str = ""
    levels: tuple[PolicyLevel, ...] = ()
    repeat: int = 0
    """How many times the levels are gone through again."""
    default: bool = False
    """Whether agents without a policy of their own take it; one in a project at most."""
    updated_ns: int = 0
    updated_by: str = ""
