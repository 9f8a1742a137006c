"""A drill: an agent's own tasks again, with faults in its calls; and each run of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.agent_ended import Ending
from roadworthy.features.gateway.drills.fault import FAULTS, PlannedFault


class DrillState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Match(StrEnum):
    """How an answer is held against the expected one."""

    AUTO = "auto"
    """As a number where the expected answer is one, else contained in it."""
    EXACT = "exact"
    CONTAINS = "contains"
    NUMBER = "number"


class Via(StrEnum):
    """How the agent is started for a task."""

    COMMAND = "command"
    """A process on the machine of whoever runs the drill; the server starts no processes."""
    URL = "url"
    """A POST at its own endpoint."""


class RunState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One task. `expected` "" where nobody knows the right answer: then the clean runs say it."""

    id: str
    input: str
    expected: str = ""
    match: Match = Match.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Identity is (project, id). What is asked for never changes; the state does."""

    project: str
    id: str
    agent: str
    name: str = ""
    cases: tuple[Case, ...]
    faults: tuple[str, ...] = tuple(one.name for one in FAULTS)
    pairs: bool = True
    persistent: bool = False
    """Whether a fault stays for the rest of the run instead of hitting one call."""
    clean_runs: int = 2
    """Of each case, without a fault, before the others: at least 2 tell how steady the agent is."""
    budget: int = 200
    """Runs, clean ones included."""
    concurrency: int = 2
    timeout_s: float = 120.0
    """Of one run of the agent."""
    seed: int = 1
    via: Via = Via.COMMAND
    url: str = ""
    body: str = '{"input": "{input}"}'
    """Of the POST; `{input}` stands for the task, written as in a JSON string."""
    answer_field: str = ""
    """Where in a JSON answer the agent's words are (`result.text`); "" for the usual places."""
    settings: tuple[tuple[str, float], ...] = ()
    """Of the faults that have a setting of that name."""
    created_ns: int
    created_by: str = ""
    state: DrillState = DrillState.RUNNING
    designed: bool = False
    """Whether the runs with faults are planned: they are once the clean ones are over."""
    unreachable: tuple[tuple[str, int], ...] = ()
    """By fault: cases that make no call it could be in."""
    left_out: int = 0
    """Runs that the budget had no room for."""
    ended_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillRun:
    """One start of the agent. Without faults it is a clean one."""

    number: int
    """From 1, in the order they are handed out."""
    case: str
    faults: tuple[PlannedFault, ...] = ()
    state: RunState = RunState.WAITING
    attempt: int = 0
    """How often it was handed out: whoever runs it may be killed."""
    trace_id: str = ""
    """Of the attempt: the run it becomes has this id."""
    taken_ns: int = 0
    ending: Ending | None = None
    answer: str = ""
    exit_code: int | None = None
    """Of the process, or the status of HTTP."""
    error: str = ""
    """The end of what it wrote to standard error, or why it could not be reached."""
    elapsed_ms: float = 0.0
    ended_ns: int = 0
    """When it was told how it ended."""

    @property
    def clean(self) -> bool:
        return not self.faults


class BadDrill(ValueError):  # noqa: N818 (a condition, not a bug)
    """`field` of what was asked is not what was expected."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name
