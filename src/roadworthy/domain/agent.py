"""An agent as somebody registered it: who owns it, and what is to be done when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """How far an agent has come."""

    DISCOVERED = "discovered"
    """Seen in traffic; nobody registered it."""
    PILOT = "pilot"
    CANARY = "canary"
    PRODUCTION = "production"
    RETIRED = "retired"


TIERS = ("1", "2", "3", "4")
"""1 wakes people at night, 4 can wait for days. What exactly each means is the organisation's own matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Identity is (project, name). `name` is what traffic says, to the letter, and never changes."""

    project: str
    name: str
    description: str = ""
    team: str = ""
    """Name of the team that owns it, "" for none."""
    owner: str = ""
    """Name of the person who answers for it, "" for none."""
    schedule: str = ""
    """Name of its on-call schedule; "" takes the team's."""
    policy: str = ""
    """Name of its escalation policy; "" takes the project's default."""
    runbook: str = ""
    """URL."""
    objectives: tuple[str, ...] = ()
    """Ids of its service level objectives."""
    tier: str = ""
    """One of TIERS, "" while nobody said."""
    stage: Stage = Stage.PILOT
    links: tuple[Link, ...] = ()
    source: str = "hand"
    """Where it was entered last: hand, backstage, codeowners, csv."""
    updated_ns: int = 0
    updated_by: str = ""
