"""What the API says about gateway keys, budgets, limits and the gateway's health."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from roadworthy.domain.model_route import BudgetPeriod, CallLimit, GatewayKey, LimitScope
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.gateway.routes.service import BudgetNow, GatewayHealth

_Name = Annotated[str, StringConstraints(max_length=100)]


class NewGatewayKey(Body):
    name: str = Field(min_length=1, max_length=200)
    agent: str = Field(min_length=1, max_length=500, description="Whose calls it makes", examples=["support"])
    release: str = Field(default="", max_length=500, description='"": whichever the call names')
    routes: list[_Name] = Field(
        default_factory=list, max_length=100, description="It may ask for; none: all", examples=[["planner"]]
    )


class GatewaySecretView(BaseModel):
    id: str = Field(description="As it stands in the key: rw_<id>_...")
    created_at: str
    expires_at: str | None


class GatewayKeyView(BaseModel):
    id: str
    name: str
    agent: str
    release: str | None
    routes: list[str]
    secrets: list[GatewaySecretView] = Field(description="Newest first; more than one while it is rotated")
    created_at: str
    revoked_at: str | None


class GatewayKeyPage(BaseModel):
    items: list[GatewayKeyView]
    next_cursor: None = None


class MadeGatewayKey(GatewayKeyView):
    secret: str | None = Field(
        description="The whole key, shown this once. null where the request was repeated with its "
        "Idempotency-Key"
    )
    base_url: str = Field(description="What OPENAI_BASE_URL is set to, with /v1 at its end")


class RotateBody(Body):
    overlap_s: float = Field(
        default=3_600, ge=0, le=2_592_000, description="How long the secrets before it still work"
    )


class SpendBudgetBody(Body):
    name: str = Field(min_length=1, max_length=200, examples=["support a day"])
    scope: LimitScope = Field(description="project, agent, key or route")
    subject: str = Field(default="", max_length=500, description="Agent, key id or route; none for project")
    period: BudgetPeriod
    usd: float | None = Field(default=None, ge=0, le=1e9)
    tokens: int | None = Field(default=None, ge=0, le=10**15)
    enforced: bool = Field(default=True, description="false: warns, refuses nothing")


class SpendBudgetView(SpendBudgetBody):
    id: str
    period_now: str = Field(description="2026-11-22, 2026-11 or total, in UTC")
    spent_usd: float
    spent_tokens: int
    reserved_usd: float = Field(description="By calls that are not over yet")
    reserved_tokens: int
    share: float = Field(description="Spent of what may be; 1 is all of it")
    updated_at: str


class SpendBudgetPage(BaseModel):
    items: list[SpendBudgetView]
    next_cursor: None = None


class CallLimitBody(Body):
    """How fast calls may come: a minute's worth at once, after that evenly."""

    scope: LimitScope = Field(description="model: provider/model, or a prefix that ends in *")
    subject: str = Field(default="", max_length=500, description='"": each of them by itself')
    requests_per_minute: int | None = Field(default=None, ge=1, le=10**9)
    tokens_per_minute: int | None = Field(default=None, ge=1, le=10**12)


class CallLimitView(CallLimitBody):
    id: str
    updated_at: str


class CallLimitPage(BaseModel):
    items: list[CallLimitView]
    next_cursor: None = None


class UpstreamHealthView(BaseModel):
    upstream: str = Field(description="provider/model")
    breaker: str = Field(description="closed, open or half_open")
    reopens_in_s: float
    in_flight: int
    queued: int
    calls: int = Field(description="Tries since the gateway started")
    failures: int
    retries_left: int
    p50_ms: float | None = Field(description="To the first byte, of the last few hundred")
    p95_ms: float | None


class GatewaySnapshotView(BaseModel):
    age_s: float | None = Field(description="Since it was last the same as the database; null: never was")
    version: int
    from_file: bool = Field(description="The one of an earlier start: the database could not be read")


