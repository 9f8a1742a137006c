"""Fitting the ranking of steps. Imported by jobs and benchmarks only: numpy and scikit-learn cost memory that
a server at rest must not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from roadworthy.features.debug.ranking.evidence import PIECES
from roadworthy.features.debug.ranking.forest import Forest, Tree
from roadworthy.features.debug.ranking.model import FARTHEST, StepModel, Term
from roadworthy.features.debug.ranking.outcomes import Outcome, measured
from roadworthy.features.debug.ranking.signals import signals_of
from roadworthy.features.debug.ranking.told import ToldRun

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SEED = 1
OUTER_FOLDS, INNER_FOLDS = 10, 4
_SHARPNESS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A failed run, and the step that people blamed."""

    run: ToldRun
    blamed: int
    """Index into the run's steps."""
    task: str
    """Attempts at one task are never on both sides of a cross-validation."""
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the inner folds choose between."""

    precision: float
    """1 / variance of the Gaussian prior on weights per standard deviation; the larger, the less is
    learned."""
    leaf: int
    """Steps at least that a leaf of the trees holds."""
    extra: bool
    """Extremely randomised trees, else a random forest."""
    linear: float


CHOICES = tuple(
    Choice(precision=precision, leaf=leaf, extra=extra, linear=linear)
    for precision, leaf, extra, linear in product((30.0, 100.0), (3, 6), (True, False), (0.0, 0.3, 0.6, 1.0))
    # Without trees it does not matter which, without weights not how tight.
    if not (linear == 1.0 and (leaf, extra) != (3, True)) and not (linear == 0.0 and precision != 30.0)
)


@dataclass(frozen=True, slots=True)
class _Table:
    """`rows` of all steps of all runs, one below the other; those of run `i` begin at `starts[i]`."""

    rows: Floats
    starts: Ints
    blamed: Ints
    """The row of each run that is to blame."""
    names: tuple[str, ...]

    def of(self, runs: Ints) -> _Table:
        parts = [np.arange(self.starts[i], self.starts[i + 1]) for i in runs]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
        within = self.blamed[runs] - self.starts[runs]
        return _Table(self.rows[np.concatenate(parts)], starts, starts[:-1] + within, self.names)

    def split(self, scores: Floats) -> list[Floats]:
        return np.split(scores, self.starts[1:-1])


def table_of(examples: Sequence[Example]) -> _Table:
    told = [signals_of(one.run) for one in examples]
    names = tuple(sorted(told[0][0]))
    rows = np.array([[step[name] for name in names] for steps in told for step in steps])
    starts = np.concatenate([[0], np.cumsum([len(steps) for steps in told])])
    return _Table(rows, starts, starts[:-1] + np.array([one.blamed for one in examples]), names)


# --- the two readings --------------------------------------------------------------------------------------


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
    scores = _normal(rows @ weights, starts)
    return float(-scores[blamed].sum() + precision / 2 * weights @ weights), np.exp(scores)


def _normal(scores: Floats, starts: Ints) -> Floats:
    """Logs of shares, run by run."""
    lengths = np.diff(starts)
    scores = scores - np.repeat(np.maximum.reduceat(scores, starts[:-1]), lengths)
    whole = np.log(np.add.reduceat(np.exp(scores), starts[:-1]))
    normal: Floats = scores - np.repeat(whole, lengths)
    return normal


@dataclass(slots=True)
class _Linear:
    mean: Floats
    sd: Floats
    weights: Floats

    def scores(self, table: _Table) -> Floats:
        far = np.clip((table.rows - self.mean) / self.sd, -FARTHEST, FARTHEST)
        return _normal(far @ self.weights, table.starts)


def _linear(table: _Table, precision: float) -> _Linear:
    mean, sd = table.rows.mean(0), table.rows.std(0)
    sd[sd < 1e-6] = 1.0
    far = np.clip((table.rows - mean) / sd, -FARTHEST, FARTHEST)
    return _Linear(mean, sd, conditional_logit(far, table.starts, table.blamed, precision=precision))


def _grown(table: _Table, *, leaf: int, extra: bool, trees: int) -> Any:
    kind = ExtraTreesClassifier if extra else RandomForestClassifier
    grown = kind(trees, min_samples_leaf=leaf, max_features=0.3 if extra else 0.2, random_state=SEED)
    marks = np.zeros(len(table.rows), dtype=int)
    marks[table.blamed] = 1
    return grown.fit(table.rows, marks)


def _votes(grown: Any, table: _Table) -> Floats:
    return _normal(np.log(0.01 + grown.predict_proba(table.rows)[:, 1]), table.starts)


# --- choosing, and measuring on runs not seen --------------------------------------------------------------


def folds_of(tasks: Sequence[str], *, folds: int, seed: int) -> list[tuple[Ints, Ints]]:
    """(train, test) indices; all runs of one task are on one side."""
    distinct = sorted(set(tasks))
    order = np.random.default_rng(seed).permutation(len(distinct))
    fold = {distinct[place]: at % folds for at, place in enumerate(order)}
    mine = np.array([fold[task] for task in tasks])
    return [(np.flatnonzero(mine != k), np.flatnonzero(mine == k)) for k in range(folds)]


def _candidates(train: _Table, test: _Table, choices: Sequence[Choice], *, trees: int) -> list[list[Floats]]:
    linear = {p: _linear(train, p).scores(test) for p in {one.precision for one in choices if one.linear > 0}}
    votes = {
        kind: _votes(_grown(train, leaf=kind[0], extra=kind[1], trees=trees), test)
        for kind in {(one.leaf, one.extra) for one in choices if one.linear < 1}
    }
    out = []
    for one in choices:
        mixed = np.zeros(len(test.rows))
        if one.linear > 0:
            mixed = mixed + one.linear * linear[one.precision]
        if one.linear < 1:
            mixed = mixed + (1 - one.linear) * votes[one.leaf, one.extra]
        out.append(test.split(mixed))
    return out


def chosen(
    table: _Table,
    tasks: Sequence[str],
    *,
    seed: int,
    trees: int,
    choices: Sequence[Choice] = CHOICES,
    folds: int = INNER_FOLDS,
) -> tuple[Choice, float]:
    """By cross-validation on these runs alone: the choice with the best likelihood, and the sharpness that
    makes its shares hold best."""
    likelihood = np.zeros((len(choices), len(_SHARPNESS)))
    for train, test in folds_of(tasks, folds=folds, seed=seed):
        held = table.of(test)
        blamed = held.blamed - held.starts[:-1]
        for at, scores in enumerate(_candidates(table.of(train), held, choices, trees=trees)):
            for sharp, sharpness in enumerate(_SHARPNESS):
                likelihood[at, sharp] += sum(
                    _log_share(sharpness * s, int(k)) for s, k in zip(scores, blamed, strict=True)
                )
    best = divmod(int(likelihood.argmax()), len(_SHARPNESS))
    return choices[best[0]], _SHARPNESS[best[1]]


def _log_share(scores: Floats, at: int) -> float:
    most = scores.max()
    return float(scores[at] - most - np.log(np.exp(scores - most).sum()))


def cross_validated(
    examples: Sequence[Example],
    *,
    seed: int = SEED,
    trees: int = 100,
    choices: Sequence[Choice] = CHOICES,
    folds: tuple[int, int] = (OUTER_FOLDS, INNER_FOLDS),
) -> list[Outcome]:
    """Nested: the choice, the sharpness and the constant guess of each fold are made on its training runs."""
    table = table_of(examples)
    tasks = [f"{one.dataset}/{one.task}" for one in examples]
    out: list[Outcome] = []
    for fold, (train, test) in enumerate(folds_of(tasks, folds=folds[0], seed=seed)):
        mine, held = table.of(train), table.of(test)
        choice, sharpness = chosen(
            mine,
            [tasks[i] for i in train],
            seed=seed + 1000 * fold,
            trees=trees,
            choices=choices,
            folds=folds[1],
        )
        scores = _candidates(mine, held, [choice], trees=2 * trees)[0]
        guesses = constants([examples[i] for i in train])
        out += [_outcome(examples[i], sharpness * s, guesses) for i, s in zip(test, scores, strict=True)]
    return out


def transferred(
    learned: Sequence[Example],
    tried: Sequence[Example],
    *,
    trees: int = 100,
    choices: Sequence[Choice] = CHOICES,
) -> list[Outcome]:
    """Fitted on one data set, tried on another."""
    table, other = table_of(learned), table_of(tried)
    tasks = [one.task for one in learned]
    choice, sharpness = chosen(table, tasks, seed=SEED, trees=trees, choices=choices)
    scores = _candidates(table, other, [choice], trees=2 * trees)[0]
    guesses = constants(learned)
    return [_outcome(one, sharpness * s, guesses) for one, s in zip(tried, scores, strict=True)]


def constants(examples: Sequence[Example]) -> dict[str, int]:
    """The step most often blamed, by data set; of all together under ""."""
    found: dict[str, int] = {}
    for name in ("", *sorted({one.dataset for one in examples})):
        counts = np.bincount([one.blamed for one in examples if name in ("", one.dataset)])
        found[name] = int(counts.argmax())
    return found


def _outcome(example: Example, scores: Floats, guesses: dict[str, int]) -> Outcome:
    shares = np.exp(scores - scores.max())
    return Outcome(
        dataset=example.dataset,
        shares=shares / shares.sum(),
        blamed=example.blamed,
        constant=guesses.get(example.dataset, guesses[""]),
    )


# --- what ships --------------------------------------------------------------------------------------------


def fit(
    examples: Sequence[Example],
    *,
    outcomes: Sequence[Outcome],
    trees: int = 100,
    choices: Sequence[Choice] = CHOICES,
) -> StepModel:
    """On all of them; `outcomes` are theirs from `cross_validated`, so that it ships with how well it held.
    Deterministic."""
    table = table_of(examples)
    tasks = [f"{one.dataset}/{one.task}" for one in examples]
    choice, sharpness = chosen(table, tasks, seed=SEED, trees=trees, choices=choices)
    linear = _linear(table, choice.precision)
    terms = {
        name: Term(weight=_short(linear.weights[i]), mean=_short(linear.mean[i]), sd=_short(linear.sd[i]))
        for i, name in enumerate(table.names)
    }
    grown = _grown(table, leaf=choice.leaf, extra=choice.extra, trees=trees)
    forest = Forest(signals=table.names, trees=tuple(_tree(one.tree_) for one in grown.estimators_))
    datasets = sorted({one.dataset for one in outcomes})
    model = StepModel(
        label="",
        terms=terms if choice.linear > 0 else {},
        forest=forest if choice.linear < 1 else Forest(signals=(), trees=()),
        linear=choice.linear,
        sharpness=sharpness,
        lifts=_lifts(table),
        measured={"": measured(outcomes)}
        | {name: measured([one for one in outcomes if one.dataset == name]) for name in datasets},
    )
    return replace(model, label="steps-" + hashlib.sha256(model.as_json()).hexdigest()[:8])


def _short(value: float) -> float:
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


def _lifts(table: _Table) -> dict[str, float]:
    """log of how much more often each piece of evidence stands at a blamed step than at another one of the
    same runs, with one seen and one unseen step added to each side."""
    blamed = np.zeros(len(table.rows), dtype=bool)
    blamed[table.blamed] = True
    found = {}
    for piece in PIECES:
        seen = np.array([piece.holds(dict(zip(table.names, row, strict=True))) for row in table.rows])
        here = (seen[blamed].sum() + 1) / (blamed.sum() + 2)
        elsewhere = (seen[~blamed].sum() + 1) / ((~blamed).sum() + 2)
        found[piece.name] = round(log(here / elsewhere), 3)
    return found
