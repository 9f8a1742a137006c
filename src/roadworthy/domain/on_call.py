"""Who answers for an agent at a given time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Somebody, or some place, that a level of an escalation policy notifies. Exactly one of `person` and
    `channel` is set."""

    person: str = ""
    """Name of the person on call."""
    channel: str = ""
    """Id of a notification channel that is not a person's: a team's Slack, a PagerDuty service."""
    channels: tuple[str, ...] = ()
    """Ids of the channels that reach this person, in order of preference."""
    email: str = ""
    why: str = ""
    """Which schedule or override put them here, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """`responders` are notified at once; without an acknowledgement within `timeout_seconds` the next level
    is."""

    number: int
    """From 1."""
    responders: tuple[Responder, ...]
    timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who is to be told about an agent now, level by level. No level, or a level without responders, means a
    gap: `gap` says why ("the schedule 'nights' has nobody on Sunday 02:00 to 04:00")."""

    project: str
    agent: str
    at_ns: int
    team: str = ""
    owner: str = ""
    runbook: str = ""
    """URL."""
    tier: str = ""
    levels: tuple[EscalationLevel, ...] = ()
    repeat: int = 0
    """How many times the levels are gone through again when nobody acknowledges."""
    gap: str = ""
