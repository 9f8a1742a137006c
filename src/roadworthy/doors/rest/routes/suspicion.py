"""Why a run failed, without executing it again: suspicious steps, resampling, and the answer in short."""

from __future__ import annotations

from starlette.responses import Response

from roadworthy.contracts.telemetry import Filter, Op, RunQuery
from roadworthy.domain.incident import Incident
from roadworthy.domain.run import Outcome
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.suspicion import (
    NewResampling,
    ResamplingView,
    SuspiciousSteps,
    WhyRunsView,
    WhyView,
    resampling_view,
    suspicious_steps,
    why_runs_view,
    why_view,
)
from roadworthy.doors.rest.problems import Problem, not_found
from roadworthy.features.debug.resampling_book import Resampling, ResamplingState
from roadworthy.flows.resample_steps import KIND, arguments
from roadworthy.flows.suspicion import NothingToAsk, Suspicion
from roadworthy.flows.why_it_failed import MOST_RUNS

router = Endpoints(tags=["debug"])


@router.get(
    "/runs/{run_id}/suspicious-steps", operation_id="getSuspiciousSteps", response_model=SuspiciousSteps
)
def get_suspicious_steps(ctx: Context, answer: Answering, project: ReadProject, run_id: str) -> Response:
    """The run's steps by suspicion, with the evidence in words. Nothing is executed again: it is a suspicion,
    and `prove` the command that would prove it."""
    ranked = _suspicion(ctx).ranked(project, run_id)
    if ranked is None:
        raise not_found("run", name=run_id)
    tapes = ctx.debugging.tapes
    tape = tapes.tape(project, run_id)
    calls = tape.calls if tape is not None else ()
    spans = tapes.spans(project, run_id, [one.exchange for one in calls]) if calls else {}
    recorded = {spans[call.exchange.id]: call.step for call in calls if call.exchange.id in spans}
    return answer(suspicious_steps(ranked, recorded=recorded))


@router.post("/runs/{run_id}/resample", operation_id="startResampling", status_code=201)
def start_resampling(
    ctx: Context, asker: Asker, project: AdminProject, run_id: str, body: NewResampling
) -> ResamplingView:
    """A job asks the run's models again, through the gateway, what they were asked: how often they decide as
    recorded tells which step was a slip. Takes the place of what was found of this run before."""
    run = ctx.observe.run(project, run_id)
    if run is None:
        raise not_found("run", name=run_id)
    suspicion = _suspicion(ctx)
    known = suspicion.book.of(project, run.id)
    if known is not None and known.state is ResamplingState.RUNNING:
        raise _in_the_way(f"run {run.id} is being resampled; cancel it first")
    draft = Resampling(
        project=project,
        id="",
        run_id=run.id,
        agent=run.agent or "unknown",
        times=body.times,
        most_calls=body.most_calls,
        most_usd=body.most_usd,
        ask_judge=body.ask_judge,
        created_by=asker.name,
    )
    try:
        found = suspicion.book.start(suspicion.drafted(draft))
    except NothingToAsk as nothing:
        raise _in_the_way(str(nothing)) from None
    ctx.jobs.add(project=project, kind=KIND, arguments=arguments(run.id), unit="calls")
    return _view(ctx, found)


@router.get("/runs/{run_id}/resample", operation_id="getResampling")
def get_resampling(ctx: Context, project: ReadProject, run_id: str) -> ResamplingView | None:
    """As far as it is; null where nobody asked for one."""
    found = _of_run(ctx, project, run_id)
    return _view(ctx, found) if found is not None else None


@router.post("/runs/{run_id}/resample/cancel", operation_id="cancelResampling")
def cancel_resampling(ctx: Context, project: AdminProject, run_id: str) -> ResamplingView:
    """What was found stays. One that is over stays as it is."""
    found = _of_run(ctx, project, run_id)
    if found is None:
        raise not_found("resampling of run", name=run_id)
    if found.state is ResamplingState.RUNNING:
        found = _suspicion(ctx).book.over(found, ResamplingState.CANCELLED)
    return _view(ctx, found)


