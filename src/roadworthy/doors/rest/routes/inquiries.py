"""Replays, forks and bisects: runs executed again to find something out, and who makes the reruns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query

from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.entry_points import entry_of, entry_view
from roadworthy.doors.rest.models.inquiries import (
    InquiryDetail,
    InquiryPage,
    InquiryView,
    NewBisect,
    NewFork,
    NewReplay,
    ResumeInquiryBody,
    budget_of,
    change_of,
    check_of,
    inquiry_detail,
    inquiry_view,
)
from roadworthy.doors.rest.models.reruns import (
    RerunCalls,
    RerunEnded,
    RerunView,
    TakenReruns,
    TakeRerunsBody,
    call_view,
    check_view,
    progress_view,
    rerun_view,
    start_view,
)
from roadworthy.doors.rest.models.tapes import TapeView, tape_view
from roadworthy.doors.rest.problems import bad_field, held, not_found
from roadworthy.features.debug.inquiry import BadInquiry, EntryPoint, Inquiry, InquiryKind, InquiryState
from roadworthy.features.debug.plan import After
from roadworthy.flows.rerun_agent import KIND, arguments
from roadworthy.kit.holders import Held

router = Endpoints(tags=["debug"])

_RunParameter = Annotated[str, Query(max_length=200, description="Id of the recorded run")]


@router.get("/runs/{run_id}/tape", operation_id="getRunTape")
def get_tape(ctx: Context, project: ReadProject, run_id: str) -> TapeView:
    """The run's recorded calls as steps, numbered from 1: what a replay answers from."""
    tape = ctx.debugging.tapes.tape(project, run_id)
    if tape is None:
        raise not_found("run", name=run_id)
    spans = ctx.debugging.tapes.spans(project, run_id, [one.exchange for one in tape.calls])
    return tape_view(tape, spans=spans, entry=ctx.debugging.entries.of(project, tape.agent))


@router.post("/runs/{run_id}/replay", operation_id="startReplay", status_code=201)
def start_replay(
    ctx: Context, asker: Asker, project: AdminProject, run_id: str, body: NewReplay
) -> InquiryView:
    """The agent again, each call answered from the recording: does it do the same? Whoever asks POST
    /inquiries/{id}/take makes the reruns: `roadworthy replay`, or `roadworthy runner`."""
    draft = _draft(ctx, project, run_id, body, kind=InquiryKind.REPLAY, by=asker.name)
    return _started(ctx, draft, repeats=body.repeats)


@router.post("/runs/{run_id}/fork", operation_id="startFork", status_code=201)
def start_fork(ctx: Context, asker: Asker, project: AdminProject, run_id: str, body: NewFork) -> InquiryView:
    """The recorded run up to a step, then something changed."""
    draft = _draft(ctx, project, run_id, body, kind=InquiryKind.FORK, by=asker.name)
    return _started(
        ctx,
        draft,
        fork_at=body.fork_at,
        changes=tuple(change_of(one) for one in body.changes),
        after=body.after,
        good_run=body.good_run,
        live_tools=tuple(body.live_tools),
        live_model=body.live_model,
        repeats=body.repeats,
    )


@router.post("/runs/{run_id}/bisect", operation_id="startBisect", status_code=201)
def start_bisect(
    ctx: Context, asker: Asker, project: AdminProject, run_id: str, body: NewBisect
) -> InquiryView:
    """Finds the earliest step whose correction makes the run succeed, by executing it again."""
    draft = _draft(ctx, project, run_id, body, kind=InquiryKind.BISECT, by=asker.name)
    return _started(
        ctx,
        draft,
        good_run=body.good_run,
        changes=tuple(change_of(one) for one in body.changes),
        after=body.after or (After.RECORDED if body.good_run else After.LIVE),
        live_tools=tuple(body.live_tools),
        live_model=body.live_model,
        confidence=body.confidence,
    )


