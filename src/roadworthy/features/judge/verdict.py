"""A run with its verdict: what detectors found, how likely it failed, and the resolved outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.history import NO_HISTORY, History
from roadworthy.features.judge.mode_words import mode_words
from roadworthy.features.judge.outcomes import PRECEDENCE, resolve, said_of
from roadworthy.features.judge.transcript import Transcript

log = logging.getLogger(__name__)

FINDINGS_KEPT = 40
"""A run that trips over everything is as well described by its first forty findings."""


Predict = Callable[[Transcript, Sequence[Finding]], float | None]
"""How likely the run failed; None where nobody can say (no calibrated model)."""
Fingerprint = Callable[[Run, Sequence[Finding]], tuple[str, ...]]
"""Ids of the issues a run belongs to."""
Evaluate = Callable[[Transcript], Sequence[Score]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a project wants its runs of one agent judged. `label` names detectors, model and settings: a run
    judged under another label is judged anew when somebody asks for it."""

    label: str
    predict: Predict
    fingerprint: Fingerprint
    detectors: tuple[Detector, ...] = DETECTORS
    precedence: tuple[str, ...] = PRECEDENCE
    history: History = field(default=NO_HISTORY)
    evaluate: Evaluate = lambda _: ()
    """What the project's evaluators say of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`run` carries its verdict; `scores` are those of evaluators."""

    run: Run
    scores: tuple[Score, ...] = ()


def find(
    transcript: Transcript, *, detectors: Sequence[Detector] = DETECTORS, history: History = NO_HISTORY
) -> list[Finding]:
    """What the detectors have to say, in their order."""
    findings: list[Finding] = []
    for detector in detectors:
        try:
            findings += detector.detect(transcript, history)
        except Exception:
            # One detector that stumbles over a run nobody foresaw must not keep the others from judging it.
            log.exception("detector %s failed on run %s", detector.name, transcript.run.id)
    return findings[:FINDINGS_KEPT]


def judge_run(run: Run, spans: Sequence[Span], *, rules: Rules, scores: Sequence[Score] = ()) -> Judged:
    """`run` as its spans tell it, with its verdict; its `version` is left as it is.

    `spans` are those of the run as assembled, `scores` what was said of it (`TelemetryStore.scores_of_runs`).
    Deterministic: judging twice gives the same.
    """
    transcript = Transcript(run, spans)
    findings = find(transcript, detectors=rules.detectors, history=rules.history)
    modes = dict.fromkeys(word.mode for word in mode_words(findings, scores))
    judged = replace(
        run,
        judged=rules.label,
        p_failure=rules.predict(transcript, findings),
        findings=tuple(findings),
        detectors=tuple(dict.fromkeys(f.detector for f in findings)),
        modes=tuple(modes),
    )
    word = resolve(said_of(run, scores), precedence=rules.precedence)
    judged.outcome = word.outcome if word else Outcome.UNKNOWN
    judged.outcome_source = word.source if word else ""
    judged.outcome_reason = word.reason if word else ""
    judged.issues = rules.fingerprint(judged, findings)
    return Judged(run=judged, scores=tuple(rules.evaluate(transcript)))
