"""How well failures are found on labelled runs: figures only, no text of anybody's runs.

Imported by commands only: the floor made of words needs scikit-learn.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.evaluation.examples import Judged, judged
from roadworthy.features.judge.evaluation.split import Half
from roadworthy.features.judge.evaluation.traces import Record, Source
from roadworthy.features.judge.failure_model.model import FailureModel, sigmoid
from roadworthy.features.judge.transcript import Saying, Transcript
from roadworthy.stats.calibration import Bin, brier, expected_error, reliability
from roadworthy.stats.intervals import Interval
from roadworthy.stats.ranking import (
    precision_at_recall,
    recall_at_false_alarms,
    roc_auc,
    roc_auc_interval,
)

_EXAMPLES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How well one score tells failures from successes. None where there is one class only."""

    auc: float | None
    interval: Interval | None
    """95 %, bootstrapped over tasks."""
    precision_at_half_recall: float | None
    recall_at_5_percent_false_alarms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorFigures:
    name: str
    half: Half
    fired: int
    """Runs in which it found something."""
    true: int
    """Failed ones among them."""
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """`as_shipped` without knowing the agent's failure rate; `at_its_rate` with the intercept moved to it."""

    ece_as_shipped: float
    brier_as_shipped: float
    ece_at_its_rate: float
    brier_at_its_rate: float
    bins: tuple[Bin, ...]
    """At its rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfFigures:
    half: Half
    n: int
    failures: int
    tasks: int
    p_failure: Ranking
    floors: dict[str, Ranking] = field(default_factory=dict)
    reliability: Reliability | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    dataset: str
    measures_outcome: bool
    halves: tuple[HalfFigures, ...]
    detectors: tuple[DetectorFigures, ...]
    cpu_ms_median: float
    """Transcript, detectors, signals and probability, for one run."""
    spans_median: float
    missed: tuple[str, ...] = ()
    """Held-out failures that were thought safest."""
    suspected: tuple[str, ...] = ()
    """Held-out successes that were thought worst."""


def measure(
    source: Source, folder: Path, *, record: Record, model: FailureModel, detectors: Sequence[Detector]
) -> Measured:
    """FileNotFoundError where the folder does not have the source."""
    runs = list(judged(source, folder, record=record, detectors=detectors))
    estimates = [model.estimate(run.reading) for run in runs]
    logits = [one.logit for one in estimates]
    by_half = {half: [i for i, run in enumerate(runs) if run.trace.half is half] for half in Half}
    held = by_half[Half.HELD_OUT]
    words = _words_floor(runs, by_half) if source.measures_outcome else {}
    halves = tuple(
        _half(
            half, [runs[i] for i in at], [logits[i] for i in at], words=words if half is Half.HELD_OUT else {}
        )
        for half, at in by_half.items()
        if at and source.measures_outcome
    )
    ranked = sorted(held, key=lambda i: logits[i])
    outcome = source.measures_outcome
    return Measured(
        dataset=source.name,
        measures_outcome=outcome,
        halves=halves,
        detectors=_detectors(detectors, runs),
        cpu_ms_median=round(statistics.median(run.cpu_ms for run in runs), 3),
        spans_median=statistics.median(len(run.transcript.spans) for run in runs),
        missed=tuple(runs[i].trace.id for i in ranked if runs[i].trace.failed)[:_EXAMPLES] if outcome else (),
        suspected=tuple(runs[i].trace.id for i in reversed(ranked) if not runs[i].trace.failed)[:_EXAMPLES],
    )


def _half(half: Half, runs: list[Judged], logits: list[float], *, words: dict[str, float]) -> HalfFigures:
    known = [i for i, run in enumerate(runs) if run.trace.failed is not None]
    runs, logits = [runs[i] for i in known], [logits[i] for i in known]
    failed = [bool(run.trace.failed) for run in runs]
    tasks = [run.trace.task for run in runs]
    floors = {
        "any tool error": [float(run.transcript.run.failed_tool_calls > 0) for run in runs],
        "loop": [float(_repeats(run.transcript) > 0) for run in runs],
        "length of the run": [float(len(run.transcript.steps)) for run in runs],
    }
    if words:
        floors["words (TF-IDF)"] = [words[run.trace.id] for run in runs]
    return HalfFigures(
        half=half,
        n=len(runs),
        failures=sum(failed),
        tasks=len(set(tasks)),
        p_failure=rank(logits, failed, tasks=tasks),
        floors={name: rank(scores, failed, tasks=tasks) for name, scores in floors.items()},
        reliability=_reliability(logits, failed),
    )


def rank(scores: Sequence[float], failed: Sequence[bool], *, tasks: Sequence[str]) -> Ranking:
    return Ranking(
        auc=roc_auc(scores, failed),
        interval=roc_auc_interval(scores, failed, clusters=tasks, rounds=500),
        precision_at_half_recall=precision_at_recall(scores, failed, recall=0.5),
        recall_at_5_percent_false_alarms=recall_at_false_alarms(scores, failed, rate=0.05),
    )


def _repeats(transcript: Transcript) -> int:
    """Calls and sayings that are the very same as an earlier one: the floor, not our detector."""
    calls = Counter((tool.name, tool.arguments) for tool in transcript.tools)
    said = Counter(one.text for one in transcript.sayings if one.role == "assistant")
    return sum(times - 1 for times in (*calls.values(), *said.values()))


def _reliability(logits: list[float], failed: list[bool]) -> Reliability | None:
    if not failed or not 0 < sum(failed) < len(failed):
        return None
    shipped = [sigmoid(logit) for logit in logits]
    moved = [sigmoid(logit + _shift(logits, sum(failed) / len(failed))) for logit in logits]
    bins = reliability(moved, failed, bins=8)
    return Reliability(
        ece_as_shipped=expected_error(reliability(shipped, failed, bins=8)),
        brier_as_shipped=brier(shipped, failed),
        ece_at_its_rate=expected_error(bins),
        brier_at_its_rate=brier(moved, failed),
        bins=tuple(bins),
    )


def _shift(logits: list[float], rate: float) -> float:
    """What must be added to all for their mean probability to be `rate`, by halving."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = sum(sigmoid(logit + middle) for logit in logits) / len(logits)
        low, high = (middle, high) if mean < rate else (low, middle)
    return (low + high) / 2


