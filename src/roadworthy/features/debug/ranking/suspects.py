"""The steps of one run by suspicion: what the model of steps says, moved by what else is known of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log

from roadworthy.features.debug.ranking.evidence import pieces_of
from roadworthy.features.debug.ranking.model import UNSEEN, Held, StepModel, normal
from roadworthy.features.debug.ranking.signals import signals_of
from roadworthy.features.debug.ranking.told import Doer, ToldRun

_LEAST = 1e-6
_EXCERPT = 240
LEAST_OF_THE_END = 0.5
"""Of the suspicion, for the step whose error the run ended in: a convention, as nobody labelled such runs."""

_END = "The run ended in the error of this step."


class Told(StrEnum):
    """Who a piece of evidence is from."""

    STEP = "step"
    """Read off the step and those around it."""
    DETECTOR = "detector"
    GOOD_RUNS = "good_runs"
    """Comparison with good runs of the same agent."""
    RESAMPLING = "resampling"
    JUDGE = "judge"
    """A model that was asked for its opinion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something known of a step that the model of steps does not read. `amount` is added to the logarithm of
    the step's share: how much is a convention (docs/reference/step-ranking.md), as there are no data to learn
    it from."""

    step: int
    """Index into the told run's steps."""
    by: Told
    amount: float
    text: str
    """A sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    by: Told
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    step: int
    """From 1: its place among the told steps of the run, callers' turns counted too."""
    ref: str
    name: str
    doer: Doer
    share: float
    """Of the suspicion, 0 to 1; all steps together have 1."""
    reasons: tuple[Reason, ...]
    excerpt: str


def suspects(
    run: ToldRun, model: StepModel, hints: Sequence[Hint] = (), *, seen: bool | None = None
) -> list[Suspect]:
    """Most suspicious first, of equals the earlier. What callers said is not ranked: nobody debugs them.
    The step whose error the run ended in comes first. `seen`: whether the model learned from runs like this
    one, where that is known."""
    signals = signals_of(run)
    ranked = [i for i, step in enumerate(run.steps) if step.doer is not Doer.CALLER]
    if not ranked:
        return []
    added = dict.fromkeys(ranked, 0.0)
    for hint in hints:
        if hint.step in added:
            added[hint.step] += hint.amount
    shares = model.shares(run, signals, seen=seen)
    moved = {i: log(max(_LEAST, shares[i])) + added[i] for i in ranked}
    final = _ended(run, dict(zip(ranked, map(exp, normal([*moved.values()])), strict=True)))
    found = []
    for i, share in final.items():
        step = run.steps[i]
        pieces = pieces_of(signals[i], lifts=model.lifts)
        found.append(
            Suspect(
                step=i + 1,
                ref=step.ref,
                name=step.name,
                doer=step.doer,
                share=share,
                reasons=(
                    *([Reason(by=Told.STEP, text=_END)] if i == run.ended_in else []),
                    *(Reason(by=one.by, text=one.text) for one in hints if one.step == i),
                    *(Reason(by=Told.STEP, text=f"This step {piece.text}.") for piece in pieces),
                ),
                excerpt=" ".join(step.text[: 3 * _EXCERPT].split())[:_EXCERPT],
            )
        )
    return sorted(found, key=lambda one: (-one.share, one.step - 1 != run.ended_in))


def _ended(run: ToldRun, shares: dict[int, float]) -> dict[int, float]:
    """With at least its share for the step that the run ended in; the others keep theirs to each other."""
    at = run.ended_in
    if at is None or shares.get(at, 1.0) >= LEAST_OF_THE_END:
        return shares
    rest = (1 - LEAST_OF_THE_END) / (1 - shares[at])
    return {i: LEAST_OF_THE_END if i == at else rest * share for i, share in shares.items()}


def held_like(model: StepModel, share: float, *, seen: bool = True) -> Held | None:
    """How often runs whose first step had a share like this one were right, on labelled runs not seen; with
    `seen` false, on labelled runs of a kind of which none was seen."""
    held = model.measured.get("" if seen else UNSEEN)
    return min(held.bins, key=lambda one: abs(one.said - share), default=None) if held else None


def how_sure(model: StepModel, share: float, *, hinted: bool, seen: bool = True) -> str:
    """In calibrated words, with the figure behind them. `seen`: whether runs like this one were learned
    from."""
    held = held_like(model, share, seen=seen)
    if held is None:
        return "A suspicion; how often such suspicions hold was not measured."
    word = "A weak" if held.right < 0.35 else "A fair" if held.right < 0.6 else "A strong"
    runs = model.measured["" if seen else UNSEEN].runs
    of = (
        f"on {runs} labelled runs of others"
        if seen
        else f"the ranking has learned from no runs like this one; on {runs} labelled ones in that position"
    )
    more = " Detectors and good runs moved it; what they add was not measured." if hinted else ""
    return (
        f"{word} suspicion, no proof: {of}, where the first step stood out as it does here, it was the one "
        f"to blame in {held.right:.0%} of {held.n} ({held.low:.0%} to {held.high:.0%}).{more}"
    )
