"""Which step of a failed run is most likely the one to blame: a share for each step, all of them together 1.

Two readings of the same signals are put together: a linear one (softmax over the run's steps) and the votes
of a forest. Where a run is laid out like none that was learned from, a third joins them: trees that see only
where a step stands and who does it. Read in plain Python from weights that ship (`weights.json.gz`); `fit` is
a job of its own.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from math import exp, log
from typing import Any

import orjson

from roadworthy.features.debug.ranking.forest import Forest, Tree
from roadworthy.features.debug.ranking.kinds import Kind, kind_like, layout_of
from roadworthy.features.debug.ranking.signals import signals_of
from roadworthy.features.debug.ranking.told import Doer, ToldRun

FORMAT = 2
UNSEEN = "unseen"
"""How it did on data sets that it had learned nothing from, among what was measured."""
FARTHEST = 3.0
"""Standard deviations at which a signal stops counting for more."""
LEAST_VOTE = 0.01
"""Added to votes: no step is ruled out by trees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    weight: float
    mean: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Of `n` runs whose first step had a mean share of `said`, `right` were those to blame; 95 % interval."""

    said: float
    right: float
    n: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How it did on runs that it had not seen, by data set or over all of them."""

    runs: int
    top1: float
    top3: float
    within1: float
    floor: float
    """Of the best constant guess, taken from the same runs it learned from."""
    bins: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepModel:
    label: str
    terms: dict[str, Term]
    forest: Forest
    linear: float
    """How much of the linear reading counts, 0 to 1; the rest are the votes."""
    sharpness: float
    """Scores are multiplied by it: found by cross-validation, so that shares hold."""
    standing: Forest
    """Reads `kinds.STANDING` alone."""
    kinds: tuple[Kind, ...]
    """What it learned from."""
    lifts: dict[str, float]
    """How much more often (log of the ratio) a piece of evidence is seen at blamed steps than at others."""
    measured: dict[str, Measured]

    def kind(self, run: ToldRun) -> Kind | None:
        """What this run is like; None where it is like nothing that was learned from."""
        return kind_like(layout_of(run), self.kinds)

    def shares(
        self, run: ToldRun, signals: Sequence[dict[str, float]] | None = None, *, seen: bool | None = None
    ) -> list[float]:
        """Of each step; they sum to 1, and callers' steps have none. Empty for a run without steps. `signals`
        are the run's, and `seen` whether it is of a kind that was learned from, where that is known."""
        signals = signals_of(run) if signals is None else signals
        if not signals:
            return []
        linear = normal([self._linear(one) for one in signals])
        votes = _votes(self.forest, signals)
        mixed = [self.linear * a + (1 - self.linear) * b for a, b in zip(linear, votes, strict=True)]
        shares = [exp(one) for one in normal([self.sharpness * one for one in mixed])]
        seen = self.kind(run) is not None if seen is None else seen
        if not seen and self.standing.trees:
            places = _votes(self.standing, signals)
            shares = [(one + exp(place)) / 2 for one, place in zip(shares, places, strict=True)]
        return without_callers(run, shares)

    def _linear(self, signals: dict[str, float]) -> float:
        total = 0.0
        for name, term in self.terms.items():
            far = (signals.get(name, term.mean) - term.mean) / term.sd
            total += term.weight * max(-FARTHEST, min(FARTHEST, far))
        return total

    def as_json(self) -> bytes:
        return orjson.dumps({"format": FORMAT, **asdict(self)}, option=orjson.OPT_SORT_KEYS)


def _votes(forest: Forest, signals: Sequence[dict[str, float]]) -> list[float]:
    """As logs of shares."""
    names = forest.signals
    return normal([log(LEAST_VOTE + forest.vote([one.get(n, 0.0) for n in names])) for one in signals])


def without_callers(run: ToldRun, shares: Sequence[float]) -> list[float]:
    """What callers say is never blamed; where nobody else did anything, all stay as they are."""
    others = [0.0 if step.doer is Doer.CALLER else one for one, step in zip(shares, run.steps, strict=True)]
    whole = sum(others)
    return [float(one / whole) for one in others] if whole > 0 else [float(one) for one in shares]


def normal(scores: Sequence[float]) -> list[float]:
    """Logs of shares: what the scores are once their exponentials sum to 1."""
    most = max(scores)
    whole = most + log(sum(exp(one - most) for one in scores))
    return [one - whole for one in scores]


def from_json(text: bytes) -> StepModel:
    """What `as_json` wrote. ValueError where it is anything else."""
    try:
        value: dict[str, Any] = orjson.loads(text)
        if value.pop("format") != FORMAT:
            raise ValueError(f"step model: expected format {FORMAT}")
        return StepModel(
            **{
                **value,
                "terms": {name: Term(**term) for name, term in value["terms"].items()},
                "forest": _forest(value["forest"]),
                "standing": _forest(value["standing"]),
                "kinds": tuple(
                    Kind(**{**one, "mean": tuple(one["mean"]), "sd": tuple(one["sd"])})
                    for one in value["kinds"]
                ),
                "measured": {
                    name: Measured(**{**one, "bins": tuple(Held(**held) for held in one["bins"])})
                    for name, one in value["measured"].items()
                },
            }
        )
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as fault:
        raise ValueError(f"step model: not one of ours ({fault!r})") from None


def _forest(value: dict[str, Any]) -> Forest:
    trees = tuple(Tree(**{name: tuple(part) for name, part in tree.items()}) for tree in value["trees"])
    return Forest(signals=tuple(value["signals"]), trees=trees)


@cache
def shipped() -> StepModel:
    """The weights that ship (docs/reference/step-ranking.md)."""
    return from_json(gzip.decompress(files(__package__).joinpath("weights.json.gz").read_bytes()))