def _words_floor(runs: list[Judged], by_half: dict[Half, list[int]]) -> dict[str, float]:
    """A plain TF-IDF and logistic model of everything said and done, trained on the development half: run id
    to its log-odds, for the other half. Empty where either half has one class only."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    train, test = by_half[Half.DEVELOPMENT], by_half[Half.HELD_OUT]
    labels = [bool(runs[i].trace.failed) for i in train]
    if not test or not 0 < sum(labels) < len(labels):
        return {}
    vectors = TfidfVectorizer(sublinear_tf=True, min_df=2)
    rows = vectors.fit_transform([_text(runs[i].transcript) for i in train])
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000).fit(rows, labels)
    scores = model.decision_function(vectors.transform([_text(runs[i].transcript) for i in test]))
    return {runs[i].trace.id: float(score) for i, score in zip(test, scores, strict=True)}


def _text(transcript: Transcript) -> str:
    return "\n".join(
        step.text if isinstance(step, Saying) else f"{step.name} {step.arguments} {step.result}"
        for step in transcript.steps
        if not (isinstance(step, Saying) and step.role == "system")
    )


def _detectors(detectors: Sequence[Detector], runs: list[Judged]) -> tuple[DetectorFigures, ...]:
    found: list[DetectorFigures] = []
    for half in Half:
        own = [run for run in runs if run.trace.half is half and run.trace.failed is not None]
        failures = sum(bool(run.trace.failed) for run in own)
        for detector in detectors:
            hit = [run for run in own if detector.name in run.reading.findings]
            true = sum(bool(run.trace.failed) for run in hit)
            found.append(
                DetectorFigures(
                    name=detector.name,
                    half=half,
                    fired=len(hit),
                    true=true,
                    precision=true / len(hit) if hit else None,
                    recall=true / failures if failures else None,
                )
            )
    return tuple(found)


def best_floor(figures: HalfFigures) -> float | None:
    """The highest AUC of a floor; one that ranks the wrong way round counts as it is."""
    known = [one.auc for one in figures.floors.values() if one.auc is not None]
    return max(known) if known else None
