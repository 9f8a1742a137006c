"""Readings of labelled runs: their signals as a table, a conditional logit, and trees. For `fit` alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from roadworthy.features.debug.ranking.forest import Forest, Tree
from roadworthy.features.debug.ranking.kinds import STANDING
from roadworthy.features.debug.ranking.model import FARTHEST, LEAST_VOTE
from roadworthy.features.debug.ranking.signals import signals_of
from roadworthy.features.debug.ranking.told import ToldRun

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SEED = 1
STANDING_LEAF = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A failed run, and the step that people blamed."""

    run: ToldRun
    blamed: int
    """Index into the run's steps."""
    task: str
    """Attempts at one task are never on both sides of a cross-validation."""
    dataset: str


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` of all steps of all runs, one below the other; those of run `i` begin at `starts[i]`."""

    rows: Floats
    starts: Ints
    blamed: Ints
    """The row of each run that is to blame."""
    names: tuple[str, ...]

    def of(self, runs: Ints) -> Table:
        parts = [np.arange(self.starts[i], self.starts[i + 1]) for i in runs]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
        within = self.blamed[runs] - self.starts[runs]
        return Table(self.rows[np.concatenate(parts)], starts, starts[:-1] + within, self.names)

    def only(self, names: Sequence[str]) -> Table:
        places = [self.names.index(one) for one in names]
        return Table(self.rows[:, places], self.starts, self.blamed, tuple(names))

    def split(self, scores: Floats) -> list[Floats]:
        return np.split(scores, self.starts[1:-1])


def table_of(examples: Sequence[Example]) -> Table:
    told = [signals_of(one.run) for one in examples]
    names = tuple(sorted(told[0][0]))
    rows = np.array([[step[name] for name in names] for steps in told for step in steps])
    starts = np.concatenate([[0], np.cumsum([len(steps) for steps in told])])
    return Table(rows, starts, starts[:-1] + np.array([one.blamed for one in examples]), names)


def conditional_logit(rows: Floats, starts: Ints, blamed: Ints, *, precision: float) -> Floats:
    """Weights of a softmax over the steps of each run (McFadden 1974, "Conditional logit analysis of
    qualitative choice behavior") with a Gaussian prior around 0, at the mode, by Newton's method with
    halved steps."""
    weights = np.zeros(rows.shape[1])
    value, shares = _likelihood(rows, starts, blamed, weights, precision)
    for _ in range(60):
        means = np.add.reduceat(rows * shares[:, None], starts[:-1])
        slope = means.sum(0) - rows[blamed].sum(0) + precision * weights
        curvature = (rows * shares[:, None]).T @ rows - means.T @ means + precision * np.eye(len(weights))
        step = np.linalg.solve(curvature, slope)
        size = 1.0
        while True:
            after, shares = _likelihood(rows, starts, blamed, weights - size * step, precision)
            if after <= value - 1e-4 * size * float(slope @ step) or size < 1e-6:
                break
            size /= 2
        weights = weights - size * step
        if value - after < 1e-6:
            break
        value = after
    return weights


def _likelihood(
    rows: Floats, starts: Ints, blamed: Ints, weights: Floats, precision: float
) -> tuple[float, Floats]:
    scores = normal_by_run(rows @ weights, starts)
    return float(-scores[blamed].sum() + precision / 2 * weights @ weights), np.exp(scores)


def normal_by_run(scores: Floats, starts: Ints) -> Floats:
    """Logs of shares, run by run."""
    lengths = np.diff(starts)
    scores = scores - np.repeat(np.maximum.reduceat(scores, starts[:-1]), lengths)
    whole = np.log(np.add.reduceat(np.exp(scores), starts[:-1]))
    normal: Floats = scores - np.repeat(whole, lengths)
    return normal


@dataclass(slots=True)
class Linear:
    mean: Floats
    sd: Floats
    weights: Floats

    def scores(self, table: Table) -> Floats:
        far = np.clip((table.rows - self.mean) / self.sd, -FARTHEST, FARTHEST)
        return normal_by_run(far @ self.weights, table.starts)


def linear(table: Table, precision: float) -> Linear:
    mean, sd = table.rows.mean(0), table.rows.std(0)
    sd[sd < 1e-6] = 1.0
    far = np.clip((table.rows - mean) / sd, -FARTHEST, FARTHEST)
    return Linear(mean, sd, conditional_logit(far, table.starts, table.blamed, precision=precision))


def grown(table: Table, *, leaf: int, extra: bool, trees: int) -> Any:
    """Trees whose votes are shares of blamed steps; `extra`: extremely randomised."""
    kind = ExtraTreesClassifier if extra else RandomForestClassifier
    forest = kind(trees, min_samples_leaf=leaf, max_features=0.3 if extra else 0.2, random_state=SEED)
    marks = np.zeros(len(table.rows), dtype=int)
    marks[table.blamed] = 1
    return forest.fit(table.rows, marks)


def votes(forest: Any, table: Table) -> Floats:
    """As logs of shares, run by run."""
    return normal_by_run(np.log(LEAST_VOTE + forest.predict_proba(table.rows)[:, 1]), table.starts)


def standing(table: Table, *, trees: int) -> Any:
    """Trees that see only what a step's place and doer say (`kinds.STANDING`)."""
    return grown(table.only(STANDING), leaf=STANDING_LEAF, extra=True, trees=trees)


def forest_of(forest: Any, names: Sequence[str]) -> Forest:
    """As it ships."""
    return Forest(signals=tuple(names), trees=tuple(_tree(one.tree_) for one in forest.estimators_))


def short(value: float) -> float:
    return float(f"{value:.5g}")


def _tree(tree: Any) -> Tree:
    votes = tree.value[:, 0, 1] / tree.value[:, 0].sum(1)
    leaf = tree.children_left < 0
    return Tree(
        signal=tuple(int(-1 if end else one) for one, end in zip(tree.feature, leaf, strict=True)),
        # Signals are read as 32 bit floats while trees are grown: the cut is kept between two of them.
        cut=tuple(0.0 if end else float(f"{one:.8g}") for one, end in zip(tree.threshold, leaf, strict=True)),
        left=tuple(int(max(0, one)) for one in tree.children_left),
        right=tuple(int(max(0, one)) for one in tree.children_right),
        vote=tuple(round(float(one), 3) if end else 0.0 for one, end in zip(votes, leaf, strict=True)),
    )
