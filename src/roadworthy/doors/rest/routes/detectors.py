"""Detectors, how a project judges, and the quality of agents over time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.contracts.telemetry import AggregateQuery, Filter, Op, RunQuery
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.judge import (
    DetectorPage,
    DetectorSwitch,
    DetectorView,
    JudgingChange,
    JudgingView,
    LikelyView,
    ModeBucketView,
    PreviewAsk,
    PreviewFindView,
    PreviewView,
    QualityBucketView,
    QualityReleaseView,
    QualityView,
    SuccessView,
    detector_figures_view,
    mode_name,
    planted_figures_view,
)
from roadworthy.doors.rest.models.observe import RateView, rate_view
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.scores import evidence_view
from roadworthy.doors.rest.models.settings import JobView
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import Times
from roadworthy.doors.rest.routes.operations import job_view
from roadworthy.doors.rest.times import milliseconds, parse_duration, rfc3339, rfc3339_or_none
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.detectors.table import BY_NAME, DETECTORS
from roadworthy.features.judge.history import history_of
from roadworthy.features.judge.judging import BadJudging, Judging
from roadworthy.features.judge.measured import figures_of, planted_of, pooled
from roadworthy.features.judge.preview import preview
from roadworthy.features.judge.quality import MOST_BUCKETS, Counted
from roadworthy.features.observe.rates import rate
from roadworthy.flows import rejudge

router = Endpoints(tags=["judging"])

_WEEK_NS = 7 * 86_400_000_000_000
_HISTORY_RUNS = 500
_HOUR_NS = 3_600_000_000_000
_DAY_NS = 24 * _HOUR_NS
# One preview at a time: each reads up to two hundred runs whole.
_PREVIEWING = threading.Semaphore(1)


@router.get("/detectors", operation_id="listDetectors")
def list_detectors(ctx: Context, project: ReadProject) -> DetectorPage:
    """What looks at every run, what it found in the last seven days, and how good it is on labelled data."""
    week = time.time_ns() - _WEEK_NS
    judged = (Filter(field="judged", op=Op.EXISTS),)
    total = ctx.observe.aggregate(project, AggregateQuery(filters=judged, from_ns=week))
    found = {
        row.group[0]: row.runs
        for row in ctx.observe.aggregate(
            project, AggregateQuery(by=("detectors",), filters=judged, from_ns=week)
        )
    }
    off = ctx.judge.judging.of(project).off
    runs = total[0].runs if total else 0
    return DetectorPage(
        items=[
            _detector_view(one, enabled=one.name not in off, found=found.get(one.name, 0), runs=runs)
            for one in DETECTORS
        ]
    )


def _detector_view(one: Detector, *, enabled: bool, found: int, runs: int) -> DetectorView:
    figures = figures_of(one)
    together = pooled(figures)
    planted = planted_of(one)
    return DetectorView(
        name=one.name,
        title=one.title,
        description=one.description,
        mode=text(one.mode),
        mode_name=mode_name(one.mode),
        version=one.version,
        suspicious=one.suspicious,
        enabled=enabled,
        found_7d=found,
        runs_7d=runs,
        precision=together.precision if together else None,
        recall=together.recall if together else None,
        labelled_n=together.n if together else None,
        labelled_failures=together.failures if together else None,
        labelled_on=together.dataset if together else None,
        measured=[detector_figures_view(each) for each in figures],
        planted=planted_figures_view(planted) if planted is not None else None,
    )


@router.post("/detectors/{name}/preview", operation_id="previewDetector", response_model=PreviewView)
def preview_detector(
    ctx: Context, answer: Answering, project: ReadProject, name: str, body: PreviewAsk
) -> Response:
    """What it says about the newest runs, switched on or not. Nothing is kept."""
    detector = BY_NAME.get(name)
    if detector is None:
        raise not_found("detector", name=name)
    if not _PREVIEWING.acquire(blocking=False):
        raise Problem(
            429,
            code="preview_running",
            title="A preview is running",
            detail="One at a time: try again in a few seconds.",
            headers={"Retry-After": "3"},
        )
    try:
        seen = preview(
            detector,
            _newest(ctx, project, limit=body.limit),
            history_of_agent=lambda agent: history_of(ctx.observe.runs(project, _lately(agent))),
        )
    finally:
        _PREVIEWING.release()
    return answer(
        PreviewView(
            looked_at=seen.looked_at,
            items=[
                PreviewFindView(
                    run_id=run.id,
                    agent=text(run.agent),
                    started_at=rfc3339(run.started_ns),
                    reason=finding.reason,
                    evidence=[evidence_view(one) for one in finding.evidence],
                )
                for run, finding in seen.found
            ],
        )
    )


def _lately(agent: str) -> RunQuery:
    return RunQuery(filters=(Filter(field="agent", op=Op.EQ, value=agent),), limit=_HISTORY_RUNS)


def _newest(ctx: RestContext, project: str, *, limit: int) -> Iterator[tuple[Run, tuple[Span, ...]]]:
    for run in ctx.observe.runs(project, RunQuery(limit=limit)):
        steps = ctx.observe.run_steps(project, run.id)
        if steps is not None:
            yield steps.run, steps.spans


@router.get("/judging", operation_id="getJudging")
def get_judging(ctx: Context, project: ReadProject) -> JudgingView:
    return _judging_view(ctx.judge.judging.of(project))


@router.put("/judging", operation_id="changeJudging")
def change_judging(ctx: Context, project: AdminProject, body: JudgingChange) -> JudgingView:
    """Whose word counts first, and which detectors look: for runs judged from now on. Where the precedence
    changes, or `rejudge` asks for it, stored runs that it touches are judged again in the background."""
    before = judging = ctx.judge.judging.of(project)
    if body.precedence is not None:
        judging = replace(judging, precedence=tuple(body.precedence))
    if body.detectors is not None:
        given = {name for name, switch in body.detectors.items() if not switch.enabled}
        judging = replace(judging, off=(judging.off - body.detectors.keys()) | given)
        for name in body.detectors.keys() - BY_NAME.keys():
            raise bad_field(f"body.detectors.{name[:60]}", "no such detector: see GET /api/v1/detectors")
    if body.external_id_attribute is not None:
        judging = replace(judging, external_id_attribute=body.external_id_attribute)
    try:
        ctx.judge.judging.save(project, judging)
    except BadJudging as bad:
        raise bad_field(f"body.{bad.field}", str(bad)) from None
    changed = judging.precedence != before.precedence
    again = changed if body.rejudge is None else body.rejudge
    job = _judged_again(ctx, project, before=before, after=judging) if again else None
    return _judging_view(judging, job=job)


def _judged_again(ctx: RestContext, project: str, *, before: Judging, after: Judging) -> JobView:
    """All runs, or where only the order changed or sources were taken out, those that have an outcome: a
    source that counts for the first time may be the only one that said anything."""
    filters: list[Filter] = []
    if after.off == before.off and set(after.precedence) <= set(before.precedence):
        filters.append(Filter(field="outcome_source", op=Op.EXISTS))
    arguments = rejudge.arguments(filters=filters, from_ns=None, to_ns=None)
    return job_view(ctx.jobs.add(project=project, kind=rejudge.KIND, arguments=arguments, unit="runs"))


def _judging_view(judging: Judging, *, job: JobView | None = None) -> JudgingView:
    return JudgingView(
        precedence=list(judging.precedence),
        detectors={one.name: DetectorSwitch(enabled=one.name not in judging.off) for one in DETECTORS},
        external_id_attribute=judging.external_id_attribute,
        job=job,
    )


@router.get("/agents/{agent:path}/quality", operation_id="getQuality", response_model=QualityView)
def get_quality(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    times: Times,
    agent: str,
    bucket: Annotated[str | None, Query(max_length=10, description="Its length: 1h, 1d...")] = None,
) -> Response:
    """How often the agent did its job, by time and by release, and in which ways it failed. Without `from`:
    the last seven days."""
    end = time.time_ns() if times.to_ns is None else times.to_ns
    start = max(0, end - _WEEK_NS) if times.from_ns is None else times.from_ns
    if bucket is None:
        bucket_ns = _HOUR_NS if end - start <= 2 * _DAY_NS else _DAY_NS
        bucket_ns = max(bucket_ns, -(-(end - start) // MOST_BUCKETS // _DAY_NS) * _DAY_NS)
    else:
        bucket_ns = parse_duration(bucket, field="query.bucket")
    if (wanted := (end - start) // bucket_ns) > MOST_BUCKETS:
        raise bad_field("query.bucket", f"gives {wanted} buckets, at most {MOST_BUCKETS}: make it longer")
    quality = ctx.judge.quality(project, agent, from_ns=start, to_ns=end, bucket_ns=bucket_ns)
    total = _success(quality.total)
    return answer(
        QualityView(
            agent=agent,
            from_=rfc3339(start),
            to=rfc3339(end),
            bucket_ms=milliseconds(bucket_ns) or 0,
            success=SuccessView(
                **dict(total),
                by_bucket=[
                    QualityBucketView(
                        start=rfc3339(one.start_ns), success=_success(one), unknown_outcomes=one.unknown
                    )
                    for one in quality.by_bucket
                ],
                by_release=[
                    QualityReleaseView(
                        release=text(one.key),
                        success=_success(one),
                        unknown_outcomes=one.unknown,
                        last_seen=rfc3339_or_none(one.last_started_ns),
                    )
                    for one in quality.by_release
                ],
            ),
            modes_by_bucket=[
                ModeBucketView(
                    bucket=rfc3339(one.start_ns), mode=one.mode, mode_name=mode_name(one.mode), runs=one.runs
                )
                for one in quality.modes
            ],
            p_failure=LikelyView(mean=quality.p_failure, n=quality.p_failure_known),
            unknown_outcomes=quality.total.unknown,
            runs=quality.total.runs,
        )
    )


def _success(counted: Counted) -> RateView:
    return rate_view(rate(counted.successes, n=counted.known))
