"""Monitors, their alarms, and what they would have said of the past."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.contracts.watch_log import AlarmQuery
from roadworthy.domain.monitor import YEAR_S, Monitor, Phase
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.alarms import AlarmPage, AlarmView, HistoryView, alarm_view, history_view
from roadworthy.doors.rest.models.backtests import BacktestView
from roadworthy.doors.rest.models.monitors import (
    MonitorPage,
    MonitorSettings,
    MonitorView,
    NewBacktest,
    NewMonitor,
    PauseBody,
    RankingView,
    Reasoned,
    TrueRateView,
    monitor_view,
    ranking_view,
    true_rate_view,
)
from roadworthy.doors.rest.models.settings import JobView
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import CursorParameter, TimeRange, Times
from roadworthy.doors.rest.routes.operations import job_view
from roadworthy.doors.rest.times import parse_time
from roadworthy.features.watch.monitors.backtest import BadTable, results_of_table
from roadworthy.features.watch.monitors.settings_check import BadMonitor, check
from roadworthy.features.watch.monitors.standing import Standing
from roadworthy.flows.backtest_monitor import KIND

router = Endpoints(tags=["monitors"])

_DAY_NS = 86_400 * 10**9
StandingParameter = Annotated[bool | None, Query(description="Those that stand, or those that are over")]
AgentParameter = Annotated[str | None, Query(max_length=500)]


@router.get("/monitors", operation_id="listMonitors", response_model=MonitorPage)
def list_monitors(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    agent: AgentParameter = None,
    phase: Phase | None = None,
) -> Response:
    """By agent. Those that are there by themselves, and those that people made."""
    found = ctx.watch.service.all(project, agent=agent)
    fleet_yearly = sum(one.yearly for one in found if one.phase in (Phase.ARMED, Phase.ALARMED))
    chosen = [one for one in found if phase is None or one.phase is phase]
    return answer(
        MonitorPage(
            items=[monitor_view(one) for one in chosen],
            yearly_false_alarms=fleet_yearly,
            too_old=ctx.watch.service.too_old(project),
        )
    )


@router.post("/monitors", operation_id="addMonitor", status_code=201)
def add_monitor(ctx: Context, asker: Asker, project: AdminProject, body: NewMonitor) -> MonitorView:
    """It learns what is usual first, and is armed by itself."""
    monitor = _monitor(body, project=project, monitor_id="", agent=body.agent, signal=body.signal)
    return _saved(ctx, monitor, by=asker.name, reason=body.reason)


@router.get("/monitors/ranking", operation_id="rankMonitors", response_model=RankingView)
def rank_monitors(ctx: Context, answer: Answering, project: ReadProject) -> Response:
    """Armed monitors by evidence, highest first."""
    return answer(ranking_view(ctx.watch.service.fleet(project)))


@router.post("/monitors/backtest", operation_id="backtestMonitor", status_code=202)
def backtest_monitor(ctx: Context, project: AdminProject, body: NewBacktest) -> JobView:
    """What would have been alarmed when, in the background; GET /api/v1/jobs/{id} says how far it is, then
    GET /api/v1/monitors/backtest/{id} what came of it."""
    monitor = Monitor(
        project=project,
        id="backtest",
        name=f"{body.agent}: backtest",
        agent=body.agent,
        signal="quality" if body.csv else body.signal,
        strata=("attributes.stratum",) if body.csv and not body.strata else tuple(body.strata),
        patience_s=body.patience_years * YEAR_S,
        reference_results=body.reference_results,
        reference_hours=body.reference_hours,
        cautious=body.cautious,
    )
    try:
        check(monitor)
        rows = results_of_table(body.csv, project=project, agent=body.agent) if body.csv else []
    except BadMonitor as wrong:
        raise bad_field(f"body.{wrong.field}", str(wrong)) from None
    except BadTable as wrong:
        raise bad_field("body.csv", str(wrong)) from None
    from_ns = None if body.from_ is None else parse_time(body.from_, field="body.from")
    to_ns = None if body.to is None else parse_time(body.to, field="body.to")
    arguments = ctx.watch.backtests.arguments(monitor, from_ns=from_ns, to_ns=to_ns, results=rows)
    return job_view(ctx.jobs.add(project=project, kind=KIND, arguments=arguments, unit="runs"))


@router.get("/monitors/backtest/{job_id}", operation_id="getBacktest", response_model=BacktestView)
def get_backtest(ctx: Context, project: ReadProject, job_id: str) -> Response:
    job = ctx.metadata.job(job_id)
    if job is None or job.project != project or job.kind != KIND:
        raise not_found("backtest", name=job_id)
    kept = ctx.watch.backtests.outcome(job_id)
    if kept is None:
        raise Problem(
            409, code="not_done", title="Not done", detail=f"The job is {job.status.value}, or was forgotten."
        )
    return Response(kept, media_type="application/json")


@router.get("/monitors/{monitor_id}", operation_id="getMonitor", response_model=MonitorView)
def get_monitor(ctx: Context, answer: Answering, project: ReadProject, monitor_id: str) -> Response:
    """With what would be noticed when, at the volume of now."""
    found = _known(ctx, project, monitor_id)
    return answer(monitor_view(found, noticed=ctx.watch.service.forecast(project, monitor_id)))


@router.put("/monitors/{monitor_id}", operation_id="changeMonitor")
def change_monitor(
    ctx: Context, asker: Asker, project: AdminProject, monitor_id: str, body: MonitorSettings
) -> MonitorView:
    """Where its figures mean something else afterwards (strata, maturity), it learns anew."""
    known = _known(ctx, project, monitor_id).monitor
    monitor = _monitor(body, project=project, monitor_id=monitor_id, agent=known.agent, signal=known.signal)
    return _saved(ctx, monitor, by=asker.name, reason=body.reason)


@router.delete("/monitors/{monitor_id}", operation_id="deleteMonitor", status_code=204)
def delete_monitor(ctx: Context, asker: Asker, project: AdminProject, monitor_id: str) -> None:
    """One that was there by itself does not come back. Its alarms stay."""
    if not ctx.watch.service.delete(project, monitor_id, by=asker.name):
        raise not_found("monitor", name=monitor_id)


@router.post("/monitors/{monitor_id}/pause", operation_id="pauseMonitor")
def pause_monitor(
    ctx: Context, asker: Asker, project: AdminProject, monitor_id: str, body: PauseBody
) -> MonitorView:
    """Or lets it go on. Results that come meanwhile are not looked at."""
    found = ctx.watch.service.pause(
        project, monitor_id, paused=body.paused, by=asker.name, reason=body.reason
    )
    return _there(found, monitor_id)


@router.post("/monitors/{monitor_id}/rebaseline", operation_id="rebaselineMonitor")
def rebaseline_monitor(
    ctx: Context, asker: Asker, project: AdminProject, monitor_id: str, body: Reasoned
) -> MonitorView:
    """What comes from now on is normal: the reference is learned anew. An alarm that stands is over. Who
    said so and why stays in the notes."""
    found = ctx.watch.service.rebaseline(project, monitor_id, by=asker.name, reason=body.reason)
    return _there(found, monitor_id)


@router.get("/monitors/{monitor_id}/history", operation_id="getMonitorHistory", response_model=HistoryView)
def get_history(
    ctx: Context, answer: Answering, project: ReadProject, monitor_id: str, times: Times
) -> Response:
    """The picture: at most 400 points; the last 14 days where nothing is said."""
    from_ns, to_ns = _window(times, days=14)
    found = ctx.watch.service.history(project, monitor_id, from_ns=from_ns, to_ns=to_ns)
    if found is None:
        raise not_found("monitor", name=monitor_id)
    return answer(history_view(found))


@router.get("/alarms", operation_id="listAlarms", response_model=AlarmPage)
def list_alarms(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    times: Times,
    agent: AgentParameter = None,
    monitor: Annotated[str, Query(max_length=60)] = "",
    standing: StandingParameter = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: CursorParameter = None,
) -> Response:
    """Newest first."""
    query = AlarmQuery(
        monitor=monitor,
        agent=agent,
        standing=standing,
        from_ns=times.from_ns or 0,
        to_ns=times.to_ns,
        limit=limit + 1,
        after=read_pair(cursor),
    )
    found = ctx.watch.service.alarms(project, query)
    page = found[:limit]
    more = write_cursor(page[-1].at_ns, page[-1].id) if len(found) > limit else None
    return answer(AlarmPage(items=[alarm_view(one) for one in page], next_cursor=more))


@router.get("/alarms/{alarm_id}", operation_id="getAlarm")
def get_alarm(ctx: Context, project: ReadProject, alarm_id: str) -> AlarmView:
    found = ctx.watch.service.alarm(project, alarm_id)
    if found is None:
        raise not_found("alarm", name=alarm_id)
    return alarm_view(found)


@router.get("/true-rate", operation_id="getTrueRate")
def get_true_rate(
    ctx: Context, project: ReadProject, times: Times, agent: Annotated[str, Query(max_length=500)]
) -> TrueRateView:
    """How often the agent really fails, corrected for the judge's errors; over 28 days where nothing is
    said."""
    from_ns, to_ns = _window(times, days=28)
    found = ctx.watch.service.true_rate(project, agent=agent, from_ns=from_ns, to_ns=to_ns)
    return true_rate_view(agent, found)


def _known(ctx: RestContext, project: str, monitor_id: str) -> Standing:
    found = ctx.watch.service.one(project, monitor_id)
    if found is None:
        raise not_found("monitor", name=monitor_id)
    return found


def _there(found: Standing | None, monitor_id: str) -> MonitorView:
    if found is None:
        raise not_found("monitor", name=monitor_id)
    return monitor_view(found)


def _saved(ctx: RestContext, monitor: Monitor, *, by: str, reason: str) -> MonitorView:
    try:
        return monitor_view(ctx.watch.service.save(monitor, by=by, reason=reason))
    except BadMonitor as wrong:
        raise bad_field(f"body.{wrong.field}", str(wrong)) from None


def _monitor(body: MonitorSettings, *, project: str, monitor_id: str, agent: str, signal: str) -> Monitor:
    return Monitor(
        project=project,
        id=monitor_id,
        name=body.name,
        agent=agent,
        signal=signal,
        strata=tuple(body.strata),
        patience_s=body.patience_years * YEAR_S,
        maturity_s=body.maturity_s,
        reference_results=body.reference_results,
        reference_hours=body.reference_hours,
        cautious=body.cautious,
        least_probability=body.least_probability,
        higher_is_worse=body.higher_is_worse,
        severity=body.severity,
    )


def _window(times: TimeRange, *, days: int) -> tuple[int, int]:
    to_ns = times.to_ns if times.to_ns is not None else time.time_ns() + 1
    return (times.from_ns if times.from_ns is not None else to_ns - days * _DAY_NS), to_ns
