"""Two answers, and which of them a judge prefers: asked in both orders, and kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from starlette.concurrency import run_in_threadpool

from roadworthy.domain.run import Run
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.comparisons import (
    CompareBody,
    CompareView,
    PairwisePage,
    comparison_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import CursorParameter
from roadworthy.features.judge.comparison_book import Side, kept
from roadworthy.features.judge.judge_book import NamedJudge
from roadworthy.features.judge.judges.judge import Judge, JudgeInvalid
from roadworthy.features.judge.judges.pairwise import compare
from roadworthy.features.judge.judges.rubric import RubricInvalid
from roadworthy.features.judge.transcript import Transcript
from roadworthy.kit.sealing import CannotOpen

router = Endpoints(tags=["judging"])

_UNDER_WAY = asyncio.Semaphore(2)
_ID = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    side: Side
    transcript: Transcript


@router.post("/judges/{judge_id}/compare", operation_id="comparePair")
async def compare_pair(
    ctx: Context, asker: Asker, project: AdminProject, judge_id: str, body: CompareBody
) -> CompareView:
    """Which of two runs (or two answers) a pairwise judge prefers, always asked in both orders. It is paid
    from the judge's budget, and kept."""
    judge = await run_in_threadpool(ctx.judge.judges.judge, project, judge_id)
    if judge is None:
        raise not_found("judge", name=judge_id)
    made = await run_in_threadpool(_made, ctx, judge)
    if not made.spec.rubric.pairwise:
        raise Problem(
            409,
            code="not_pairwise",
            title="This judge looks at one run",
            detail=f"{judge.name!r} has no pairwise rubric: make a judge with the rubric 'pairwise', or with "
            "the labels first, second and tie.",
        )
    a, b = await run_in_threadpool(_both, ctx, project=project, body=body)
    same = a.transcript.asked.split() == b.transcript.asked.split()
    forecast = _forecast(made, a.transcript, b.transcript)
    if body.dry_run:
        return CompareView(comparison=None, forecast_usd=forecast, same_request=same)
    if _UNDER_WAY.locked():
        raise Problem(
            429, code="busy", title="Busy", detail="Other pairs are being compared: try again soon."
        )
    async with _UNDER_WAY:
        done = await compare(made, a.transcript, b.transcript)
    said = kept(
        done,
        project=project,
        judge_id=judge.id,
        judge=judge.name,
        a=a.side,
        b=b.side,
        by=asker.name,
        question=body.question,
    )
    told = await run_in_threadpool(ctx.judge.comparisons.keep, said)
    return CompareView(comparison=comparison_view(told), forecast_usd=forecast, same_request=same)


@router.get("/comparisons", operation_id="listComparisons")
def list_comparisons(
    ctx: Context,
    project: ReadProject,
    run_id: _ID = "",
    other_run_id: _ID = "",
    judge_id: _ID = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: CursorParameter = None,
) -> PairwisePage:
    """Newest first: all, those a run is part of (with `other_run_id`: of these two), or those of a judge. A
    page may hold fewer than were asked for; the end is where `next_cursor` is null."""
    page = ctx.judge.comparisons.page(
        project, holding=run_id or judge_id, limit=limit, after=read_pair(cursor)
    )
    return PairwisePage(
        items=[
            comparison_view(one)
            for one in page.items
            if (not judge_id or one.judge_id == judge_id)
            and (not run_id or run_id in (one.a.run_id, one.b.run_id))
            and (not other_run_id or other_run_id in (one.a.run_id, one.b.run_id))
        ],
        next_cursor=write_cursor(*page.next) if page.next else None,
    )


def _made(ctx: RestContext, judge: NamedJudge) -> Judge:
    try:
        return ctx.judge.judges.made(judge)
    except (JudgeInvalid, RubricInvalid, CannotOpen) as fault:
        raise Problem(409, code="cannot_ask", title="This judge cannot be asked", detail=str(fault)) from None


def _both(ctx: RestContext, *, project: str, body: CompareBody) -> tuple[_Shown, _Shown]:
    answers = body.answer_a or body.answer_b or body.question
    if bool(body.run_a and body.run_b) == bool(answers):
        raise bad_field("body", "give run_a and run_b, or question, answer_a and answer_b")
    if answers:
        return _answer(project, body.question, body.answer_a), _answer(project, body.question, body.answer_b)
    if body.run_a == body.run_b:
        raise bad_field("body.run_b", "expected another run than run_a")
    return _run(ctx, project, body.run_a), _run(ctx, project, body.run_b)


def _run(ctx: RestContext, project: str, run_id: str) -> _Shown:
    steps = ctx.observe.run_steps(project, run_id)
    if steps is None:
        raise not_found("run", name=run_id)
    return _Shown(side=Side(run_id=steps.run.id), transcript=Transcript(steps.run, steps.spans))


def _answer(project: str, question: str, answer: str) -> _Shown:
    run = Run(project=project, id="", sort_ns=0, input=question, final_answer=answer)
    return _Shown(side=Side(answer=answer), transcript=Transcript(run, ()))


def _forecast(judge: Judge, a: Transcript, b: Transcript) -> float | None:
    costs = [
        judge.forecast([a], reference=b.answer).usd,
        judge.forecast([b], reference=a.answer).usd,
    ]
    known = [one for one in costs if one is not None]
    return sum(known) if len(known) == len(costs) else None
