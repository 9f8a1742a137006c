"""Fitting p-hat: once for the prior that ships, again for each agent as labels arrive.

Imported by jobs only: numpy and scikit-learn cost memory that a server at rest must not hold.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from roadworthy.features.judge.failure_model.model import (
    FARTHEST,
    Calibration,
    FailureModel,
    Part,
    ReliabilityBin,
    Term,
    amounts_of,
    sigmoid,
    wording,
)
from roadworthy.features.judge.failure_model.reading import Kind, Reading
from roadworthy.features.judge.failure_model.wording import weigh
from roadworthy.stats.calibration import brier, expected_error, platt, reliability
from roadworthy.stats.ranking import roc_auc

LEAST_LABELS = 20
LEAST_OF_EACH = 3

FINDING_PRIOR = 0.8
"""What a finding is taken to add before data speak: odds of failure times 2.2."""
GRAVE_PRIOR = 1.6
GRAVE = frozenset(
    {
        "false_success_claim",
        "tool_error_ignored",
        "injection_followed",
        "no_answer",
        "refused",
        "gave_up_early",
    }
)
"""Findings that are failures as such."""
SIGNAL_PRIOR = 0.15
"""What a standard deviation of a signal is taken to add before data speak, where its direction is known: on a
new agent equal weights do better than weights that few data have pulled apart (Dawes 1979, American
Psychologist 34:571-582)."""
_TERM_PRECISION = 40.0
_FINDING_PRECISION = 4.0
_WORD_PRECISION = 1.0
_REFIT_PRECISION = 20.0
"""Precisions (1 / variance) of the Gaussian priors on weights, in log-odds."""
_TASKS_A_WORD_IS_IN = 0.5
"""General words only: those in the talk of so large a share of the tasks. Rarer ones name the task."""
SIGNS = {
    "conditions": 1,
    "left_open": 1,
    "failed_tool_share": 1,
    "further_requests": 1,
    "longest_tool_burst": 1,
    "mean_message": 1,
    "numbers_in_answer": 1,
    "tools_a_turn": 1,
    "write_arguments_never_said": 1,
    "writes_done": 1,
    "writes_failed": 1,
    "writes_in_a_row": 1,
    "agreement": -1,
    "answer_is_what_was_computed": -1,
    "answers_differ": 1,
    "assumptions": 1,
    "code_failed": 1,
    "gaps": 1,
    "given_numbers_not_in_code": 1,
    "hedges": 1,
    "says_the_answer": -1,
    "second_thoughts": 1,
    "second_thoughts_at_the_end": 1,
}
"""Which way a signal may count, where reason says it beforehand."""
_FOLDS = 6
_SEED = 1

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    reading: Reading
    failed: bool
    task: str
    """Attempts at one task are never on both sides of a cross-validation."""
    dataset: str = ""
    """Each has a base rate of its own."""


def fit_prior(examples: Sequence[Example], *, detectors: Sequence[str]) -> FailureModel:
    """`detectors` names those whose findings speak for a failure. Deterministic."""
    parts = {
        kind: _fit_part([one for one in examples if one.reading.kind is kind], detectors=sorted(detectors))
        for kind in Kind
    }
    model = FailureModel(label="", parts=parts)
    return replace(model, label="prior-" + hashlib.sha256(model.as_json()).hexdigest()[:8])


def _fit_part(examples: list[Example], *, detectors: list[str]) -> Part:
    failed = np.array([one.failed for one in examples], dtype=float)
    datasets = sorted({one.dataset for one in examples})
    strata = np.array([[one.dataset == name for name in datasets] for one in examples], dtype=float)
    scores = np.zeros(len(examples))
    for train, test in _folds(examples):
        part, intercepts = _weights([examples[i] for i in train], strata[train], failed[train], detectors)
        scores[test] = [_score(part, examples[i].reading) for i in test] + strata[test] @ intercepts
    part, intercepts = _weights(examples, strata, failed, detectors)
    fitted = platt(scores.tolist(), failed.astype(bool).tolist())
    said = [sigmoid(fitted.slope * score + fitted.intercept) for score in scores]
    # Between agents whose rates differ the middle is taken; each dataset has the same say.
    intercept = fitted.slope * float(intercepts.mean()) + fitted.intercept
    rate = float(np.mean([sigmoid(fitted.slope * float(i) + fitted.intercept) for i in intercepts]))
    calibration = _calibration(
        said, examples, source=f"open data, development halves of {', '.join(datasets)}", base_rate=rate
    )
    return replace(part, intercept=intercept, slope=fitted.slope, calibration=calibration)


def _folds(examples: Sequence[Example]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    groups = [f"{one.dataset}/{one.task}" for one in examples]
    failed = [one.failed for one in examples]
    folds = min(_FOLDS, len(set(groups)), sum(failed), len(failed) - sum(failed))
    splitter = StratifiedGroupKFold(max(2, folds), shuffle=True, random_state=_SEED)
    return list(splitter.split(np.zeros(len(examples)), failed, groups))


def _score(part: Part, reading: Reading) -> float:
    return sum(amounts_of(part, reading).values())


def _weights(
    examples: list[Example], strata: Floats, failed: Floats, detectors: list[str]
) -> tuple[Part, Floats]:
    """A part without intercept, and one intercept for each dataset."""
    names = sorted({name for one in examples for name in one.reading.signals})
    signals = np.array([[one.reading.signals.get(name, np.nan) for name in names] for one in examples])
    mean, sd = np.nanmean(signals, axis=0), np.nanstd(signals, axis=0)
    sd[sd < 1e-6] = 1.0
    # A signal that a run does not have says nothing: it stands at the mean.
    terms = np.nan_to_num(np.clip((signals - mean) / sd, -FARTHEST, FARTHEST))
    found = np.array([[one.reading.findings.get(name, 0.0) for name in detectors] for one in examples])
    found = found.reshape(len(examples), len(detectors))
    rarity = _rarity(examples)
    vocabulary = sorted(rarity)
    place = {word: i for i, word in enumerate(vocabulary)}
    words = np.zeros((len(examples), len(vocabulary)))
    for row, one in enumerate(examples):
        for word, value in weigh(one.reading.words, rarity).items():
            words[row, place[word]] = value
    count = strata.shape[1]
    weights = newton_with_signs(
        np.hstack([strata, terms, found, words]),
        failed,
        centre=np.concatenate(
            [
                np.zeros(count),
                np.array([SIGNAL_PRIOR * SIGNS.get(name, 0) for name in names]),
                np.array([GRAVE_PRIOR if name in GRAVE else FINDING_PRIOR for name in detectors]),
                np.zeros(len(vocabulary)),
            ]
        ),
        precision=np.concatenate(
            [
                np.full(count, 0.05),
                np.full(len(names), _TERM_PRECISION),
                np.full(len(detectors), _FINDING_PRECISION),
                np.full(len(vocabulary), _WORD_PRECISION),
            ]
        ),
        signs=np.array(
            [0] * count
            + [SIGNS.get(name, 0) for name in names]
            + [1] * len(detectors)
            + [0] * len(vocabulary)
        ),
    )
    at = strata.shape[1]
    mine = [round(float(weight), 4) for weight in weights]
    part = Part(
        intercept=0.0,
        terms={
            name: Term(weight=mine[at + i], mean=round(float(mean[i]), 5), sd=round(float(sd[i]), 5))
            for i, name in enumerate(names)
        },
        findings={name: mine[at + len(names) + i] for i, name in enumerate(detectors)},
        rarity=rarity,
        words={word: mine[at + len(names) + len(detectors) + i] for i, word in enumerate(vocabulary)},
        word_weight=1.0,
        slope=1.0,
        calibration=_NOWHERE,
    )
    return part, weights[:at]


def _rarity(examples: Sequence[Example]) -> dict[str, float]:
    tasks: defaultdict[str, set[str]] = defaultdict(set)
    runs: Counter[str] = Counter()
    for one in examples:
        for word in one.reading.words:
            tasks[word].add(f"{one.dataset}/{one.task}")
            runs[word] += 1
    least = _TASKS_A_WORD_IS_IN * len({f"{one.dataset}/{one.task}" for one in examples})
    return {
        word: round(log((1 + len(examples)) / (1 + runs[word])) + 1, 4)
        for word in sorted(tasks)
        if len(tasks[word]) >= least
    }


def newton(rows: Floats, failed: Floats, *, centre: Floats, precision: Floats) -> Floats:
    """Weights of a logistic model with a Gaussian prior (mean `centre`, variance 1 / `precision`) at the mode
    of their posterior, by Newton's method (MacKay 1992, "The evidence framework", for the penalty)."""
    weights = centre.copy()
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (p - failed) + precision * (weights - centre)
        curvature = (rows * (p * (1 - p))[:, None]).T @ rows + np.diag(precision)
        step = np.linalg.solve(curvature, slope)
        weights = weights - step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights


