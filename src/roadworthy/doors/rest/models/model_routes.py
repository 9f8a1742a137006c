"""What the API says about providers and routes to models. Keys go in and never come out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from roadworthy.domain.exchange import Dialect
from roadworthy.domain.model_route import (
    Breaking,
    Family,
    KeyHeader,
    ModelRoute,
    Provider,
    RouteRetries,
    RouteTarget,
    RouteWaits,
)
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.gateway.routes.drafts import ProviderDraft
from roadworthy.features.gateway.routes.presets import Preset
from roadworthy.features.gateway.routes.test_call import TargetTest

_Url = Annotated[str, StringConstraints(max_length=2_000)]
_Value = Annotated[str, StringConstraints(max_length=2_000)]
_Model = Annotated[str, StringConstraints(max_length=200)]


class PresetView(BaseModel):
    name: str
    title: str
    bases: dict[Family, str] = Field(description="Base URL by family of dialects; empty: give your own")
    key_variable: str | None = Field(description="Where its SDKs look for the key")
    local: bool


class PresetPage(BaseModel):
    items: list[PresetView]
    next_cursor: None = None


class BreakingBody(Body):
    window_s: float = Field(default=30, ge=1, le=3_600)
    minimum_calls: int = Field(default=10, ge=1, le=100_000, description="Fewer in the window open nothing")
    failed_share: float = Field(default=0.5, gt=0, le=1)
    open_s: float = Field(
        default=15, ge=0.1, le=3_600, description="Doubled with each probe that fails, to 8×"
    )
    probes: int = Field(default=1, ge=1, le=100)


class ProviderBody(Body):
    """With a `preset` little else is needed; any server that speaks one of the dialects works by its
    `base_url`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "openai", "preset": "openai", "key": "sk-..."},
                {"name": "gpu-box", "preset": "vllm", "base_url": "http://10.0.0.7:8000/v1"},
            ]
        },
    )

    preset: str = Field(default="", max_length=40, description="GET /api/v1/gateway/presets")
    base_url: str = Field(
        default="", max_length=2_000, description="In place of the preset's; OpenAI's kind ends in /v1"
    )
    bases: dict[Family, _Url] = Field(
        default_factory=dict, description="In place of both: a base URL for each family"
    )
    key: str | None = Field(
        default=None, max_length=2_000, description='Sealed, never shown. null: as it is; "": taken away'
    )
    key_variable: str = Field(
        default="",
        max_length=100,
        description="The gateway's environment variable that holds the key. Set by who may change the whole "
        "installation alone",
    )
    key_header: KeyHeader | None = Field(default=None, description="null: as the family has it")
    headers: dict[str, _Value] = Field(
        default_factory=dict, max_length=20, description="Sent with each call; no credentials"
    )
    allow_private: bool | None = Field(
        default=None, description="Local inference: private addresses. null: as the preset, and for loopback"
    )
    at_once: int = Field(default=0, ge=0, le=100_000, description="Calls at once; 0: no bound")
    queue: int = Field(default=100, ge=0, le=100_000, description="Calls that wait for a place")
    queue_wait_s: float = Field(default=30, ge=0, le=600)
    breaking: BreakingBody = Field(default_factory=BreakingBody)


class NewProvider(ProviderBody):
    name: str = Field(max_length=40, examples=["openai"])


class ProviderView(BaseModel):
    name: str
    preset: str | None
    bases: dict[Family, str]
    has_key: bool
    key_variable: str | None
    key_header: dict[Family, KeyHeader]
    headers: dict[str, str]
    allow_private: bool
    at_once: int
    queue: int
    queue_wait_s: float
    breaking: BreakingBody
    routes: list[str] = Field(description="Names of the routes that go to it")
    updated_at: str


class ProviderPage(BaseModel):
    items: list[ProviderView]
    next_cursor: None = None


class RouteTargetBody(Body):
    """A provider with a model, or another route to go on with."""

    provider: str = Field(default="", max_length=40, examples=["openai"])
    model: str = Field(
        default="", max_length=200, description='"": the model the agent named', examples=["gpt-5"]
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        max_length=50,
        description="Top-level fields that are set, whatever the agent sent",
        examples=[{"temperature": 0}],
    )
    route: str = Field(default="", max_length=100, description="Instead: the targets of this route")


class WaitsBody(Body):
    connect_s: float = Field(default=5, gt=0, le=120)
    first_byte_s: float = Field(default=60, gt=0, le=3_600, description="To the first token")
    between_s: float = Field(default=30, gt=0, le=3_600, description="Between tokens")
    total_s: float | None = Field(default=600, gt=0, le=86_400, description="Retries included; null: no end")


class RetriesBody(Body):
    most: int = Field(default=2, ge=0, le=10, description="Further tries at one target")
    share: float = Field(default=0.2, ge=0, le=1, description="Of the calls to it that may be retries")


class RouteBody(Body):
    name: str = Field(max_length=100, description="What agents send as model", examples=["planner"])
    agent: str = Field(default="", max_length=500, description='"" for every agent')
    release: str = Field(default="", max_length=500)
    models: list[_Model] = Field(
        default_factory=list,
        max_length=50,
        description="Further model names it answers to, * for any text",
        examples=[["gpt-*"]],
    )
    targets: list[RouteTargetBody] = Field(max_length=10, description="Asked in this order")
    waits: WaitsBody = Field(default_factory=WaitsBody)
    retries: RetriesBody = Field(default_factory=RetriesBody)
    hedge: str = Field(
        default="",
        max_length=10,
        description='A second try beside the first after "p95" or so many ms; "" for none',
    )
    cache_s: float = Field(
        default=0, ge=0, le=604_800, description="The same request gets the same answer for so long; 0: never"
    )
    enabled: bool = True
    note: str = Field(default="", max_length=2_000)


