"""Fitting the ranking of steps. Imported by jobs and benchmarks only: numpy and scikit-learn cost memory that
a server at rest must not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import log

import numpy as np

from roadworthy.features.debug.ranking.evidence import PIECES
from roadworthy.features.debug.ranking.forest import Forest
from roadworthy.features.debug.ranking.kinds import LEAST_SPREAD, STANDING, Kind, kind_like, layout_of
from roadworthy.features.debug.ranking.model import UNSEEN, Measured, StepModel, Term, without_callers
from roadworthy.features.debug.ranking.outcomes import Outcome, measured
from roadworthy.features.debug.ranking.readings import (
    SEED,
    Example,
    Floats,
    Ints,
    Table,
    forest_of,
    grown,
    linear,
    short,
    standing,
    table_of,
    votes,
)

OUTER_FOLDS, INNER_FOLDS = 10, 4
_SHARPNESS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)
_OWN_RUNS, _LEAST_REACH = 0.95, 1.0
"""Of a kind's own runs so many are within its reach."""


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


# --- choosing, and measuring on runs not seen --------------------------------------------------------------


def folds_of(tasks: Sequence[str], *, folds: int, seed: int) -> list[tuple[Ints, Ints]]:
    """(train, test) indices; all runs of one task are on one side."""
    distinct = sorted(set(tasks))
    order = np.random.default_rng(seed).permutation(len(distinct))
    fold = {distinct[place]: at % folds for at, place in enumerate(order)}
    mine = np.array([fold[task] for task in tasks])
    return [(np.flatnonzero(mine != k), np.flatnonzero(mine == k)) for k in range(folds)]


def _candidates(train: Table, test: Table, choices: Sequence[Choice], *, trees: int) -> list[list[Floats]]:
    straight = {
        p: linear(train, p).scores(test) for p in {one.precision for one in choices if one.linear > 0}
    }
    voted = {
        kind: votes(grown(train, leaf=kind[0], extra=kind[1], trees=trees), test)
        for kind in {(one.leaf, one.extra) for one in choices if one.linear < 1}
    }
    out = []
    for one in choices:
        mixed = np.zeros(len(test.rows))
        if one.linear > 0:
            mixed = mixed + one.linear * straight[one.precision]
        if one.linear < 1:
            mixed = mixed + (1 - one.linear) * voted[one.leaf, one.extra]
        out.append(test.split(mixed))
    return out


