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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run is told by judging it, in the words of `Run`, its issues left out."""

    judged: str
    p_failure: float | None
    findings: tuple[Finding, ...]
    detectors: tuple[str, ...]
    modes: tuple[str, ...]
    outcome: Outcome
    outcome_source: str
    outcome_reason: str

    def write(self, run: Run) -> None:
        """Into the run; to change a run that others hold is up to the caller."""
        run.judged, run.p_failure = self.judged, self.p_failure
        run.findings, run.detectors, run.modes = self.findings, self.detectors, self.modes
        run.outcome, run.outcome_source = self.outcome, self.outcome_source
        run.outcome_reason = self.outcome_reason


def verdict_on(transcript: Transcript, *, rules: Rules, scores: Sequence[Score] = ()) -> Verdict:
    """`fingerprint` and `evaluate` are not asked, and nothing is changed."""
    findings = find(transcript, detectors=rules.detectors, history=rules.history)
    modes = dict.fromkeys(word.mode for word in mode_words(findings, scores)) if findings or scores else ()
    word = resolve(said_of(transcript.run, scores), precedence=rules.precedence)
    return Verdict(
        judged=rules.label,
        p_failure=rules.predict(transcript, findings),
        findings=tuple(findings),
        detectors=tuple(dict.fromkeys(f.detector for f in findings)) if findings else (),
        modes=tuple(modes),
        outcome=word.outcome if word else Outcome.UNKNOWN,
        outcome_source=word.source if word else "",
        outcome_reason=word.reason if word else "",
    )


def judge_run(run: Run, spans: Sequence[Span], *, rules: Rules, scores: Sequence[Score] = ()) -> Judged:
    """A copy of `run`, as its spans tell it, with its verdict; its `version` is left as it is.

    `spans` are those of the run as assembled, `scores` what was said of it (`TelemetryStore.scores_of_runs`).
    Deterministic: judging twice gives the same.
    """
    transcript = Transcript(run, spans)
    verdict = verdict_on(transcript, rules=rules, scores=scores)
    judged = replace(run)
    verdict.write(judged)
    judged.issues = rules.fingerprint(judged, verdict.findings)
    return Judged(run=judged, scores=tuple(rules.evaluate(transcript)))
