"""Faults in a share of an agent's live traffic: off unless somebody switches them on."""

from __future__ import annotations

import time

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.live_drills import LiveDrillPage, LiveDrillView, NewLiveDrill, live_view
from roadworthy.doors.rest.problems import bad_field, not_found
from roadworthy.doors.rest.times import parse_duration
from roadworthy.features.gateway.drills.drill import BadDrill
from roadworthy.features.gateway.drills.live import LiveDrill

router = Endpoints(tags=["drills"])


@router.get("/live-drills", operation_id="listLiveDrills")
def list_live_drills(ctx: Context, project: ReadProject, agent: str | None = None) -> LiveDrillPage:
    """Newest first, those that are over included."""
    found = [one for one in ctx.drills.live.all(project) if agent in (None, one.agent)]
    return LiveDrillPage(items=[_view(ctx, one) for one in found])


@router.post("/live-drills", operation_id="startLiveDrill", status_code=201)
def start_live_drill(ctx: Context, asker: Asker, project: AdminProject, body: NewLiveDrill) -> LiveDrillView:
    """Real users will meet these faults. It ends by itself: at its time, after its count, and as soon as the
    agent has an incident. A call to it takes up to a second to hold."""
    draft = LiveDrill(
        project=project,
        id="",
        agent=body.agent,
        kind=ExchangeKind(body.kind),
        target=body.target,
        faults=tuple(body.faults),
        share=body.share,
        most=body.most,
        ends_ns=time.time_ns() + parse_duration(body.lasts, field="body.lasts"),
        settings=tuple(body.settings.items()),
        created_ns=0,
        created_by=asker.name,
    )
    standing = ctx.drills.incident_of(project, body.agent)
    if standing:
        raise bad_field("body.agent", f"{body.agent} has an open incident ({standing}); close it first")
    try:
        return _view(ctx, ctx.drills.live.start(draft))
    except BadDrill as wrong:
        raise bad_field(f"body.{wrong.field}", str(wrong)) from None


@router.post("/live-drills/{live_id}/stop", operation_id="stopLiveDrill")
def stop_live_drill(ctx: Context, asker: Asker, project: AdminProject, live_id: str) -> LiveDrillView:
    found = ctx.drills.live.stop(project, live_id, why=f"switched off by {asker.name}")
    if found is None:
        raise not_found("live drill", name=live_id)
    return _view(ctx, found)


def _view(ctx: RestContext, live: LiveDrill) -> LiveDrillView:
    applied = ctx.drills.applied_of(live.project, live.id, live.most)
    return live_view(live, now_ns=time.time_ns(), applied=applied)