def newton_with_signs(
    rows: Floats, failed: Floats, *, centre: Floats, precision: Floats, signs: NDArray[np.int64]
) -> Floats:
    """As `newton`; a weight that would get another sign than its own (0 is any) is held at 0. Few data say
    now and then that failing tools are a good sign; no reader would believe it of the next agent."""
    free = np.ones(len(signs), dtype=bool)
    weights = np.zeros(len(signs))
    for _ in range(5):
        weights = np.zeros(len(signs))
        weights[free] = newton(rows[:, free], failed, centre=centre[free], precision=precision[free])
        wrong = weights * signs < 0
        if not wrong.any():
            break
        free &= ~wrong
    return np.where(weights * signs < 0, 0.0, weights)


def _calibration(
    said: list[float], examples: Sequence[Example], *, source: str, base_rate: float
) -> Calibration:
    failed = [one.failed for one in examples]
    bins = reliability(said, failed)
    return Calibration(
        source=source,
        n=len(examples),
        failures=sum(failed),
        tasks=len({(one.dataset, one.task) for one in examples}),
        auc=round(roc_auc(said, failed) or 0.5, 4),
        brier=round(brier(said, failed), 4),
        ece=round(expected_error(bins), 4),
        bins=tuple(
            ReliabilityBin(
                said=round(each.said, 4),
                failed=round(each.happened, 4),
                n=each.n,
                low=round(each.low, 4),
                high=round(each.high, 4),
            )
            for each in bins
        ),
        base_rate=round(base_rate, 4),
    )


