"""For machines that watch: /healthz, /readyz, /metrics. Outside the versioned API."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from roadworthy.doors.rest.access import Asker
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.problems import Problem

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(ctx: Context) -> dict[str, str]:
    """It can answer requests about runs."""
    health = ctx.health()
    if not health.ready:
        raise Problem(503, code="not_ready", title="Not ready", detail="; ".join(health.problems) or None)
    return {"status": "ready"}


@router.get("/metrics")
def metrics(request: Request, asker: Asker) -> Response:
    """Prometheus text. Where log-in is required, a key with any scope opens it."""
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
