"""One judgement on a run or a span."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.domain.finding import Evidence

OUTCOME_NAME = "outcome"
"""Name of the scores that say whether the task succeeded."""
MACHINES = frozenset({"detector", "evaluator", "judge"})
"""Sources that are one voice each, told apart by their version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Identity is (project, run_id, span_id, name, source, evaluator_version, voice); the last one said
    counts."""

    project: str
    trace_id: str = ""
    """32 lower-case hex digits; or where the sender named no trace, the join key (`response:<id>`) of the
    spans it was said of: they may come before it or after it."""
    span_id: str = ""
    run_id: str = ""
    name: str = ""
    value: float | None = None
    label: str = ""
    source: str = ""
    """Who judged: sdk, otel, api, detector, evaluator, judge, reviewer, user or business."""
    author: str = ""
    """The person, key or system of that source, as far as known."""
    evaluator_version: str = ""
    explanation: str = ""
    evidence: tuple[Evidence, ...] = ()
    mode: str = ""
    """Failure mode it names (`domain.failure_mode`), "" for none."""
    cost_usd: float | None = None
    """What judging cost; None where it costs nothing or is unknown."""
    sampled: float | None = None
    """With what probability the run was drawn for this judgement. None where it was not drawn (asked for,
    triggered by a detector, said by somebody): such scores must never feed a monitor."""
    at_ns: int = 0
    version: int = 0

    @property
    def voice(self) -> str:
        """Whose word it is among those of its source: two reviewers are two voices, and both are kept. A
        machine is known by its version, under whatever name it answered."""
        return "" if self.source in MACHINES else self.author

    @property
    def changes_verdict(self) -> bool:
        """Whether a run it is said of has to be judged again."""
        return self.name == OUTCOME_NAME or bool(self.mode)

    @property
    def by_key(self) -> bool:
        """Whether `trace_id` is a join key."""
        return ":" in self.trace_id