_NOWHERE = Calibration(
    source="", n=0, failures=0, tasks=0, auc=0.5, brier=0.0, ece=0.0, bins=(), base_rate=0.0
)


def refit(
    prior: FailureModel, examples: Sequence[Example], *, source: str = "labels of this agent"
) -> FailureModel:
    """`prior` moved towards what an agent's own labels say; as far as they are many. A kind of run that has
    too few labels keeps the weights of the prior. ValueError where none has enough (`LEAST_LABELS`, and
    `LEAST_OF_EACH` of either outcome)."""
    parts = dict(prior.parts)
    learned = False
    for kind in Kind:
        own = [one for one in examples if one.reading.kind is kind]
        failures = sum(one.failed for one in own)
        if len(own) >= LEAST_LABELS and min(failures, len(own) - failures) >= LEAST_OF_EACH:
            parts[kind] = _refit_part(prior.parts[kind], own, source)
            learned = True
    if not learned:
        raise ValueError(
            f"refitting needs {LEAST_LABELS} labelled runs of one kind, {LEAST_OF_EACH} successes and "
            f"{LEAST_OF_EACH} failures among them; there are {len(examples)}"
        )
    model = FailureModel(label="", parts=parts)
    return replace(model, label="refit-" + hashlib.sha256(model.as_json()).hexdigest()[:8])


def _refit_part(prior: Part, examples: list[Example], source: str) -> Part:
    failed = np.array([one.failed for one in examples], dtype=float)
    scores = np.zeros(len(examples))
    for train, test in _folds(examples):
        part = _moved(prior, [examples[i] for i in train], failed[train])
        scores[test] = [part.intercept + _score(part, examples[i].reading) for i in test]
    fitted = platt(scores.tolist(), failed.astype(bool).tolist())
    said = [sigmoid(fitted.slope * score + fitted.intercept) for score in scores]
    part = _moved(prior, examples, failed)
    return replace(
        part,
        intercept=round(fitted.slope * part.intercept + fitted.intercept, 5),
        slope=round(fitted.slope, 5),
        calibration=_calibration(said, examples, source=source, base_rate=float(failed.mean())),
    )


def _moved(prior: Part, examples: list[Example], failed: Floats) -> Part:
    terms, detectors = sorted(prior.terms), sorted(prior.findings)
    rows: Any = []
    for one in examples:
        signals = [
            max(-FARTHEST, min(FARTHEST, (one.reading.signals.get(name, term.mean) - term.mean) / term.sd))
            for name, term in ((name, prior.terms[name]) for name in terms)
        ]
        found = [one.reading.findings.get(name, 0.0) for name in detectors]
        rows.append([1.0, *signals, *found, wording(prior, one.reading)])
    centre = np.array(
        [
            prior.intercept,
            *(prior.slope * prior.terms[name].weight for name in terms),
            *(prior.slope * prior.findings[name] for name in detectors),
            prior.slope * prior.word_weight,
        ]
    )
    precision = np.full(len(centre), _REFIT_PRECISION)
    # The base rate is the agent's own matter: a few labels are enough to move it.
    precision[0] = 1.0
    weights = [round(float(w), 5) for w in newton(np.array(rows), failed, centre=centre, precision=precision)]
    return replace(
        prior,
        intercept=weights[0],
        terms={name: replace(prior.terms[name], weight=weights[1 + i]) for i, name in enumerate(terms)},
        findings={name: weights[1 + len(terms) + i] for i, name in enumerate(detectors)},
        word_weight=weights[-1],
        slope=1.0,
    )
