"""Did the task succeed, and who says so: several sources, one resolved outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.score import OUTCOME_NAME, Score

OUTCOME = OUTCOME_NAME
PRECEDENCE: tuple[str, ...] = ("reviewer", "business", "user", "api", "sdk", "otel", "judge", "evaluator")
"""Whose word counts first, where a project says nothing else. Sources not in the list say nothing."""
_YES = frozenset({"success", "succeeded", "pass", "passed", "true", "yes", "correct", "good", "up"})
_NO = frozenset({"failure", "failed", "fail", "false", "no", "incorrect", "bad", "down"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word on whether a run succeeded."""

    outcome: Outcome
    source: str
    reason: str = ""
    author: str = ""
    at_ns: int = 0


def said_of(run: Run, scores: Sequence[Score]) -> list[Said]:
    """Everything said of the run's outcome, by time. `run` is as its spans tell it: its own outcome is what
    the SDK or a convention said on a span."""
    said = [
        Said(
            outcome=outcome,
            source=score.source,
            reason=score.explanation,
            author=score.author,
            at_ns=score.at_ns,
        )
        for score in scores
        if score.name == OUTCOME and (outcome := outcome_of(score)) is not Outcome.UNKNOWN
    ]
    if run.outcome is not Outcome.UNKNOWN:
        own = Said(
            outcome=run.outcome,
            source=run.outcome_source or "sdk",
            reason=run.outcome_reason,
            at_ns=run.ended_ns or run.started_ns,
        )
        said.append(own)
    return sorted(said, key=lambda one: one.at_ns)


def says_an_outcome(score: Score) -> bool:
    """Whether it can be read as one, "unknown" included."""
    return score.label.strip().lower() == Outcome.UNKNOWN or outcome_of(score) is not Outcome.UNKNOWN


def outcome_of(score: Score) -> Outcome:
    """What its label says, or where it has none of ours, its value: from 0.5 on a success. A value outside
    [0, 1] is on a scale that nobody told, and says nothing: 2 may be of 2 or of 10."""
    label = score.label.strip().lower()
    if label in _YES:
        return Outcome.SUCCESS
    if label in _NO:
        return Outcome.FAILURE
    if label == Outcome.UNKNOWN or score.value is None or not 0 <= score.value <= 1:
        return Outcome.UNKNOWN
    return Outcome.SUCCESS if score.value >= 0.5 else Outcome.FAILURE


def resolve(said: Sequence[Said], *, precedence: Sequence[str] = PRECEDENCE) -> Said | None:
    """The last word of the first source in `precedence` that said any; None where nobody did."""
    for source in precedence if said else ():
        words = [one for one in said if one.source == source]
        if words:
            return max(words, key=lambda one: one.at_ns)
    return None
