"""What happened to an issue, step by step: who did what, when and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

STEPS_KEPT = 200
"""Of one issue: the first one, and the last of the others."""


class IssueDeed(StrEnum):
    FIRST_SEEN = "first_seen"
    ASSIGNED = "assigned"
    """`to` "" took it away from whoever had it."""
    MUTED = "muted"
    WOKEN = "woken"
    """Its mute ran out; nobody did it."""
    RESOLVED = "resolved"
    REOPENED = "reopened"
    REGRESSED = "regressed"
    """A later run brought it back; `run_id` and `release` are that run's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStep:
    """`by` is a person or a key; "" where nobody did it."""

    deed: IssueDeed
    at_ns: int
    by: str = ""
    reason: str = ""
    to: str = ""
    """Whom it was assigned to."""
    until_ns: int = 0
    """Until when it is muted; 0 without an end."""
    release: str = ""
    """In which it was first seen, resolved or came back."""
    run_id: str = ""


def with_step(history: Sequence[IssueStep], step: IssueStep) -> tuple[IssueStep, ...]:
    kept = [*history, step]
    if len(kept) > STEPS_KEPT:
        kept = [kept[0], *kept[-(STEPS_KEPT - 1) :]]
    return tuple(kept)


def step_from(kept: Mapping[str, Any]) -> IssueStep:
    return IssueStep(**{**kept, "deed": IssueDeed(kept["deed"])})
