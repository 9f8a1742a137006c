"""Rejected data, storage, jobs, the server itself."""

from __future__ import annotations

import shutil

import orjson
from fastapi import Response

from roadworthy.contracts.metadata import Job
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.settings import (
    JobPage,
    JobView,
    NewRecompute,
    RejectionPage,
    RejectionView,
    ServerView,
    StorageView,
)
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.queries import FromParameter
from roadworthy.doors.rest.times import parse_time, rfc3339, rfc3339_or_none
from roadworthy.features.observe.reprice import KIND as REPRICE

router = Endpoints(tags=["operations"])


@router.get("/rejections", operation_id="listRejections")
def list_rejections(ctx: Context, project: ReadProject, from_: FromParameter = None) -> RejectionPage:
    """What agents sent and was refused, added up by reason, last seen first."""
    start = None if from_ is None else parse_time(from_, field="query.from")
    rows = ctx.observe.rejections(project, from_ns=start)
    return RejectionPage(
        items=[
            RejectionView(
                code=row.code,
                reason=row.reason,
                signal=row.signal,
                rejections=row.rejections,
                count=row.count,
                first_at=rfc3339(row.first_ns),
                last_at=rfc3339(row.last_ns),
                user_agent=row.user_agent or None,
                sample=row.sample or None,
            )
            for row in rows
        ]
    )


@router.get("/storage", operation_id="getStorage")
def get_storage(ctx: Context, project: ReadProject) -> StorageView:
    stats = ctx.observe.stats(project)
    known = ctx.metadata.project(project)
    folder = ctx.settings.data_dir
    return StorageView(
        spans=stats.spans,
        runs=stats.runs,
        bytes_on_disk=stats.bytes_on_disk,
        first_at=rfc3339_or_none(stats.first_ns),
        last_at=rfc3339_or_none(stats.last_ns),
        days=ctx.observe.days(project),
        retention_days=known.retention_days if known else None,
        disk_free_bytes=shutil.disk_usage(folder).free if folder and folder.is_dir() else None,
    )


def job_view(job: Job) -> JobView:
    return JobView(
        id=job.id,
        project=job.project,
        kind=job.kind,
        arguments=orjson.loads(job.arguments or "{}"),
        status=job.status.value,
        done=job.done,
        total=job.total,
        unit=job.unit,
        error=job.error or None,
        created_at=rfc3339(job.created_ns),
        updated_at=rfc3339(job.updated_ns),
    )


@router.post("/prices/recompute", operation_id="recomputePrices", status_code=202, response_model=JobView)
def recompute_prices(
    ctx: Context, project: AdminProject, body: NewRecompute, key: IdempotencyKey = None
) -> Response:
    """Prices history again with the prices as they are now, in the background; GET /api/v1/jobs/{id} says how
    far it is."""

    def make() -> JobView:
        arguments = orjson.dumps({"from_day": body.from_day}).decode()
        return job_view(ctx.jobs.add(project=project, kind=REPRICE, arguments=arguments, unit="runs"))

    return once(ctx, key=key, project=project, action="recomputePrices", body=body, make=make, status=202)


@router.get("/jobs", operation_id="listJobs")
def list_jobs(ctx: Context, project: ReadProject) -> JobPage:
    """Newest first."""
    return JobPage(items=[job_view(job) for job in ctx.metadata.jobs(project)])


@router.get("/jobs/{job_id}", operation_id="getJob")
def get_job(ctx: Context, project: ReadProject, job_id: str) -> JobView:
    job = ctx.metadata.job(job_id)
    if job is None or job.project != project:
        raise not_found("job", name=job_id)
    return job_view(job)


@router.post("/jobs/{job_id}/cancel", operation_id="cancelJob")
def cancel_job(ctx: Context, project: AdminProject, job_id: str) -> JobView:
    """Stops it after its current piece of work; one that has ended stays as it is."""
    known = ctx.metadata.job(job_id)
    job = ctx.jobs.cancel(job_id) if known is not None and known.project == project else None
    if job is None:
        raise not_found("job", name=job_id)
    return job_view(job)


@router.post("/jobs/{job_id}/resume", operation_id="resumeJob")
def resume_job(ctx: Context, project: AdminProject, job_id: str) -> JobView:
    """One that was cancelled or failed goes on from where it stood; another stays as it is."""
    known = ctx.metadata.job(job_id)
    job = ctx.jobs.resume(job_id) if known is not None and known.project == project else None
    if job is None:
        raise not_found("job", name=job_id)
    return job_view(job)


@router.get("/server", operation_id="getServer")
def get_server(ctx: Context, asker: Asker) -> ServerView:
    """What runs here, where agents send to, and whether it is well."""
    health = ctx.health()
    stats = ctx.observe.stats(asker.project)
    return ServerView(
        version=ctx.settings.version,
        url=ctx.settings.url,
        otlp_http_url=ctx.settings.otlp_http_url,
        otlp_grpc_url=ctx.settings.otlp_grpc_url,
        login_required=ctx.settings.login_required,
        backlog_bytes=health.backlog_bytes,
        runs_to_judge=health.runs_to_judge,
        healthy=health.ready and not health.problems,
        problems=list(health.problems),
        started_at=rfc3339(ctx.settings.started_ns),
        runs=stats.runs,
    )
