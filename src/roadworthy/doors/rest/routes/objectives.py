"""Objectives, their error budgets and burn rates; OpenSLO in and out."""

# ruff: noqa: FBT002 (query parameters, given by name)

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.objective import Objective
from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.alarms import RaisedAlarmPage, raised_alarm_page
from roadworthy.doors.rest.models.objectives import (
    BudgetHistory,
    BudgetView,
    ObjectiveBody,
    ObjectivePage,
    ObjectiveView,
    OpenSloResult,
    OpenSloText,
    budget_view,
    objective_of,
    objective_view,
    point_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import CursorParameter
from roadworthy.features.watch.objectives.book import ObjectiveInvalid
from roadworthy.features.watch.objectives.openslo_fields import OpenSloInvalid

router = Endpoints(prefix="/objectives", tags=["objectives"])

_YAML = "application/yaml"
Limit = Annotated[int, Query(ge=1, le=500)]
Burning = Annotated[bool, Query(description="Only those of which an alarm stands")]


@router.get("", operation_id="listObjectives", response_model=ObjectivePage)
def list_objectives(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    agent: Annotated[str, Query(max_length=500)] = "",
    burning: Burning = False,
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> Response:
    """By agent and name, each with its error budget as it is now."""
    held = [one for one in ctx.objectives.book.all(project) if not agent or one.agent == agent]
    if burning:
        sources = {alarm.source for alarm in ctx.objectives.alarms.standing(project)}
        held = [one for one in held if one.id in sources]
    place = read_pair(cursor)
    start = place[0] if place else 0
    page = held[start : start + limit]
    more = start + limit < len(held)
    return answer(
        ObjectivePage(
            items=[objective_view(ctx.objectives.now(one)) for one in page],
            next_cursor=write_cursor(start + limit, page[-1].id) if more else None,
        )
    )


@router.post("", operation_id="addObjective", status_code=201, response_model=ObjectiveView)
def add_objective(
    ctx: Context, project: AdminProject, body: ObjectiveBody, key: IdempotencyKey = None
) -> Response:
    """It is counted over the runs that are there, and from now on every ten seconds."""

    def make() -> ObjectiveView:
        return _saved(ctx, objective_of(body, project=project, objective_id=secrets.token_hex(6)))

    return once(ctx, key=key, project=project, action="objective", body=body, make=make)


@router.post("/try", operation_id="tryObjective")
def try_objective(ctx: Context, project: ReadProject, body: ObjectiveBody) -> BudgetView:
    """The error budget this objective would have; nothing is kept."""
    try:
        return budget_view(ctx.objectives.try_out(objective_of(body, project=project, objective_id="try")))
    except ObjectiveInvalid as invalid:
        raise _bad(invalid) from None


@router.get(
    "/openslo",
    operation_id="exportOpenSlo",
    response_class=Response,
    # What the documents hold is OpenSLO's to say.
    responses={200: {"content": {_YAML: {"schema": {}}}}},
)
def export_openslo(
    ctx: Context,
    project: ReadProject,
    agent: Annotated[str, Query(max_length=500)] = "",
    objective: Annotated[str, Query(max_length=63, description="Id; left out: all")] = "",
) -> Response:
    """Objectives as OpenSLO v1 documents (YAML)."""
    held = [
        one
        for one in ctx.objectives.book.all(project)
        if (not agent or one.agent == agent) and (not objective or one.id == objective)
    ]
    if objective and not held:
        raise not_found("objective", name=objective)
    return Response(ctx.objectives.as_openslo(held), media_type=_YAML)


@router.post("/openslo", operation_id="importOpenSlo")
def import_openslo(ctx: Context, project: AdminProject, body: OpenSloText) -> OpenSloResult:
    """Takes OpenSLO v1 documents whose metric sources have the type `roadworthy`. An SLO's name is the
    objective's id: the same file twice changes nothing. All or none; what cannot be mapped is refused, with
    the field."""
    try:
        read = ctx.objectives.from_openslo(body.text, project=project)
        known = {one.id: one for one in ctx.objectives.book.all(project)}
        other = [one for one in read.objectives if one.id not in known or _says(one) != _says(known[one.id])]
        if other and not body.dry_run:
            ctx.objectives.book.save(*other)
    except OpenSloInvalid as invalid:
        raise bad_field(f"body.text ({invalid.field})", f"expected {invalid.expected}") from None
    except ObjectiveInvalid as invalid:
        raise _bad(invalid) from None
    ids = [one.id for one in other]
    return OpenSloResult(
        created=[one for one in ids if one not in known],
        changed=[one for one in ids if one in known],
        notes=list(read.notes),
        dry_run=body.dry_run,
    )


@router.get("/{objective_id}", operation_id="getObjective", response_model=ObjectiveView)
def get_objective(ctx: Context, answer: Answering, project: ReadProject, objective_id: str) -> Response:
    return answer(objective_view(ctx.objectives.now(_known(ctx, project, objective_id))))


@router.put("/{objective_id}", operation_id="changeObjective")
def change_objective(
    ctx: Context, project: AdminProject, objective_id: str, body: ObjectiveBody
) -> ObjectiveView:
    _known(ctx, project, objective_id)
    return _saved(ctx, objective_of(body, project=project, objective_id=objective_id))


@router.delete("/{objective_id}", operation_id="deleteObjective", status_code=204)
def delete_objective(ctx: Context, project: AdminProject, objective_id: str) -> None:
    """What burned of it is cleared within ten seconds; its alarms stay in the record."""
    if not ctx.objectives.book.delete(project, objective_id):
        raise not_found("objective", name=objective_id)


@router.get("/{objective_id}/history", operation_id="objectiveHistory", response_model=BudgetHistory)
def objective_history(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    objective_id: str,
    buckets: Annotated[int, Query(ge=1, le=1000, description="At most so many")] = 200,
) -> Response:
    """How the budget of the period was spent so far, by the hour or longer."""
    points = ctx.objectives.history(_known(ctx, project, objective_id), most=buckets)
    return answer(BudgetHistory(items=[point_view(one) for one in points]))


@router.get("/{objective_id}/alarms", operation_id="objectiveAlarms", response_model=RaisedAlarmPage)
def objective_alarms(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    objective_id: str,
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> Response:
    """Newest first, those that are over included; also of an objective that was deleted."""
    found = ctx.objectives.alarms.raised(project, objective_id, limit=limit + 1, after=read_pair(cursor))
    page = found[:limit]
    following = write_cursor(page[-1].at_ns, page[-1].id) if len(found) > limit else None
    return answer(raised_alarm_page(page, next_cursor=following))


def _known(ctx: RestContext, project: str, objective_id: str) -> Objective:
    found = ctx.objectives.book.get(project, objective_id)
    if found is None:
        raise not_found("objective", name=objective_id)
    return found


def _saved(ctx: RestContext, objective: Objective) -> ObjectiveView:
    try:
        (saved,) = ctx.objectives.book.save(objective)
    except ObjectiveInvalid as invalid:
        raise _bad(invalid) from None
    return objective_view(ctx.objectives.now(saved))


def _bad(invalid: ObjectiveInvalid) -> Problem:
    return bad_field(f"body.{invalid.field}".rstrip("."), f"expected {invalid.expected}")


def _says(objective: Objective) -> Objective:
    """What a file can say of it."""
    return replace(objective, created_ns=0, updated_ns=0)
