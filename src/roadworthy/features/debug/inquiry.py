"""An inquiry: a run executed again to find something out (replay, fork, bisect), and each of its reruns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.features.debug.plan import After, Change


class InquiryKind(StrEnum):
    REPLAY = "replay"
    FORK = "fork"
    BISECT = "bisect"


class InquiryState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    OUT_OF_BUDGET = "out_of_budget"
    """Over before it was sure; `resume` with a larger budget goes on."""


class RerunState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"


class Via(StrEnum):
    """How the agent is started."""

    COMMAND = "command"
    """A process on the machine of whoever makes the reruns; the server starts no processes."""
    CALLABLE = "callable"
    """`module:function` of Python, called with the task in a process of its own."""
    URL = "url"
    """A POST at its own endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """How an agent is started for one task. Identity is (project, agent) where it is registered."""

    via: Via = Via.COMMAND
    command: str = ""
    """As a shell would split it; `{input}` stands for the task."""
    callable: str = ""
    python: str = ""
    """The interpreter for `callable`; "" is `python3` of whoever makes the reruns."""
    folder: str = ""
    """Working directory; "" is where the runner stands."""
    url: str = ""
    body: str = '{"input": "{input}"}'
    answer_field: str = ""
    """Where in a JSON answer the agent's words are (`result.text`); "" for the usual places."""
    timeout_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What decides whether a rerun succeeded. `how`: contains, exact, number, regex, json, evaluator, command
    (the runner's own), or same (as the recorded run answered)."""

    how: str = "contains"
    expected: str = ""
    """The text, the pattern, the evaluator's name, or the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """None is no bound. Calls and USD count what was really asked of models and systems."""

    reruns: int | None = 40
    calls: int | None = None
    usd: float | None = None
    seconds: float | None = None


DELETED = "What was recorded of the run was deleted (retention, or by hand): nothing more can be tried."
"""Of `Inquiry.doubts`, where it was given up for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Identity is (project, id). What is asked never changes; the state and the finding do."""

    project: str
    id: str
    kind: InquiryKind
    agent: str
    run_id: str
    """The recorded run."""
    input: str
    entry: EntryPoint
    check: Check | None = None
    good_run: str = ""
    changes: tuple[Change, ...] = ()
    """Of a fork; of a bisect what puts things right from the switch on (`fix`)."""
    fork_at: int | None = None
    """Calls before this step are answered from the recording."""
    after: After = After.RECORDED
    live_tools: tuple[str, ...] = ()
    live_model: str = ""
    repeats: int = 1
    confidence: float = 0.9
    budget: Budget = field(default_factory=Budget)
    concurrency: int = 1
    server_runs: bool = False
    """Whether the server makes the reruns itself (`url` alone)."""
    created_ns: int
    created_by: str = ""
    state: InquiryState = InquiryState.RUNNING
    finding: str = ""
    """JSON of what was found, by kind; "" while nothing is."""
    ended_ns: int | None = None
    steps: int = 0
    """Of the recorded run."""
    output: str | None = None
    """What the recorded run answered; None where nobody told."""
    end: RecordedEnd | None = None
    """How it ended, where it gave no answer."""
    tape_ids: tuple[str, ...] = ()
    """Its exchanges, one for each step: what is deleted in between leaves a hole, and moves no other step."""
    good_ids: tuple[str, ...] = ()
    gateway_agent: str = ""
    """As the gateway knew who called: what agents are named in their telemetry may be another name."""
    tool_steps: tuple[int, ...] = ()
    """Which of them call a tool; the others ask a model."""
    suspicion: tuple[float, ...] = ()
    """Of a bisect, how much of the suspicion each step had before it was begun; () where none was known."""
    notes: tuple[str, ...] = ()
    """What was seen at the start, a sentence each."""
    doubts: tuple[str, ...] = ()
    """What of it lowers what may be claimed in the end."""
    check_wavers: bool = False
    """Asked twice about one answer the check said two things: nothing is sure by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """One start of the agent."""

    number: int
    """From 1."""
    switch: int | None = None
    """The first step that is not answered from the recording; None where all is."""
    only: bool = False
    """Of a bisect: put right at this step alone, to confirm."""
    state: RerunState = RerunState.WAITING
    attempt: int = 0
    trace_id: str = ""
    earlier: tuple[str, ...] = ()
    """Traces of the attempts before, which were given up: what these asked was paid for, too."""
    taken_ns: int = 0
    ending: Ending | None = None
    answer: str = ""
    exit_code: int | None = None
    error: str = ""
    elapsed_ms: float = 0.0
    ended_ns: int = 0
    passed: bool | None = None
    """By the check; None where there is none, or it could not say (`check_said`)."""
    check_said: str = ""
    matched: int = 0
    """Calls answered from the recording."""
    changed: int = 0
    live: int = 0
    missed: int = 0
    holes: int = 0
    """How many of `missed` were recorded, with a recording that is not whole or was deleted."""
    unused: int = 0
    """Recorded calls that were to be asked for and were not."""
    cost_usd: float = 0.0
    diverged_at: int | None = None
    """The step where the agent first asked something else than was recorded."""
    diff: str = ""
    """What it asked there against what was recorded."""
    same: bool | None = None
    """Whether it answered what the recorded run did, to the byte but for white space at the ends, or ended
    without an answer in the same way; None where that is not known."""
    asked: int = 0
    """Calls that were really asked of models and systems."""
    counted: bool = False
    """Whether `asked` and `cost_usd` are final: calls are recorded behind the call."""
    notes: tuple[str, ...] = ()
    """What is different or missing, a sentence each."""


class BadInquiry(ValueError):  # noqa: N818 (a condition, not a bug)
    """`field` of what was asked is not what was expected."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name
