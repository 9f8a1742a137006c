"""Something that watches says: this is not as it should be. Alarms open incidents, or join one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad, worst first; the words PagerDuty's Events API v2 uses."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class AlarmKind(StrEnum):
    QUALITY = "quality"
    """A monitor's evidence reached its threshold."""
    DISAGREEMENT = "disagreement"
    """People and a judge differ more than they did: the judge drifts, not the agent."""
    INPUT_DRIFT = "input_drift"
    """What is asked of the agent has changed."""
    SILENCE = "silence"
    """Results stopped coming."""
    BURN_RATE = "burn_rate"
    """An error budget is spent too fast."""
    CONTRACT_DRIFT = "contract_drift"
    """A tool is no longer what was pinned."""
    MODEL_CHANGE = "model_change"
    """A provider answers with another model than it did."""
    BUDGET = "budget"
    """What may be spent on model calls is half spent, nearly or wholly."""
    EXTERNAL = "external"
    """Another system said so (Alertmanager, the API)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Identity is (project, id). The id is made of the cause (which monitor, which result), so that what is
    raised again after a crash is the same alarm."""

    project: str
    id: str
    kind: AlarmKind
    source: str
    """Id of the monitor or objective that raised it; of an external one, its name."""
    source_name: str
    agent: str = ""
    release: str = ""
    """The release that answered when it was raised, "" where it is unknown."""
    severity: Severity = Severity.ERROR
    title: str
    """One line for a pager: "support: completion fell from 94.0 % to 81.2 % (n 412)"."""
    reason: str = ""
    """Plain words: what was expected, what was seen, since when, and what is proven of it."""
    at_ns: int
    since_ns: int = 0
    """When the change probably began; 0 where that is unknown."""
    cleared_ns: int = 0
    """When it was seen to be over; 0 while it stands."""
    run_ids: tuple[str, ...] = ()
    """At most twenty runs that show it."""
    facts: dict[str, str] = field(default_factory=dict)
    """What a machine may want to read of it: baseline, observed, n, evidence, threshold, link."""
