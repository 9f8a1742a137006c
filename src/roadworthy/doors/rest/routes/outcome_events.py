"""Outcomes that other systems tell, before or days after the run."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query

from roadworthy.doors.rest.access import Asker, ReadProject, WritableProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.words import (
    NewOutcomeEvent,
    OutcomeEventPage,
    OutcomeEventView,
    outcome_event_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field
from roadworthy.doors.rest.queries import CursorParameter
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.judge.outcome_events import (
    DAY_NS,
    EventReused,
    EventState,
    OutcomeEvent,
    TooManyEvents,
)

router = Endpoints(tags=["judging"])


@router.post("/outcome-events", operation_id="createOutcomeEvent", status_code=201)
def create_outcome_event(
    ctx: Context, asker: Asker, project: WritableProject, body: NewOutcomeEvent
) -> OutcomeEventView:
    """An outcome of a run, of the last run of a session, or of every run that carries an external id. Durable
    once answered; where the run is not here yet, it is waited for, thirty days long."""
    named = [name for name in ("run_id", "session_id", "external_id") if getattr(body, name)]
    if len(named) != 1:
        raise bad_field("body", "give exactly one of run_id, session_id and external_id")
    now = time.time_ns()
    at_ns = parse_time(body.at, field="body.at", now_ns=now)
    if at_ns > now + DAY_NS:
        raise bad_field("body.at", "lies more than a day ahead")
    event = OutcomeEvent(
        project=project,
        id=body.event_id,
        outcome=body.outcome,
        reason=body.reason,
        run_id=body.run_id,
        session_id=body.session_id,
        external_id=body.external_id,
        author=body.author or asker.name,
        at_ns=at_ns,
        received_ns=now,
    )
    try:
        return outcome_event_view(ctx.judge.events.take(event))
    except EventReused:
        raise Problem(
            409,
            code="event_reused",
            title="Another event came with this id",
            detail="body.event_id: give each event an id of its own",
        ) from None
    except TooManyEvents as full:
        raise Problem(
            429,
            code="too_many_events",
            title="Too many events wait",
            detail=f"{full}: see GET /api/v1/outcome-events?state=waiting",
            headers={"Retry-After": "3600"},
        ) from None


@router.get("/outcome-events", operation_id="listOutcomeEvents")
def list_outcome_events(
    ctx: Context,
    project: ReadProject,
    state: EventState | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: CursorParameter = None,
) -> OutcomeEventPage:
    """What was received, or was matched or given up, last comes first."""
    page = ctx.judge.events.events(project, state=state, limit=limit, after=read_pair(cursor))
    return OutcomeEventPage(
        items=[outcome_event_view(event) for event in page.events],
        next_cursor=write_cursor(*page.next) if page.next else None,
    )
