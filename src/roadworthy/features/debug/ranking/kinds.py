"""What kind of run it is, as far as that can be told without reading it: by how it is laid out. Data sets are
such kinds; a run within reach of none of them is one that the weights have seen nothing like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p, sqrt

from roadworthy.features.debug.ranking import wording as w
from roadworthy.features.debug.ranking.told import READ, Doer, ToldRun

LAYOUT = ("steps", "agents", "results", "callers", "code", "instructions")
LEAST_SPREAD = 0.1
"""Where all runs of a data set are alike in one of these, the slightest difference is still no other kind."""
STANDING = (
    "act_share",
    "agent",
    "agent_opened",
    "caller",
    "finishes",
    "first_act",
    "first_turn",
    "last_act",
    "last_turn",
    "past_last_act",
    "result",
    "second_turn",
    "share",
    "speaks_first_time",
    "third_turn",
    "turn_opens",
)
"""Signals (`signals.py`) that mean the same whoever wrote the run down: who does something, in which turn,
how far on. For kinds of runs that nothing was learned from, where others may mislead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    name: str
    """Of the data set."""
    mean: tuple[float, ...]
    """As `LAYOUT`."""
    sd: tuple[float, ...]
    reach: float
    """The distance within which most of its own runs are."""

    def distance(self, layout: Sequence[float]) -> float:
        """Root of the mean square of standard deviations."""
        each = (((x - m) / s) ** 2 for x, m, s in zip(layout, self.mean, self.sd, strict=True))
        return sqrt(sum(each) / len(self.mean))


def layout_of(run: ToldRun) -> tuple[float, ...]:
    """As `LAYOUT`: the numbers of steps and agents (logs), and shares of the steps."""
    steps = run.steps
    n = max(1, len(steps))
    agents = {one.name for one in steps if one.doer is Doer.AGENT}
    return (
        log1p(len(steps)),
        log1p(len(agents)),
        sum(one.doer is Doer.RESULT for one in steps) / n,
        sum(one.doer is Doer.CALLER for one in steps) / n,
        sum(w.CODE.search(one.text[:READ]) is not None for one in steps) / n,
        sum(w.INSTRUCTS.search(one.text[:4000]) is not None for one in steps) / n,
    )


def kind_like(layout: Sequence[float], kinds: Sequence[Kind]) -> Kind | None:
    """The nearest of those whose reach it is in; None where it is like none of them."""
    near = [(one.distance(layout) / one.reach, one) for one in kinds]
    within = [one for one in near if one[0] <= 1]
    return min(within, key=lambda one: one[0])[1] if within else None
