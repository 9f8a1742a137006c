"""Drills: an agent's own tasks again with faults in its calls; who makes the runs, and what came of them."""

from __future__ import annotations

from starlette.responses import Response

from roadworthy.contracts.telemetry import Filter, Op, RunQuery
from roadworthy.domain.run import Run
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.filters import parse_filters
from roadworthy.doors.rest.models.drill_reports import DrillReportView, report_view
from roadworthy.doors.rest.models.drills import (
    CaseRuns,
    DrillPage,
    DrillRunView,
    DrillView,
    FaultPage,
    NewDrill,
    RunEnded,
    TakeBody,
    TakenView,
    cases_of,
    drill_view,
    fault_views,
    progress_view,
    run_view,
    start_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, held, not_found
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.gateway.drills.cases import cases_of_csv, cases_of_jsonl
from roadworthy.features.gateway.drills.drill import BadDrill, Case, Drill, DrillState, Via
from roadworthy.features.gateway.drills.fault import FAULTS
from roadworthy.flows.drill_agent import KIND, arguments
from roadworthy.kit.holders import Held

router = Endpoints(tags=["drills"])


@router.get("/drills/faults", operation_id="listFaults")
def list_faults(project: ReadProject) -> FaultPage:
    """Everything a drill can put into a call."""
    return FaultPage(items=fault_views())


@router.get("/drills", operation_id="listDrills")
def list_drills(ctx: Context, project: ReadProject, agent: str | None = None) -> DrillPage:
    """Newest first."""
    found = [one for one in ctx.drills.service.all(project) if agent in (None, one.agent)]
    return DrillPage(items=[_view(ctx, one) for one in found])


@router.post("/drills", operation_id="startDrill", status_code=201)
def start_drill(ctx: Context, asker: Asker, project: AdminProject, body: NewDrill) -> DrillView:
    """Plans the clean runs; those with faults follow once these are over. With `run_here` the server makes
    the runs; else whoever asks POST /drills/{id}/take for them does: `roadworthy drill`."""
    if body.run_here and body.via is not Via.URL:
        raise bad_field("body.run_here", "the server starts no processes: expected via url")
    try:
        drill = ctx.drills.service.start(_draft(ctx, project, body, by=asker.name))
    except BadDrill as wrong:
        raise bad_field(f"body.{wrong.field}", str(wrong)) from None
    if body.run_here:
        ctx.jobs.add(project=project, kind=KIND, arguments=arguments(drill.id), unit="runs")
    return _view(ctx, drill)


@router.get("/drills/{drill_id}", operation_id="getDrill")
def get_drill(ctx: Context, project: ReadProject, drill_id: str) -> DrillView:
    return _there(ctx, ctx.drills.service.one(project, drill_id), drill_id)


@router.delete("/drills/{drill_id}", operation_id="deleteDrill", status_code=204)
def delete_drill(ctx: Context, project: AdminProject, drill_id: str) -> None:
    """With what its runs answered; the runs themselves stay."""
    if not ctx.drills.service.delete(project, drill_id):
        raise not_found("drill", name=drill_id)


@router.post("/drills/{drill_id}/cancel", operation_id="cancelDrill")
def cancel_drill(ctx: Context, project: AdminProject, drill_id: str) -> DrillView:
    """No run is handed out any more; one that is over stays as it is."""
    return _there(ctx, ctx.drills.service.cancel(project, drill_id), drill_id)


@router.post("/drills/{drill_id}/resume", operation_id="resumeDrill")
def resume_drill(ctx: Context, project: AdminProject, drill_id: str) -> DrillView:
    """One that was cancelled goes on where it stood."""
    found = _there(ctx, ctx.drills.service.resume(project, drill_id), drill_id)
    if found.job_id is None or found.state is not DrillState.RUNNING:
        return found
    job = ctx.jobs.go_on(project=project, kind=KIND, arguments=arguments(drill_id), unit="runs")
    return found.model_copy(update={"job_id": job.id})


@router.post("/drills/{drill_id}/take", operation_id="takeDrillRuns")
def take_runs(ctx: Context, project: AdminProject, drill_id: str, body: TakeBody) -> TakenView:
    """Runs to make now, each with its token. Tell how each ended with POST /drills/{id}/runs/{number}; one
    that is told of by nobody is handed out again after its time-out."""
    service = ctx.drills.service
    try:
        starts = service.take(project, drill_id, most=body.most, alone=body.alone, holder=body.holder.strip())
    except Held as by_others:
        raise held(by_others) from None
    drill = service.one(project, drill_id)
    if drill is None:
        raise not_found("drill", name=drill_id)
    return TakenView(
        agent=drill.agent,
        state=drill.state,
        progress=progress_view(service.progress(project, drill_id)),
        gateway_url=ctx.drills.gateway_url,
        otlp_url=ctx.settings.otlp_http_url,
        gateway_key=ctx.drills.key_for(project, drill) if starts else None,
        url=drill.url or None,
        body=drill.body,
        answer_field=drill.answer_field or None,
        runs=[start_view(one, timeout_s=drill.timeout_s) for one in starts],
    )


@router.post("/drills/{drill_id}/runs/{number}", operation_id="endDrillRun")
def end_run(ctx: Context, project: AdminProject, drill_id: str, number: int, body: RunEnded) -> DrillRunView:
    """How a run ended. Told again, or of an attempt that was given up, it changes nothing."""
    run = ctx.drills.service.ended(
        project,
        drill_id,
        number,
        attempt=body.attempt,
        ending=body.ending,
        answer=body.answer,
        exit_code=body.exit_code,
        error=body.error,
        elapsed_ms=body.elapsed_ms,
    )
    if run is None:
        raise not_found("run of this drill", name=str(number))
    return run_view(run)


@router.get("/drills/{drill_id}/report", operation_id="getDrillReport", response_model=DrillReportView)
def get_report(ctx: Context, answer: Answering, project: ReadProject, drill_id: str) -> Response:
    """Of the runs that are over so far."""
    found = ctx.drills.service.report(project, drill_id)
    if found is None:
        raise not_found("drill", name=drill_id)
    return answer(report_view(found, ctx.drills.service.progress(project, drill_id)))


def _there(ctx: RestContext, drill: Drill | None, drill_id: str) -> DrillView:
    if drill is None:
        raise not_found("drill", name=drill_id)
    return _view(ctx, drill)


def _view(ctx: RestContext, drill: Drill) -> DrillView:
    job = next(
        (
            one.id
            for one in (ctx.metadata.jobs(drill.project) if drill.via is Via.URL else [])
            if one.kind == KIND and one.arguments == arguments(drill.id)
        ),
        None,
    )
    return drill_view(drill, ctx.drills.service.progress(drill.project, drill.id), job_id=job)


def _draft(ctx: RestContext, project: str, body: NewDrill, *, by: str) -> Drill:
    given = [bool(body.cases), body.runs is not None, bool(body.csv), bool(body.jsonl)]
    if sum(given) != 1:
        raise bad_field("body.cases", "expected exactly one of cases, runs, csv and jsonl")
    cases: tuple[Case, ...] = cases_of(body.cases)
    if body.runs is not None:
        cases = _cases_of_runs(ctx, project, body.agent, body.runs)
    elif body.csv or body.jsonl:
        cases = tuple(cases_of_csv(body.csv) if body.csv else cases_of_jsonl(body.jsonl))
    return Drill(
        project=project,
        id="",
        agent=body.agent,
        name=body.name,
        cases=cases,
        faults=tuple(body.faults or [one.name for one in FAULTS]),
        pairs=body.pairs,
        persistent=body.persistent,
        clean_runs=body.clean_runs,
        budget=body.budget,
        concurrency=body.concurrency,
        timeout_s=body.timeout_s,
        seed=body.seed,
        via=body.via,
        url=body.url,
        body=body.body,
        answer_field=body.answer_field,
        settings=tuple(body.settings.items()),
        created_ns=0,
        created_by=by,
    )


def _cases_of_runs(ctx: RestContext, project: str, agent: str, asked: CaseRuns) -> tuple[Case, ...]:
    filters = [
        Filter(field="agent", op=Op.EQ, value=agent),
        *parse_filters(asked.filter, where="body.runs.filter"),
    ]
    if asked.ids:
        filters.append(Filter(field="id", op=Op.IN, value=tuple(asked.ids)))
    query = RunQuery(
        filters=tuple(filters),
        from_ns=None if asked.from_ is None else parse_time(asked.from_, field="body.runs.from"),
        to_ns=None if asked.to is None else parse_time(asked.to, field="body.runs.to"),
        limit=1_000,
    )
    by_input: dict[str, Run] = {}
    for run in ctx.observe.runs(project, query):
        if run.input.strip():
            by_input.setdefault(run.input, run)
    found = list(by_input.values())[: asked.limit]
    if not found:
        raise Problem(
            409,
            code="no_tasks",
            title="There is nothing to run again",
            detail=f"No recorded run of {agent!r} that is meant says what it was asked.",
        )
    return tuple(Case(id=run.id, input=run.input) for run in found)
