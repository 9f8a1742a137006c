"""How an agent ended: one start of it, whoever started it and why, and a recorded run of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How a run of the agent ended."""

    ANSWERED = "answered"
    CRASHED = "crashed"
    HUNG = "hung"
    """Ended by us, after the time-out of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEnded:
    ending: Ending
    answer: str = ""
    exit_code: int | None = None
    """Of the process, or the status of HTTP."""
    error: str = ""
    """The end of what it wrote to standard error, or why it could not be reached."""
    elapsed_ms: float = 0.0
    notes: tuple[str, ...] = ()
    """What whoever started it saw beside the answer, a sentence each: what it was kept from, what it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEnd:
    """How a recorded run ended that gave no answer, as far as anybody told."""

    ending: Ending | None = None
    """None: its telemetry says that it failed, but not how the process of it ended."""
    exit_code: int | None = None
    error: str = ""