class GatewayHealthView(BaseModel):
    url: str = Field(description="What agents set as base URL (OpenAI's SDKs: with /v1 at its end)")
    running: bool
    ready: bool
    problems: list[str]
    started_at: str | None
    snapshot: GatewaySnapshotView | None
    in_flight: int
    connections: int
    recordings_kept: int
    recordings_dropped: int
    cache_hits: int
    cache_misses: int
    upstreams: list[UpstreamHealthView] = Field(description="Those of the project that were called")


def key_view(one: GatewayKey) -> GatewayKeyView:
    return GatewayKeyView(
        id=one.id,
        name=one.name,
        agent=one.agent,
        release=text(one.release),
        routes=list(one.routes),
        secrets=[
            GatewaySecretView(
                id=secret.public_id,
                created_at=rfc3339(secret.created_ns),
                expires_at=rfc3339_or_none(secret.expires_ns),
            )
            for secret in one.secrets
        ],
        created_at=rfc3339(one.created_ns),
        revoked_at=rfc3339_or_none(one.revoked_ns),
    )


def budget_view(now: BudgetNow) -> SpendBudgetView:
    one, spent = now.budget, now.spent
    return SpendBudgetView(
        id=one.id,
        name=one.name,
        scope=one.scope,
        subject=one.subject,
        period=one.period,
        usd=one.usd,
        tokens=one.tokens,
        enforced=one.enforced,
        period_now=now.period,
        spent_usd=spent.spent_usd,
        spent_tokens=spent.spent_tokens,
        reserved_usd=spent.reserved_usd,
        reserved_tokens=spent.reserved_tokens,
        share=now.share,
        updated_at=rfc3339(one.updated_ns),
    )


def limit_view(one: CallLimit) -> CallLimitView:
    return CallLimitView(
        id=one.id,
        scope=one.scope,
        subject=one.subject,
        requests_per_minute=one.requests_per_minute,
        tokens_per_minute=one.tokens_per_minute,
        updated_at=rfc3339(one.updated_ns),
    )


def health_view(health: GatewayHealth, *, project: str, url: str) -> GatewayHealthView:
    told = health.told
    snapshot, recorder, cache = (_inner(told, name) for name in ("snapshot", "recorder", "cache"))
    problems = [str(one) for one in told.get("problems", [])] if health.running else []
    # What concerns another project alone is not this one's to know.
    problems = [one for one in problems if _concerns(one, project)]
    if not health.running:
        problems = ["the gateway has not said anything for a while: it is not running, or stuck"]
    if told.get("budget_problem") and health.running:
        problems.append(str(told["budget_problem"]))
    prefix = f"{project}:"
    return GatewayHealthView(
        url=url,
        running=health.running,
        ready=health.running and bool(told.get("ready")),
        problems=problems,
        started_at=rfc3339_or_none(int(told.get("started_ns") or 0)),
        snapshot=GatewaySnapshotView(
            age_s=snapshot.get("age_s"),
            version=int(snapshot.get("version") or 0),
            from_file=bool(snapshot.get("from_file")),
        )
        if snapshot
        else None,
        in_flight=int(told.get("in_flight") or 0) if health.running else 0,
        connections=int(told.get("connections") or 0) if health.running else 0,
        recordings_kept=int(recorder.get("kept") or 0),
        recordings_dropped=int(recorder.get("dropped") or 0),
        cache_hits=int(cache.get("hits") or 0),
        cache_misses=int(cache.get("misses") or 0),
        upstreams=[
            UpstreamHealthView(upstream=name.removeprefix(prefix), **held)
            for name, held in sorted(_inner(told, "upstreams").items())
            if name.startswith(prefix)
        ],
    )


def _concerns(problem: str, project: str) -> bool:
    named = re.search(r" of project ([a-z0-9-]+)", problem)
    return named is None or named[1] == project


def _inner(told: Any, name: str) -> dict[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}
