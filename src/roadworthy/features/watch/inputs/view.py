"""What is shown of the inputs of an agent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.alarm import Alarm


class Phase(StrEnum):
    LEARNING = "learning"
    """The reference is still being gathered."""
    WATCHING = "watching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`before` and `now` are shares of inputs that hold it, of the reference and of the recent ones."""

    term: str
    before: float
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualInput:
    run_id: str
    at_ns: int
    p: float
    text: str
    """Its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsNow:
    """`evidence` alarms at `threshold`; both are numbers of inputs."""

    id: str
    agent: str
    phase: Phase
    reference_n: int
    reference_needed: int
    reference_from_ns: int
    reference_to_ns: int
    observed: int
    sampled: float | None
    evidence: float
    threshold: float
    promise: str
    tail_inputs: int
    tail_recent: float | None
    recent_n: int
    drifting: Alarm | None
    terms_up: tuple[Term, ...]
    terms_down: tuple[Term, ...]
    unusual: tuple[UnusualInput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsPoint:
    """One hour. `evidence` is the highest share of the threshold in it."""

    start_ns: int
    observed: int
    tail: int
    p_sum: float
    evidence: float