class ModelRouteView(BaseModel):
    id: str
    name: str
    agent: str | None
    release: str | None
    models: list[str]
    targets: list[RouteTargetBody]
    waits: WaitsBody
    retries: RetriesBody
    hedge: str | None
    cache_s: float
    enabled: bool
    note: str
    updated_at: str


class ModelRoutePage(BaseModel):
    items: list[ModelRouteView]
    next_cursor: None = None


class RouteTestBody(Body):
    model: str = Field(default="", max_length=200, description="For targets that name none")
    dialect: Dialect | None = Field(default=None, description="null: the provider's own")


class TargetTestView(BaseModel):
    upstream: str
    ok: bool
    status: int | None
    elapsed_ms: float
    answered: str | None = Field(description="The model that the answer says it is from")
    input_tokens: int | None
    output_tokens: int | None
    said: str = Field(description="What went wrong, or how the answer begins")


class RouteTestView(BaseModel):
    ok: bool = Field(description="Whether the first target answered")
    targets: list[TargetTestView]


class RoutesImportBody(Body):
    text: str = Field(max_length=1_000_000, description="YAML as GET /api/v1/gateway/routes.yaml writes it")
    dry_run: bool = True


class ImportChange(BaseModel):
    kind: str = Field(description="provider or route")
    name: str
    what: str = Field(description="new, changed or same")


class RoutesImportView(BaseModel):
    applied: bool
    changes: list[ImportChange]
    without_key: list[str] = Field(description="Providers that still need their key")


def preset_view(one: Preset) -> PresetView:
    return PresetView(
        name=one.name,
        title=one.title,
        bases=dict(one.bases),
        key_variable=text(one.key_variable),
        local=one.local,
    )


def provider_view(one: Provider, *, routes: list[str]) -> ProviderView:
    return ProviderView(
        name=one.name,
        preset=text(one.preset),
        bases=dict(one.bases),
        has_key=bool(one.sealed_key or one.key_variable),
        key_variable=text(one.key_variable),
        key_header=dict(one.key_header),
        headers=dict(one.headers),
        allow_private=one.allow_private,
        at_once=one.at_once,
        queue=one.queue,
        queue_wait_s=one.queue_wait_s,
        breaking=BreakingBody(
            window_s=one.breaking.window_s,
            minimum_calls=one.breaking.minimum_calls,
            failed_share=one.breaking.failed_share,
            open_s=one.breaking.open_s,
            probes=one.breaking.probes,
        ),
        routes=routes,
        updated_at=rfc3339(one.updated_ns),
    )


def provider_draft(name: str, body: ProviderBody) -> ProviderDraft:
    return ProviderDraft(
        name=name,
        preset=body.preset,
        base_url=body.base_url,
        bases=body.bases,
        key=body.key,
        key_variable=body.key_variable,
        key_header=body.key_header,
        headers=body.headers,
        allow_private=body.allow_private,
        at_once=body.at_once,
        queue=body.queue,
        queue_wait_s=body.queue_wait_s,
        breaking=Breaking(**body.breaking.model_dump()),
    )


def route_of(body: RouteBody, *, project: str, route_id: str = "") -> ModelRoute:
    return ModelRoute(
        project=project,
        id=route_id,
        name=body.name,
        agent=body.agent,
        release=body.release,
        models=tuple(body.models),
        targets=tuple(RouteTarget(**one.model_dump()) for one in body.targets),
        waits=RouteWaits(**body.waits.model_dump()),
        retries=RouteRetries(**body.retries.model_dump()),
        hedge=body.hedge,
        cache_s=body.cache_s,
        enabled=body.enabled,
        note=body.note,
    )


def route_view(one: ModelRoute) -> ModelRouteView:
    return ModelRouteView(
        id=one.id,
        name=one.name,
        agent=text(one.agent),
        release=text(one.release),
        models=list(one.models),
        targets=[
            RouteTargetBody(
                provider=target.provider,
                model=target.model,
                parameters=dict(target.parameters),
                route=target.route,
            )
            for target in one.targets
        ],
        waits=WaitsBody(
            connect_s=one.waits.connect_s,
            first_byte_s=one.waits.first_byte_s,
            between_s=one.waits.between_s,
            total_s=one.waits.total_s,
        ),
        retries=RetriesBody(most=one.retries.most, share=one.retries.share),
        hedge=text(one.hedge),
        cache_s=one.cache_s,
        enabled=one.enabled,
        note=one.note,
        updated_at=rfc3339(one.updated_ns),
    )


def target_test_view(one: TargetTest) -> TargetTestView:
    return TargetTestView(
        upstream=one.upstream,
        ok=one.ok,
        status=one.status,
        elapsed_ms=round(one.elapsed_ms, 1),
        answered=text(one.answered),
        input_tokens=one.tokens.input if one.tokens else None,
        output_tokens=one.tokens.output if one.tokens else None,
        said=one.said,
    )
