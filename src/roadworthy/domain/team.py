"""People who can be reached, and the teams they are in."""

from __future__ import annotations

from dataclasses import dataclass

NEVER_NS = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person who may own agents and be on call. They need no log-in; where they have one, under the same
    name. Identity is (project, name)."""

    project: str
    name: str
    title: str = ""
    """How people call them, "" for the name itself."""
    email: str = ""
    channels: tuple[str, ...] = ()
    """Ids of the notification channels that reach this person, in order of preference."""
    left_ns: int = 0
    """Since when they are on no duty any more; 0 for somebody who is still there. What they did before then
    stays as it was."""
    updated_ns: int = 0
    updated_by: str = ""

    @property
    def reachable(self) -> bool:
        return bool(self.email or self.channels)

    @property
    def gone_ns(self) -> int:
        """From when on they are not to be told, Unix ns; NEVER_NS for somebody who is still there."""
        return self.left_ns or NEVER_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Identity is (project, name)."""

    project: str
    name: str
    title: str = ""
    description: str = ""
    members: tuple[str, ...] = ()
    """Names of contacts."""
    channels: tuple[str, ...] = ()
    """Ids of the notification channels that reach the team as a whole."""
    schedule: str = ""
    """Name of the schedule of its agents that have none of their own."""
    updated_ns: int = 0
    updated_by: str = ""
