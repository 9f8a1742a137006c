"""What monitors learn of runs: small facts, kept in order, apart from the runs themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.domain.run import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One judged run. Identity is (project, run_id): a run judged twice is one result, as first judged; what
    is said of its outcome later is a `Word`. Unknown figures are None."""

    project: str
    run_id: str
    agent: str
    at_ns: int
    """When the run ended, as its spans say; never later than when it was recorded."""
    release: str = ""
    session_id: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    outcome_source: str = ""
    ruler: str = ""
    """Which detectors and which model judged it (`Run.judged`): their figures are comparable within one."""
    p_failure: float | None = None
    detectors: tuple[str, ...] = ()
    error: bool = False
    tool_calls: int = 0
    failed_tool_calls: int = 0
    duration_s: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None
    models: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    """Those that a monitor tells strata by."""
    repeat: bool = False
    """Whether its session had another result within the same few minutes: one that loops counts once. Set by
    the watch log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The outcome of a run that was recorded before is another one now."""

    project: str
    run_id: str
    agent: str
    at_ns: int
    """When the run ended."""
    outcome: Outcome
    outcome_source: str
    release: str = ""
    p_failure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One score of a run. Identity is (project, run_id, name, source); the first one counts."""

    project: str
    run_id: str
    agent: str
    at_ns: int
    """When the run ended."""
    name: str
    value: float | None
    source: str
    sampled: float | None = None
    """As `Score.sampled`."""
    release: str = ""
    session_id: str = ""
    ruler: str = ""
    """Version of what scored."""
    attributes: dict[str, str] = field(default_factory=dict)
    repeat: bool = False
    """As `Result.repeat`, among scores of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Somebody changed what is watched. In the log with the results, so that it is done again at the same
    place after a crash. `body` is JSON of the monitors' own making."""

    project: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The product did not watch from `from_ns` to `to_ns`: silence then says nothing about agents."""

    project: str
    from_ns: int
    to_ns: int


Entry = Result | Word | Scored | Order | Outage
