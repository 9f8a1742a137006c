"""One figure of one agent under watch: what is watched, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.alarm import Severity

YEAR_S = 365.25 * 86_400.0
PATIENCE_YEARS = 20.0
"""Mean time to a false alarm, at least, where nobody says otherwise: at most 5 % a year."""


class Phase(StrEnum):
    LEARNING = "learning"
    """Its reference is not large enough yet."""
    ARMED = "armed"
    ALARMED = "alarmed"
    """Until the figure is back where the reference had it."""
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """Identity is (project, id)."""

    project: str
    id: str
    name: str
    agent: str
    signal: str
    """A name of `features/watch/monitors/signals/table.py`; `detector:<name>` and `score:<name>` name one."""
    strata: tuple[str, ...] = ()
    """What has a baseline of its own: hour, weekday, release, model, or attributes.<key>. None: one for
    all."""
    patience_s: float = PATIENCE_YEARS * YEAR_S
    """A: the mean time to a false alarm is at least this."""
    maturity_s: float = 0.0
    """So long after its end a run's outcome is taken as it then stands; 0: as first judged."""
    reference_results: int | None = None
    """Results that make a reference; None: as many as a sensible fall needs to be seen."""
    reference_hours: float = 24.0
    """What the reference must span, so that it holds a whole day's ups and downs."""
    cautious: bool = True
    """Whether noise is reckoned with that a short reference cannot have shown: fewer false alarms, and a
    fall is noticed later in the first two weeks."""
    least_probability: float = 0.01
    """Scores drawn with a logged probability below this are not taken; the others weigh this over theirs."""
    higher_is_worse: bool = False
    """Of scores alone: whether 1 is bad."""
    severity: Severity = Severity.ERROR
    paused: bool = False
    automatic: bool = False
    """Whether it is there by itself."""
    created_ns: int = 0
    created_by: str = ""