@router.get("/runs/{run_id}/why", operation_id="getWhy", response_model=WhyView)
def get_why(ctx: Context, answer: Answering, project: ReadProject, run_id: str) -> Response:
    """Why the run failed: what a bisect proved, else the most suspicious step with its evidence."""
    why = _suspicion(ctx).why.run(project, run_id)
    if why is None:
        raise not_found("run", name=run_id)
    return answer(why_view(why))


@router.get("/issues/{issue_id}/why", operation_id="getIssueWhy", response_model=WhyRunsView)
def get_issue_why(ctx: Context, answer: Answering, project: ReadProject, issue_id: str) -> Response:
    """Which kind of step the newest runs of the issue blame."""
    if ctx.judge.issues.issue(project, issue_id) is None:
        raise not_found("issue", name=issue_id)
    query = RunQuery(filters=(Filter(field="issues", op=Op.EQ, value=issue_id),), limit=MOST_RUNS)
    runs = [one.id for one in ctx.observe.runs(project, query)]
    why = _suspicion(ctx).why.runs(project, runs, of=ctx.observe.count_runs(project, query))
    return answer(why_runs_view(why))


@router.get("/incidents/{incident}/why", operation_id="getIncidentWhy", response_model=WhyRunsView)
def get_incident_why(ctx: Context, answer: Answering, project: ReadProject, incident: str) -> Response:
    """Which kind of step the runs of the incident blame: those that show it, those of its issues, and runs of
    its agents that failed while it lasted."""
    found = ctx.incidents.book.incident(project, incident)
    if found is None:
        raise not_found("incident", name=incident)
    runs = list(found.run_ids)
    for issue_id in found.issue_ids:
        query = RunQuery(filters=(Filter(field="issues", op=Op.EQ, value=issue_id),), limit=MOST_RUNS)
        runs += [one.id for one in ctx.observe.runs(project, query)]
    unique = list(dict.fromkeys([*runs, *_failed_meanwhile(ctx, found)]))
    return answer(why_runs_view(_suspicion(ctx).why.runs(project, unique, of=len(unique))))


def _failed_meanwhile(ctx: RestContext, incident: Incident) -> list[str]:
    if not incident.agents:
        return []
    query = RunQuery(
        filters=(
            Filter(field="agent", op=Op.IN, value=incident.agents),
            Filter(field="outcome", op=Op.EQ, value=Outcome.FAILURE.value),
        ),
        from_ns=incident.began_ns or incident.opened_ns,
        to_ns=incident.resolved_ns or None,
        limit=MOST_RUNS,
    )
    return [one.id for one in ctx.observe.runs(incident.project, query)]


def _in_the_way(detail: str) -> Problem:
    return Problem(409, code="in_the_way", title="That cannot be done as things are", detail=detail)


def _suspicion(ctx: RestContext) -> Suspicion:
    """Holds nothing of its own: made anew for each request."""
    return Suspicion(
        observe=ctx.observe,
        metadata=ctx.metadata,
        service=ctx.debugging.service,
        tapes=ctx.debugging.tapes,
        changed=ctx.events.publish_resamplings,
    )


def _of_run(ctx: RestContext, project: str, run_id: str) -> Resampling | None:
    """Raises where there is no such run."""
    run = ctx.observe.run(project, run_id)
    if run is None:
        raise not_found("run", name=run_id)
    return _suspicion(ctx).book.of(project, run.id)


def _view(ctx: RestContext, found: Resampling) -> ResamplingView:
    wanted = arguments(found.run_id)
    jobs = [one for one in ctx.metadata.jobs(found.project) if one.kind == KIND and one.arguments == wanted]
    newest = max(jobs, key=lambda one: one.created_ns, default=None)
    return resampling_view(found, job_id=newest.id if newest else None)