@router.get("/inquiries", operation_id="listInquiries")
def list_inquiries(
    ctx: Context,
    project: ReadProject,
    run: _RunParameter = "",
    kind: InquiryKind | None = None,
    agent: Annotated[str, Query(max_length=500)] = "",
    state: InquiryState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> InquiryPage:
    """Newest first."""
    found = [
        one
        for one in ctx.debugging.service.all(project)
        if run in ("", one.run_id)
        and kind in (None, one.kind)
        and agent in ("", one.agent)
        and state in (None, one.state)
    ]
    jobs = _jobs(ctx, project)
    return InquiryPage(items=[_view(ctx, one, jobs) for one in found[:limit]])


@router.get("/inquiries/{inquiry_id}", operation_id="getInquiry")
def get_inquiry(ctx: Context, project: ReadProject, inquiry_id: str) -> InquiryDetail:
    """With its reruns and what is known by now."""
    service = ctx.debugging.service
    inquiry = _there(service.one(project, inquiry_id), inquiry_id)
    return inquiry_detail(inquiry, service.standing(inquiry), job_id=_job_of(inquiry, _jobs(ctx, project)))


@router.delete("/inquiries/{inquiry_id}", operation_id="deleteInquiry", status_code=204)
def delete_inquiry(ctx: Context, project: AdminProject, inquiry_id: str) -> None:
    """With its reruns; the runs that these became stay."""
    if not ctx.debugging.service.delete(project, inquiry_id):
        raise not_found("inquiry", name=inquiry_id)


@router.post("/inquiries/{inquiry_id}/cancel", operation_id="cancelInquiry")
def cancel_inquiry(ctx: Context, project: AdminProject, inquiry_id: str) -> InquiryView:
    """No rerun is handed out any more; one that is over stays as it is."""
    return _view(ctx, _there(ctx.debugging.service.cancel(project, inquiry_id), inquiry_id))


@router.post("/inquiries/{inquiry_id}/resume", operation_id="resumeInquiry")
def resume_inquiry(
    ctx: Context, project: AdminProject, inquiry_id: str, body: ResumeInquiryBody
) -> InquiryView:
    """One that was cancelled or is out of budget goes on where it stood."""
    budget = budget_of(body.budget) if body.budget else None
    inquiry = _there(ctx.debugging.service.resume(project, inquiry_id, budget=budget), inquiry_id)
    if inquiry.server_runs and inquiry.state is InquiryState.RUNNING:
        _make_here(ctx, inquiry)
    return _view(ctx, inquiry)


@router.post("/inquiries/{inquiry_id}/take", operation_id="takeReruns")
def take_reruns(ctx: Context, project: AdminProject, inquiry_id: str, body: TakeRerunsBody) -> TakenReruns:
    """Reruns to make now, each with its token. Tell how each ended with POST /inquiries/{id}/reruns/{number};
    one that is told of by nobody is handed out again after its time-out."""
    service = ctx.debugging.service
    try:
        starts = service.take(
            project, inquiry_id, most=body.most, alone=body.alone, holder=body.holder.strip()
        )
    except Held as by_others:
        raise held(by_others) from None
    inquiry = _there(service.one(project, inquiry_id), inquiry_id)
    return TakenReruns(
        agent=inquiry.agent,
        run_id=inquiry.run_id,
        kind=inquiry.kind,
        state=inquiry.state,
        progress=progress_view(service.standing(inquiry).progress),
        gateway_url=ctx.debugging.gateway_url,
        otlp_url=ctx.settings.otlp_http_url,
        gateway_key=ctx.debugging.key_for(project, inquiry) if starts else None,
        entry=entry_view(inquiry.entry),
        check=check_view(inquiry.check),
        reruns=[start_view(one) for one in starts],
    )


@router.post("/inquiries/{inquiry_id}/reruns/{number}", operation_id="endRerun")
def end_rerun(
    ctx: Context, project: AdminProject, inquiry_id: str, number: int, body: RerunEnded
) -> RerunView:
    """How a rerun ended. Told again, or of an attempt that was given up, it changes nothing."""
    found = ctx.debugging.service.ended(
        project,
        inquiry_id,
        number,
        attempt=body.attempt,
        ending=body.ending,
        answer=body.answer,
        exit_code=body.exit_code,
        error=body.error,
        elapsed_ms=body.elapsed_ms,
        passed=body.passed,
        check_said=body.check_said,
        notes=body.notes,
    )
    if found is None:
        raise not_found("rerun of this inquiry", name=str(number))
    return rerun_view(found)


@router.get("/inquiries/{inquiry_id}/reruns/{number}/calls", operation_id="listRerunCalls")
def list_calls(ctx: Context, project: ReadProject, inquiry_id: str, number: int) -> RerunCalls:
    """Each call of the rerun's last attempt, with what answered it; those of a rerun under way so far."""
    lines = ctx.debugging.service.lines(project, inquiry_id, number)
    if lines is None:
        raise not_found("rerun of this inquiry", name=str(number))
    return RerunCalls(items=[call_view(one) for one in lines])


def _draft(
    ctx: RestContext,
    project: str,
    run_id: str,
    body: NewReplay | NewFork | NewBisect,
    *,
    kind: InquiryKind,
    by: str,
) -> Inquiry:
    run = ctx.observe.run(project, run_id)
    if run is None:
        raise not_found("run", name=run_id)
    agent = run.agent or next((one.agent for one in ctx.recordings.of_run(run)), "")
    return Inquiry(
        project=project,
        id="",
        kind=kind,
        agent=agent,
        run_id=run.id,
        input=body.input,
        entry=entry_of(body.entry) if body.entry else _registered(ctx, project, agent),
        check=check_of(body.check),
        budget=budget_of(body.budget),
        concurrency=body.concurrency,
        server_runs=body.server_runs,
        created_ns=0,
        created_by=by,
    )


def _registered(ctx: RestContext, project: str, agent: str) -> EntryPoint:
    found = ctx.debugging.entries.of(project, agent)
    if found is None:
        raise bad_field(
            "body.entry", f"nobody registered how {agent!r} is started; expected a command, callable or url"
        )
    return found


def _started(ctx: RestContext, draft: Inquiry, **asked: Any) -> InquiryView:
    try:
        inquiry = ctx.debugging.service.start(replace(draft, **asked))
    except BadInquiry as wrong:
        raise bad_field(f"body.{wrong.field}", str(wrong)) from None
    if inquiry.server_runs:
        _make_here(ctx, inquiry)
    return _view(ctx, inquiry)


def _make_here(ctx: RestContext, inquiry: Inquiry) -> None:
    ctx.jobs.go_on(project=inquiry.project, kind=KIND, arguments=arguments(inquiry.id), unit="reruns")


def _there(inquiry: Inquiry | None, inquiry_id: str) -> Inquiry:
    if inquiry is None:
        raise not_found("inquiry", name=inquiry_id)
    return inquiry


def _view(ctx: RestContext, inquiry: Inquiry, jobs: Mapping[str, str] | None = None) -> InquiryView:
    known = _jobs(ctx, inquiry.project) if jobs is None else jobs
    standing = ctx.debugging.service.standing(inquiry)
    return inquiry_view(inquiry, standing, job_id=_job_of(inquiry, known))


def _jobs(ctx: RestContext, project: str) -> dict[str, str]:
    """Id of the newest job of reruns, by what it was given."""
    newest = ctx.metadata.jobs(project)
    return {one.arguments: one.id for one in reversed(newest) if one.kind == KIND}


def _job_of(inquiry: Inquiry, jobs: Mapping[str, str]) -> str | None:
    return jobs.get(arguments(inquiry.id)) if inquiry.server_runs else None
