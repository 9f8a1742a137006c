"""The probability that a run failed, worked out from what detectors found and how the run went.

A logistic model for each kind of run. Prediction is plain Python over weights in JSON; fitting is a job of
its own. No probability leaves here without the record of how well such probabilities have held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from math import exp
from typing import Any

import orjson

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.failure_model.reading import Kind, Reading, read
from roadworthy.features.judge.failure_model.wording import weigh
from roadworthy.features.judge.transcript import Transcript

FORMAT = 1
FARTHEST = 2.5
"""Standard deviations at which a signal stops counting for more: an unusual run is not a certain failure."""
MOST_WORDS = 1.5
MOST_FINDINGS = 4.0
"""Bounds of what wording and findings add, in log-odds."""
_SHOWN = 8
_SLIGHT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """`amount` in log-odds of failure: positive speaks for a failure. `name` is a detector's, a signal's or
    "wording"."""

    name: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Of `n` runs whose mean p was `said`, the share `failed`; 95 % interval of the latter."""

    said: float
    failed: float
    n: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How well such probabilities held, on runs the weights had not seen (cross-validated by task)."""

    source: str
    """Where the labels came from, in words."""
    n: int
    failures: int
    tasks: int
    auc: float
    brier: float
    ece: float
    """Expected calibration error: mean distance of said and true over the bins."""
    bins: tuple[ReliabilityBin, ...]
    base_rate: float
    """Failure rate the intercept stands for: where an agent's differs much, so do its probabilities, until
    its own labels are learned from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    p: float
    logit: float
    contributions: tuple[Contribution, ...]
    """Largest first, at most eight; they are why this run stands above or below an ordinary one."""
    calibration: Calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    weight: float
    """Log-odds a standard deviation."""
    mean: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Weights for one kind of run."""

    intercept: float
    terms: dict[str, Term]
    findings: dict[str, float]
    """Log-odds of a finding one is sure of, by detector. Detectors not named add nothing."""
    rarity: dict[str, float]
    """Inverse document frequencies of the words that count."""
    words: dict[str, float]
    word_weight: float
    """1 in the prior; a refit says how much the wording tells about its agent."""
    slope: float
    """Platt's: the slope that cross-validated scores had."""
    calibration: Calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureModel:
    label: str
    """Names these weights: whatever was judged under another label was judged by other weights."""
    parts: dict[Kind, Part] = field(default_factory=dict)

    def predict(self, transcript: Transcript, findings: Sequence[Finding]) -> Estimate:
        return self.estimate(read(transcript, findings))

    def p(self, transcript: Transcript, findings: Sequence[Finding]) -> float:
        """As `predict`, without the reasons."""
        reading = read(transcript, findings)
        part = self.parts[reading.kind]
        return sigmoid(part.slope * sum(amounts_of(part, reading).values()) + part.intercept)

    def estimate(self, reading: Reading) -> Estimate:
        part = self.parts[reading.kind]
        amounts = amounts_of(part, reading)
        logit = part.slope * sum(amounts.values()) + part.intercept
        told = sorted(
            (Contribution(name=name, amount=part.slope * amount) for name, amount in amounts.items()),
            key=lambda one: -abs(one.amount),
        )
        return Estimate(
            p=sigmoid(logit),
            logit=logit,
            contributions=tuple(one for one in told[:_SHOWN] if abs(one.amount) >= _SLIGHT),
            calibration=part.calibration,
        )

    def as_json(self) -> bytes:
        value = {"format": FORMAT, **asdict(self)}
        return orjson.dumps(
            value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        )


def amounts_of(part: Part, reading: Reading) -> dict[str, float]:
    """What each signal adds, before the slope. Signals and detectors that the weights do not know add
    nothing, and those the run lacks stand at their mean."""
    amounts: dict[str, float] = {}
    signals = reading.signals
    for name, term in part.terms.items():
        value = signals.get(name)
        if value is not None:
            far = (value - term.mean) / term.sd
            # Not by min and max: these few lines are half of what a probability costs.
            if not -FARTHEST < far < FARTHEST:
                far = -FARTHEST if far < 0 else FARTHEST
            amounts[name] = term.weight * far
    if reading.findings:
        amounts |= _of_findings(part, reading.findings)
    if part.words:
        amounts["wording"] = part.word_weight * wording(part, reading)
    return amounts


def _of_findings(part: Part, findings: dict[str, float]) -> dict[str, float]:
    found = {name: sure * part.findings[name] for name, sure in findings.items() if name in part.findings}
    total = sum(found.values())
    if abs(total) > MOST_FINDINGS:
        found = {name: amount * MOST_FINDINGS / abs(total) for name, amount in found.items()}
    return found


def wording(part: Part, reading: Reading) -> float:
    score = sum(value * part.words[word] for word, value in weigh(reading.words, part.rarity).items())
    return max(-MOST_WORDS, min(MOST_WORDS, score))


def sigmoid(logit: float) -> float:
    return 1 / (1 + exp(-logit)) if logit >= 0 else 1 - 1 / (1 + exp(logit))


def from_json(text: bytes) -> FailureModel:
    """What `as_json` wrote. ValueError where it is anything else."""
    try:
        value = orjson.loads(text)
        if value["format"] != FORMAT:
            raise ValueError(f"failure model: format {value['format']}, expected {FORMAT}")
        return FailureModel(
            label=value["label"], parts={Kind(kind): _part(part) for kind, part in value["parts"].items()}
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"failure model: not one of ours ({fault!r})") from None


def _part(value: dict[str, Any]) -> Part:
    calibration = value["calibration"]
    bins = tuple(ReliabilityBin(**each) for each in calibration["bins"])
    return Part(
        **{
            **value,
            "terms": {name: Term(**term) for name, term in value["terms"].items()},
            "calibration": Calibration(**{**calibration, "bins": bins}),
        }
    )


@cache
def prior() -> FailureModel:
    """The weights that ship: fitted on the development halves of open data (docs/reference/detection.md)."""
    return from_json(files(__package__).joinpath("prior.json").read_bytes())
