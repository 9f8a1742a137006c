"""Who is on call: schedules, their shifts and overrides."""

from __future__ import annotations

import secrets
import time
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.schedule import Override, Schedule
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.schedules import (
    OnCallView,
    OverrideBody,
    OverrideView,
    ScheduleBody,
    SchedulePage,
    ScheduleView,
    ShiftsView,
    gap_views,
    on_call_view,
    override_view,
    schedule_of,
    schedule_view,
    shift_view,
)
from roadworthy.doors.rest.problems import bad_field, not_found
from roadworthy.doors.rest.queries import TIME_HELP, TimeRange, Times
from roadworthy.doors.rest.routes.registering import CHANGED_RESPONSE, AgentName, Expected, Name, told
from roadworthy.doors.rest.times import parse_time, rfc3339
from roadworthy.features.registry import schedule_view as views
from roadworthy.features.registry.calendar_file import calendar_of
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.references import references_to
from roadworthy.features.registry.snapshot import Snapshot

router = Endpoints(tags=["on-call"])

_DAY_NS = 86_400_000_000_000
_AHEAD_NS = 28 * _DAY_NS
_LONGEST_NS = 400 * _DAY_NS
_ICS = {"text/calendar": {"schema": {"type": "string"}}}


@router.get("/schedules", operation_id="listSchedules")
def list_schedules(ctx: Context, project: ReadProject) -> SchedulePage:
    """With who is on call now, who is next, and where nobody will be in the next four weeks."""
    snapshot = ctx.registry.book.of(project)
    return SchedulePage(items=[_view(snapshot, one) for one in snapshot.schedules.values()])


@router.get("/schedules/{name}", operation_id="getSchedule")
def get_schedule(ctx: Context, project: ReadProject, name: Name) -> ScheduleView:
    snapshot = ctx.registry.book.of(project)
    return _view(snapshot, _known(snapshot, name))


@router.put("/schedules/{name}", operation_id="saveSchedule", responses=CHANGED_RESPONSE)
def save_schedule(
    ctx: Context, asker: Asker, project: AdminProject, name: Name, body: ScheduleBody, expected: Expected
) -> ScheduleView:
    """Enters it, or replaces all of it; overrides stay."""
    with told():
        saved = ctx.registry.book.save(
            schedule_of(body, project=project, name=name), by=asker.name, expected_ns=expected
        )
    return _view(ctx.registry.book.of(project), saved)


@router.delete("/schedules/{name}", operation_id="deleteSchedule", status_code=204)
def delete_schedule(ctx: Context, asker: Asker, project: AdminProject, name: Name) -> None:
    """With its overrides. 409 while an agent, a team or an escalation policy names it."""
    with told():
        gone = ctx.registry.book.delete(project, Kind.SCHEDULE, name, by=asker.name)
    if not gone:
        raise not_found("schedule", name=name)


@router.post("/schedules/{name}/preview", operation_id="previewSchedule")
def preview_schedule(
    ctx: Context, project: ReadProject, times: Times, name: Name, body: ScheduleBody
) -> ShiftsView:
    """The shifts it would have if it were saved so, with the overrides there are; nothing is kept."""
    draft = schedule_of(body, project=project, name=name)
    with told():
        ctx.registry.book.check(draft)
    return _shifts(ctx.registry.book.of(project), draft, times=times)


@router.get("/schedules/{name}/shifts", operation_id="listShifts")
def list_shifts(ctx: Context, project: ReadProject, times: Times, name: Name) -> ShiftsView:
    """The final shifts in [from, to), at most 400 days; left out: the next four weeks. They tile the time
    exactly, cut at both ends; gaps are in it as shifts of nobody."""
    snapshot = ctx.registry.book.of(project)
    return _shifts(snapshot, _known(snapshot, name), times=times)


