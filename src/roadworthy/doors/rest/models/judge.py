"""What the API says about verdicts, words on runs, detectors and the quality of agents."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from roadworthy.domain.failure_mode import BY_ID, FailureMode
from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Outcome
from roadworthy.doors.rest.models.observe import RateView
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.scores import EvidenceView, SaidView, ScoreView, evidence_view
from roadworthy.doors.rest.models.settings import Body, JobView
from roadworthy.doors.rest.times import rfc3339_or_none
from roadworthy.features.judge.detectors.table import BY_NAME
from roadworthy.features.judge.failure_model.model import Calibration, Contribution
from roadworthy.features.judge.measured import Figures, Planted
from roadworthy.features.judge.mode_words import ModeWord


class FindingView(BaseModel):
    detector: str
    title: str
    version: int
    confidence: float = Field(description="How sure the detector is of what it says")
    suspicious: bool = Field(description="Whether it speaks for a failed run, or is only worth knowing")
    mode: str | None
    mode_name: str | None
    reason: str
    tool: str | None
    evidence: list[EvidenceView]


class CalibrationBinView(BaseModel):
    """Runs that were given about the same probability. Interval of what was observed: Wilson, 95 %."""

    low: float = Field(description="Where the bin begins: halfway to the one before")
    high: float
    n: int
    predicted: float
    observed: float | None
    observed_low: float | None
    observed_high: float | None


class CalibrationView(BaseModel):
    n: int = Field(description="Labelled runs it was measured on, none of which it was fitted on")
    failures: int
    brier: float
    ece: float = Field(description="Mean distance of predicted and observed over the bins")
    auc: float
    base_rate: float = Field(description="Failure rate among those runs; an agent's own may differ")
    fitted_on: str = Field(description="Whose runs the model was fitted on")
    bins: list[CalibrationBinView]


class ContributionView(BaseModel):
    """How much one signal moved the probability, in log-odds: above 0 towards failure."""

    signal: str
    title: str
    weight: float


class ModeWordView(BaseModel):
    """One voice for one failure mode."""

    mode: str
    mode_name: str | None
    source: str = Field(description="detector, judge, reviewer, user, ...")
    name: str = Field(description="Of the detector, or of the score")
    author: str | None = Field(description="The person, key or model")
    reason: str | None
    span_id: str | None = Field(description="null where it is about the run as a whole")
    at: str | None = Field(description="null for detectors")


class VerdictView(BaseModel):
    run_id: str
    judged: str | None = Field(description="Which detectors and model judged it; null: not judged yet")
    p_failure: float | None
    calibration: CalibrationView | None = Field(description="Of the model p_failure is from")
    contributions: list[ContributionView] = Field(description="Strongest first")
    outcome: Outcome
    outcome_source: str | None
    outcome_reason: str | None
    said: list[SaidView] = Field(description="Every word on the outcome, oldest first")
    precedence: list[str] = Field(description="Whose word counts first")
    findings: list[FindingView]
    modes: list[ModeWordView] = Field(
        description="Ways in which it failed and who says so: detectors, then judges and people by time"
    )
    scores: list[ScoreView] = Field(description="Of the run and its steps, oldest first")
    first_suspicious_span_id: str | None


class DetectorFiguresView(BaseModel):
    """On the held-out half of one labelled set. A precision says something beside `failures` of `n`."""

    dataset: str
    n: int
    failures: int = Field(description="Runs of the set that failed")
    found: int = Field(description="Runs it found something in")
    precision: float | None = Field(description="Share of those that failed")
    recall: float | None = Field(description="Share of the failed runs it found something in")


class PlantedFiguresView(BaseModel):
    """Of its own fault, planted in real runs of tasks that nobody tuned it on."""

    planted: int = Field(description="Runs that were given the fault")
    found: int = Field(description="Those it found it in")
    good: int = Field(description="Runs that ended well and that nothing was done to")
    alarms: int = Field(description="Those it found something in")
    precision: float | None = Field(description="Share of the planted among all it found")
    recall: float | None = Field(description="Share of the planted that it found")


class DetectorView(BaseModel):
    name: str
    title: str
    description: str
    mode: str | None
    mode_name: str | None
    version: int
    suspicious: bool
    enabled: bool
    found_7d: int = Field(description="Runs of the last seven days it found something in")
    runs_7d: int = Field(description="Runs of the last seven days that were judged")
    precision: float | None = Field(
        description="Over the labelled sets it found anything in; null: in none, or not measured"
    )
    recall: float | None
    labelled_n: int | None
    labelled_failures: int | None
    labelled_on: str | None = Field(description="Which labelled data, the half nobody tuned on")
    measured: list[DetectorFiguresView] = Field(description="By set")
    planted: PlantedFiguresView | None = Field(
        description="How well it finds its own fault, planted in real runs; null: not measured"
    )


class DetectorPage(BaseModel):
    items: list[DetectorView]
    next_cursor: None = None


class PreviewAsk(Body):
    limit: int = Field(default=50, ge=1, le=200, description="Newest runs to look at")


class PreviewFindView(BaseModel):
    run_id: str
    agent: str | None
    started_at: str
    reason: str
    evidence: list[EvidenceView]


class PreviewView(BaseModel):
    looked_at: int = Field(description="Runs; fewer than asked for where there are fewer or time ran out")
    items: list[PreviewFindView]


class FailureModeView(BaseModel):
    id: str
    name: str
    group: str
    source: Literal["mast", "roadworthy"]
    description: str


class FailureModePage(BaseModel):
    items: list[FailureModeView]
    next_cursor: None = None


class DetectorSwitch(Body):
    enabled: bool = True


class JudgingView(BaseModel):
    precedence: list[str] = Field(description="Whose word on an outcome counts first")
    detectors: dict[str, DetectorSwitch]
    external_id_attribute: str = Field(description="Attribute of runs that business events name them by")
    job: JobView | None = Field(
        default=None, description="What judges stored runs again, where a change started it"
    )


class JudgingChange(Body):
    """Only what is given changes."""

    precedence: list[Annotated[str, Field(min_length=1, max_length=40)]] | None = Field(
        default=None, max_length=20, description="Sources not in the list say nothing"
    )
    detectors: dict[str, DetectorSwitch] | None = Field(default=None, description="By name")
    external_id_attribute: str | None = Field(default=None, min_length=1, max_length=200)
    rejudge: bool | None = Field(
        default=None,
        description="Whether stored runs are judged again by it; left out: where the precedence changes",
    )


class QualityBucketView(BaseModel):
    start: str
    success: RateView
    unknown_outcomes: int


class QualityReleaseView(BaseModel):
    release: str | None
    success: RateView
    unknown_outcomes: int
    last_seen: str | None


class SuccessView(RateView):
    """Successes, of the runs whose outcome was said."""

    by_bucket: list[QualityBucketView]
    by_release: list[QualityReleaseView] = Field(description="Last seen first")


class ModeBucketView(BaseModel):
    bucket: str
    mode: str
    mode_name: str | None
    runs: int


class LikelyView(BaseModel):
    mean: float | None = Field(description="Mean p(failure) of the runs that have one")
    n: int


class QualityView(BaseModel):
    agent: str
    from_: str = Field(serialization_alias="from")
    to: str
    bucket_ms: float
    success: SuccessView
    modes_by_bucket: list[ModeBucketView]
    p_failure: LikelyView
    unknown_outcomes: int
    runs: int


def mode_name(mode: str) -> str | None:
    known = BY_ID.get(mode)
    return known.name if known else None


def finding_view(finding: Finding) -> FindingView:
    detector = BY_NAME.get(finding.detector)
    return FindingView(
        detector=finding.detector,
        # One that was taken out since still says what it found.
        title=detector.title if detector else finding.detector.replace("_", " ").capitalize(),
        version=finding.version,
        confidence=finding.confidence,
        suspicious=detector.suspicious if detector else True,
        mode=text(finding.mode),
        mode_name=mode_name(finding.mode),
        reason=finding.reason,
        tool=text(finding.tool),
        evidence=[evidence_view(one) for one in finding.evidence],
    )


def mode_word_view(word: ModeWord) -> ModeWordView:
    return ModeWordView(
        mode=word.mode,
        mode_name=mode_name(word.mode),
        source=word.source,
        name=word.name,
        author=text(word.author),
        reason=text(word.reason),
        span_id=text(word.span_id),
        at=rfc3339_or_none(word.at_ns) if word.at_ns else None,
    )


def calibration_view(calibration: Calibration) -> CalibrationView:
    bins = sorted(calibration.bins, key=lambda one: one.said)
    edges = [0.0, *((a.said + b.said) / 2 for a, b in pairwise(bins)), 1.0]
    return CalibrationView(
        n=calibration.n,
        failures=calibration.failures,
        brier=calibration.brier,
        ece=calibration.ece,
        auc=calibration.auc,
        base_rate=calibration.base_rate,
        fitted_on=calibration.source,
        bins=[
            CalibrationBinView(
                low=edges[number],
                high=edges[number + 1],
                n=one.n,
                predicted=one.said,
                observed=one.failed,
                observed_low=one.low,
                observed_high=one.high,
            )
            for number, one in enumerate(bins)
        ],
    )


def contribution_view(contribution: Contribution) -> ContributionView:
    detector = BY_NAME.get(contribution.name)
    title = detector.title if detector else contribution.name.replace("_", " ").capitalize()
    return ContributionView(signal=contribution.name, title=title, weight=contribution.amount)


def planted_figures_view(one: Planted) -> PlantedFiguresView:
    return PlantedFiguresView(
        planted=one.planted,
        found=one.found,
        good=one.good,
        alarms=one.alarms,
        precision=one.precision,
        recall=one.recall,
    )


def detector_figures_view(figures: Figures) -> DetectorFiguresView:
    return DetectorFiguresView(
        dataset=figures.dataset,
        n=figures.n,
        failures=figures.failures,
        found=figures.found,
        precision=figures.precision,
        recall=figures.recall,
    )


def failure_mode_view(mode: FailureMode) -> FailureModeView:
    return FailureModeView.model_validate(
        {
            "id": mode.id,
            "name": mode.name,
            "group": mode.group,
            "source": mode.source,
            "description": mode.description,
        }
    )
