"""What the API says of how a drill came out."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.drills import DrillRunView, DrillView, drill_view, run_view
from roadworthy.features.gateway.drills.fault import BY_NAME
from roadworthy.features.gateway.drills.report import DrillReport, FaultReport, RunReport, Share
from roadworthy.features.gateway.drills.service import Progress
from roadworthy.features.gateway.drills.verdict import Verdict


class ShareView(BaseModel):
    """Runs that survived: recovered, or said so. What was not reached or cannot be told counts in neither."""

    survived: int
    decided: int
    share: float | None = Field(description="null where nothing was decided")
    low: float | None = Field(description="Interval: Wilson, 95 %")
    high: float | None
    recovered: int
    said_so: int
    silently_wrong: int
    crashed: int
    not_reached: int
    unknown: int


class DrillRunReport(BaseModel):
    run: DrillRunView
    verdict: Verdict
    why: str
    applied: list[str] = Field(description="Faults that were put into its calls, in order")
    right: str | None = Field(description="The expected answer, or that of a clean run")
    findings: list[str] = Field(description="Detectors that found something in it: evidence, not the verdict")


class DrillFaultReport(BaseModel):
    faults: list[str] = Field(description="One, or two for a pair")
    title: str
    share: ShareView
    unreachable: int = Field(description="Tasks with no call that it could be in")
    runs: list[DrillRunReport]


class DrillCaseReport(BaseModel):
    case: str
    input: str
    expected: str | None
    unsteady: str | None = Field(description="Why nothing can be concluded from this task; null: it can")
    clean: list[DrillRunView]


class DrillReportView(BaseModel):
    drill: DrillView
    share: ShareView = Field(description="Of runs with one fault")
    pairs_share: ShareView
    silently_wrong: int = Field(description="Runs, of both")
    faults: list[DrillFaultReport]
    pairs: list[DrillFaultReport]
    cases: list[DrillCaseReport]


def report_view(report: DrillReport, progress: Progress) -> DrillReportView:
    cases = {one.id: one for one in report.drill.cases}
    return DrillReportView(
        drill=drill_view(report.drill, progress),
        share=share_view(report.share),
        pairs_share=share_view(report.pairs_share),
        silently_wrong=len(report.silently_wrong),
        faults=[_fault(one) for one in report.faults],
        pairs=[_fault(one) for one in report.pairs],
        cases=[
            DrillCaseReport(
                case=one.case,
                input=cases[one.case].input,
                expected=cases[one.case].expected or None,
                unsteady=one.unsteady or None,
                clean=[run_view(run) for run in one.clean],
            )
            for one in report.cases
        ],
    )


def share_view(share: Share) -> ShareView:
    return ShareView(
        survived=share.survived,
        decided=share.decided,
        share=share.share,
        low=share.interval.low if share.interval else None,
        high=share.interval.high if share.interval else None,
        **{verdict.value: share.counts[verdict] for verdict in Verdict},
    )


def _fault(one: FaultReport) -> DrillFaultReport:
    return DrillFaultReport(
        faults=list(one.faults),
        title=" + ".join(BY_NAME[fault].title for fault in one.faults),
        share=share_view(one.share),
        unreachable=one.unreachable,
        runs=[_run(run) for run in one.runs],
    )


def _run(one: RunReport) -> DrillRunReport:
    return DrillRunReport(
        run=run_view(one.run),
        verdict=one.judged.verdict,
        why=one.judged.why,
        applied=list(one.applied),
        right=one.right or None,
        findings=list(one.findings),
    )