def chosen(
    table: Table,
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
        out += _tried(
            [examples[i] for i in train],
            mine,
            [examples[i] for i in test],
            held,
            choice=choice,
            sharpness=sharpness,
            trees=trees,
        )
    return out


def transferred(
    learned: Sequence[Example],
    tried: Sequence[Example],
    *,
    trees: int = 100,
    choices: Sequence[Choice] = CHOICES,
) -> list[Outcome]:
    """Fitted on some data sets, tried on another."""
    table = table_of(learned)
    tasks = [f"{one.dataset}/{one.task}" for one in learned]
    choice, sharpness = chosen(table, tasks, seed=SEED, trees=trees, choices=choices)
    other = table_of(tried)
    return _tried(learned, table, tried, other, choice=choice, sharpness=sharpness, trees=trees)


def each_unseen(
    examples: Sequence[Example], *, trees: int = 100, choices: Sequence[Choice] = CHOICES
) -> list[Outcome]:
    """Each data set by what was learned from the others: how it does on kinds of runs it has seen none of."""
    out: list[Outcome] = []
    for name in sorted({one.dataset for one in examples}):
        learned = [one for one in examples if one.dataset != name]
        tried = [one for one in examples if one.dataset == name]
        out += transferred(learned, tried, trees=trees, choices=choices) if learned else []
    return out


def _tried(
    learned: Sequence[Example],
    mine: Table,
    tried: Sequence[Example],
    held: Table,
    *,
    choice: Choice,
    sharpness: float,
    trees: int,
) -> list[Outcome]:
    """As `StepModel.shares` reads it, with more trees."""
    full = _candidates(mine, held, [choice], trees=2 * trees)[0]
    places = held.split(votes(standing(mine, trees=trees), held.only(STANDING)))
    kinds, guesses = kinds_of(learned), constants(learned)
    out = []
    for one, scores, place in zip(tried, full, places, strict=True):
        shares = np.exp(sharpness * scores - (sharpness * scores).max())
        shares /= shares.sum()
        if kind_like(layout_of(one.run), kinds) is None:
            shares = (shares + np.exp(place)) / 2
        out.append(
            Outcome(
                dataset=one.dataset,
                shares=np.array(without_callers(one.run, shares)),
                blamed=one.blamed,
                constant=guesses.get(one.dataset, guesses[""]),
            )
        )
    return out


def kinds_of(examples: Sequence[Example]) -> tuple[Kind, ...]:
    """One for each data set."""
    found = []
    for name in sorted({one.dataset for one in examples}):
        layouts = np.array([layout_of(one.run) for one in examples if one.dataset == name])
        mean, sd = layouts.mean(0), np.maximum(layouts.std(0), LEAST_SPREAD)
        distances = np.sqrt((((layouts - mean) / sd) ** 2).mean(1))
        reach = max(_LEAST_REACH, float(np.quantile(distances, _OWN_RUNS)))
        found.append(
            Kind(
                name=name,
                mean=tuple(map(short, mean)),
                sd=tuple(map(short, sd)),
                reach=short(reach),
            )
        )
    return tuple(found)


def constants(examples: Sequence[Example]) -> dict[str, int]:
    """The step most often blamed, by data set; of all together under ""."""
    found: dict[str, int] = {}
    for name in ("", *sorted({one.dataset for one in examples})):
        counts = np.bincount([one.blamed for one in examples if name in ("", one.dataset)])
        found[name] = int(counts.argmax())
    return found


# --- what ships --------------------------------------------------------------------------------------------


def fit(
    examples: Sequence[Example],
    *,
    outcomes: Sequence[Outcome],
    unseen: Sequence[Outcome] = (),
    trees: int = 100,
    choices: Sequence[Choice] = CHOICES,
) -> StepModel:
    """On all of them. `outcomes` are theirs from `cross_validated`, `unseen` from `each_unseen`: it ships
    with how well it held. Deterministic."""
    table = table_of(examples)
    tasks = [f"{one.dataset}/{one.task}" for one in examples]
    choice, sharpness = chosen(table, tasks, seed=SEED, trees=trees, choices=choices)
    none = Forest(signals=(), trees=())
    grew = grown(table, leaf=choice.leaf, extra=choice.extra, trees=trees) if choice.linear < 1 else None
    model = StepModel(
        label="",
        terms=_terms(table, choice.precision) if choice.linear > 0 else {},
        forest=forest_of(grew, table.names) if grew is not None else none,
        linear=choice.linear,
        sharpness=sharpness,
        standing=forest_of(standing(table, trees=trees), STANDING),
        kinds=kinds_of(examples),
        lifts=_lifts(table),
        measured=_measured(outcomes) | ({UNSEEN: measured(unseen)} if unseen else {}),
    )
    return replace(model, label="steps-" + hashlib.sha256(model.as_json()).hexdigest()[:8])


def _terms(table: Table, precision: float) -> dict[str, Term]:
    read = linear(table, precision)
    return {
        name: Term(weight=short(read.weights[i]), mean=short(read.mean[i]), sd=short(read.sd[i]))
        for i, name in enumerate(table.names)
    }


def _measured(outcomes: Sequence[Outcome]) -> dict[str, Measured]:
    """By data set, and together under ""."""
    names = sorted({one.dataset for one in outcomes})
    return {"": measured(outcomes)} | {
        name: measured([one for one in outcomes if one.dataset == name]) for name in names
    }


def _lifts(table: Table) -> dict[str, float]:
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
