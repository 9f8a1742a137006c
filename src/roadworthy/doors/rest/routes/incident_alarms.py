"""Alarms: all there were, and those that come from elsewhere."""

from __future__ import annotations

import secrets
import time
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.alarm import Alarm, AlarmKind
from roadworthy.domain.incident import Source
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject, WritableProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.incidents import (
    AlertBody,
    AlertmanagerMessage,
    IncidentAlarmPage,
    IncidentAlarmView,
    IncidentView,
    Merge,
    NewAlarm,
    Taken,
    alarm_view,
    incident_view,
)
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.queries import CursorParameter
from roadworthy.doors.rest.routes.incidents import in_the_way
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.watch.incidents.alertmanager_in import SentAlert, alarm_of, time_of
from roadworthy.features.watch.incidents.rearranging import CannotRearrange

router = Endpoints(tags=["incidents"])

Standing = Annotated[bool, Query(description="Only those that have not cleared")]


@router.get("/incident-alarms", operation_id="listIncidentAlarms", response_model=IncidentAlarmPage)
def list_alarms(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    agent: Annotated[str, Query(max_length=300)] = "",
    incident: Annotated[str, Query(max_length=40, description="Id or number")] = "",
    standing: Standing = False,  # noqa: FBT002
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: CursorParameter = None,
) -> Response:
    """Every alarm that was taken, from monitors, objectives and elsewhere, silenced ones included, with the
    incident it belongs to. Newest first."""
    rows = ctx.incidents.alarms(project, agent=agent, standing=standing)
    if incident:
        found = ctx.incidents.book.incident(project, incident)
        rows = [one for one in rows if found is not None and one.incident_id == found.id]
    after = read_pair(cursor)
    if after is not None:
        rows = [one for one in rows if (-one.alarm.at_ns, one.alarm.id) > (-after[0], after[1])]
    page = rows[:limit]
    more = write_cursor(page[-1].alarm.at_ns, page[-1].alarm.id) if len(rows) > limit else None
    return answer(IncidentAlarmPage(items=[alarm_view(one) for one in page], next_cursor=more))


@router.post("/alarms", operation_id="raiseAlarm", status_code=201, response_model=IncidentAlarmView)
def raise_alarm(
    ctx: Context, asker: Asker, project: WritableProject, body: NewAlarm, key: IdempotencyKey = None
) -> Response:
    """From a system of yours. It opens an incident or joins one; the same id with `cleared_at` ends it."""
    alarm = _alarm(body, project=project)

    def make() -> IncidentAlarmView:
        ctx.incidents.book.take([alarm], source=Source.API)
        return _view(ctx, project=project, alarm_id=alarm.id)

    return once(ctx, key=key, project=project, action="raiseAlarm", body=body, make=make)


@router.post("/alarms/{alarm_id}/move", operation_id="moveAlarm")
def move_alarm(ctx: Context, asker: Asker, project: AdminProject, alarm_id: str, body: Merge) -> IncidentView:
    """To another incident, which is the answer."""
    _view(ctx, project=project, alarm_id=alarm_id)
    into = ctx.incidents.book.incident(project, body.into)
    if into is None:
        raise not_found("incident", name=body.into)
    try:
        moved = ctx.incidents.rearranging.move(project, alarm_id, into=into.id, by=asker.name)
    except CannotRearrange as fault:
        raise in_the_way(str(fault)) from None
    return incident_view(moved)


@router.post("/alertmanager", operation_id="takeAlertmanager")
def take_alertmanager(ctx: Context, project: WritableProject, body: AlertmanagerMessage) -> Taken:
    """For a `webhook_config` of Prometheus' Alertmanager (version 4). Labels `agent`, `release` and
    `severity` are read; an alert that is resolved ends its alarm."""
    now = time.time_ns()
    alarms = [
        alarm_of(_sent(one), project=project, group=body.group_key[:200], now_ns=now) for one in body.alerts
    ]
    known = {one.alarm.id for one in ctx.incidents.book.alarms(project)}
    # The end of what nobody has heard of begins nothing.
    wanted = [one for one in alarms if not one.cleared_ns or one.id in known]
    ctx.incidents.book.take(wanted, source=Source.ALERTMANAGER)
    ids = {one.id for one in wanted}
    taken = [one for one in ctx.incidents.book.alarms(project) if one.alarm.id in ids]
    return Taken(alarms=len(taken), incident_ids=list(dict.fromkeys(one.incident_id for one in taken)))


def _alarm(body: NewAlarm, *, project: str) -> Alarm:
    def at(text: str | None, field: str) -> int:
        return 0 if text is None else parse_time(text, field=f"body.{field}")

    return Alarm(
        project=project,
        id=f"api-{body.id}" if body.id else f"api-{secrets.token_hex(8)}",
        kind=AlarmKind.EXTERNAL,
        source=body.source,
        source_name=body.source,
        agent=body.agent,
        release=body.release,
        severity=body.severity,
        title=body.title,
        reason=body.reason,
        at_ns=at(body.at, "at"),
        since_ns=at(body.since, "since"),
        cleared_ns=at(body.cleared_at, "cleared_at"),
        run_ids=tuple(body.run_ids),
        facts=body.facts,
    )


def _view(ctx: RestContext, *, project: str, alarm_id: str) -> IncidentAlarmView:
    found = next((one for one in ctx.incidents.book.alarms(project) if one.alarm.id == alarm_id), None)
    if found is None:
        raise not_found("alarm", name=alarm_id)
    return alarm_view(found)


def _sent(alert: AlertBody) -> SentAlert:
    return SentAlert(
        firing=alert.status != "resolved",
        labels=alert.labels,
        annotations=alert.annotations,
        starts_ns=time_of(alert.starts_at),
        ends_ns=time_of(alert.ends_at),
        generator_url=alert.generator_url,
        fingerprint=alert.fingerprint,
    )
