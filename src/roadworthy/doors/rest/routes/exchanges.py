"""Calls through the gateway, and what was recorded of them."""

# ruff: noqa: FBT002 (query parameters, given by name)

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.contracts.exchange_log import ExchangeQuery
from roadworthy.domain.exchange import Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import Recording
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.exchanges import (
    ExchangePage,
    ExchangeView,
    RecordingPolicies,
    RecordingView,
    exchange_view,
    policy_body,
    policy_of,
    recording_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import CursorParameter, LimitParameter, Times
from roadworthy.features.debug.tape.match_key import match_key
from roadworthy.features.gateway.recording.service import RecordingGone, RecordingService

router = Endpoints(tags=["exchanges"])

Full = Annotated[bool, Query(description="Give bodies whole, not cut at 262,144 characters")]
_NAMES = {*FailureCode, "any"}


@router.get("/exchanges", operation_id="listExchanges", response_model=ExchangePage)
def list_exchanges(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    times: Times,
    agent: Annotated[str, Query(max_length=500)] = "",
    target: Annotated[str, Query(max_length=500, description="A route, or connector.tool")] = "",
    kind: ExchangeKind | None = None,
    ending: Ending | None = None,
    code: Annotated[str, Query(max_length=40, description="A failure's code; any: all that failed")] = "",
    drill: Annotated[str, Query(max_length=200, description="Id of a drill")] = "",
    run: Annotated[str, Query(max_length=200, description="Id of a run: only what was joined to it")] = "",
    limit: LimitParameter = 50,
    cursor: CursorParameter = None,
) -> Response:
    """Newest first."""
    if code and code not in _NAMES:
        raise bad_field("query.code", f"{code!r} is no code of a failure: expected one of {sorted(_NAMES)}")
    query = ExchangeQuery(
        agent=agent,
        target=target,
        kind=kind or "",
        ending=ending or "",
        code=code,
        drill=drill,
        ids=_ids_of_run(ctx, project=project, run_id=run) if run else None,
        from_ns=times.from_ns,
        to_ns=times.to_ns,
        limit=limit + 1,
        after=read_pair(cursor),
    )
    found = _service(ctx).exchanges(project, query)
    more = len(found) > limit
    found = found[:limit]
    return answer(
        ExchangePage(
            items=[exchange_view(one) for one in found],
            next_cursor=write_cursor(found[-1].started_ns, found[-1].id) if more else None,
        )
    )


@router.get("/runs/{run_id}/exchanges", operation_id="listRunExchanges", response_model=ExchangePage)
def list_run_exchanges(ctx: Context, answer: Answering, project: ReadProject, run_id: str) -> Response:
    """All calls of the run through the gateway, by start; at most 2000."""
    run = ctx.observe.run(project, run_id)
    if run is None:
        raise not_found("run", name=run_id)
    found = _service(ctx).of_run(run)
    return answer(ExchangePage(items=[exchange_view(one) for one in found], next_cursor=None))


@router.get("/exchanges/{exchange_id}", operation_id="getExchange")
def get_exchange(ctx: Context, project: ReadProject, exchange_id: str) -> ExchangeView:
    return exchange_view(_exchange(ctx, project=project, exchange_id=exchange_id))


@router.delete("/exchanges/{exchange_id}", operation_id="deleteExchange", status_code=204)
def delete_exchange(ctx: Context, project: AdminProject, exchange_id: str) -> None:
    """With its recording; the gateway does it within seconds of its running."""
    found = _exchange(ctx, project=project, exchange_id=exchange_id)
    _service(ctx).forget_exchange(project, found.id)


@router.get("/exchanges/{exchange_id}/recording", operation_id="getRecording", response_model=RecordingView)
def get_recording(
    ctx: Context, answer: Answering, project: ReadProject, exchange_id: str, full: Full = False
) -> Response:
    """Request and answer, masked before they were written, with when each chunk came."""
    found = _exchange(ctx, project=project, exchange_id=exchange_id)
    try:
        read = _service(ctx).recording(found)
    except RecordingGone as gone:
        raise Problem(404, code="no_recording", title="No recording", detail=str(gone)) from None
    return answer(recording_view(read, match_key=_match_key(read.recording), full=full))


@router.get("/recording-policies", operation_id="listRecordingPolicies")
def list_policies(ctx: Context, project: ReadProject) -> RecordingPolicies:
    """Which exchanges are recorded: of the project, an agent or a route."""
    return RecordingPolicies(policies=[policy_body(one) for one in _service(ctx).policies.of(project)])


@router.put("/recording-policies", operation_id="saveRecordingPolicies")
def save_policies(ctx: Context, project: AdminProject, body: RecordingPolicies) -> RecordingPolicies:
    """In place of those there were; the gateway knows within a second."""
    try:
        _service(ctx).policies.save(project, [policy_of(one) for one in body.policies])
    except ValueError as fault:
        raise bad_field("body.policies", str(fault)) from None
    return list_policies(ctx, project)


def _service(ctx: RestContext) -> RecordingService:
    return ctx.recordings


def _exchange(ctx: RestContext, *, project: str, exchange_id: str) -> Exchange:
    found = _service(ctx).exchange(project, exchange_id)
    if found is None:
        raise not_found("exchange", name=exchange_id)
    return found


def _ids_of_run(ctx: RestContext, *, project: str, run_id: str) -> tuple[str, ...]:
    run = ctx.observe.run(project, run_id)
    return tuple(one.id for one in _service(ctx).of_run(run)) if run is not None else ()


def _match_key(recording: Recording) -> str | None:
    request = recording.request
    if request is None:
        return None
    path = request.head.partition(" ")[2]
    return match_key(path=path, body=b"".join(chunk for _, chunk in request.chunks))
