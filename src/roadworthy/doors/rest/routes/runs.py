"""Runs, their steps, and two of them side by side."""

# ruff: noqa: FBT002 (query parameters, given by name)

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.run import Run
from roadworthy.doors.rest.access import ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.observe import ComparisonView, comparison_view
from roadworthy.doors.rest.models.runs import Count, RunPage, RunView, run_view
from roadworthy.doors.rest.models.scores import ScorePage, score_view
from roadworthy.doors.rest.models.spans import SpanPage, SpanView, span_view
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.queries import CursorParameter, LimitParameter, Selected
from roadworthy.features.observe.service import RunSteps

router = Endpoints(prefix="/runs", tags=["runs"])

Full = Annotated[bool, Query(description="Give long values whole, not cut at 65,536 characters")]
Content = Annotated[
    bool, Query(description="0 leaves out inputs, outputs, attributes, events and links: for drawing a tree")
]


AttributeParameter = Annotated[
    list[str],
    Query(
        alias="attribute",
        max_length=20,
        description="Key, repeatable: of these, `attributes` holds what the steps of the run say, too (the "
        "root step first, else the first that carries it; no values beyond 200 characters)",
        examples=["customer.tier"],
    ),
]


@router.get("", operation_id="listRuns", response_model=RunPage)
def list_runs(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    selection: Selected,
    attributes: AttributeParameter = [],  # noqa: B006
    limit: LimitParameter = 50,
    cursor: CursorParameter = None,
) -> Response:
    """Newest first."""
    # One more than asked for tells whether there is a next page.
    query = selection.runs(limit=limit + 1, after=read_pair(cursor))
    runs = ctx.observe.runs(project, query, attributes=attributes)
    more = len(runs) > limit
    runs = runs[:limit]
    return answer(
        RunPage(
            items=[run_view(run) for run in runs],
            next_cursor=write_cursor(runs[-1].sort_ns, runs[-1].id) if more else None,
        )
    )


@router.get("/count", operation_id="countRuns")
def count_runs(ctx: Context, project: ReadProject, selection: Selected) -> Count:
    return Count(count=ctx.observe.count_runs(project, selection.runs(limit=1)))


@router.get("/{run_id}", operation_id="getRun", response_model=RunView)
def get_run(
    ctx: Context, answer: Answering, project: ReadProject, run_id: str, full: Full = False
) -> Response:
    """The run; where it turned out to belong to another run, that one (its `id` differs then)."""
    return answer(run_view(_run(ctx, project=project, run_id=run_id), full=full))


@router.get("/{run_id}/spans", operation_id="listSpans", response_model=SpanPage)
def list_spans(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    run_id: str,
    full: Full = False,
    content: Content = True,
) -> Response:
    """All canonical spans of the run by start, those included that were read out of messages (flag
    `inferred`) and those that report a call again (`merged_into`)."""
    steps = _steps(ctx, project=project, run_id=run_id)
    origin = _origin(steps)
    return answer(
        SpanPage(
            items=[span_view(span, origin_ns=origin, content=content, full=full) for span in steps.spans],
            next_cursor=None,
        )
    )


@router.get("/{run_id}/spans/{span_id}", operation_id="getSpan", response_model=SpanView)
def get_span(
    ctx: Context, answer: Answering, project: ReadProject, run_id: str, span_id: str, full: Full = False
) -> Response:
    """One step with all it holds."""
    steps = _steps(ctx, project=project, run_id=run_id)
    for span in steps.spans:
        if span.span_id == span_id:
            return answer(span_view(span, origin_ns=_origin(steps), full=full))
    raise not_found("span", name=span_id)


@router.get("/{run_id}/scores", operation_id="listScores")
def list_scores(ctx: Context, project: ReadProject, run_id: str) -> ScorePage:
    run = _run(ctx, project=project, run_id=run_id)
    return ScorePage(items=[score_view(score) for score in ctx.observe.scores_of(run)])


@router.get("/{run_id}/compare/{other_id}", operation_id="compareRuns", response_model=ComparisonView)
def compare_runs(
    ctx: Context, answer: Answering, project: ReadProject, run_id: str, other_id: str
) -> Response:
    """The steps of both runs aligned, and the first one where they part."""
    comparison = ctx.observe.compare(project, run_id, other_id)
    if comparison is None:
        _run(ctx, project=project, run_id=run_id)
        raise not_found("run", name=other_id)
    return answer(comparison_view(comparison))


def _run(ctx: Context, *, project: str, run_id: str) -> Run:
    run = ctx.observe.run(project, run_id)
    if run is None:
        raise not_found("run", name=run_id)
    return run


def _steps(ctx: Context, *, project: str, run_id: str) -> RunSteps:
    steps = ctx.observe.run_steps(project, run_id)
    if steps is None:
        raise not_found("run", name=run_id)
    return steps


def _origin(steps: RunSteps) -> int:
    return min((span.start_ns for span in steps.spans), default=steps.run.started_ns)
