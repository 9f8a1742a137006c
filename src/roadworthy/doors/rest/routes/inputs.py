"""Inputs: whether what is asked of an agent is still what it was, and which inputs are unusual."""

# ruff: noqa: FBT002 (query parameters, given by name)

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.alarms import RaisedAlarmPage, raised_alarm_page
from roadworthy.doors.rest.models.inputs import (
    InputsHistory,
    InputsPage,
    InputsPointView,
    InputsView,
    inputs_view,
)
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.queries import CursorParameter
from roadworthy.doors.rest.times import rfc3339

router = Endpoints(prefix="/inputs", tags=["inputs"])

Limit = Annotated[int, Query(ge=1, le=500)]
Drifting = Annotated[bool, Query(description="Only those of which an alarm stands")]


@router.get("", operation_id="listInputs", response_model=InputsPage)
def list_inputs(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    agent: Annotated[str, Query(max_length=500)] = "",
    drifting: Drifting = False,
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> Response:
    """One for each agent whose runs have inputs, by name."""
    held = [
        one
        for one in ctx.inputs.all(project)
        if (not agent or one.agent == agent) and (one.drifting is not None or not drifting)
    ]
    place = read_pair(cursor)
    start = place[0] if place else 0
    page = held[start : start + limit]
    more = start + limit < len(held)
    return answer(
        InputsPage(
            items=[inputs_view(one) for one in page],
            next_cursor=write_cursor(start + limit, page[-1].id) if more else None,
        )
    )


@router.get("/{inputs_id}", operation_id="getInputs", response_model=InputsView)
def get_inputs(ctx: Context, answer: Answering, project: ReadProject, inputs_id: str) -> Response:
    found = ctx.inputs.now(project, inputs_id)
    if found is None:
        raise not_found("inputs", name=inputs_id)
    return answer(inputs_view(found))


@router.get("/{inputs_id}/history", operation_id="inputsHistory", response_model=InputsHistory)
def inputs_history(ctx: Context, answer: Answering, project: ReadProject, inputs_id: str) -> Response:
    """By the hour, the last two weeks."""
    points = ctx.inputs.history(project, inputs_id)
    if points is None:
        raise not_found("inputs", name=inputs_id)
    return answer(
        InputsHistory(
            items=[
                InputsPointView(
                    start=rfc3339(one.start_ns),
                    observed=one.observed,
                    tail=one.tail,
                    mean_p=one.p_sum / one.observed if one.observed else None,
                    evidence=one.evidence,
                )
                for one in points
            ]
        )
    )


@router.get("/{inputs_id}/alarms", operation_id="inputsAlarms", response_model=RaisedAlarmPage)
def inputs_alarms(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    inputs_id: str,
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> Response:
    """Newest first, those that are over included."""
    found = ctx.inputs.alarms(project, inputs_id, limit=limit + 1, after=read_pair(cursor))
    page = found[:limit]
    following = write_cursor(page[-1].at_ns, page[-1].id) if len(found) > limit else None
    return answer(raised_alarm_page(page, next_cursor=following))


@router.post("/{inputs_id}/relearn", operation_id="relearnInputs")
def relearn_inputs(ctx: Context, project: AdminProject, inputs_id: str) -> InputsView:
    """What is asked now is as it should be: learn a new reference from the inputs that come from now on. An
    alarm that stands is cleared."""
    if not ctx.inputs.relearn(project, inputs_id, now_ns=time.time_ns()):
        raise not_found("inputs", name=inputs_id)
    found = ctx.inputs.now(project, inputs_id)
    if found is None:
        raise not_found("inputs", name=inputs_id)
    return inputs_view(found)