@router.get(
    "/schedules/{name}/calendar.ics",
    operation_id="getScheduleCalendar",
    response_class=Response,
    responses={200: {"content": _ICS, "description": "iCalendar (RFC 5545)"}},
)
def get_calendar(
    ctx: Context,
    project: ReadProject,
    times: Times,
    name: Name,
    person: Annotated[str, Query(max_length=100, description="Only this person's shifts")] = "",
) -> Response:
    """Shifts that touch [from, to), whole; left out: four weeks back to half a year ahead."""
    snapshot = ctx.registry.book.of(project)
    schedule = _known(snapshot, name)
    from_ns, to_ns = _range(times, back_ns=_AHEAD_NS, ahead_ns=180 * _DAY_NS)
    text = calendar_of(snapshot, schedule, from_ns=from_ns, to_ns=to_ns, person=person)
    return Response(
        text.encode(),
        media_type="text/calendar",
        headers={"content-disposition": f'attachment; filename="{name}.ics"'},
    )


@router.post("/schedules/{name}/overrides", operation_id="addOverride", status_code=201)
def add_override(
    ctx: Context, asker: Asker, project: AdminProject, name: Name, body: OverrideBody
) -> OverrideView:
    """Somebody takes over for a time, whatever the layers say. Of several the one entered last counts."""
    _known(ctx.registry.book.of(project), name)
    override = Override(
        project=project,
        id=secrets.token_hex(8),
        schedule=name,
        person=body.person,
        start_ns=parse_time(body.start, field="body.start"),
        end_ns=parse_time(body.end, field="body.end"),
        reason=body.reason,
    )
    with told():
        return override_view(ctx.registry.book.save(override, by=asker.name))


@router.delete("/schedules/{name}/overrides/{override_id}", operation_id="deleteOverride", status_code=204)
def delete_override(ctx: Context, asker: Asker, project: AdminProject, name: Name, override_id: Name) -> None:
    override = ctx.registry.book.of(project).overrides.get(override_id)
    if override is None or override.schedule != name:
        raise not_found("override", name=override_id)
    ctx.registry.book.delete(project, Kind.OVERRIDE, override_id, by=asker.name)


@router.get("/agents/{agent:path}/on-call", operation_id="getOnCall")
def get_on_call(
    ctx: Context,
    project: ReadProject,
    agent: AgentName,
    at: Annotated[str, Query(max_length=40, description=TIME_HELP)] = "now",
) -> OnCallView:
    """Who is told about the agent at that time, level by level; of an agent nobody registered, too."""
    return on_call_view(ctx.registry.on_call(project, agent, parse_time(at, field="query.at")))


def _known(snapshot: Snapshot, name: str) -> Schedule:
    if name not in snapshot.schedules:
        raise not_found("schedule", name=name)
    return snapshot.schedules[name]


def _view(snapshot: Snapshot, schedule: Schedule) -> ScheduleView:
    now_ns = time.time_ns()
    overrides = [one for one in snapshot.overrides_of(schedule.name) if one.end_ns > now_ns]
    return schedule_view(
        schedule,
        seen=views.schedule_view(snapshot, schedule, from_ns=now_ns, to_ns=now_ns + _AHEAD_NS),
        overrides=sorted(overrides, key=lambda one: (one.start_ns, one.id)),
        used_in=references_to(snapshot, Kind.SCHEDULE, schedule.name),
    )


def _shifts(snapshot: Snapshot, schedule: Schedule, *, times: TimeRange) -> ShiftsView:
    from_ns, to_ns = _range(times, back_ns=0, ahead_ns=_AHEAD_NS)
    seen = views.schedule_view(snapshot, schedule, from_ns=from_ns, to_ns=to_ns)
    return ShiftsView(
        from_=rfc3339(from_ns),
        to=rfc3339(to_ns),
        time_zone=schedule.time_zone,
        shifts=[shift_view(one) for one in seen.shifts],
        gaps=gap_views(seen),
        warnings=list(seen.warnings),
    )


def _range(times: TimeRange, *, back_ns: int, ahead_ns: int) -> tuple[int, int]:
    """Of what is given, filled in; raises a problem where it is too long."""
    now_ns = time.time_ns()
    from_ns = times.from_ns
    if from_ns is None:
        from_ns = now_ns - back_ns if times.to_ns is None else max(0, times.to_ns - ahead_ns)
    to_ns = min(from_ns + back_ns + ahead_ns, 2**63 - 1) if times.to_ns is None else times.to_ns
    if to_ns - from_ns > _LONGEST_NS:
        raise bad_field("query.to", "expected at most 400 days after query.from")
    return from_ns, to_ns
