"""Evaluators of a project, tried on its runs; and history judged again."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Sequence

from starlette.responses import Response

from roadworthy.contracts.telemetry import Filter, Op, RunQuery
from roadworthy.domain.run import Run
from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.filters import parse_filters
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.evaluators import (
    EvaluatorBody,
    EvaluatorKindPage,
    EvaluatorPage,
    EvaluatorView,
    RejudgeBody,
    RejudgeView,
    TriedPage,
    TryBody,
    evaluator_view,
    kind_view,
    tried_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.routes.operations import job_view
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.judge.evaluator_book import NamedEvaluator
from roadworthy.features.judge.evaluators.evaluator import ConfigInvalid
from roadworthy.features.judge.evaluators.table import EVALUATORS, ready
from roadworthy.features.judge.judge_book import NamedJudge, rubric_of
from roadworthy.features.judge.judges.judge import JudgeInvalid
from roadworthy.features.judge.judges.rubric import RubricInvalid
from roadworthy.features.judge.similarity_by_embedding import compared, needs_embedding
from roadworthy.features.judge.transcript import Transcript
from roadworthy.flows import rejudge
from roadworthy.kit.sealing import CannotOpen

router = Endpoints(tags=["judging"])

# One trial at a time: each reads up to fifty runs whole.
_FORECAST_RUNS = 10
_TRYING = threading.Semaphore(1)


@router.get("/evaluator-kinds", operation_id="listEvaluatorKinds")
def list_kinds() -> EvaluatorKindPage:
    """Kinds of evaluators, with the JSON Schema of what can be set."""
    return EvaluatorKindPage(items=[kind_view(one) for one in EVALUATORS])


@router.get("/evaluators", operation_id="listEvaluators")
def list_evaluators(ctx: Context, project: ReadProject) -> EvaluatorPage:
    return EvaluatorPage(items=[evaluator_view(one) for one in ctx.judge.evaluators.all(project)])


@router.post("/evaluators", operation_id="addEvaluator", status_code=201)
def add_evaluator(ctx: Context, project: AdminProject, body: EvaluatorBody) -> EvaluatorView:
    """It looks at every run that settles from now on; POST /api/v1/rejudge asks it about those of before."""
    return _saved(ctx, project=project, evaluator_id=secrets.token_hex(8), body=body)


@router.get("/evaluators/{evaluator_id}", operation_id="getEvaluator")
def get_evaluator(ctx: Context, project: ReadProject, evaluator_id: str) -> EvaluatorView:
    return evaluator_view(_known(ctx, project=project, evaluator_id=evaluator_id))


@router.put("/evaluators/{evaluator_id}", operation_id="changeEvaluator")
def change_evaluator(
    ctx: Context, project: AdminProject, evaluator_id: str, body: EvaluatorBody
) -> EvaluatorView:
    _known(ctx, project=project, evaluator_id=evaluator_id)
    return _saved(ctx, project=project, evaluator_id=evaluator_id, body=body)


@router.delete("/evaluators/{evaluator_id}", operation_id="deleteEvaluator", status_code=204)
def delete_evaluator(ctx: Context, project: AdminProject, evaluator_id: str) -> None:
    """Scores it gave stay."""
    if not ctx.judge.evaluators.delete(project, evaluator_id):
        raise not_found("evaluator", name=evaluator_id)


@router.post("/evaluators/try", operation_id="tryConfiguration")
def try_configuration(ctx: Context, project: AdminProject, body: EvaluatorBody, limit: int = 20) -> TriedPage:
    """What an evaluator would say of the newest runs before it is saved."""
    return _tried(ctx, project=project, body=body, asked=TryBody(limit=max(1, min(50, limit))))


@router.post("/evaluators/{evaluator_id}/try", operation_id="tryEvaluator")
def try_evaluator(ctx: Context, project: ReadProject, evaluator_id: str, body: TryBody) -> TriedPage:
    """What it says of these runs, or of the newest; nothing is kept."""
    one = _known(ctx, project=project, evaluator_id=evaluator_id)
    as_body = EvaluatorBody(name=one.name, kind=one.kind, config=dict(one.config), agents=list(one.agents))
    return _tried(ctx, project=project, body=as_body, asked=body)


@router.post("/rejudge", operation_id="rejudge", status_code=202, response_model=RejudgeView)
def judge_again(
    ctx: Context, project: AdminProject, body: RejudgeBody, key: IdempotencyKey = None
) -> Response:
    """Judges history with what judges runs now, in the background, newest first; GET /api/v1/jobs/{id} says
    how far it is, POST .../cancel stops it, and it goes on after a restart."""
    from_ns = parse_time(body.from_, field="body.from") if body.from_ else None
    to_ns = parse_time(body.to, field="body.to") if body.to else None
    evaluators = {one.id for one in ctx.judge.evaluators.all(project)}
    judges = {one.id: one for one in ctx.judge.judges.judges(project)}
    for asked in body.with_:
        if asked not in evaluators and asked not in judges:
            raise bad_field("body.with", f"there is no evaluator or judge {asked!r}")
    asked_judges = [judges[one] for one in body.with_ if one in judges]
    for judge in asked_judges:
        if rubric_of(judge).pairwise:
            raise bad_field(
                "body.with", f"judge {judge.name!r} compares two runs: it cannot be asked about one"
            )
    arguments = rejudge.arguments(
        filters=parse_filters(body.filter, where="body.filter"),
        from_ns=from_ns,
        to_ns=to_ns,
        evaluators=[one for one in body.with_ if one in evaluators],
        judges=[one.id for one in asked_judges],
        outdated_only=body.outdated_only,
    )

    def make() -> RejudgeView:
        runs = ctx.observe.count_runs(project, rejudge.query_of(arguments, limit=1))
        sample = ctx.observe.runs(project, rejudge.query_of(arguments, limit=_FORECAST_RUNS))
        forecasts = _forecasts(ctx, sample, judges=asked_judges)
        job = None
        if not body.dry_run:
            added = ctx.jobs.add(project=project, kind=rejudge.KIND, arguments=arguments, unit="runs")
            job = job_view(added)
        return RejudgeView(
            runs=runs,
            forecast_usd=sum(usd * runs for usd in forecasts.values() if usd is not None),
            unpriced=[name for name, usd in forecasts.items() if usd is None],
            job=job,
        )

    return once(ctx, key=key, project=project, action="rejudge", body=body, make=make, status=202)


def _forecasts(
    ctx: RestContext, runs: Sequence[Run], *, judges: Sequence[NamedJudge]
) -> dict[str, float | None]:
    """USD a run by name of judge, by the newest runs; None where no price of its model is known."""
    if not judges or not runs:
        return {}
    shown = [steps for run in runs if (steps := ctx.observe.run_steps(run.project, run.id))]
    found: dict[str, float | None] = {}
    for judge in judges:
        try:
            made = ctx.judge.judges.made(judge, unlimited=True)
        except (JudgeInvalid, RubricInvalid, CannotOpen) as fault:
            raise bad_field("body.with", f"judge {judge.name!r} cannot be asked: {fault}") from None
        costs = [made.forecast([Transcript(one.run, one.spans)]).usd for one in shown]
        known = [usd for usd in costs if usd is not None]
        found[judge.name] = sum(known) / len(runs) if known or not costs else None
    return found


def _known(ctx: RestContext, *, project: str, evaluator_id: str) -> NamedEvaluator:
    found = ctx.judge.evaluators.get(project, evaluator_id)
    if found is None:
        raise not_found("evaluator", name=evaluator_id)
    return found


def _saved(ctx: RestContext, *, project: str, evaluator_id: str, body: EvaluatorBody) -> EvaluatorView:
    one = NamedEvaluator(
        project=project,
        id=evaluator_id,
        name=body.name,
        kind=body.kind,
        config=body.config,
        enabled=body.enabled,
        agents=tuple(body.agents),
    )
    try:
        return evaluator_view(ctx.judge.evaluators.save(one))
    except ConfigInvalid as invalid:
        raise _bad(invalid) from None


def _tried(ctx: RestContext, *, project: str, body: EvaluatorBody, asked: TryBody) -> TriedPage:
    try:
        made = ready(body.kind, body.config)
    except ConfigInvalid as invalid:
        raise _bad(invalid) from None
    if not _TRYING.acquire(timeout=10):
        raise Problem(429, code="busy", title="Busy", detail="Another trial is under way: try again soon.")
    try:
        ids = asked.run_ids or newest_ids(ctx, project, agents=body.agents, limit=asked.limit)
        items = []
        for run_id in ids:
            steps = ctx.observe.run_steps(project, run_id)
            if steps is None:
                raise not_found("run", name=run_id)
            run = steps.run
            transcript = Transcript(run, steps.spans)
            if needs_embedding(made):
                verdict = asyncio.run(compared(transcript, made, embedder=ctx.judge.embedder)).verdict
            else:
                verdict = made.evaluate(transcript)
            items.append(tried_view(verdict, run_id=run.id, agent=run.agent, started_ns=run.started_ns))
        return TriedPage(items=items)
    finally:
        _TRYING.release()


def newest_ids(ctx: RestContext, project: str, *, agents: Sequence[str], limit: int) -> list[str]:
    """Runs that a draft is tried on: the newest of those it would look at; no `agents` for all."""
    of_agents = (Filter(field="agent", op=Op.IN, value=tuple(agents)),) if agents else ()
    return [run.id for run in ctx.observe.runs(project, RunQuery(filters=of_agents, limit=limit))]


def _bad(invalid: ConfigInvalid) -> Problem:
    own = invalid.field in ("name", "kind")
    field = f"body.{invalid.field}" if own else f"body.config.{invalid.field}"
    return bad_field(field.rstrip("."), invalid.expected)
