"""Model endpoints and judges: set up, tried on runs, asked by hand."""

from __future__ import annotations

import asyncio
import secrets
import time

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.judges import (
    EndpointBody,
    EndpointPage,
    EndpointView,
    JudgeBody,
    JudgeDraftBody,
    JudgementPage,
    JudgePage,
    JudgeQualityView,
    JudgeTryBody,
    JudgeView,
    RubricPage,
    endpoint_view,
    judge_view,
    judgement_view,
    label_of,
    quality_view,
    rubric_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import Times
from roadworthy.doors.rest.routes.evaluators import newest_ids
from roadworthy.features.judge.judge_book import JudgeBook, NamedEndpoint, NamedJudge, rubric_of
from roadworthy.features.judge.judges.judge import Judge, JudgeInvalid
from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.judges.rubric import RubricInvalid
from roadworthy.features.judge.judges.rubrics import RUBRICS
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.observe.service import RunSteps
from roadworthy.kit.sealing import CannotOpen

router = Endpoints(tags=["judging"])

_TRIALS = asyncio.Semaphore(2)
_ASKED_AT_ONCE = 4
_QUALITY_NS = 90 * 86_400_000_000_000


@router.get("/model-endpoints", operation_id="listModelEndpoints")
def list_endpoints(ctx: Context, project: ReadProject) -> EndpointPage:
    return EndpointPage(items=[endpoint_view(one) for one in ctx.judge.judges.endpoints(project)])


@router.post("/model-endpoints", operation_id="addModelEndpoint", status_code=201)
def add_endpoint(ctx: Context, project: AdminProject, body: EndpointBody) -> EndpointView:
    """Where model judges ask. The key is sealed before it is kept, and never shown again."""
    return _saved_endpoint(ctx, project=project, known=None, body=body)


@router.put("/model-endpoints/{endpoint_id}", operation_id="changeModelEndpoint")
def change_endpoint(
    ctx: Context, project: AdminProject, endpoint_id: str, body: EndpointBody
) -> EndpointView:
    known = ctx.judge.judges.endpoint(project, endpoint_id)
    if known is None:
        raise not_found("model endpoint", name=endpoint_id)
    if known.base_url != body.base_url and known.sealed_key and body.api_key is None:
        # Who may change the address must not have the key sent to a server of theirs.
        raise bad_field("body.api_key", "goes with another base_url: enter the key again")
    return _saved_endpoint(ctx, project=project, known=known, body=body)


@router.delete("/model-endpoints/{endpoint_id}", operation_id="deleteModelEndpoint", status_code=204)
def delete_endpoint(ctx: Context, project: AdminProject, endpoint_id: str) -> None:
    if ctx.judge.embedder.settings(project).endpoint == endpoint_id:
        raise Problem(409, code="in_use", title="In use", detail="It gives the vectors of this project.")
    try:
        gone = ctx.judge.judges.delete_endpoint(project, endpoint_id)
    except JudgeInvalid as invalid:
        raise Problem(409, code="in_use", title="In use", detail=invalid.expected) from None
    if not gone:
        raise not_found("model endpoint", name=endpoint_id)


@router.get("/rubrics", operation_id="listRubrics")
def list_rubrics() -> RubricPage:
    """Those that come with the product."""
    return RubricPage(items=[rubric_view(one) for one in RUBRICS])


@router.get("/judges", operation_id="listJudges")
def list_judges(ctx: Context, project: ReadProject) -> JudgePage:
    book = ctx.judge.judges
    return JudgePage(items=[_view(book, one) for one in book.judges(project)])


@router.post("/judges", operation_id="addJudge", status_code=201)
def add_judge(ctx: Context, project: AdminProject, body: JudgeBody) -> JudgeView:
    """It is asked about runs that settle from now on: those drawn by chance and those its triggers name."""
    return _saved(ctx, project=project, judge_id=secrets.token_hex(8), body=body)


@router.get("/judges/{judge_id}", operation_id="getJudge")
def get_judge(ctx: Context, project: ReadProject, judge_id: str) -> JudgeView:
    return _view(ctx.judge.judges, _known(ctx, project=project, judge_id=judge_id))


@router.put("/judges/{judge_id}", operation_id="changeJudge")
def change_judge(ctx: Context, project: AdminProject, judge_id: str, body: JudgeBody) -> JudgeView:
    _known(ctx, project=project, judge_id=judge_id)
    return _saved(ctx, project=project, judge_id=judge_id, body=body)


@router.delete("/judges/{judge_id}", operation_id="deleteJudge", status_code=204)
def delete_judge(ctx: Context, project: AdminProject, judge_id: str) -> None:
    """Scores it gave stay."""
    if not ctx.judge.judges.delete_judge(project, judge_id):
        raise not_found("judge", name=judge_id)


@router.post("/judges/try", operation_id="tryJudgeDraft")
async def try_draft(ctx: Context, project: AdminProject, body: JudgeDraftBody) -> JudgementPage:
    """The test bench: what a judge would say of runs before it is saved."""
    judge = _named(body.judge, project=project, judge_id="draft")
    return await _tried(ctx, project=project, judge=judge, asked=body)


@router.post("/judges/{judge_id}/try", operation_id="tryJudge")
async def try_judge(ctx: Context, project: AdminProject, judge_id: str, body: JudgeTryBody) -> JudgementPage:
    """What it says of these runs, or of the newest. It is paid for; nothing is kept."""
    judge = await run_in_threadpool(_known, ctx, project=project, judge_id=judge_id)
    return await _tried(ctx, project=project, judge=judge, asked=body)


@router.get("/judges/{judge_id}/quality", operation_id="getJudgeQuality", response_model=JudgeQualityView)
def get_quality(
    ctx: Context, answer: Answering, project: ReadProject, judge_id: str, times: Times
) -> Response:
    """How far the judge agrees with people, over the last 90 days or since `from`."""
    judge = _known(ctx, project=project, judge_id=judge_id)
    from_ns = times.from_ns if times.from_ns is not None else time.time_ns() - _QUALITY_NS
    version = _view(ctx.judge.judges, judge).version or ""
    stability = ctx.judge.comparisons.stability(project, judge_id=judge_id, version=version, from_ns=from_ns)
    quality = ctx.judge.judge_quality(project, judge=judge.name, from_ns=from_ns)
    return answer(quality_view(quality, stability=stability))


def _known(ctx: RestContext, *, project: str, judge_id: str) -> NamedJudge:
    found = ctx.judge.judges.judge(project, judge_id)
    if found is None:
        raise not_found("judge", name=judge_id)
    return found


def _named(body: JudgeBody, *, project: str, judge_id: str) -> NamedJudge:
    return NamedJudge(
        project=project,
        id=judge_id,
        name=body.name,
        endpoint=body.endpoint,
        rubric=body.rubric,
        template=body.template,
        labels=tuple(label_of(one) for one in body.labels),
        sample_rate=body.sample_rate,
        triggers=tuple(body.triggers),
        agents=tuple(body.agents),
        enabled=body.enabled,
        budget_usd_per_day=body.budget_usd_per_day,
        temperature=body.temperature,
        max_tokens=body.max_tokens,
    )


def _saved(ctx: RestContext, *, project: str, judge_id: str, body: JudgeBody) -> JudgeView:
    book = ctx.judge.judges
    try:
        return _view(book, book.save_judge(_named(body, project=project, judge_id=judge_id)))
    except (JudgeInvalid, RubricInvalid) as invalid:
        raise bad_field(f"body.{invalid.field}", invalid.expected) from None


def _saved_endpoint(
    ctx: RestContext, *, project: str, known: NamedEndpoint | None, body: EndpointBody
) -> EndpointView:
    endpoint = NamedEndpoint(
        project=project,
        id=known.id if known else secrets.token_hex(8),
        name=body.name,
        base_url=body.base_url,
        model=body.model,
        shape=body.shape,
        allow_private=body.allow_private,
        timeout_s=body.timeout_s,
        sealed_key=known.sealed_key if known else "",
        input_usd_per_mtok=body.input_usd_per_mtok,
        output_usd_per_mtok=body.output_usd_per_mtok,
    )
    try:
        return endpoint_view(ctx.judge.judges.save_endpoint(endpoint, api_key=body.api_key))
    except JudgeInvalid as invalid:
        raise bad_field(f"body.{invalid.field}", invalid.expected) from None


def _view(book: JudgeBook, one: NamedJudge) -> JudgeView:
    try:
        version: str | None = book.made(one).version
    except (JudgeInvalid, RubricInvalid, CannotOpen):
        version = None
    return judge_view(one, rubric=rubric_of(one), version=version, spent_usd=book.spent_today(one))


async def _tried(ctx: RestContext, *, project: str, judge: NamedJudge, asked: JudgeTryBody) -> JudgementPage:
    made = await run_in_threadpool(_made, ctx, judge)
    if _TRIALS.locked():
        raise Problem(429, code="busy", title="Busy", detail="Other trials are under way: try again soon.")
    async with _TRIALS:
        shown = await run_in_threadpool(_shown, ctx, project=project, judge=judge, asked=asked)
        if asked.dry_run:
            forecasts = [made.forecast([Transcript(one.run, one.spans)]).usd for one in shown]
            return JudgementPage(items=[], cost_usd=sum(usd or 0.0 for usd in forecasts))
        gate = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def ask(steps: RunSteps) -> Judgement:
            async with gate:
                return await made.judge(Transcript(steps.run, steps.spans))

        said = await asyncio.gather(*(ask(one) for one in shown))
    return JudgementPage(
        items=[
            judgement_view(judgement, run_id=steps.run.id, agent=steps.run.agent)
            for steps, judgement in zip(shown, said, strict=True)
        ],
        cost_usd=sum(judgement.cost_usd or 0.0 for judgement in said),
    )


def _made(ctx: RestContext, judge: NamedJudge) -> Judge:
    try:
        return ctx.judge.judges.made(judge, unlimited=True)
    except (JudgeInvalid, RubricInvalid) as invalid:
        raise bad_field(f"body.{invalid.field}", invalid.expected) from None
    except CannotOpen as fault:
        raise Problem(
            409, code="key_lost", title="Key lost", detail=f"The endpoint's key is {fault}."
        ) from None


def _shown(ctx: RestContext, *, project: str, judge: NamedJudge, asked: JudgeTryBody) -> list[RunSteps]:
    ids = asked.run_ids or newest_ids(ctx, project, agents=judge.agents, limit=asked.limit)
    shown = []
    for run_id in ids:
        steps = ctx.observe.run_steps(project, run_id)
        if steps is None:
            raise not_found("run", name=run_id)
        shown.append(steps)
    return shown
