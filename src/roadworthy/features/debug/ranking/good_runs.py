"""What good runs of the same agent do, and where this one first leaves it: structure alone, no contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.features.debug.ranking.suspects import Hint, Told
from roadworthy.features.debug.ranking.told import ToldRun, ToldStep
from roadworthy.features.debug.ranking.wording import WORD
from roadworthy.kit.pairing import paired

_FIRST, _RARE, _FAILED_HERE = 0.7, 0.35, 0.5
_MOST_STEPS = 400
LEAST_LIKE = 0.2
"""Share of words that two tasks have in common, below which runs are no like case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A step that most good runs do not have at that place."""

    step: int
    rare: float
    """Share of the good runs that have no such step there."""
    instead: str = ""
    """What they do there, where they agree; "" where they do nothing, or each something else."""


def alike(one: str, other: str) -> float:
    """Words in common of all words of both, 0 to 1."""
    a, b = set(WORD.findall(one.lower())), set(WORD.findall(other.lower()))
    return len(a & b) / len(a | b) if a | b else 1.0


def departures(run: ToldRun, good: Sequence[ToldRun]) -> list[Departure]:
    """In order. Steps are the same by who does what (agent, tool), not by what they say."""
    mine = [_key(step) for step in run.steps[:_MOST_STEPS]]
    without = [0] * len(mine)
    instead: list[list[str]] = [[] for _ in mine]
    for other in good:
        theirs = [_key(step) for step in other.steps[:_MOST_STEPS]]
        last: int | None = None
        only: list[str] = []
        for left, right in paired(mine, theirs):
            if left is not None and right is None:
                without[left] += 1
                last = left if last is None else last
            elif right is not None and left is None:
                only.append(theirs[right][1])
            else:
                if last is not None and only:
                    instead[last].append(only[0])
                last, only = None, []
        if last is not None and only:
            instead[last].append(only[0])
    found = []
    for i, count in enumerate(without):
        if count * 2 > len(good):
            agreed = max(set(instead[i]), key=instead[i].count, default="")
            same = instead[i].count(agreed) * 2 > len(good)
            found.append(Departure(step=i, rare=count / len(good), instead=agreed if same else ""))
    return found


def hints_of(run: ToldRun, good: Sequence[ToldRun]) -> list[Hint]:
    hints: list[Hint] = []
    left = departures(run, good)
    for place, one in enumerate(left):
        of = f"{round(one.rare * len(good))} of {len(good)} similar good runs"
        other = f"; most of them go on with {one.instead}" if one.instead else ""
        if place == 0:
            text = f"The first step that {of} do not have{other}."
            hints.append(Hint(step=one.step, by=Told.GOOD_RUNS, amount=_FIRST * one.rare, text=text))
        else:
            text = f"A step that {of} do not have{other}."
            hints.append(Hint(step=one.step, by=Told.GOOD_RUNS, amount=_RARE * one.rare, text=text))
    failing = {_key(step) for other in good for step in other.steps if step.failed}
    for i, step in enumerate(run.steps):
        if step.failed and good and _key(step) not in failing:
            text = f"{step.name} failed here and in none of {len(good)} similar good runs."
            hints.append(Hint(step=i, by=Told.GOOD_RUNS, amount=_FAILED_HERE, text=text))
    return hints


def _key(step: ToldStep) -> tuple[str, str]:
    return (step.doer.value, step.name)
