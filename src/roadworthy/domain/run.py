"""One task an agent was given, from the caller's point of view: what people look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.domain.finding import Finding

DRILL = "roadworthy.drill"
"""Attribute of the root span of a run that a drill executed: the id of the drill."""
RERUN_OF = "roadworthy.rerun_of"
"""Attribute of the root span of a rerun (replay, fork, bisect): the id of the recorded run."""

TRIALS = ("drill", "replay")
"""What executes runs that are none of production; also the environment of these runs."""


def trial_name(agent: str, kind: str) -> str:
    """Under which the runs of a trial of the agent are told: `support (replay)`. `kind` is one of TRIALS."""
    return f"{agent} ({kind})"


def is_trial_name(agent: str) -> bool:
    """Whether all runs of that name are trials of another agent (`Run.is_trial` says it of one run)."""
    return agent.endswith(tuple(f" ({kind})" for kind in TRIALS))


class RunStatus(StrEnum):
    """Did it end with a technical error? (Whether it did its job is the outcome.)"""

    OK = "ok"
    ERROR = "error"
    RUNNING = "running"


class Outcome(StrEnum):
    """Did the task succeed? Unknown until somebody says so."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Who handed the task to whom, and why as far as it was said."""

    from_agent: str
    to_agent: str
    reason: str = ""
    span_id: str = ""
    at_ns: int = 0


@dataclass(slots=True, kw_only=True)
class Run:
    """Identity is (project, id); a later `version` replaces an earlier. Units as in `Span`.

    `sort_ns` is the start as first seen: it never changes, so that a late span moves no row; it is the
    order of lists and cursors. `started_ns` is the true start.
    """

    project: str
    id: str
    """The trace id of the first trace seen of it; with "-<span id>" where one trace holds several runs."""
    sort_ns: int
    version: int = 0
    trace_ids: tuple[str, ...] = ()
    root_span_id: str = ""
    name: str = ""
    agent: str = ""
    agents: tuple[str, ...] = ()
    """All agents that took part, in order of appearance."""
    service: str = ""
    release: str = ""
    environment: str = ""
    session_id: str = ""
    user_id: str = ""
    started_ns: int = 0
    ended_ns: int = 0
    """0 while running."""
    duration_ns: int | None = None
    status: RunStatus = RunStatus.RUNNING
    outcome: Outcome = Outcome.UNKNOWN
    outcome_source: str = ""
    outcome_reason: str = ""
    model_calls: int = 0
    """Calls a model answered, each counted once however many dialects reported it."""
    failed_model_calls: int = 0
    tool_calls: int = 0
    """Tool executions, failed ones included, hand-offs left out."""
    failed_tool_calls: int = 0
    """Failed executions, hidden ones included."""
    inferred_tool_calls: int = 0
    """How many of `tool_calls` sent no span and were read out of messages."""
    inferred_failed_tool_calls: int = 0
    """How many of `failed_tool_calls` said OK and were found out."""
    negative_results: int = 0
    """Tool results that say no (`{"ok": false}`) without being failures."""
    tools: tuple[str, ...] = ()
    failed_tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    error_type: str = ""
    error: str = ""
    input: str = ""
    """What the caller asked, as text."""
    final_answer: str = ""
    handoffs: tuple[Handoff, ...] = ()
    spans: int = 0
    merged_spans: int = 0
    missing_parents: int = 0
    unended_spans: int = 0
    flags: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    """Attributes of the root span and its resource: what lists filter on without reading spans."""
    step_attributes: dict[str, str] = field(default_factory=dict)
    """Of the attributes the root lacks, what the first step that carries one says: short values of at most
    some dozen keys, for columns and for grouping. Filters look at every step instead."""
    judged: str = ""
    """Which detectors and which model judged it as it is now, "" while nobody has: a late span undoes it."""
    p_failure: float | None = None
    """How likely it is that the task failed, as the calibrated model has it; None where it was not judged."""
    findings: tuple[Finding, ...] = ()
    detectors: tuple[str, ...] = ()
    """Names of the detectors that found something."""
    modes: tuple[str, ...] = ()
    """Failure modes of what was found or said of it (`domain.failure_mode`)."""
    issues: tuple[str, ...] = ()
    """Ids of the issues it belongs to."""
    superseded_by: str = ""
    """Id of the run this one turned out to belong to; such runs are in no list."""
    first_step_ns: int = 0
    last_step_ns: int = 0
    """Starts of the first and the last span of all its traces, those of other runs included: when to look for
    its steps. `last_step_ns` is 0 where nobody knows."""

    @property
    def complete(self) -> bool:
        return self.missing_parents == 0 and self.unended_spans == 0

    @property
    def is_trial(self) -> bool:
        """Whether a drill or an inquiry executed it: what went wrong in it is no failure of its agent."""
        return bool(self.attributes.get(RERUN_OF) or self.attributes.get(DRILL))


def steps_started(runs: Iterable[Run]) -> tuple[int, int] | None:
    """When the first and the last span of all their traces started; None where one does not say."""
    known = [(run.first_step_ns, run.last_step_ns) for run in runs]
    if not known or not all(last for _, last in known):
        return None
    return min(first for first, _ in known), max(last for _, last in known)
