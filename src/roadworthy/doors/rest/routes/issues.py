"""Failing runs, grouped: the issues page."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.failure_mode import BY_ID as MODES
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.issues import IssueChange, IssuePage, IssueView, issue_view
from roadworthy.doors.rest.problems import bad_field, not_found
from roadworthy.doors.rest.queries import CursorParameter, TimeRange, Times
from roadworthy.doors.rest.times import parse_later
from roadworthy.features.judge.issue_book import IssueState
from roadworthy.features.judge.issue_list import IssueQuery, Order

router = Endpoints(prefix="/issues", tags=["issues"])

_DAYS_NS = 14 * 86_400_000_000_000
_UNRESOLVED = [IssueState.OPEN, IssueState.REGRESSED]
States = Annotated[
    list[IssueState], Query(alias="state", description="Repeatable; left out: open and regressed")
]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("", operation_id="listIssues", response_model=IssuePage)
def list_issues(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    times: Times,
    states: States = _UNRESOLVED,
    agent: Annotated[str, Query(max_length=500)] = "",
    mode: Annotated[str, Query(max_length=40, description="Id of a failure mode")] = "",
    q: Annotated[str, Query(max_length=200, description="Words of the title")] = "",
    sort: Order = Order.LAST_SEEN,
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> Response:
    """Issues with runs in the time asked for (the last 14 days), in the order asked for."""
    if mode and mode not in MODES:
        raise bad_field("query.mode", f"no failure mode {mode!r}: see GET /api/v1/failure-modes")
    from_ns, to_ns = _window(times)
    query = IssueQuery(
        from_ns=from_ns,
        to_ns=to_ns,
        states=frozenset(states),
        agent=agent,
        mode=mode,
        text=q,
        order=sort,
    )
    rows = ctx.judge.issue_list.rows(project, query)
    place = read_pair(cursor)
    start = place[0] if place else 0
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    return answer(
        IssuePage(
            items=[issue_view(row) for row in page],
            next_cursor=write_cursor(start + limit, page[-1].issue.id) if more else None,
        )
    )


@router.get("/{issue_id}", operation_id="getIssue", response_model=IssueView)
def get_issue(ctx: Context, answer: Answering, project: ReadProject, times: Times, issue_id: str) -> Response:
    return answer(_view(ctx, project=project, issue_id=issue_id, times=times))


@router.patch("/{issue_id}", operation_id="changeIssue")
def change_issue(
    ctx: Context, asker: Asker, project: AdminProject, times: Times, issue_id: str, change: IssueChange
) -> IssueView:
    """Assign, mute, resolve or open again. A resolved issue comes back by itself, as `regressed`, with the
    first later run that belongs to it."""
    if change.state is IssueState.REGRESSED:
        raise bad_field("body.state", "an issue regresses by itself; expected open, muted or resolved")
    until = None
    if change.mute_until is not None:
        if change.state is not IssueState.MUTED:
            raise bad_field("body.mute_until", "goes with the state muted")
        until = parse_later(change.mute_until, field="body.mute_until")
    if change.resolved_in_release and change.state is not IssueState.RESOLVED:
        raise bad_field("body.resolved_in_release", "goes with the state resolved")
    changed = ctx.judge.issues.change(
        project,
        issue_id,
        by=asker.name,
        reason=change.reason.strip(),
        state=change.state,
        assignee=change.assignee,
        muted_until_ns=until,
        resolved_in_release=change.resolved_in_release,
    )
    if changed is None:
        raise not_found("issue", name=issue_id)
    return _view(ctx, project=project, issue_id=issue_id, times=times)


def _view(ctx: RestContext, *, project: str, issue_id: str, times: TimeRange) -> IssueView:
    from_ns, to_ns = _window(times)
    row = ctx.judge.issue_list.row(project, issue_id, from_ns=from_ns, to_ns=to_ns)
    if row is None:
        raise not_found("issue", name=issue_id)
    runs = ctx.judge.issue_list.representatives(project, issue_id)
    return issue_view(row, representatives=[run.id for run in runs])


def _window(times: TimeRange) -> tuple[int, int]:
    to_ns = times.to_ns if times.to_ns is not None else time.time_ns() + 1
    return (times.from_ns if times.from_ns is not None else to_ns - _DAYS_NS), to_ns
